// Prompt editing `[from:to:when]` and alternation `[a|b]`: which text holds at which step. The grammar of A1111 1.10.1,
// modules/prompt_parser.py, get_learned_conditioning_prompt_schedules, read in one pass.
//
//   prompt     ( "(" prompt ")" | "(" prompt ":" prompt ")" | "[" prompt "]" | scheduled | alternate | text )*
//   scheduled  "[" [prompt ":"] prompt ":" number "]"
//   alternate  "[" prompt ("|" prompt)+ "]"
//
// At the top, brackets and colons that belong to nothing are text; a construct never has such strays inside. A `|` outside of
// an alternation, or a backslash that escapes nothing, makes the whole prompt plain text.
import { SPACE } from './python-text.ts';

/** A text and the last step it holds for, counted from 1. */
export interface ScheduledPrompt {
  readonly lastStep: number;
  readonly text: string;
}

export interface ScheduleOptions {
  /** Steps of the first pass. */
  readonly steps: number;
  /** Steps of the second pass (hires fix), of which the schedule is wanted. Its whole steps count on from the first pass, its fractions from 1. */
  readonly hiresSteps?: number | null;
  /** The setting "Use old prompt editing timelines": numbers below 1 are fractions, in both passes. */
  readonly oldScheduling?: boolean;
}

/** Indices of items: the opening bracket, the separators, the closing bracket. */
interface Construct {
  readonly separators: readonly number[];
  readonly end: number;
  /** What was written as the switching step; null for an alternation. */
  readonly when: string | null;
}

/** A prompt as its tokens, with what begins at some of them. */
interface ParsedPrompt {
  readonly items: readonly string[];
  readonly constructs: ReadonlyMap<number, Construct>;
}

/** An open bracket. */
interface Frame {
  readonly start: number;
  readonly separators: number[];
  colons: number;
  bars: number;
  /** Something inside belongs to nothing, so this bracket is none of a construct either. */
  hasStray: boolean;
}

const ITEM = /[()[\]:|]|(?:[^()[\]:|\\]|\\[^\n])+|\\/gu;
const WHEN = new RegExp(
  `^[${SPACE}]*([+-]?(?:\\d+\\.?\\d*(?:[eE][+-]?\\d+)?|\\.\\d+(?:[eE][+-]?\\d+)?))[${SPACE}]*$`,
  'u',
);

/** Null for a prompt outside of the grammar. */
function parse(text: string): ParsedPrompt | null {
  const items = text.match(ITEM) ?? [];
  const constructs = new Map<number, Construct>();
  let frames: Frame[] = [];

  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    const frame = frames.at(-1);
    if (item === '\\') return null;
    if (item === '(' || item === '[') {
      frames.push({ start: i, separators: [], colons: 0, bars: 0, hasStray: false });
    } else if (item === ':' || item === '|') {
      if (frame === undefined) {
        if (item === '|') return null;
        continue;
      }
      frame.separators.push(i);
      if (item === ':') frame.colons++;
      else frame.bars++;
    } else if (item === ')' || item === ']') {
      if (frame === undefined) continue;
      if (items[frame.start] !== (item === ')' ? '(' : '[')) {
        // All that is open has a stray bracket inside now.
        if (frames.some(({ bars }) => bars > 0)) return null;
        frames = [];
        continue;
      }
      frames.pop();
      const kind = close(frame, items, i);
      if (kind === 'stray') {
        if (frame.bars > 0) return null;
        const outer = frames.at(-1);
        if (outer) outer.hasStray = true;
      } else if (kind !== 'emphasis') {
        constructs.set(frame.start, kind);
      }
    }
  }
  return frames.some(({ bars }) => bars > 0) ? null : { items, constructs };
}

/** What a bracket turns out to be that closes at `end`. */
function close(frame: Frame, items: readonly string[], end: number): Construct | 'emphasis' | 'stray' {
  const { separators, colons, bars } = frame;
  if (frame.hasStray) return 'stray';
  if (items[frame.start] === '(') return colons <= 1 && bars === 0 ? 'emphasis' : 'stray';
  if (colons === 0) return bars === 0 ? 'emphasis' : { separators, end, when: null };
  const last = separators.at(-1)!;
  if (bars > 0 || colons > 2 || end - last !== 2) return 'stray';
  const when = WHEN.exec(items[last + 1]!)?.[1];
  return when === undefined ? 'stray' : { separators, end, when };
}

/** The step of a switch; 0 or less: it has happened before the first. Source: collect_steps. */
function switchStep(
  when: string,
  steps: number,
  { steps: baseSteps, hiresSteps = null, oldScheduling = false }: ScheduleOptions,
): number {
  const isSecondPass = hiresSteps !== null && !oldScheduling;
  const number = Number(when);
  let step: number;
  if (oldScheduling) step = number < 1 ? number * steps : number;
  else if (when.includes('.')) step = (number - (isSecondPass ? 1 : 0)) * steps;
  else step = number - (isSecondPass ? baseSteps : 0);
  return Math.min(steps, Math.trunc(step));
}

/** The text at a step. `switches`: for each scheduled construct its step. */
function textAt(
  { items, constructs }: ParsedPrompt,
  step: number,
  switches: ReadonlyMap<number, number>,
): string {
  const parts: string[] = [];
  // Ranges that are being written out: up to `end`, then on at `resume`.
  const ranges: { end: number; resume: number }[] = [{ end: items.length, resume: items.length }];
  for (let i = 0; ;) {
    const range = ranges.at(-1)!;
    if (i >= range.end) {
      ranges.pop();
      if (ranges.length === 0) break;
      i = range.resume;
      continue;
    }
    const construct = constructs.get(i);
    if (construct === undefined) {
      parts.push(items[i]!);
      i++;
      continue;
    }
    const [start, end] = chosenRange(construct, i, step, switches.get(i));
    ranges.push({ end, resume: construct.end + 1 });
    i = start;
  }
  return parts.join('');
}

/** Items of a construct that hold at a step: `[start, end)`. */
function chosenRange(
  { separators, end }: Construct,
  start: number,
  step: number,
  switchAt: number | undefined,
): [number, number] {
  if (switchAt === undefined) {
    const count = separators.length + 1;
    const option = (((step - 1) % count) + count) % count;
    return [(option === 0 ? start : separators[option - 1]!) + 1, separators[option] ?? end];
  }
  const last = separators.at(-1)!;
  const middle = separators.length === 2 ? separators[0]! : start;
  return step <= switchAt ? [start + 1, Math.max(middle, start + 1)] : [middle + 1, last];
}

/**
 * The schedule of one prompt (AND has been taken apart, extra networks taken out): texts in the order of their last steps, the
 * last of which is the number of steps. Time is linear in the prompt's length, for each step at which something changes.
 */
export function schedulePrompt(text: string, options: ScheduleOptions): ScheduledPrompt[] {
  const steps = options.oldScheduling === true ? options.steps : (options.hiresSteps ?? options.steps);
  const parsed = parse(text);
  if (parsed === null) return [{ lastStep: steps, text }];

  const lastSteps = new Set([steps]);
  const switches = new Map<number, number>();
  let alternates = false;
  for (const [start, { when }] of parsed.constructs) {
    if (when === null) {
      alternates = true;
      continue;
    }
    const step = switchStep(when, steps, options);
    switches.set(start, step);
    if (step >= 1) lastSteps.add(step);
  }
  if (alternates) for (let step = 1; step <= steps; step++) lastSteps.add(step);
  return [...lastSteps]
    .sort((a, b) => a - b)
    .map((lastStep) => ({ lastStep, text: textAt(parsed, lastStep, switches) }));
}
