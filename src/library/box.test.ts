// The files of the box are those that the table says, and are recognised as a person's file is.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boxedFile } from '../../tests/boxed-files.ts';
import { openNetwork } from '../../tests/reference-networks.ts';
import { BOXED_UPSCALERS, boxedUpscaler } from './box.ts';
import { upscalersAmong } from './upscaler-choice.ts';

/** Of all its files together. */
const MOST_BYTES = 8e6;

describe.each(BOXED_UPSCALERS)('$file', ({ name, file, bytes, sha256 }) => {
  it('is the file it should be', () => {
    const found = boxedFile(file);
    expect(found.length).toBe(bytes);
    expect(createHash('sha256').update(found).digest('hex')).toBe(sha256);
  });

  it('is an upscaler, under the name that is offered', async () => {
    const { detection } = await openNetwork(boxedFile(file));
    expect(detection).toMatchObject({ kind: 'upscaler', unsupportedReason: null });
    const stored = { sha256, fileName: file, name: file.replace(/\.[^.]*$/, ''), detection };
    expect(upscalersAmong([stored]).map((one) => one.name)).toEqual([name]);
  });

  it('is known by its names', () => {
    for (const asked of [name, file, file.replace('.safetensors', '.pth'), file.split('.')[0]!])
      expect(boxedUpscaler(asked)?.file, asked).toBe(file);
    for (const other of ['', 'None', 'Lanczos', name.toLowerCase()]) expect(boxedUpscaler(other)).toBeNull();
  });
});

it('is small', () => {
  const all = BOXED_UPSCALERS.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(all).toBeLessThan(MOST_BYTES);
});
