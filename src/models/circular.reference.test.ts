// Networks whose opposite edges continue each other (A1111's "Tiling") have no edges. That such pictures are A1111's is shown by whole
// runs (generation/recipes/*.reference.test.ts).
import { beforeAll, describe, expect, it } from 'vitest';
import { openNodeSession } from '../../tests/ort-node.ts';
import { firstOfEachKind, tinyModels } from '../../tests/reference-dir.ts';
import { decoderShift, SHIFT_LIMIT, unetShift } from '../../tests/shifted.ts';
import { loadTinyModel, type TinyModel } from '../../tests/tiny-model.ts';
import { unetNetwork } from './unet.ts';
import { vaeDecoderNetwork } from './vae.ts';

describe.skipIf(tinyModels().length === 0).each([...firstOfEachKind()])('%s', (name) => {
  let model: TinyModel;
  beforeAll(async () => {
    model = await loadTinyModel(name);
  });

  it('UNet', async () => {
    const { unet, catalog, readWeight } = model;
    const shift = async (circular: boolean) => {
      const session = await openNodeSession(unetNetwork(unet, catalog, 'float32', { circular }), readWeight);
      const error = await unetShift(unet, async (inputs) => (await session.run(inputs))['out']!.data);
      await session.release();
      return error;
    };
    expect(await shift(true)).toBeLessThan(SHIFT_LIMIT);
    expect(await shift(false)).toBeGreaterThan(100 * SHIFT_LIMIT);
  });

  it('VAE decoder', async () => {
    const { vae, catalog, readWeight } = model;
    const shift = async (circular: boolean) => {
      const network = vaeDecoderNetwork(vae, catalog, 'float32', { circular });
      const session = await openNodeSession(network, readWeight);
      const error = await decoderShift(vae, async (inputs) => (await session.run(inputs))['image']!.data);
      await session.release();
      return error;
    };
    expect(await shift(true)).toBeLessThan(SHIFT_LIMIT);
    expect(await shift(false)).toBeGreaterThan(100 * SHIFT_LIMIT);
  });
});
