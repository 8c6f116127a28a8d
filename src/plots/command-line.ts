// A line of "Prompts from file" that says more than a prompt: options as on a command line (A1111 scripts/prompts_from_file.py,
// cmdargs; Python's shlex in POSIX mode).
import { parseFloatPython, parseIntPython } from '../prompt/python-text.ts';

/** Why a line is no list of options. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

type Kind = 'text' | 'int' | 'float' | 'switch' | 'words';

const OPTIONS: Readonly<Record<string, Kind>> = {
  sd_model: 'text',
  outpath_samples: 'text',
  outpath_grids: 'text',
  prompt_for_display: 'text',
  prompt: 'words',
  negative_prompt: 'words',
  styles: 'text',
  seed: 'int',
  subseed_strength: 'float',
  subseed: 'int',
  seed_resize_from_h: 'int',
  seed_resize_from_w: 'int',
  sampler_index: 'int',
  sampler_name: 'text',
  batch_size: 'int',
  n_iter: 'int',
  steps: 'int',
  cfg_scale: 'float',
  width: 'int',
  height: 'int',
  restore_faces: 'switch',
  tiling: 'switch',
  do_not_save_samples: 'switch',
  do_not_save_grid: 'switch',
};

/** Whole numbers that a number does not hold exactly are bigints. */
export type OptionValue = string | number | bigint | boolean;

/** By A1111's names of the options. @throws CommandLineError. */
export function parseCommandLine(line: string): ReadonlyMap<string, OptionValue> {
  const words = splitWords(line);
  const options = new Map<string, OptionValue>();
  for (let at = 0; at < words.length;) {
    const word = words[at]!;
    if (!word.startsWith('--')) throw new CommandLineError(`options begin with "--"; "${word}" does not`);
    if (at + 1 >= words.length) throw new CommandLineError(`${word} has no value`);
    const name = word.slice(2);
    const kind = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (kind === undefined) throw new CommandLineError(`there is no option ${word}`);
    let end = at + 2;
    if (kind === 'words') while (end < words.length && !words[end]!.startsWith('--')) end += 1;
    options.set(name, valueOf(word, kind, words.slice(at + 1, end).join(' ')));
    at = end;
  }
  return options;
}

function valueOf(option: string, kind: Kind, text: string): OptionValue {
  switch (kind) {
    case 'text':
    case 'words':
      return text;
    case 'switch':
      return text === 'true';
    case 'float': {
      const value = parseFloatPython(text);
      if (value === null) throw new CommandLineError(`${option} needs a number; "${text}" is none`);
      return value;
    }
    case 'int': {
      const value = parseIntPython(text);
      if (value === null) throw new CommandLineError(`${option} needs a whole number; "${text}" is none`);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
  }
}

/** At blanks; quotes hold words together, a backslash takes the next character as it is. @throws CommandLineError. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote !== null) {
      if (c === quote) quote = null;
      else if (c === '\\' && quote === '"' && (line[i + 1] === '"' || line[i + 1] === '\\'))
        word += line[++i]!;
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= '';
    } else if (c === '\\') {
      if (i + 1 >= line.length) throw new CommandLineError('nothing follows the last "\\"');
      word = (word ?? '') + line[++i]!;
    } else if (' \t\r\n'.includes(c)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + c;
  }
  if (quote !== null) throw new CommandLineError('a quote is not closed');
  if (word !== null) words.push(word);
  return words;
}
