// The files of the box are those that the tables say, and are recognised as a person's file is.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boxedFile, boxedFiles } from '../../tests/boxed-files.ts';
import { openNetwork } from '../../tests/reference-networks.ts';
import { BOXED_FACES, BOXED_UPSCALERS, boxedUpscaler } from './box.ts';
import { faceFilesAmong } from './face-choice.ts';
import { upscalersAmong } from './upscaler-choice.ts';

/** Of all its files together. */
const MOST_BYTES = 8e6;

const stored = async (file: string) => {
  const { detection } = await openNetwork(boxedFile(file));
  const sha256 = createHash('sha256').update(boxedFile(file)).digest('hex');
  return { sha256, fileName: file, name: file.replace(/\.[^.]*$/, ''), detection };
};

const all = [...BOXED_UPSCALERS, BOXED_FACES];

it.each(all)('$file is the file it should be', async ({ file, bytes, sha256 }) => {
  expect(boxedFile(file).length).toBe(bytes);
  const { detection, ...facts } = await stored(file);
  expect(facts.sha256).toBe(sha256);
  expect(detection.unsupportedReason).toBeNull();
});

describe.each(BOXED_UPSCALERS)('$file', ({ name, file }) => {
  it('is an upscaler, under the name that is offered', async () => {
    expect(upscalersAmong([await stored(file)]).map((one) => one.name)).toEqual([name]);
  });

  it('is known by its names', () => {
    for (const asked of [name, file, file.replace('.safetensors', '.pth'), file.split('.')[0]!])
      expect(boxedUpscaler(asked)?.file, asked).toBe(file);
    for (const other of ['', 'None', 'Lanczos', name.toLowerCase()]) expect(boxedUpscaler(other)).toBeNull();
  });
});

it('finds faces where nothing else does', async () => {
  const boxed = await stored(BOXED_FACES.file);
  expect(faceFilesAmong([boxed]).detector).toBe(boxed);
  const face = { kind: 'retina-face', side: null } as const;
  const retinaFace = { ...boxed, detection: { ...boxed.detection, face } };
  for (const models of [
    [boxed, retinaFace],
    [retinaFace, boxed],
  ])
    expect(faceFilesAmong(models).detector).toBe(retinaFace);
});

it('is small, and there is nothing else in it', () => {
  expect(boxedFiles()).toEqual(all.map(({ file }) => file).toSorted());
  expect(all.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(MOST_BYTES);
});
