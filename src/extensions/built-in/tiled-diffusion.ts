// Tiled Diffusion: pictures larger than the network can paint at once are painted in overlapping tiles, blended at every step, so that no
// seam is left (MultiDiffusion, Bar-Tal et al. 2023, equation 5; Mixture of Diffusers, Álvaro Barbero Jiménez 2023), and regions of them
// may have prompts of their own. As pkuliyi2015/multidiffusion-upscaler-for-automatic1111 22798f6 does it in webui 1.10.1, where the seeds
// of regions have no effect and the second pass of Hires. fix is not tiled.
import type { CallSize, Extension, NetworkTarget } from '../interface.ts';
import type { LatentArea } from '../../sampling/network-call.ts';
import { askInParts } from '../../sampling/network-parts.ts';
import { regionalConditions } from './tiled-diffusion/conditions.ts';
import { controls } from './tiled-diffusion/controls.ts';
import { areasOf, partsOf } from './tiled-diffusion/parts.ts';
import { settingsOf, type TiledSettings } from './tiled-diffusion/settings.ts';
import { tiledDiffusionText } from './tiled-diffusion/text.ts';

/** Pixels of a cell. */
const CELL = 8;

export const tiledDiffusion: Extension = {
  name: 'Tiled Diffusion',
  title: 'Tiled Diffusion',
  about:
    'Paints pictures larger than the graphics card holds, or the model knows, in tiles without seams, up to 8192 x 8192. Regions may have prompts of their own. Switch on “Tiled VAE” in Settings where memory is short.',
  paper: {
    title: 'MultiDiffusion: Fusing Diffusion Paths for Controlled Image Generation',
    address: 'https://arxiv.org/abs/2302.08113',
  },
  controls,
  text: tiledDiffusionText,
  call(values, target, whole) {
    const areas = tiledAreas(settingsOf(values), target);
    if (!areas) return whole;
    const calls = areas.map((batch) => {
      const { top, left, bottom, right } = batch[0]!;
      return {
        items: whole.items * batch.length,
        ...{ width: CELL * (right - left), height: CELL * (bottom - top) },
      };
    });
    const size = ({ items, width, height }: CallSize): number => items * width * height;
    return calls.reduce((largest, call) => (size(call) > size(largest) ? call : largest));
  },
  conditions(values, call) {
    const { regions } = settingsOf(values);
    return regions.length > 0 && call.pass === 'first' ? regionalConditions(regions, call) : call.encode();
  },
  sampling(values, pass) {
    const settings = settingsOf(values);
    if (!tiledAreas(settings, pass)) return {};
    const { batches, shown } = partsOf(settings, pass.width / CELL, pass.height / CELL);
    const shape = { channels: pass.channels, height: pass.height / CELL, width: pass.width / CELL };
    const length = shape.channels * shape.height * shape.width;
    return {
      aroundModel: (items, step, network) =>
        items.every(({ x, area }) => !area && x.length === length)
          ? askInParts(items, step, network, batches, shape)
          : network(items, step),
      ...(shown && {
        // What no part covers comes to nothing, in the sampler's own terms.
        afterModel: ({ images }) => {
          const seen = (output: Float32Array) => output.map((value, i) => value * shown[i % shown.length]!);
          return images.map(({ x, conds, uncond }) => ({
            x,
            conds: conds.map(({ weight, output }) => ({ weight, output: seen(output) })),
            uncond: uncond && seen(uncond),
          }));
        },
      }),
    };
  },
};

/** Null where there is one tile, without regions, and in a second pass. */
function tiledAreas(settings: TiledSettings, { pass, width, height }: NetworkTarget): LatentArea[][] | null {
  if (pass === 'second') return null;
  const areas = areasOf(settings, width / CELL, height / CELL);
  return areas.flat().length > 1 || settings.regions.length > 0 ? areas : null;
}
