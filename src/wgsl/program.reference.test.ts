// Programs of the published models in full size, built from the manifests' shapes: every operator has a kernel, what belongs
// together is computed together, and memory stays below what onnxruntime takes. Numbers are in goldens.float16.test.ts.
import { describe, expect, it } from 'vitest';
import { BufferPool } from '../graph/buffer-pool.ts';
import { planRun } from '../graph/memory.ts';
import type { HostTensor, WeightCatalog } from '../graph/types.ts';
import { detect } from '../models/detect.ts';
import type { Network } from '../models/network.ts';
import { textEncoderNetwork } from '../models/text-encoder.ts';
import type { TensorShapes } from '../models/types.ts';
import { unetNetwork } from '../models/unet.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../models/vae.ts';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { LARGEST_JOINED } from './patterns.ts';
import { compile, type Program } from './program.ts';

const OPTIONS = { dialect: { float16: 'native' }, maxBufferSize: 2 ** 31 } as const;

const models = listReference('models', 'manifests').flatMap((file) => {
  const { tensors } = readReferenceJson<{ tensors?: Record<string, { shape: number[]; dtype: 'F32' }> }>(
    ...['models', 'manifests', file],
  );
  if (!tensors) return [];
  const shapes: TensorShapes = new Map(Object.entries(tensors));
  const { networks, keyLayout } = detect(shapes, new Map(), null);
  return networks && keyLayout === 'ldm' ? [{ name: file.replace(/\..*/, ''), shapes, networks }] : [];
});

if (models.length === 0) it.skip('the reference data has no manifests of image models', () => undefined);

describe.each(models)('$name', ({ shapes, networks }) => {
  const catalog: WeightCatalog = { shapeOf: (name) => shapes.get(name)?.shape };
  const { unet, vae, textEncoders } = networks;

  it('UNet: two samples of 64x64', () => {
    const network = unetNetwork(unet, catalog, 'float16');
    const [batch, side, tokens] = [2, 64, 77];
    const { feeds, program } = programOf(network, 'out', {
      ...{ batch, height: side, width: side, tokens, timesteps: [500, 500] },
      x: new Float32Array(batch * unet.inChannels * side * side),
      context: new Float32Array(batch * tokens * unet.contextDim),
      ...(unet.vectorDim === null ? {} : { vector: new Float32Array(batch * unet.vectorDim) }),
    });
    const { patterns, steps } = program.stages;
    const nodes = (op: string) => network.graph.nodes.filter((node) => node.op === op).length;
    expect(patterns['group norm']).toBe(nodes('InstanceNormalization'));
    expect(patterns['upsampling before a convolution']).toBe(nodes('Resize'));
    expect(patterns['GEGLU']).toBe(nodes('Gelu'));
    // A convolution each, and nothing else around them: biases, time embeddings, residuals and SiLU are part of other kernels.
    expect(steps.filter((step) => step.kind === 'product' && step.window)).toHaveLength(
      network.graph.nodes.filter(({ op, attributes }) => {
        const kernel = attributes['kernel_shape'];
        return op === 'Conv' && kernel?.kind === 'ints' && kernel.value[0] === 3;
      }).length,
    );
    // The picture comes in and goes out channel by channel, the time embedding is a sum of two with a vector. All concatenations
    // are written in place.
    expect(steps.filter(({ kind }) => kind === 'pointwise').length).toBeLessThanOrEqual(5);
    // All keys and values of the text are few products: no two that follow each other would fit into one weight.
    const ofText = steps
      .filter((step) => step.kind === 'product' && step.domain.samples * step.domain.rows === batch * tokens)
      .map((step) => (step.kind === 'product' ? step.domain.columns * step.inputs : 0));
    expect(ofText.length).toBeGreaterThan(0);
    for (const [i, elements] of ofText.slice(1).entries())
      expect(elements + ofText[i]!).toBeGreaterThan(LARGEST_JOINED);
    expect(program.dispatches.length).toBeLessThan(0.5 * network.graph.nodes.length);
    expectLessMemory(network, feeds, program);
  });

  it.skipIf(vae === null)('VAE: decoder and encoder, 512x512', () => {
    const decoder = vaeDecoderNetwork(vae!, catalog, 'float16');
    const size = { batch: 1, height: 64, width: 64 };
    const decoded = programOf(decoder, 'image', { ...size, latent: new Float32Array(4 * 64 * 64) });
    expect(decoded.program.stages.patterns['attention in parts']).toBe(1);
    expectLessMemory(decoder, decoded.feeds, decoded.program);

    const encoder = vaeEncoderNetwork(vae!, catalog, 'float32');
    const picture = { batch: 1, height: 512, width: 512, image: new Float32Array(3 * 512 * 512) };
    const encoded = programOf(encoder, 'mean', picture);
    expectLessMemory(encoder, encoded.feeds, encoded.program);
  });

  it.each(textEncoders.map((config) => [config.prefix, config] as const))('text encoder %s', (_, config) => {
    const network = textEncoderNetwork(config, catalog, 'float32');
    const { program } = programOf(network, 'hidden.1', { tokens: new Int32Array(77), chunks: 1 });
    // Two norms, QKV, attention, its output, and two layers; the embedding, its position and the way out.
    const layers = config.layers - (config.absentLayers?.length ?? 0);
    expect(program.stages.steps.length).toBeLessThanOrEqual(7 * layers + 3);
  });
});

function programOf<I>(network: Network<I>, output: string, inputs: I) {
  const feeds = network.feeds(inputs);
  return { feeds, program: compile(network.graph, feeds, [output], OPTIONS) };
}

function expectLessMemory(
  { graph }: Network<never>,
  feeds: Readonly<Record<string, HostTensor>>,
  { memory }: Program,
): void {
  const pool = new BufferPool();
  planRun(graph, feeds).simulate(pool);
  const bytes = memory.arenas.reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeLessThan(pool.peak);
  expect(bytes).toBeLessThan(1.5 * memory.least);
}
