// Parameters texts that people paste (tests/trials, area "parameters text"): what A1111 reads out of them, the picture that
// follows, and what is told where something is not understood.
import { describe, expect, it } from 'vitest';
import { trials } from '../../../tests/trials-dir.ts';
import { createGenerator } from '../../sampling/random/generator.ts';
import { findSampler, resolveSampler, webuiSamplerName } from '../../sampling/registry.ts';
import { findScheduler } from '../../sampling/schedulers.ts';
import { CHOICES } from '../../ui/choices.ts';
import { describeChanges, readParameters } from '../../ui/read-parameters.ts';
import { parseParameters } from '../../ui/stored-settings.ts';
import { parseInfotext } from './infotext/parse.ts';
import { fromGenerationParameters } from './parameters.ts';
import { DEFAULT_PARAMETERS } from './request.ts';
import { validateParameters } from './validate.ts';

interface Expected {
  readonly parsed?: Readonly<Record<string, unknown>>;
  readonly sampler_and_scheduler?: readonly [string, string];
  readonly picture?: readonly [width: number, height: number];
  readonly seed?: string;
  readonly torch_cpu_randn_4x8x8_first8?: readonly number[];
  readonly philox_randn_4x8x8_first8?: readonly number[];
  readonly named_as_unsupported?: string | readonly string[];
  readonly cfg_scale?: number;
  readonly steps?: number;
}

const cases = trials<Expected>('parameters text');
const RANDN_SIZE = 4 * 8 * 8;

/** A sampler or scheduler that is here and that webui 1.10.1, which the cases go by, does not know. */
function isOurs(name: unknown): name is string {
  if (typeof name !== 'string') return false;
  const sampler = findSampler(name);
  const later = sampler !== undefined && webuiSamplerName(sampler.name.toLowerCase()) === undefined;
  return later || findScheduler(name)?.later === true;
}

describe.skipIf(cases.length === 0)('parameters texts (the folder has no cases: skipped)', () => {
  it.each(cases)('$id: $kind', ({ text = '', expected }) => {
    const infotext = parseInfotext(text);
    if (expected.parsed) expect({ ...infotext }).toEqual(expected.parsed);
    if (expected.sampler_and_scheduler) {
      const [sampler, scheduler] = [infotext['Sampler'], infotext['Schedule type']];
      const found = resolveSampler(sampler as string | undefined, scheduler as string | undefined);
      const [ofWebui, spacing] = expected.sampler_and_scheduler;
      expect([found.sampler, found.scheduler]).toEqual([
        isOurs(sampler) ? sampler : ofWebui,
        isOurs(scheduler) ? scheduler : spacing,
      ]);
    }

    // What the page makes of it, through the controls to the request.
    const read = readParameters(text);
    const asked = parseParameters({ ...DEFAULT_PARAMETERS, ...read.parameters }, CHOICES);
    expect(describeChanges(read.parameters, asked)).toEqual([]);
    expect(validateParameters(asked)).toEqual([]);
    if (expected.picture) expect([asked.width, asked.height]).toEqual(expected.picture);
    if (expected.cfg_scale !== undefined) expect(asked.cfgScale).toBe(expected.cfg_scale);
    if (expected.steps !== undefined) expect(asked.steps).toBe(expected.steps);
    if (expected.seed !== undefined) {
      expect(String(asked.seed)).toBe(expected.seed);
      const again = fromGenerationParameters(asked, { seed: asked.seed });
      expect(parseInfotext(again)['Seed']).toBe(expected.seed);
    }
    for (const [source, numbers] of [
      ['CPU', expected.torch_cpu_randn_4x8x8_first8],
      ['NV', expected.philox_randn_4x8x8_first8],
    ] as const) {
      if (!numbers) continue;
      const drawn = createGenerator(source, asked.seed).randn(RANDN_SIZE);
      numbers.forEach((number, i) => expect(drawn[i]).toBeCloseTo(number, 6));
    }
    for (const name of [expected.named_as_unsupported ?? []].flat()) {
      if ([infotext['Sampler'], infotext['Schedule type']].some((one) => isOurs(one) && name.includes(one)))
        continue;
      expect(read.unsupported.join(', ')).toContain(name);
    }
  });
});
