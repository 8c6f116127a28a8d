// Requests read from A1111's texts: their settings are those that A1111 itself would override (tests/reference/infotext).
import { describe, expect, test } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { DEFAULT_IMAGE_SETTINGS, IMAGE_SETTINGS } from './settings/list.ts';
import { hasParameters, parseInfotext } from './infotext/parse.ts';
import { fromGenerationParameters, toGenerationParameters } from './parameters.ts';
import { DEFAULT_PARAMETERS, type GenerationParameters } from './request.ts';

interface ParseCase {
  readonly text: string;
  readonly raises?: string;
  readonly override_settings: readonly (readonly [
    label: string,
    setting: string,
    value: string | number | boolean,
  ])[];
}

const FILE = 'parse.json';
const available = listReference('infotext').includes(FILE);
const cases = available
  ? readReferenceJson<{ cases: ParseCase[] }>('infotext', FILE).cases.filter(
      ({ text, raises }) => !raises && hasParameters(text),
    )
  : [];
const titled = cases.map((c) => [c.text.slice(0, 100), c] as const);

/** Whether a text asks for anything but its prompts. */
const asksForMore = (read: Partial<GenerationParameters>) => read.settings !== undefined;

describe.skipIf(!available)('texts of A1111', () => {
  test('some ask for settings', () => {
    const read = cases.map(({ text }) => toGenerationParameters(parseInfotext(text)));
    expect(read.filter(asksForMore).length).toBeGreaterThan(0);
  });

  test.each(titled)('settings of %s', (_, { text, override_settings: overrides }) => {
    const read = toGenerationParameters(parseInfotext(text));
    if (!asksForMore(read)) return;
    const values = new Map<string, unknown>(overrides.map(([label, , value]) => [label, value]));
    const expected = { ...DEFAULT_IMAGE_SETTINGS } as Record<string, unknown>;
    for (const { key, infotext } of IMAGE_SETTINGS) {
      if (infotext !== null && values.has(infotext)) expected[key] = values.get(infotext);
    }
    // A1111 writes these under keys that it does not read, and of the model which restored faces that one did.
    const { betaAlpha, betaBeta, faceRestorationModel, ...settings } = read.settings!;
    const unread = { betaAlpha, betaBeta, faceRestorationModel };
    expect({ ...expected, ...unread }).toEqual({ ...settings, ...unread });
    expect([read.clipSkip, read.rng, read.ensd]).toEqual([
      values.get('Clip skip') ?? 1,
      values.get('RNG') ?? 'GPU',
      values.get('ENSD') ?? 0,
    ]);
  });

  test.each(titled)('written again, %s is read the same', (_, { text }) => {
    const read = { ...DEFAULT_PARAMETERS, ...toGenerationParameters(parseInfotext(text)) };
    const write = (parameters: GenerationParameters) =>
      fromGenerationParameters(parameters, { seed: parameters.seed });
    const again = { ...DEFAULT_PARAMETERS, ...toGenerationParameters(parseInfotext(write(read))) };
    expect(write(again)).toBe(write(read));
  });
});
