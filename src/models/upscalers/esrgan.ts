// ESRGAN's RRDBNet (Wang et al. 2018), in all three ways that its tensors are called: those of its first version ("model.0", which
// most community models have), of xinntao/ESRGAN ("RRDB_trunk"), and of BasicSR and Real-ESRGAN ("body").
import { countFrom } from '../layouts/mapped.ts';
import type { Value } from '../../graph/graph.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import type { Architecture } from './architecture.ts';
import { PictureLayers } from './picture-layers.ts';

/** What the layers are called in a file. */
interface Names {
  readonly style: 'ESRGAN' | 'Real-ESRGAN';
  readonly first: string;
  dense(block: number, dense: number, conv: number): string;
  readonly trunk: string;
  /** Convolutions after a doubling each. */
  readonly up: readonly string[];
  readonly high: string;
  readonly last: string;
}

/** Residual dense blocks in a block, and convolutions in one. */
const DENSE_BLOCKS = 3;
const DENSE_CONVOLUTIONS = 5;
/** What a block's result is multiplied by before it is added. */
const RESIDUAL = 0.2;
const SLOPE = 0.2;

function namesIn(weights: WeightCatalog): Names | null {
  const has = (name: string): boolean => weights.shapeOf(`${name}.weight`) !== undefined;
  if (has('model.0') && has('model.1.sub.0.RDB1.conv1.0')) return oldNames(has);
  if (!has('conv_first') || !has('conv_last')) return null;
  const trunk = has('RRDB_trunk.0.RDB1.conv1');
  if (!trunk && !has('body.0.rdb1.conv1')) return null;
  const named = (stage: number): string => (trunk ? `upconv${stage}` : `conv_up${stage}`);
  const stages = countFrom((i) => has(named(i + 1)));
  return {
    style: trunk ? 'ESRGAN' : 'Real-ESRGAN',
    first: 'conv_first',
    dense: (block, dense, conv) =>
      trunk ? `RRDB_trunk.${block}.RDB${dense}.conv${conv}` : `body.${block}.rdb${dense}.conv${conv}`,
    trunk: trunk ? 'trunk_conv' : 'conv_body',
    up: Array.from({ length: stages }, (_, i) => named(i + 1)),
    high: trunk ? 'HRconv' : 'conv_hr',
    last: 'conv_last',
  };
}

/** Layers are numbered, those without weights as well: each doubling is an up-sampling, a convolution and an activation. */
function oldNames(has: (name: string) => boolean): Names {
  const stages = countFrom((stage) => has(`model.${3 + 3 * stage}`));
  const blocks = countFrom((block) => has(`model.1.sub.${block}.RDB1.conv1.0`));
  return {
    style: 'ESRGAN',
    first: 'model.0',
    dense: (block, dense, conv) => `model.1.sub.${block}.RDB${dense}.conv${conv}.0`,
    trunk: `model.1.sub.${blocks}`,
    up: Array.from({ length: stages }, (_, i) => `model.${3 + 3 * i}`),
    high: `model.${2 + 3 * stages}`,
    last: `model.${4 + 3 * stages}`,
  };
}

/** How many times a picture is folded first (pixel unshuffle): channels go in by the square of that. */
function foldOf(weights: WeightCatalog, { first }: Names): number {
  const channels = weights.shapeOf(`${first}.weight`)?.[1] ?? 0;
  return Math.sqrt(channels / 3);
}

export const ESRGAN: Architecture = {
  kind: 'esrgan',
  half: true,
  tiles: 'blended',

  recognise(weights) {
    const names = namesIn(weights);
    return names && { name: names.style, scale: 2 ** names.up.length / foldOf(weights, names) };
  },

  network(weights, precision, bare = false) {
    const names = namesIn(weights)!;
    const layers = new PictureLayers(weights, precision);
    const { graph } = layers;
    const fold = foldOf(weights, names);
    const scale = 2 ** names.up.length / fold;
    if (![1, 2, 4].includes(fold) || !Number.isInteger(scale))
      throw new Error(`It reads ${3 * fold ** 2} channels and enlarges by ${scale}, which is not known.`);
    if (layers.shapeOf(`${names.last}.weight`, 4)[0] !== 3)
      throw new Error('It does not make pictures in colour.');
    const activated = (x: Value): Value => graph.leakyRelu(x, SLOPE);

    const first = layers.conv(layers.pixelUnshuffle(layers.input(), 3, fold), names.first);
    const blocks = countFrom((block) => weights.shapeOf(`${names.dense(block, 1, 1)}.weight`) !== undefined);
    let h = first;
    for (let block = 0; block < blocks; block++) {
      const before = h;
      for (let dense = 1; dense <= DENSE_BLOCKS; dense++) {
        h = denseBlock(layers, h, (conv) => names.dense(block, dense, conv), activated);
      }
      h = graph.add(before, graph.mul(h, graph.constant([RESIDUAL], [])));
    }
    h = graph.add(first, layers.conv(h, names.trunk));
    for (const name of names.up) h = activated(layers.conv(graph.upsampleNearest2x(h), name));
    h = layers.conv(activated(layers.conv(h, names.high)), names.last);
    const fillings = fold === 1 ? [] : [{ multiple: bare ? fold : 4, by: 'mirror' } as const];
    return layers.finish(h, scale, { fillings, fold });
  },
};

/** Every convolution reads the input and all results before it. */
function denseBlock(
  layers: PictureLayers,
  x: Value,
  nameOf: (conv: number) => string,
  activated: (x: Value) => Value,
): Value {
  const { graph } = layers;
  const seen = [x];
  for (let conv = 1; conv < DENSE_CONVOLUTIONS; conv++)
    seen.push(activated(layers.conv(seen.length === 1 ? x : graph.concat([...seen], 1), nameOf(conv))));
  const last = layers.conv(graph.concat([...seen], 1), nameOf(DENSE_CONVOLUTIONS));
  return graph.add(x, graph.mul(last, graph.constant([RESIDUAL], [])));
}
