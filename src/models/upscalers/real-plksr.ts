// RealPLKSR (Lee et al. 2024, PLKSR; its variant for real pictures by neosr): blocks in which a few channels see far through one large
// kernel.
import type { Value } from '../../graph/graph.ts';
import type { WeightCatalog } from '../../graph/types.ts';
import { countFrom } from '../layouts/mapped.ts';
import type { Architecture } from './architecture.ts';
import { PictureLayers } from './picture-layers.ts';

/** Not in the file. */
const GROUPS = 4;
const EPSILON = 1e-5;

/** Layers are numbered: the first convolution, blocks, in most files a dropout, the last convolution. */
function layersIn(weights: WeightCatalog): { readonly blocks: number; readonly last: string } {
  const blocks = countFrom((i) => weights.shapeOf(`feats.${i + 1}.channel_mixer.0.weight`) !== undefined);
  const after = [blocks + 2, blocks + 1].find((i) => weights.shapeOf(`feats.${i}.weight`) !== undefined);
  return { blocks, last: `feats.${after ?? blocks + 2}` };
}

function scaleOf(weights: WeightCatalog): number {
  return Math.sqrt((weights.shapeOf(`${layersIn(weights).last}.weight`)?.[0] ?? 0) / 3);
}

export const REAL_PLKSR: Architecture = {
  kind: 'real-plksr',
  half: false,
  tiles: 'blended',

  recognise(weights) {
    const known = [
      'feats.0.weight',
      'feats.1.channel_mixer.0.weight',
      'feats.1.lk.conv.weight',
      'feats.1.norm.weight',
    ];
    if (known.some((name) => weights.shapeOf(name) === undefined)) return null;
    return { name: 'RealPLKSR', scale: scaleOf(weights) };
  },

  network(weights, precision) {
    const layers = new PictureLayers(weights, precision);
    const { graph } = layers;
    const { blocks, last } = layersIn(weights);
    const scale = scaleOf(weights);
    if (layers.has('to_img.init_pos') || !Number.isInteger(scale) || scale < 1)
      throw new Error('It enlarges in a way that is not known (DySample).');
    const picture = layers.input();
    let h = layers.conv(picture, 'feats.0');
    for (let i = 1; i <= blocks; i++) h = graph.add(block(layers, h, `feats.${i}`), h);
    const made = layers.pixelShuffle(layers.conv(h, last), 3, scale);
    const enlarged = scale === 1 ? picture : graph.upsampleNearest(picture, scale);
    return layers.finish(graph.add(made, enlarged), scale);
  },
};

function block(layers: PictureLayers, x: Value, name: string): Value {
  const { graph } = layers;
  const [channels] = layers.shapeOf(`${name}.refine.weight`, 4) as [number];
  const [far] = layers.shapeOf(`${name}.lk.conv.weight`, 4) as [number];
  let h = layers.conv(layers.mish(layers.conv(x, `${name}.channel_mixer.0`)), `${name}.channel_mixer.2`);
  const seen = layers.conv(layers.channels(h, 0, far), `${name}.lk.conv`);
  h = far === channels ? seen : graph.concat([seen, layers.channels(h, far, channels)], 1);
  if (layers.has(`${name}.attn.f.0.weight`))
    h = graph.mul(h, graph.sigmoid(layers.conv(h, `${name}.attn.f.0`)));
  return groupNorm(layers, layers.conv(h, `${name}.refine`), `${name}.norm`, channels);
}

function groupNorm(layers: PictureLayers, x: Value, name: string, channels: number): Value {
  const { graph, level } = layers;
  if (channels % GROUPS !== 0)
    throw new Error(`${name} has ${channels} channels, which do not divide into ${GROUPS}.`);
  const [ones, zeros] = [1, 0].map((value) =>
    graph.constant(new Array<number>(GROUPS).fill(value), [GROUPS]),
  );
  const grouped = graph.reshape(x, [0, GROUPS, -1], ['n', GROUPS, 'group']);
  const normalised = graph.instanceNormalization(grouped, ones!, zeros!, EPSILON);
  const scale = layers.weight(`${name}.weight`, [channels, 1, 1], [channels]);
  const shift = layers.weight(`${name}.bias`, [channels, 1, 1], [channels]);
  const planes = graph.reshape(normalised, level.planes, level.planesDims(channels));
  return graph.add(graph.mul(planes, scale), shift);
}
