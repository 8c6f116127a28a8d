// Prompt editing and alternation against A1111's (tests/reference/prompts/schedules.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { schedulePrompt } from './schedule.ts';

interface Schedules {
  readonly cases: readonly {
    readonly text: string;
    readonly base_steps: number;
    readonly hires_steps: number | null;
    readonly use_old_scheduling: boolean;
    readonly schedule: [number, string][];
  }[];
}

const available = listReference('prompts').includes('schedules.json');

describe.skipIf(!available)('schedules', () => {
  const { cases } = available ? readReferenceJson<Schedules>('prompts', 'schedules.json') : { cases: [] };
  const texts = [...new Set(cases.map(({ text }) => text))];

  it.each(texts)('%j', (prompt) => {
    for (const { text, base_steps, hires_steps, use_old_scheduling, schedule } of cases) {
      if (text !== prompt) continue;
      const options = { steps: base_steps, hiresSteps: hires_steps, oldScheduling: use_old_scheduling };
      const entries = schedulePrompt(text, options).map(({ lastStep, text: at }) => [lastStep, at]);
      expect(entries, JSON.stringify(options)).toEqual(schedule);
    }
  });
});
