import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readManifest } from '../full-size-weights.ts';
import { openWeights } from '../checkpoint-weights.ts';
import { casesOf } from '../full-size-cases.ts';
import { ROOT } from '../process.js';
import { flopsOf } from './flops.ts';
import { entriesOf, STAND_INS, writeStandIn } from './stand-ins.ts';

it.each([
  ['sd15', 'sd1'],
  ['sdxl', 'sdxl-base'],
] as const)('%s has the tensors of the published checkpoint', (name, published) => {
  const { tensors } = readManifest(
    join(ROOT, 'tests', 'reference', 'models', 'manifests', `${published}.json.gz`),
  );
  const wanted = Object.entries(tensors).filter(
    ([tensor]) =>
      /^(model\.diffusion_model|first_stage_model|cond_stage_model)\./.test(tensor) &&
      !tensor.endsWith('position_ids'),
  );
  const made = new Map(entriesOf(STAND_INS[name]).map(({ name: tensor, shape }) => [tensor, shape]));
  expect(made).toEqual(new Map(wanted.map(([tensor, { shape }]) => [tensor, shape])));
});

it('writes checkpoints that are recognised, and whose work can be counted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-stand-in-'));
  try {
    for (const name of ['tiny', 'tiny-xl'] as const) {
      const path = join(folder, name);
      const { size } = STAND_INS[name];
      await writeStandIn(STAND_INS[name], path);
      const weights = await openWeights(path);
      expect(weights.detection.kind).toBe(name === 'tiny' ? 'sd1' : 'sdxl-base');
      const counted = casesOf(weights, [size], 2).map(({ network, build }) => {
        const built = build('float16');
        return [network, flopsOf(built.graph, built.feeds())] as const;
      });
      expect(counted.map(([network]) => network)).toEqual([
        ...(name === 'tiny' ? ['text'] : []),
        ...['unet', 'vae-decoder', 'vae-encoder'],
      ]);
      for (const [, flops] of counted) expect(flops).toBeGreaterThan(1e6);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
