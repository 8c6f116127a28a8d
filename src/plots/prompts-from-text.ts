// Prompts from file or textbox: a request a line (A1111 scripts/prompts_from_file.py).
import { addToSeed, parseSeed, randomSeed, RANDOM_SEED } from '../generation/request/seeds.ts';
import type { GenerationParameters } from '../generation/request/request.ts';
import { shortened } from '../generation/request/problems.ts';
import { strip } from '../prompt/python-text.ts';
import { findSampler } from '../sampling/registry.ts';
import type { Cell, PlotNames } from './cell.ts';
import { CommandLineError, parseCommandLine, type OptionValue } from './command-line.ts';
import type { PromptsFromText } from './plot.ts';
import { PlotError } from './plot-error.ts';
import type { Plan } from './plan.ts';
import { MAX_CELLS } from './xyz.ts';

type Options = ReadonlyMap<string, OptionValue>;

/** Options that say where A1111 writes files, which the page's settings do here. */
const IGNORED = [
  'outpath_samples',
  'outpath_grids',
  'do_not_save_samples',
  'do_not_save_grid',
  'prompt_for_display',
  'sampler_index',
];

/** @throws PlotError for a line that cannot be carried out. */
export function planPromptsFromText(plot: PromptsFromText, cell: Cell, names: PlotNames): Plan {
  const lines = plot.text
    .split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/)
    .map(strip)
    .filter((line) => line !== '');
  if (lines.length === 0) throw new PlotError('Write a prompt on each line, or choose a file of them.');
  if (lines.length > MAX_CELLS)
    throw new PlotError(`There are ${lines.length} lines; ${MAX_CELLS} are the most at once.`);
  const { request } = cell;
  const oneSeed = plot.iterateSeeds || plot.sameRandomSeed;
  const seed = oneSeed && request.seed === RANDOM_SEED ? randomSeed() : request.seed;
  const pictures = request.batchSize * request.batchCount;
  const remarks: string[] = [];
  let { checkpoint } = cell;
  const cells = lines.map((line, i) => {
    const options = optionsOf(line, remarks);
    const own = {
      ...cell,
      checkpoint,
      request: { ...request, seed: plot.iterateSeeds ? addToSeed(seed, i * pictures) : seed },
    };
    const made = applied(own, options, plot.position, names, `Line "${shortened(line)}"`);
    // A line's model stays for those after it, as in A1111.
    ({ checkpoint } = made);
    return made;
  });
  return { cells, grid: null, remarks };
}

/** As in A1111, what is no list of options is a prompt, with a word. */
function optionsOf(line: string, remarks: string[]): Options {
  if (!line.includes('--')) return new Map([['prompt', line]]);
  try {
    const options = parseCommandLine(line);
    const ignored = IGNORED.filter((name) => options.has(name));
    if (ignored.length > 0)
      remarks.push(
        `"${shortened(line)}": ${ignored.map((name) => `--${name}`).join(', ')} has no meaning here.`,
      );
    return options;
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    remarks.push(`"${shortened(line)}" is taken as a prompt: ${error.message}.`);
    return new Map([['prompt', line]]);
  }
}

function applied(
  cell: Cell,
  options: Options,
  position: PromptsFromText['position'],
  names: PlotNames,
  line: string,
): Cell {
  const { request } = cell;
  const number = (name: string): number | undefined =>
    options.has(name) ? Number(options.get(name)) : undefined;
  const text = (name: string): string | undefined =>
    options.has(name) ? String(options.get(name)) : undefined;
  const seed = (name: string) => {
    const value = parseSeed(options.get(name));
    if (options.has(name) && value === null) throw new PlotError(`${line}: --${name} is beyond 64 bits.`);
    return value ?? undefined;
  };
  const joined = (name: string, set: string): string => {
    const own = text(name);
    if (!own) return own ?? set;
    return set === '' ? own : position === 'start' ? `${own} ${set}` : `${set} ${own}`;
  };
  const samplerName = text('sampler_name');
  const sampler = samplerName === undefined ? undefined : findSampler(samplerName)?.name;
  if (samplerName !== undefined && sampler === undefined)
    throw new PlotError(`${line}: there is no sampler called "${samplerName}".`);
  const model = text('sd_model');
  const checkpoint = model === undefined ? cell.checkpoint : names.checkpoint(model);
  if (model !== undefined && checkpoint === null)
    throw new PlotError(`${line}: there is no checkpoint called "${model}" in the library.`);
  const style = text('styles');
  if (style !== undefined && !names.hasStyle(style))
    throw new PlotError(`${line}: there is no style called "${style}".`);
  const { restore_faces: faces, tiling } = Object.fromEntries(options);
  const told: Partial<GenerationParameters> = definedOf({
    seed: seed('seed'),
    subseed: seed('subseed'),
    subseedStrength: number('subseed_strength'),
    seedResizeFromHeight: number('seed_resize_from_h'),
    seedResizeFromWidth: number('seed_resize_from_w'),
    sampler,
    batchSize: number('batch_size'),
    batchCount: number('n_iter'),
    steps: number('steps'),
    cfgScale: number('cfg_scale'),
    width: number('width'),
    height: number('height'),
  });
  const settings = {
    ...request.settings,
    ...(typeof faces === 'boolean' && { faceRestoration: faces }),
    ...(typeof tiling === 'boolean' && { tiling }),
  };
  return {
    checkpoint,
    styles: style === undefined ? cell.styles : [style],
    request: {
      ...request,
      ...told,
      prompt: joined('prompt', request.prompt),
      negativePrompt: joined('negative_prompt', request.negativePrompt),
      settings,
    },
  };
}

/** Without what is undefined. */
function definedOf<T extends object>(fields: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: NonNullable<T[K]>;
  };
}
