// Hypernetworks as A1111 has them (modules/hypernetworks/hypernetwork.py): small residual networks, two for each width, that what an
// attention looks at goes through on its way to keys and to values.
import type { Graph, Value } from '../graph/graph.ts';
import { Layers } from './layers.ts';
import type { HypernetworkInfo, TensorShapes } from './types.ts';

/** A hypernetwork in a UNet. */
export interface UsedHypernetwork {
  readonly info: HypernetworkInfo;
  /** Before its tensors' names among the UNet's weights. */
  readonly prefix: string;
  readonly strength: number;
  /** What its tensors are called, by `layerName`. */
  readonly layers: ReadonlyMap<string, HypernetworkLayers>;
}

/** Linear layers and norms, in the order in which they stand. */
export type HypernetworkLayers = readonly HypernetworkLayer[];

export interface HypernetworkLayer {
  /** Without `.weight` and `.bias`. */
  readonly name: string;
  readonly kind: 'linear' | 'norm';
  readonly outputs: number;
  readonly inputs: number;
}

export const ACTIVATIONS: Readonly<Record<string, (graph: Graph, x: Value) => Value>> = {
  linear: (_, x) => x,
  identity: (_, x) => x,
  relu: (graph, x) => graph.relu(x),
  relu6: (graph, x) => graph.clip(x, 0, 6),
  leakyrelu: (graph, x) => graph.leakyRelu(x, 0.01),
  // torch.nn.Hardswish under both names.
  swish: hardSwish,
  hardswish: hardSwish,
  tanh: (graph, x) => graph.tanh(x),
  sigmoid: (graph, x) => graph.sigmoid(x),
  silu: (graph, x) => graph.silu(x),
  gelu: (graph, x) => graph.gelu(x),
};

function hardSwish(graph: Graph, x: Value): Value {
  const gate = graph.clip(graph.add(x, graph.constant([3], [])), 0, 6);
  return graph.mul(x, graph.mul(gate, graph.constant([1 / 6], [])));
}

export type Role = 'keys' | 'values';

export function layerName(width: number, role: Role): string {
  return `${width}.${role === 'keys' ? 0 : 1}`;
}

/** `width.0.linear.N.weight`; A1111's first files say linear1 and linear2. */
const NAME = /^(\d+)\.([01])\.(linear\.(\d+)|linear([12]))\.(weight|bias)$/;
/** Of the attended text or of a level of a UNet. */
const MAX_WIDTH = 1 << 14;

export interface HypernetworkFile {
  readonly info: HypernetworkInfo | null;
  readonly widths: readonly number[];
  /** Said to a person; null for what can be used. */
  readonly problem: string | null;
  readonly layers: ReadonlyMap<string, HypernetworkLayers>;
}

/** What a file holds, where it is a hypernetwork's; null for all others. `metadata`: the plain values beside its tensors. */
export function readHypernetwork(
  tensors: TensorShapes,
  metadata: ReadonlyMap<string, string>,
): HypernetworkFile | null {
  const found = new Map<string, Map<number, HypernetworkLayer>>();
  const widths = new Set<number>();
  for (const [name, { shape }] of tensors) {
    const match = NAME.exec(name);
    if (!match) return null;
    const [, width, role, layer, index, oldIndex, part] = match;
    widths.add(Number(width));
    if (part === 'bias') continue;
    const key = `${width}.${role}`;
    const layers = found.get(key) ?? new Map<number, HypernetworkLayer>();
    found.set(key, layers);
    const at = index === undefined ? Number(oldIndex) : Number(index);
    const [outputs = 0, inputs = outputs] = shape;
    const kind = shape.length === 2 ? 'linear' : 'norm';
    layers.set(at, { name: `${key}.${layer}`, kind, outputs, inputs });
  }
  if (widths.size === 0) return null;
  const layers = new Map<string, HypernetworkLayers>();
  for (const [key, byIndex] of found) {
    layers.set(
      key,
      [...byIndex].sort(([a], [b]) => a - b).map(([, layer]) => layer),
    );
  }
  const activation = (metadata.get('activation_func') ?? 'linear').toLowerCase();
  const info = {
    widths: [...widths],
    activation,
    activatesOutput: metadata.get('activate_output') !== 'false',
  };
  const problem = problemOf(info, layers, tensors);
  return { info: problem === null ? info : null, widths: info.widths, problem, layers };
}

function problemOf(
  { widths, activation }: HypernetworkInfo,
  layers: HypernetworkFile['layers'],
  tensors: TensorShapes,
): string | null {
  if (!Object.hasOwn(ACTIVATIONS, activation))
    return `Its activation function "${activation}" is not known here.`;
  for (const width of widths) {
    if (width < 1 || width > MAX_WIDTH) return `A width of ${width} is none of any model's.`;
    for (const role of ['keys', 'values'] as const) {
      const own = layers.get(layerName(width, role)) ?? [];
      let size = width;
      for (const { name, kind, inputs, outputs } of own) {
        if (inputs !== size || (kind === 'norm' && outputs !== size))
          return `Its layers do not fit each other: ${name} reads ${inputs} numbers, and there are ${size}.`;
        if (tensors.get(`${name}.bias`)?.shape[0] !== outputs) return `The tensor "${name}.bias" is missing.`;
        size = outputs;
      }
      if (own.length === 0 || size !== width) return `Its layers for the width ${width} are not whole.`;
    }
  }
  return null;
}

/** What tokens [M, width] become on their way to keys or values: through each hypernetwork that knows the width, in order. */
export function transformed(
  tokens: Value,
  width: number,
  role: Role,
  hypernetworks: readonly UsedHypernetwork[],
  { graph, catalog }: Pick<Layers, 'graph' | 'catalog'>,
): Value {
  let x = tokens;
  for (const { info, prefix, strength, layers: all } of hypernetworks) {
    const own = all.get(layerName(width, role));
    if (!own) continue;
    const layers = new Layers(graph, catalog, prefix);
    const activate = ACTIVATIONS[info.activation]!;
    const linears = own.filter(({ kind }) => kind === 'linear');
    let h = x;
    for (const layer of own) {
      if (layer.kind === 'norm') h = layers.layerNorm(h, layer.name, layer.outputs);
      else {
        h = layers.linear(h, layer.name, layer.inputs, layer.outputs);
        // The last one is linear unless the file says otherwise.
        if (layer !== linears.at(-1) || info.activatesOutput) h = activate(graph, h);
      }
    }
    x = graph.add(x, strength === 1 ? h : graph.mul(h, graph.constant([strength], [])));
  }
  return x;
}
