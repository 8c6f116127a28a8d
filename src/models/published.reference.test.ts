// Graphs of the published models in full size, built from the manifests' shapes: each must read every weight of its
// network, whole and once, and arithmetic must stay in one type.
import { describe, expect, it } from 'vitest';
import type { DType } from '../checkpoint/types.ts';
import type { Graph } from '../graph/graph.ts';
import type { Precision, WeightCatalog } from '../graph/types.ts';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { detect } from './detect.ts';
import { textEncoderNetwork } from './text-encoder.ts';
import type { Networks } from './types.ts';
import { unetNetwork } from './unet.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from './vae.ts';

interface Manifest {
  readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly dtype: DType }>>;
}

/** Tensors that no network reads: masks, temperatures and projections of text encoders, weights of the averages. */
const UNREAD = /position_ids|logit_scale|text_projection|attn_mask|^model_ema\./;

const models = listReference('models', 'manifests').flatMap((file) => {
  const manifest = readReferenceJson<Partial<Manifest>>('models', 'manifests', file);
  if (!manifest.tensors) return [];
  const tensors = new Map(Object.entries(manifest.tensors));
  const { networks, keyLayout } = detect(tensors, new Map(), null);
  return networks && keyLayout === 'ldm' ? [{ name: file.replace(/\..*/, ''), tensors, networks }] : [];
});

// A file without a suite or a test would count as failed.
if (models.length === 0) it.skip('the reference data has no manifests of image models', () => undefined);

describe.each(models)('$name', ({ tensors, networks }) => {
  const catalog: WeightCatalog = { shapeOf: (name) => tensors.get(name)?.shape };

  it('is read whole', () => {
    const read = new Map<string, number>();
    for (const { graph } of build(networks, catalog, 'float32')) {
      for (const ref of graph.weights) read.set(ref.name, (read.get(ref.name) ?? 0) + elements(ref.shape));
    }
    const prefixes = [
      'model.diffusion_model.',
      'first_stage_model.',
      ...networks.textEncoders.map(({ prefix }) => prefix),
    ];
    for (const [name, { shape }] of tensors) {
      if (UNREAD.test(name) || !prefixes.some((prefix) => name.startsWith(prefix))) continue;
      expect(read.get(name), name).toBe(elements(shape));
      read.delete(name);
    }
    expect([...read.keys()]).toEqual([]);
  });

  it.each<Precision>(['float32', 'float16'])('casts in %s only where it must', (precision) => {
    for (const { graph, floatPorts, float32Islands } of build(networks, catalog, precision)) {
      const casts = graph.nodes.filter((node) => node.op === 'Cast').length;
      expect(casts).toBe(precision === 'float32' ? 0 : floatPorts + float32Islands);
      const islands = new Set([
        'Cast',
        'Mul',
        'Slice',
        'Transpose',
        'MatMul',
        'Softmax',
        'Concat',
        'Clip',
        'Reshape',
      ]);
      for (const node of graph.nodes) {
        if (precision === 'float16' && node.output.type === 'float32') expect(islands).toContain(node.op);
      }
    }
  });

  it('says shapes to the runtime without a node that computes them', () => {
    for (const { graph } of build(networks, catalog, 'float16')) {
      const integers = graph.nodes.filter(
        (node) => node.output.type === 'int64' || node.output.type === 'int32',
      );
      expect(integers).toEqual([]);
    }
  });
});

interface Built {
  readonly graph: Graph;
  /** Floating inputs and outputs: a cast each in float16. */
  readonly floatPorts: number;
  /** Casts into and out of what is computed in float32 all the same. */
  readonly float32Islands: number;
}

function* build(networks: Networks, catalog: WeightCatalog, precision: Precision): Iterable<Built> {
  const { unet, vae, textEncoders } = networks;
  const ports = (graph: Graph) =>
    [...graph.inputs.filter(({ value }) => value.type === 'float32'), ...graph.outputs].length;
  const { graph } = unetNetwork(unet, catalog, precision);
  yield { graph, floatPorts: ports(graph), float32Islands: 0 };
  if (vae) {
    for (const network of [vaeDecoderNetwork, vaeEncoderNetwork]) {
      const { graph } = network(vae, catalog, precision);
      // The attention's q, k, v and result.
      yield { graph, floatPorts: ports(graph), float32Islands: 4 };
    }
  }
  for (const config of textEncoders) {
    const { graph } = textEncoderNetwork(config, catalog, precision);
    // One hidden state goes out as it is and normalised: every output has its own cast all the same.
    yield { graph, floatPorts: ports(graph), float32Islands: 0 };
  }
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
