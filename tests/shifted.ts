// What networks without edges do (A1111's "Tiling"): given the same shifted around, they give the same shifted around. Nothing here
// needs Node.
import { cutOutWrapped, type Planes } from '../src/image/tiles.ts';
import type { UNetConfig, VaeConfig } from '../src/models/types.ts';
import type { UNetInputs } from '../src/models/unet.ts';
import type { VaeDecoderInputs } from '../src/models/vae.ts';
import { TorchGenerator } from '../src/sampling/random/torch-generator.ts';
import { relativeError } from './goldens.ts';

/** Of networks: what sums in another order change. Those with edges give more than a hundred times as much. */
export const SHIFT_LIMIT = 1e-4;

const TOKENS = 77;

/** What leaves at one side comes in at the opposite one. */
export function shifted(planes: Planes, down: number, right: number): Planes {
  const { height, width } = planes;
  return cutOutWrapped(planes, { top: -down, left: -right, bottom: height - down, right: width - right });
}

/** How far a UNet is from that, relative to its largest value. */
export async function unetShift(
  { channelMult, inChannels, outChannels, contextDim, vectorDim }: UNetConfig,
  run: (inputs: UNetInputs) => Promise<Float32Array>,
): Promise<number> {
  // Its coarsest level must be shifted by whole pixels.
  const step = 2 ** (channelMult.length - 1);
  const [height, width] = [2 * step, 3 * step];
  const told = {
    ...{ batch: 1, height, width, timesteps: [500], context: noise(TOKENS * contextDim), tokens: TOKENS },
    ...(vectorDim !== null && { vector: noise(vectorDim) }),
  };
  const x = { data: noise(inChannels * height * width), channels: inChannels, height, width };
  const plain = { data: await run({ ...told, x: x.data }), channels: outChannels, height, width };
  const moved = await run({ ...told, x: shifted(x, step, 2 * step).data });
  return relativeError(moved, shifted(plain, step, 2 * step).data);
}

/** ... and a VAE's decoder. */
export async function decoderShift(
  { latentChannels, outChannels, channelMult }: VaeConfig,
  run: (inputs: VaeDecoderInputs) => Promise<Float32Array>,
): Promise<number> {
  const [height, width] = [3, 4];
  const scale = 2 ** (channelMult.length - 1);
  const latent = {
    ...{ data: noise(latentChannels * height * width), channels: latentChannels },
    ...{ height, width },
  };
  const decode = async (planes: Planes): Promise<Planes> => {
    const data = await run({ latent: planes.data, batch: 1, height, width });
    return { data, channels: outChannels, height: height * scale, width: width * scale };
  };
  const moved = await decode(shifted(latent, 1, 2));
  return relativeError(moved.data, shifted(await decode(latent), scale, 2 * scale).data);
}

function noise(count: number): Float32Array {
  return new TorchGenerator(5).randn(count);
}
