// NegPiP (hako-mikan/sd-webui-negpip): parts of a prompt with a negative weight, "(text:-1)", are cut out and read by themselves, with the
// weight's size; their tokens are put behind those of the prompt, and cross-attention takes their values with the other sign. So a picture
// is led away from something without a negative prompt, and a negative prompt towards it.
import type { Cond } from '../../models/cond.ts';
import { NEGATED } from '../../models/network-changes.ts';
import { condAt, type CondSchedule } from '../../sampling/guidance.ts';
import { marked } from '../../sampling/network-call.ts';
import type { ConditionsCall, Extension, ScheduledText } from '../interface.ts';
import { fieldsText } from '../text.ts';

export const negpip: Extension = {
  name: 'NegPiP',
  title: 'NegPiP',
  about: 'Reads "(text:-1)" in either prompt as something to be led away from.',
  controls: [],
  text: fieldsText([], {}, 'NegPiP Active'),
  network: () => [{ kind: 'negated-tokens' }],
  conditions: async (_, call) => {
    const { prompt, negativePrompt } = call;
    const [away, towards] = [call.schedule(prompt), call.schedule(negativePrompt)];
    if (![...away, ...towards].some(({ text }) => partsOf(text).length > 0)) return call.encode();
    const conds = await call.encode({
      prompt: cut(prompt, away),
      negativePrompt: cut(negativePrompt, towards),
    });
    const [more, moreNegative] = [await negatedSchedule(call, away), await negatedSchedule(call, towards)];
    return {
      positive: conds.positive.map((part) => ({ ...part, schedule: joined(part.schedule, more) })),
      negative: joined(conds.negative, moreNegative),
    };
  },
  sampling: () => ({
    beforeModel: ({ items }) => ({
      items: items.flatMap((item) => marked([item], { [NEGATED]: item.cond.negated ?? 0 })),
    }),
  }),
};

interface NegatedPart {
  /** As it stands in the prompt. */
  readonly whole: string;
  readonly text: string;
  /** Above 0. */
  readonly weight: number;
}

/** Its own pattern (minusgetter). */
function partsOf(prompt: string): readonly NegatedPart[] {
  return [...prompt.matchAll(/\(([^(:)]*):\s*-(\d+(?:\.\d+)?)\s*\)/g)].flatMap(([whole, text, weight]) =>
    text === 'BREAK' ? [] : [{ whole, text: text!, weight: Number(weight) }],
  );
}

/** Without the parts of all of its times; commas stay. */
function cut(prompt: string, schedule: readonly ScheduledText[]): string {
  const parts = schedule.flatMap(({ text }) => partsOf(text));
  return parts.reduce((left, { whole }) => left.replaceAll(whole, ''), prompt);
}

interface NegatedTokens {
  readonly lastStep: number;
  /** [tokens, contextDim]. */
  readonly context: Float32Array;
  readonly tokens: number;
}

/** What is put behind a prompt, over the run. */
async function negatedSchedule(
  call: ConditionsCall,
  schedule: readonly ScheduledText[],
): Promise<readonly NegatedTokens[]> {
  return Promise.all(
    schedule.map(async ({ lastStep, text }) => {
      const rows: Float32Array[] = [];
      let tokens = 0;
      for (const part of partsOf(text)) {
        const read = await call.encode({ prompt: `(${part.text}:${part.weight})` });
        const { context, tokens: length } = condAt(read.positive[0]!.schedule, 0);
        const width = context.length / length;
        // Those of the text, and one behind them; the first one of all texts is the same.
        const count = Math.min(length - 1, (await call.countTokens(part.text)) + 1);
        rows.push(context.subarray(width, (count + 1) * width));
        tokens += count;
      }
      const context = Float32Array.from(rows.flatMap((row) => [...row]));
      return { lastStep, context, tokens };
    }),
  );
}

/** The extension counts steps by what webui shows of them: at evaluation e (from 0) it takes what is in force at step e + 1, or 2. */
function joined(schedule: CondSchedule<Cond>, more: readonly NegatedTokens[]): CondSchedule<Cond> {
  const ends = new Set([...schedule.map(([last]) => last), ...more.map(({ lastStep }) => lastStep - 1)]);
  return [...ends]
    .filter((last) => last >= 0)
    .sort((a, b) => a - b)
    .map((last) => {
      const cond = condAt(schedule, last);
      const behind = more.find(({ lastStep }) => lastStep >= Math.max(2, last + 1));
      return [last, behind && behind.tokens > 0 ? withTokens(cond, behind) : cond] as const;
    });
}

function withTokens(cond: Cond, { context, tokens }: NegatedTokens): Cond {
  const all = new Float32Array(cond.context.length + context.length);
  all.set(cond.context);
  all.set(context, cond.context.length);
  return { ...cond, context: all, tokens: cond.tokens + tokens, negated: tokens };
}
