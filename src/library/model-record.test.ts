// A record is believed as a whole or not at all: whatever is planted in a sound one is noticed.
import { describe, expect, it } from 'vitest';
import { chunksIn, nameIn, parseModel } from './model-record.ts';
import { RECORD_VERSION } from './record-version.ts';
import type { StoredModel } from './types.ts';

const KEY = 'a'.repeat(64);

const SOUND: StoredModel = {
  sha256: KEY,
  fingerprint: 'b'.repeat(64),
  name: 'dreamy',
  fileName: 'dreamy.safetensors',
  fileSize: 1000,
  fileModified: -1,
  storedSize: 8,
  importedAt: 1_700_000_000_000,
  detection: {
    kind: 'sd1',
    label: 'Stable Diffusion 1.x',
    keyLayout: 'ldm',
    supported: true,
    unsupportedReason: null,
    networks: {
      unet: {
        inChannels: 4,
        outChannels: 4,
        modelChannels: 32,
        channelMult: [1, 2],
        resBlocks: [1, 1],
        transformerDepth: [1, 0],
        middleTransformerDepth: 1,
        contextDim: 48,
        heads: { count: 8 },
        linearProjections: false,
        vectorDim: null,
      },
      vae: {
        inChannels: 3,
        outChannels: 3,
        channels: 32,
        channelMult: [1, 1],
        resBlocks: 1,
        zChannels: 4,
        latentChannels: 4,
        scaleFactor: 0.18215,
        hasEncoder: true,
        hasDecoder: true,
      },
      textEncoders: [
        {
          type: 'clip',
          prefix: 'cond_stage_model.transformer.text_model.',
          width: 48,
          layers: 2,
          heads: 4,
          mlpWidth: 192,
          vocabulary: 49408,
          positions: 77,
          activation: 'quick_gelu',
          projection: null,
        },
      ],
    },
    prediction: { value: 'epsilon', from: 'family' },
    hasEma: false,
    notes: ['a note'],
  },
  predictionOverride: null,
  clamped: [{ tensor: 't', count: 1 }],
  nonFinite: [],
  chunks: [{ key: 'import/00000', byteLength: 8 }],
  tensors: [{ name: 't', shape: [2, 2], network: 'unet', chunk: 0, offset: 0, byteLength: 8 }],
};

describe('parseModel', () => {
  it('takes what this version and earlier ones have written', () => {
    expect(parseModel(KEY, SOUND)).toBe(SOUND);
    for (const more of [
      { version: 1, oldHash: '01234567' },
      { mismatched: 2 },
      { vaeOverflows: true },
      { predictionOverride: 'v' },
      { somethingNew: 1 },
    ])
      expect(parseModel(KEY, { ...SOUND, ...more })).toMatchObject(more);
  });

  // Chunks of one size, each with a tensor in its second half.
  const spread = (chunkBytes: number, count: number) => ({
    ...SOUND,
    storedSize: count * chunkBytes,
    chunks: Array.from({ length: count }, (_, i) => ({ key: `import/${i}`, byteLength: chunkBytes })),
    tensors: Array.from({ length: count }, (_, i) => {
      const [name, shape, half] = [`t${i}`, [chunkBytes / 4], chunkBytes / 2];
      return { name, shape, network: 'unet' as const, chunk: i, offset: half, byteLength: half };
    }),
  });

  it('takes weights beyond 4 GiB', () => {
    const model = spread(2 ** 25, 208);
    expect(parseModel(KEY, model)).toBe(model);
    const { tensors } = model;
    expect(parseModel(KEY, { ...model, tensors: [{ ...tensors[207]!, chunk: 208 }] })).toBe('damaged');
  });

  it('takes no chunk that has 2 GiB in float32', () => {
    const largest = spread(2 ** 30 - 4, 1);
    expect(parseModel(KEY, { ...largest, tensors: [] })).toMatchObject({ chunks: largest.chunks });
    expect(parseModel(KEY, { ...spread(2 ** 30, 1), tensors: [] })).toBe('damaged');
  });

  const sizes = SOUND.detection.networks!.vae!;
  const tiny = { channels: 64, latentChannels: 4, hasEncoder: false, hasDecoder: true };
  const file = (more: object) => ({ ...SOUND, detection: { ...SOUND.detection, networks: null, ...more } });

  it('takes embeddings, whose file is kept as it is', () => {
    const embedding = { vectors: 4, widths: [768, 1280] };
    const model = { ...file({ kind: 'embedding', embedding }), tensors: [] };
    expect(parseModel(KEY, model)).toBe(model);
  });

  it('takes VAEs and other networks in files of their own, and checkpoints without one', () => {
    const { networks } = SOUND.detection;
    for (const model of [
      file({ kind: 'vae', vae: sizes }),
      file({ kind: 'taesd', tinyVae: tiny }),
      file({ kind: 'face-detector', face: { kind: 'retina-face', side: null } }),
      file({ kind: 'face-restorer', face: { kind: 'gfpgan', side: 512 } }),
      file({ kind: 'annotator', annotator: { kind: 'hed' } }),
      { ...SOUND, detection: { ...SOUND.detection, networks: { ...networks, vae: null } } },
    ]) {
      expect(parseModel(KEY, model)).toBe(model);
    }
  });

  it.each([
    { kind: 'vae' },
    { kind: 'embedding' },
    { kind: 'embedding', embedding: { vectors: 0, widths: [768] } },
    { kind: 'embedding', embedding: { vectors: 1, widths: 768 } },
    { kind: 'sd1', vae: sizes },
    { kind: 'vae', vae: { ...sizes, channels: 0 } },
    { kind: 'taesd', tinyVae: { ...tiny, hasDecoder: 1 } },
    { kind: 'annotator' },
    { kind: 'annotator', annotator: { kind: 'another' } },
    { kind: 'face-restorer' },
    { kind: 'face-restorer', face: { kind: 'retina-face', side: null } },
    { kind: 'face-restorer', face: { kind: 'gfpgan', side: -1 } },
    { kind: 'sd1', face: { kind: 'gfpgan', side: 512 } },
  ])('finds fault with %j', (more) => expect(parseModel(KEY, file(more))).toBe('damaged'));

  it('tells a record of a later version by its own word, whatever else is in it', () => {
    expect(parseModel(KEY, { ...SOUND, version: RECORD_VERSION + 1 })).toBe('later-version');
    expect(parseModel(KEY, { version: 9 })).toBe('later-version');
  });

  it.each([
    ['another key', { sha256: 'c'.repeat(64) }],
    ['a key that is no hash', { sha256: 'planted' }],
    ['no detection', { detection: null }],
    ['an empty detection', { detection: {} }],
    ['a supported kind without networks', { detection: { ...SOUND.detection, networks: null } }],
    ['notes that are no texts', { detection: { ...SOUND.detection, notes: [{}] } }],
    ['a kind that nobody knows', { detection: { ...SOUND.detection, kind: 'sd9' } }],
    ['no counts', { nonFinite: null }],
    ['a count of nothing', { clamped: [null] }],
    ['chunks that are none', { chunks: [null] }],
    ['holes in a list', { chunks: new Array(1) }],
    ['a tensor out of its chunk', { tensors: [{ ...SOUND.tensors[0], offset: 4 }] }],
    ['a tensor in no chunk', { tensors: [{ ...SOUND.tensors[0], chunk: 1 }] }],
    ['a tensor of another size', { tensors: [{ ...SOUND.tensors[0], shape: [3, 2] }] }],
    ['a time that no clock shows', { importedAt: 1e300 }],
    ['a name that is none', { name: 3 }],
    ['a fingerprint of another kind', { fingerprint: {} }],
    ['a size that is none', { fileSize: NaN }],
  ])('does not take %s', (_, planted) => {
    expect(parseModel(KEY, { ...SOUND, ...planted })).toBe('damaged');
  });

  it.each([null, undefined, 3, 'text', [], new Date(0), new Map([['sha256', KEY]])])(
    'does not take %s for a record',
    (value) => {
      expect(parseModel(KEY, value)).toBe('damaged');
      expect(nameIn(value)).toBeNull();
      expect(chunksIn(value)).toEqual([]);
    },
  );

  it('notices each field that is missing or null, but for those that may be', () => {
    const optional = new Set(['predictionOverride']);
    for (const name of Object.keys(SOUND)) {
      const rest = Object.fromEntries(Object.entries(SOUND).filter(([field]) => field !== name));
      expect(parseModel(KEY, rest), name).toBe('damaged');
      if (!optional.has(name)) expect(parseModel(KEY, { ...SOUND, [name]: null }), name).toBe('damaged');
    }
  });
});

it('reads what it can of a damaged record', () => {
  const damaged = { ...SOUND, detection: null, chunks: [null, { key: 'x/00001' }, { key: 4 }] };
  expect(nameIn(damaged)).toBe('dreamy');
  expect(chunksIn(damaged)).toEqual(['x/00001']);
});
