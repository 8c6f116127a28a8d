// Real add-on files and other containers are recognised for what they are.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open.ts';
import { bytesSource } from '../checkpoint/source.ts';
import { listReference, readReference, REFERENCE_DIR } from '../../tests/reference-dir.ts';
import { detect } from './detect.ts';
import { planWeights } from './plan.ts';
import type { Detection, ModelKind } from './types.ts';

async function detectFile(...path: string[]): Promise<Detection> {
  const { tensors, metadata } = await openCheckpoint(bytesSource(readReference(...path)));
  return detect(tensors, metadata, null);
}

/** Folders of add-ons by the beginning of their names. */
const FOLDERS: readonly (readonly [RegExp, ...ModelKind[]])[] = [
  [/^lora-/, 'lora'],
  [/^embeddings-/, 'embedding'],
  [/^hypernetworks-/, 'hypernetwork'],
  [/^controlnet-/, 'controlnet'],
  [/^control$/, 'controlnet', 'annotator'],
  [/^upscalers/, 'upscaler'],
];

const addOns = listReference('models').flatMap((folder) => {
  const [, ...kinds] = FOLDERS.find(([pattern]) => pattern.test(folder)) ?? [/^$/];
  if (kinds.length === 0 || !statSync(join(REFERENCE_DIR, 'models', folder)).isDirectory()) return [];
  return listReference('models', folder)
    .filter(
      (file) =>
        /\.(safetensors|pt|pth|bin)(\.gz)?$/.test(file) && !/^(expected|nets|detect|ip)\.|_part\./.test(file),
    )
    .map((file) => ({ folder, file, kinds }));
});

describe.skipIf(addOns.length === 0)('add-on files', () => {
  it.each(addOns)('$folder/$file', async ({ folder, file, kinds }) => {
    const detection = await detectFile('models', folder, file);
    const { kind } = detection;
    expect(kinds).toContain(kind);
    // They see faces through a network that is not here.
    const useful = !file.includes('faceid');
    expect(detection.supported).toBe(useful);
    expect(detection.unsupportedReason === null).toBe(useful);
    expect(detection.networks).toBeNull();

    const family = /-(sd1|sd2|sdxl)/.exec(folder)?.[1];
    if (kind === 'lora' && family) {
      expect(detection.label).toContain({ sd1: 'SD 1.x', sd2: 'SD 2.x', sdxl: 'SDXL' }[family]);
    }
    const scale = /-x(\d)\./.exec(file)?.[1];
    if (kind === 'upscaler' && scale) expect(detection.label).toContain(`x${scale}`);
    const vectors = /-(\d)vec\./.exec(file)?.[1];
    if (kind === 'embedding' && vectors) expect(detection.label).toContain(`(${vectors} vector`);
  });
});

const formats = (pattern: RegExp): string[] =>
  listReference('models', 'formats').filter((file) => pattern.test(file));

describe('containers', () => {
  it
    .skipIf(formats(/^tiny-vae\.(vae\.pt|safetensors)/).length === 0)
    .each(formats(/^tiny-vae\.(vae\.pt|safetensors)/))('%s is a VAE', async (file) => {
    const detection = await detectFile('models', 'formats', file);
    expect(detection.kind).toBe('vae');
    expect(detection.label).toBe('VAE');
    expect(detection.unsupportedReason).toBeNull();
  });

  it.skipIf(formats(/-full\.ckpt\.gz$/).length === 0).each(formats(/-full\.ckpt\.gz$/))(
    '%s: a training file with averages gives the same plan as the pruned one',
    async (file) => {
      const name = file.replace('-full.ckpt.gz', '');
      const full = await openCheckpoint(bytesSource(readReference('models', 'formats', file)));
      const detection = detect(full.tensors, full.metadata, null);
      expect(detection.hasEma).toBe(true);
      expect(detection.supported).toBe(true);
      const pruned = join('models', name, `${name}.safetensors.gz`);
      if (!existsSync(join(REFERENCE_DIR, pruned))) return;
      const other = await openCheckpoint(bytesSource(readReference(pruned)));
      expect(planWeights(full.tensors, detection)).toEqual(
        planWeights(other.tensors, detect(other.tensors, other.metadata, null)),
      );
    },
  );

  it.skipIf(formats(/^(st|cut|views|half|f32)-/).length === 0)(
    'files of a few loose tensors are no models',
    async () => {
      for (const file of formats(/^(st|views|half|f32)-.*\.(safetensors|ckpt)(\.gz)?$/)) {
        const detection = await detectFile('models', 'formats', file);
        expect([file, detection.kind]).toEqual([file, 'unknown']);
        expect(detection.unsupportedReason).toMatch(/does not know what this file is/);
      }
    },
  );
});
