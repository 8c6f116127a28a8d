// Wildcard collections: texts that hold many lists. Their keys are the lists' names; read as Dynamic Prompts reads them
// (adieyal/dynamicprompts, wildcards/collection/structured.py). Kept as JSON; YAML becomes that when it comes (yaml.ts).
import { parseFloatPython } from '../python-text.ts';
import { WildcardError } from './errors.ts';
import type { Item } from './items.ts';

/** Levels of keys. */
const MAX_DEPTH = 32;
const ENDING = /\.json$/i;

/** By its name's end. */
export function isCollection(name: string): boolean {
  return ENDING.test(name);
}

/**
 * The lists of a collection, by name, with the folder that it lies in before each. `name`: "animals/more.json".
 * @throws WildcardError that names it.
 */
export function readCollection(name: string, text: string): ReadonlyMap<string, readonly Item[]> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new WildcardError(
      `The wildcard collection ${name} is no JSON (${(error as Error).message.slice(0, 200)}). Correct it, or delete it in Settings.`,
    );
  }
  const lists = new Map<string, readonly Item[]>();
  if (Array.isArray(data)) {
    // Weights are read only below keys.
    const items = data
      .filter((item) => typeof item === 'string')
      .map((item) => ({ text: item, weight: null }));
    if (items.length > 0) lists.set(name.replace(ENDING, ''), items);
  } else readSection(data, name.slice(0, name.lastIndexOf('/') + 1), lists, name, 0);
  return lists;
}

function readSection(
  section: unknown,
  before: string,
  lists: Map<string, readonly Item[]>,
  file: string,
  depth: number,
): void {
  if (!isObject(section)) return;
  if (depth > MAX_DEPTH) {
    throw new WildcardError(
      `The wildcard collection ${file} has keys more than ${MAX_DEPTH} deep. Give it fewer levels.`,
    );
  }
  for (const [key, value] of Object.entries(section)) {
    const name = before + key;
    if (typeof value === 'string' && value !== '') lists.set(name, itemsOf([value]));
    else if (Array.isArray(value) && value.length > 0) lists.set(name, itemsOf(value));
    else readSection(value, `${name}/`, lists, file, depth + 1);
  }
}

/** What is neither a text nor a text with a weight is left out. */
function itemsOf(values: readonly unknown[]): Item[] {
  return values.flatMap((value): Item[] => {
    if (typeof value === 'string') return value === '' ? [] : [readItem(value)];
    if (!isObject(value)) return [];
    const { text, content, weight = 1 } = value;
    const said = text || content;
    const number = typeof weight === 'string' ? parseFloatPython(weight) : weight;
    if (typeof said !== 'string' || said === '' || typeof number !== 'number') return [];
    return [{ text: said, weight: number === 1 ? null : number }];
  });
}

/** "2::spotlight" */
function readItem(text: string): Item {
  const end = text.lastIndexOf('::');
  const weight = end > 0 && /^\p{Nd}/u.test(text) ? parseFloatPython(text.slice(0, end)) : null;
  return weight === null ? { text, weight: null } : { text: text.slice(end + 2), weight };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
