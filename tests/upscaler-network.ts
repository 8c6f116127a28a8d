// An upscaler of the reference data on onnxruntime's CPU, as pictures are given to it. Tests only.
import { enlargeBy, type UpscalerNetwork } from '../src/finishing/network-upscale.ts';
import { upscale, upscaleBuiltIn, type Upscale } from '../src/finishing/upscale.ts';
import type { ImageSettings } from '../src/generation/request/image-settings.ts';
import { upscalerTiles } from '../src/generation/request/upscaler-tiles.ts';
import { architectureOf } from '../src/models/upscalers/architectures.ts';
import { openNodeSession } from './ort-node.ts';
import { loadUpscaler, upscalerCases } from './upscalers.ts';

const opened = new Map<string, Promise<UpscalerNetwork | null>>();

/** By its name in the reference data; null where it is not there. */
export function upscalerNetwork(name: string): Promise<UpscalerNetwork | null> {
  const known = opened.get(name) ?? open(name);
  opened.set(name, known);
  return known;
}

async function open(name: string): Promise<UpscalerNetwork | null> {
  const one = (await upscalerCases()).find((other) => other.name === name);
  if (!one) return null;
  const { detection, catalog, readWeight } = await loadUpscaler(one);
  const { kind, scale } = detection.upscaler!;
  const { network, tiles } = architectureOf(kind);
  const session = await openNodeSession(network(catalog, 'float32'), readWeight);
  return {
    scale,
    tiles,
    async run({ data, height, width }) {
      const { enlarged } = await session.run({ image: data, height, width });
      return { data: enlarged!.data, channels: 3, height: scale * height, width: scale * width };
    },
  };
}

export async function hasUpscaler(name: string): Promise<boolean> {
  return (await upscalerNetwork(name)) !== null;
}

/** As the engine upscales, by networks of the reference data. */
export function goldenUpscale(settings: ImageSettings): Upscale {
  return async (image, name, scale) => {
    const network = await upscalerNetwork(name);
    if (!network) return upscaleBuiltIn(image, name, scale);
    const [one] = (await upscalerCases()).filter((other) => other.name === name);
    const { detection } = await loadUpscaler(one!);
    const tiles = upscalerTiles(settings, detection);
    return upscale(image, scale, (picture) => enlargeBy(network, picture, tiles));
  };
}
