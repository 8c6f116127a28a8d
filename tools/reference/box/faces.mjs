// What the face detector of the box computes, by face-api itself, on a drawn face.
//
//   npm install --no-save @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 @vladmandic/face-api@1.7.15 (in any folder above)
//   node faces.mjs ../../../tests/reference/box/faces.safetensors.gz
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { drawnFace } from './drawn-face.mjs';
import { writeTensors } from './tensors.mjs';

const require = createRequire(import.meta.url);
const api = join(dirname(require.resolve('@vladmandic/face-api/package.json')), 'dist/face-api.node-wasm.js');
const faceapi = require(api);
const { tf } = faceapi;
await tf.setBackend('cpu');
const models = join(dirname(api), '../model');
const { ssdMobilenetv1, faceLandmark68Net } = faceapi.nets;
await ssdMobilenetv1.loadFromDisk(models);
await faceLandmark68Net.loadFromDisk(models);

const rows = (tensor) => [tensor.shape, tensor.dataSync()];
const SIDE = 512;
const LANDMARKS_SIDE = 112;

const picture = tf.tensor(drawnFace(SIDE), [SIDE, SIDE, 3], 'int32');
const { boxes, scores } = await ssdMobilenetv1.forward(picture);
const found = await ssdMobilenetv1.locateFaces(picture, { minConfidence: 0.5 });
console.log(found.map(({ score, box }) => [score, box.x, box.y, box.width, box.height]));
const face = tf.tensor(drawnFace(LANDMARKS_SIDE), [LANDMARKS_SIDE, LANDMARKS_SIDE, 3], 'int32');
const points = await faceLandmark68Net.forward(face);
const all = [...found.map(({ score, box }) => [box.left, box.top, box.right, box.bottom, score])];
writeTensors(process.argv[2], [
  ['picture', [SIDE, SIDE, 3], drawnFace(SIDE)],
  ['boxes', ...rows(boxes[0])],
  ['scores', ...rows(scores[0])],
  ['found', [all.length, 5], all.flat()],
  ['face', [LANDMARKS_SIDE, LANDMARKS_SIDE, 3], drawnFace(LANDMARKS_SIDE)],
  ['points', ...rows(points)],
]);
