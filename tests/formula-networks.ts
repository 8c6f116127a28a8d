// Networks that are formulas, so that hundreds of runs are quick: for tests of what a request decides.
import { SD1 } from '../src/families/sd1.ts';
import type { UNetConfig } from '../src/models/types.ts';
import type { Networks } from '../src/runtime/networks.ts';

const CONTEXT_DIM = 3;

/** Of what they stand for. */
export const FORMULA_UNET: UNetConfig = {
  ...{
    inChannels: 4,
    outChannels: 4,
    modelChannels: 320,
    channelMult: [1, 2, 4, 4],
    resBlocks: [2, 2, 2, 2],
  },
  ...{
    transformerDepth: [1, 1, 1, 0],
    middleTransformerDepth: 1,
    contextDim: CONTEXT_DIM,
    heads: { count: 8 },
  },
  ...{ linearProjections: false, vectorDim: null },
};

/** Every token, its place, the clip skip and the length of a context show in what the UNet gives. */
export const FORMULA_NETWORKS: Networks = {
  family: SD1,
  prediction: 'epsilon',
  buffers: {},
  latentChannels: 4,
  unetConfig: FORMULA_UNET,
  unetChannels: 4,
  scaleFactor: 1,
  contextDim: CONTEXT_DIM,
  vectorDim: null,
  textEncoders: [
    {
      type: 'clip',
      prefix: '',
      vocabulary: 49408,
      positions: 77,
      width: CONTEXT_DIM,
      layers: 12,
      heads: 1,
      mlpWidth: 1,
      activation: 'quick_gelu',
      projection: null,
    },
  ],
  encodeText: async (_, { tokens, chunks }, { layer }) => ({
    states: Float32Array.from({ length: chunks * 77 * CONTEXT_DIM }, (_, i) => {
      const token = tokens[Math.floor(i / CONTEXT_DIM)]!;
      return 0.3 + Math.sin(token * 12.9898 + (i % 231) * 0.37 + layer);
    }),
    pooled: null,
  }),
  unet: async ({ x, batch, timesteps, context, tokens }) => {
    const size = x.length / batch;
    const width = tokens * CONTEXT_DIM;
    const told = Array.from({ length: batch }, (_, n) => {
      const own = context.subarray(n * width, (n + 1) * width);
      return own.reduce((sum, value, i) => sum + value * Math.cos(i * 0.11), 0) / Math.sqrt(width);
    });
    return x.map((value, i) => {
      const n = Math.floor(i / size);
      const s = timesteps[n]! / 1000;
      return value * (0.6 + 0.4 * s) + (1 - s) * 0.3 * Math.tanh(value) + 0.05 * Math.tanh(told[n]! + value);
    });
  },
  decode: () => Promise.reject(new Error('Nothing is decoded here.')),
  encode: async (image, height, width) => {
    const [rows, columns] = [Math.floor(height / 8), Math.floor(width / 8)];
    return Float32Array.from({ length: 4 * rows * columns }, (_, i) => {
      const [c, y, x] = [Math.floor(i / rows / columns), Math.floor(i / columns) % rows, i % columns];
      return (1 + c / 2) * image[((c % 3) * height + 8 * y) * width + 8 * x]!;
    });
  },
};
