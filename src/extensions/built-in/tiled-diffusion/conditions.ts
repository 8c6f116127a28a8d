// The prompts of a picture together with those of its regions, which are the picture's with something added.
import type { Cond } from '../../../models/cond.ts';
import { condAt, type CondSchedule } from '../../../sampling/guidance.ts';
import type { ConditionsCall, PromptConds } from '../../interface.ts';
import type { Region } from './settings.ts';

export async function regionalConditions(
  regions: readonly Region[],
  call: ConditionsCall,
): Promise<PromptConds> {
  const own = await call.encode();
  const read: PromptConds[] = [];
  for (const { prompt, negativePrompt } of regions)
    read.push(
      await call.encode({
        prompt: added(call.prompt, prompt),
        negativePrompt: added(call.negativePrompt, negativePrompt),
      }),
    );
  return {
    positive: own.positive.map((part, i) => ({
      ...part,
      // A region that has fewer parts joined with AND repeats its last.
      schedule: together(
        part.schedule,
        read.map(({ positive }) => (positive[i] ?? positive.at(-1)!).schedule),
      ),
    })),
    negative: together(
      own.negative,
      read.map(({ negative }) => negative),
    ),
  };
}

function added(own: string, further: string): string {
  return further === '' ? own : `${own}, ${further}`;
}

/** One schedule that changes wherever one of them does. */
function together(own: CondSchedule<Cond>, others: readonly CondSchedule<Cond>[]): CondSchedule<Cond> {
  const ends = new Set([own, ...others].flatMap((schedule) => schedule.map(([lastStep]) => lastStep)));
  return [...ends]
    .sort((a, b) => a - b)
    .map((end) => [end, { ...condAt(own, end), regions: others.map((schedule) => condAt(schedule, end)) }]);
}
