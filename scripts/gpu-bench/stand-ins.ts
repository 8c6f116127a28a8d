// Stand-ins for published checkpoints, made in seconds on the machine that runs them: the shapes of SD 1.5 and SDXL, and two
// tiny networks of the same kinds.
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { toFloat16 } from '../../src/checkpoint/convert.ts';
import { product } from '../../src/graph/shapes.ts';
import { textTensors, type TextSizes } from '../../src/models/layouts/ldm-text.ts';
import { unetTensors, type UNetSizes } from '../../src/models/layouts/ldm-unet.ts';
import { vaeTensors } from '../../src/models/layouts/ldm-vae.ts';
import type { VaeSizes } from '../../src/models/types.ts';
import { safetensorsFile } from '../full-size-files.ts';
import { distribution, generator, type Entry } from '../full-size-weights.ts';

export interface StandIn {
  readonly label: string;
  readonly unet: UNetSizes;
  readonly vae: VaeSizes;
  /** Null: without one. */
  readonly text: TextSizes | null;
  /** Of a picture, in pixels. */
  readonly size: readonly [width: number, height: number];
}

const LATENT = { inChannels: 4, outChannels: 4 } as const;
const VAE: VaeSizes = {
  ...{ inChannels: 3, outChannels: 3, channels: 128, channelMult: [1, 2, 4, 4], resBlocks: 2 },
  ...{ zChannels: 4, latentChannels: 4, hasEncoder: true, hasDecoder: true },
};
const CLIP = { type: 'clip', vocabulary: 49408, positions: 77, projection: null } as const;

const SD15: StandIn = {
  label: 'SD 1.5',
  unet: {
    ...{ ...LATENT, modelChannels: 320, channelMult: [1, 2, 4, 4], resBlocks: [2, 2, 2, 2] },
    ...{ transformerDepth: [1, 1, 1, 0], middleTransformerDepth: 1, contextDim: 768 },
    ...{ linearProjections: false, vectorDim: null },
  },
  vae: VAE,
  text: { ...CLIP, width: 768, layers: 12, mlpWidth: 3072 },
  size: [512, 512],
};

const SDXL: StandIn = {
  label: 'SDXL',
  unet: {
    ...{ ...LATENT, modelChannels: 320, channelMult: [1, 2, 4], resBlocks: [2, 2, 2] },
    ...{ transformerDepth: [0, 2, 10], middleTransformerDepth: 10, contextDim: 2048 },
    ...{ linearProjections: true, vectorDim: 2816 },
  },
  vae: VAE,
  text: null,
  size: [1024, 1024],
};

const TINY_VAE: VaeSizes = { ...VAE, channels: 64, channelMult: [1, 1, 1, 2], resBlocks: 1 };

export const STAND_INS = {
  tiny: {
    label: 'Tiny SD',
    unet: {
      ...SD15.unet,
      ...{
        modelChannels: 64,
        channelMult: [1, 2],
        resBlocks: [1, 1],
        transformerDepth: [1, 0],
        contextDim: 64,
      },
    },
    vae: TINY_VAE,
    text: { ...CLIP, width: 64, layers: 2, mlpWidth: 256 },
    size: [64, 64],
  },
  'tiny-xl': {
    label: 'Tiny SDXL',
    unet: {
      ...SDXL.unet,
      ...{ modelChannels: 64, channelMult: [1, 2], resBlocks: [1, 1], transformerDepth: [0, 2] },
      ...{ middleTransformerDepth: 2, contextDim: 96, vectorDim: 128 },
    },
    vae: TINY_VAE,
    text: null,
    size: [64, 64],
  },
  sd15: SD15,
  sdxl: SDXL,
} as const satisfies Readonly<Record<string, StandIn>>;
export type StandInName = keyof typeof STAND_INS;

/** All tensors, in the original layout, as float16. */
export function entriesOf({ unet, vae, text }: StandIn): Entry[] {
  const parts = [
    ['model.diffusion_model.', unetTensors(unet)],
    ['first_stage_model.', vaeTensors(vae)],
    ['cond_stage_model.transformer.text_model.', text ? textTensors(text) : new Map<string, number[]>()],
  ] as const;
  return parts.flatMap(([prefix, spec]) =>
    [...spec].map(([name, shape]) => {
      const count = product(shape);
      return { name: prefix + name, shape, count, dtype: 'F16' as const, bytes: 2 * count };
    }),
  );
}

export function bytesOfStandIn(standIn: StandIn): number {
  return entriesOf(standIn).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Numbers made for a tensor; a larger one repeats them. A prime, so that no two rows of a matrix are the same. */
const BLOCK = 262_139;
const POOL = 4 * BLOCK;

/** Writes the file, always the same. Its tensors have the spread that keeps float16 in range (full-size-weights.ts). */
export async function writeStandIn(standIn: StandIn, path: string): Promise<void> {
  const random = generator(1);
  const pool = Float32Array.from({ length: POOL }, random);
  const floats = new Float32Array(BLOCK);
  const halves = new Uint16Array(BLOCK);
  let from = 0;
  function* fill(entry: Entry): Generator<Uint8Array<ArrayBuffer>> {
    const [centre, spread] = distribution(entry);
    const made = Math.min(BLOCK, entry.count);
    for (let i = 0; i < made; i++) floats[i] = centre + spread * pool[(from + i) % POOL]!;
    from = (from + made) % POOL;
    toFloat16(new Uint8Array(floats.buffer, 0, 4 * made), 'F32', halves.subarray(0, made));
    for (let start = 0; start < entry.count; start += made)
      yield new Uint8Array(halves.buffer, 0, 2 * Math.min(made, entry.count - start));
  }
  const part = `${path}.part`;
  const file = openSync(part, 'w');
  try {
    for await (const piece of safetensorsFile(entriesOf(standIn), fill)) {
      for (let done = 0; done < piece.length;) done += writeSync(file, piece, done);
    }
  } finally {
    closeSync(file);
  }
  renameSync(part, path);
}
