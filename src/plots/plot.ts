// What the person chooses of a plot: A1111's scripts that make one request into many (scripts/xyz_grid.py, prompt_matrix.py,
// prompts_from_file.py). They stand beside the scripts of generation/scripts, which carry one request out in another way.

export type Plot = XyzPlot | PromptMatrix | PromptsFromText;

export const AXES = ['x', 'y', 'z'] as const;
export type Axis = (typeof AXES)[number];

export interface AxisChoice {
  /** A1111's label of what changes: "Seed", "CFG Scale". */
  readonly type: string;
  /** As it was typed: comma-separated values and ranges. */
  readonly values: string;
}

export interface XyzPlot {
  readonly kind: 'X/Y/Z plot';
  readonly x: AxisChoice;
  readonly y: AxisChoice;
  readonly z: AxisChoice;
  readonly drawLegend: boolean;
  /** Whether cells along an axis have seeds of their own. */
  readonly varySeeds: Readonly<Record<Axis, boolean>>;
  /** Keep a grid of each layer, besides the one of all. */
  readonly subGrids: boolean;
  /** Random seeds, one for each cell; else one for all of them. */
  readonly keepRandomSeeds: boolean;
  /** Pixels between cells. */
  readonly margin: number;
}

/** Every combination of the parts of a prompt between bars. */
export interface PromptMatrix {
  readonly kind: 'Prompt matrix';
  /** The parts that vary come before the first one. */
  readonly putAtStart: boolean;
  readonly differentSeeds: boolean;
  readonly promptType: 'positive' | 'negative';
  readonly delimiter: 'comma' | 'space';
  readonly margin: number;
}

/** A picture a line. */
export interface PromptsFromText {
  readonly kind: 'Prompts from file or textbox';
  readonly iterateSeeds: boolean;
  readonly sameRandomSeed: boolean;
  /** Where lines come in the prompt. */
  readonly position: 'start' | 'end';
  readonly text: string;
}

export const XYZ_PLOT = 'X/Y/Z plot';
export const PLOT_KINDS = [
  'Prompt matrix',
  'Prompts from file or textbox',
  'X/Y/Z plot',
] as const satisfies readonly Plot['kind'][];

export const MARGINS = { min: 0, max: 500, step: 2 } as const;
/** Of all of a plot's texts: more than anyone writes. */
export const MAX_PLOT_TEXT = 1_000_000;

const NO_AXIS: AxisChoice = { type: 'Nothing', values: '' };

/** A1111's defaults. */
export const DEFAULT_PLOTS: { readonly [K in Plot['kind']]: Extract<Plot, { readonly kind: K }> } = {
  'Prompt matrix': {
    kind: 'Prompt matrix',
    putAtStart: false,
    differentSeeds: false,
    promptType: 'positive',
    delimiter: 'comma',
    margin: 0,
  },
  'Prompts from file or textbox': {
    kind: 'Prompts from file or textbox',
    iterateSeeds: false,
    sameRandomSeed: false,
    position: 'start',
    text: '',
  },
  'X/Y/Z plot': {
    kind: 'X/Y/Z plot',
    x: { type: 'Seed', values: '' },
    y: NO_AXIS,
    z: NO_AXIS,
    drawLegend: true,
    varySeeds: { x: false, y: false, z: false },
    subGrids: false,
    keepRandomSeeds: false,
    margin: 0,
  },
};

/** A plot out of anything: what means nothing is A1111's default. Null for a kind that is none. */
export function parsePlot(value: unknown): Plot | null {
  const given = fieldsOf(value);
  const kind = PLOT_KINDS.find((known) => known === given['kind']);
  if (kind === undefined) return null;
  return like(DEFAULT_PLOTS[kind], given, kind) as Plot;
}

const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  promptType: ['positive', 'negative'],
  delimiter: ['comma', 'space'],
  position: ['start', 'end'],
};

/** Every property of `standard`, by what `given` has for it where that is of the same kind. */
function like(standard: unknown, given: unknown, key: string): unknown {
  if (typeof standard === 'object' && standard !== null) {
    const fields = fieldsOf(given);
    return Object.fromEntries(
      Object.entries(standard).map(([name, one]) => [name, like(one, fields[name], name)]),
    );
  }
  const choices = CHOICES[key];
  if (choices) return choices.includes(given) ? given : standard;
  if (key === 'margin')
    return Number.isSafeInteger(given) && Number(given) >= MARGINS.min && Number(given) <= MARGINS.max
      ? given
      : standard;
  if (typeof given !== typeof standard) return standard;
  return typeof given === 'string' && given.length > MAX_PLOT_TEXT ? standard : given;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
