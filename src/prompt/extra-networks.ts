// Extra networks in a prompt: <lora:name:0.8>, <hypernet:name:1>. A1111 1.10.1, modules/extra_networks.py and the built-in Lora
// extension's extra_networks_lora.py.
import { WORD, asciiDigits, parseFloatPython, strip } from './python-text.ts';

/** One tag: what stands between its colons. */
export interface ExtraNetworkTag {
  readonly items: readonly string[];
  /** Items that are not `name=value`. */
  readonly positional: readonly string[];
  readonly named: ReadonlyMap<string, string>;
}

export interface PromptWithNetworks {
  /** The prompt without tags. */
  readonly rest: string;
  /** Tags by kind ("lora"), in the order of the prompt. */
  readonly networks: ReadonlyMap<string, readonly ExtraNetworkTag[]>;
}

function parseTag(body: string): ExtraNetworkTag {
  const items = body.split(':');
  const positional: string[] = [];
  const named = new Map<string, string>();
  for (const item of items) {
    const [name, value, ...others] = item.split('=');
    // Two signs make it positional again, as in A1111.
    if (value === undefined || others.length > 0) positional.push(item);
    else named.set(name!, value);
  }
  return { items, positional, named };
}

/** Takes the tags out of a prompt: `<` word `:` anything but `>` `>`. What is not one stays in the text. */
export function parseExtraNetworks(prompt: string): PromptWithNetworks {
  const opening = new RegExp(`<([${WORD}]+):`, 'gu');
  const networks = new Map<string, ExtraNetworkTag[]>();
  const rest: string[] = [];
  let from = 0;
  for (let match = opening.exec(prompt); match !== null; match = opening.exec(prompt)) {
    const start = opening.lastIndex;
    const end = prompt.indexOf('>', start);
    if (end < 0) break;
    if (end === start) continue;
    const kind = match[1]!;
    const tags = networks.get(kind) ?? [];
    tags.push(parseTag(prompt.slice(start, end)));
    networks.set(kind, tags);
    rest.push(prompt.slice(from, match.index));
    from = end + 1;
    opening.lastIndex = from;
  }
  rest.push(prompt.slice(from));
  return { rest: rest.join(''), networks };
}

/** What a <lora:...> tag asks for. */
export interface LoraRequest {
  readonly name: string;
  /** Strength in the text encoder. */
  readonly textEncoder: number;
  /** Strength in the UNet. */
  readonly unet: number;
  /** Rank to cut to; null: none given. */
  readonly dynDim: number | null;
  /** Everything that the tag says by name. */
  readonly named: ReadonlyMap<string, string>;
}

/** Python's int(). Null where it raises ValueError. */
function parseInteger(text: string): number | null {
  const plain = asciiDigits(strip(text));
  return /^[+-]?\d+(?:_\d+)*$/.test(plain) ? Number(plain.replaceAll('_', '')) : null;
}

/** Thrown for a tag whose numbers can't be read. */
export class ExtraNetworkError extends Error {
  override readonly name = 'ExtraNetworkError';
}

function number<T>(
  value: string | undefined,
  parse: (text: string) => number | null,
  missing: T,
  tag: string,
): number | T {
  if (value === undefined) return missing;
  const parsed = parse(value);
  if (parsed === null)
    throw new ExtraNetworkError(`<lora:${tag}>: "${value}" is not a number. Write it as <lora:name:0.8>.`);
  return parsed;
}

/**
 * Reads `<lora:name:te:unet:dyn>`, each also by name (`te=`, `unet=`, `dyn=`). Throws ExtraNetworkError for the first tag it
 * can't read: A1111 then goes on without any Lora, and says so.
 */
export function readLoraTags(tags: readonly ExtraNetworkTag[]): LoraRequest[] {
  return tags.map(({ items, positional, named }) => {
    const tag = items.join(':');
    const [name, te, unet, dyn] = positional;
    if (name === undefined)
      throw new ExtraNetworkError(`<lora:${tag}> names no Lora. Write it as <lora:name:0.8>.`);
    const positionalTe = number(te, parseFloatPython, 1, tag);
    const textEncoder = number(named.get('te'), parseFloatPython, positionalTe, tag);
    const positionalUnet = number(unet, parseFloatPython, textEncoder, tag);
    const positionalDyn = number(dyn, parseInteger, null, tag);
    return {
      name,
      textEncoder,
      unet: number(named.get('unet'), parseFloatPython, positionalUnet, tag),
      dynDim: number(named.get('dyn'), parseInteger, positionalDyn, tag),
      named,
    };
  });
}

/** What a <hypernet:...> tag asks for. */
export interface HypernetworkRequest {
  readonly name: string;
  readonly strength: number;
}

/** Reads `<hypernet:name:strength>` (modules/extra_networks_hypernet.py). Throws ExtraNetworkError for the first tag it can't read. */
export function readHypernetworkTags(tags: readonly ExtraNetworkTag[]): HypernetworkRequest[] {
  return tags.map(({ items: [name = '', strength] }) => {
    const parsed = strength === undefined ? 1 : parseFloatPython(strength);
    if (parsed === null)
      throw new ExtraNetworkError(
        `<hypernet:${name}>: "${strength}" is not a number. Write it as <hypernet:name:0.8>.`,
      );
    return { name, strength: parsed };
  });
}
