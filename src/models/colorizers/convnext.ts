// ConvNeXt (Liu et al. 2022): four stages of blocks, each stage at half the size of the one before.
import type { Value } from '../../graph/graph.ts';
import { countFrom } from '../layouts/mapped.ts';
import type { ColorLayers, Sized } from './color-layers.ts';

const STAGES = 4;

/** What each stage gives, normalised; the largest first. */
export function readPicture(layers: ColorLayers, picture: Sized): Sized[] {
  const { graph } = layers;
  const arch = 'encoder.arch';
  const seen: Sized[] = [];
  let map = picture;
  for (let stage = 0; stage < STAGES; stage++) {
    const down = `${arch}.downsample_layers.${stage}`;
    // The first one normalises what it makes, the others what they are given.
    map =
      stage === 0
        ? normed(layers, patches(layers, map, `${down}.0`), `${down}.1`)
        : patches(layers, normed(layers, map, `${down}.0`), `${down}.1`);
    layers.tapMap(down, map);
    const name = `${arch}.stages.${stage}`;
    const blocks = countFrom((i) => layers.has(`${name}.${i}.dwconv.weight`));
    for (let i = 0; i < blocks; i++)
      map = { ...map, value: graph.add(map.value, block(layers, map, `${name}.${i}`)) };
    layers.tapMap(name, map);
    const out = normed(layers, map, `${arch}.norm${stage}`);
    layers.tapMap(`${arch}.norm${stage}`, out);
    seen.push(out);
  }
  return seen;
}

/** A convolution whose kernels lie side by side. */
function patches(layers: ColorLayers, { value, height, width }: Sized, name: string): Sized {
  const [channels, inputs, side, wide] = layers.shapeOf(`${name}.weight`, 4) as [
    number,
    number,
    number,
    number,
  ];
  if (side !== wide || height % side !== 0 || width % side !== 0)
    throw new Error(`${name}: kernels of ${side}x${wide} do not cover ${width}x${height} pixels.`);
  const convolved = layers.graph.conv(
    value,
    layers.weight(`${name}.weight`, [channels, inputs, side, side]),
    layers.weight(`${name}.bias`, [channels]),
    { kernel: [side, side], strides: [side, side] },
  );
  return { value: convolved, channels, height: height / side, width: width / side };
}

function normed(layers: ColorLayers, map: Sized, name: string): Sized {
  const { graph } = layers;
  const last = layers.channelNorm(graph.transpose(map.value, [0, 2, 3, 1]), name, map.channels);
  return { ...map, value: graph.transpose(last, [0, 3, 1, 2]) };
}

/** Each channel on its own over 7x7 pixels, and then each pixel on its own. */
function block(layers: ColorLayers, { value, channels, height, width }: Sized, name: string): Value {
  const { graph } = layers;
  const [, , side] = layers.shapeOf(`${name}.dwconv.weight`, 4) as [number, number, number];
  const pad = Math.floor(side / 2);
  const convolved = graph.conv(
    value,
    layers.weight(`${name}.dwconv.weight`, [channels, 1, side, side]),
    layers.weight(`${name}.dwconv.bias`, [channels]),
    { kernel: [side, side], pads: [pad, pad, pad, pad], groups: channels },
  );
  const tokens = graph.reshape(graph.transpose(convolved, [0, 2, 3, 1]), [-1, channels]);
  const [hidden] = layers.shapeOf(`${name}.pwconv1.weight`, 2) as [number];
  const wide = graph.gelu(
    layers.linear(layers.channelNorm(tokens, `${name}.norm`, channels), `${name}.pwconv1`, channels, hidden),
  );
  const narrow = layers.linear(wide, `${name}.pwconv2`, hidden, channels);
  const scaled = graph.mul(narrow, layers.weight(`${name}.gamma`, [channels]));
  return graph.transpose(graph.reshape(scaled, [1, height, width, channels]), [0, 3, 1, 2]);
}
