// Builds the UNet of a checkpoint of any size and runs it once on onnxruntime's CPU in Node: proves that the graph fits
// the file, without a GPU and without a browser. SD 1.5 in float32 needs about 10 GB of memory.
//
//   npm run run-unet -- FILE [--size 64] [--batch 2]
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import type { ByteSource } from '../src/checkpoint/types.ts';
import { detect } from '../src/models/detect.ts';
import { planWeights } from '../src/models/plan.ts';
import { unetNetwork } from '../src/models/unet.ts';
import { TorchGenerator } from '../src/sampling/random/torch-generator.ts';
import { openNodeSession } from '../tests/ort-node.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: '64' }, batch: { type: 'string', default: '2' } },
});
const [named] = positionals;
if (named === undefined) throw new Error('Usage: npm run run-unet -- FILE [--size 64] [--batch 2]');
const size = Number(values.size);
const batch = Number(values.batch);

const checkpoint = await openCheckpoint(await fileSource(resolve(process.env['INIT_CWD'] ?? '.', named)));
const detection = detect(checkpoint.tensors, checkpoint.metadata, null);
const config = detection.networks?.unet;
if (!config) throw new Error(`${detection.label} has no UNet.`);
const plan = new Map(planWeights(checkpoint.tensors, detection).map((entry) => [entry.name, entry]));
console.log(`${detection.label}: ${plan.size} tensors to keep`);

const network = unetNetwork(config, { shapeOf: (name) => plan.get(name)?.shape }, 'float32');
let start = performance.now();
const session = await openNodeSession(network, async (ref) => {
  const [source, ...others] = plan.get(ref.name)!.sources;
  if (source === undefined || others.length > 0)
    throw new Error(`${ref.name} is not one tensor of the file.`);
  const count = ref.shape.reduce((product, length) => product * length, 1);
  const floats = toFloat32(
    await checkpoint.read(source, ref.start, count),
    checkpoint.tensors.get(source)!.dtype,
  );
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
});
console.log(`session of ${network.graph.nodes.length} nodes after ${seconds()} s`);

start = performance.now();
const random = new TorchGenerator(0);
const { data } = (
  await session.run({
    x: random.randn(batch * config.inChannels * size * size),
    batch,
    height: size,
    width: size,
    timesteps: new Array<number>(batch).fill(500),
    context: random.randn(batch * 77 * config.contextDim),
    tokens: 77,
  })
)['out']!;
const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
console.log(
  `${batch} x ${config.inChannels} x ${size} x ${size}: ${seconds()} s, mean ${mean.toFixed(4)}, standard deviation ${deviation.toFixed(4)}`,
);
if (!Number.isFinite(mean) || !(deviation > 0)) process.exitCode = 1;

function seconds(): string {
  return ((performance.now() - start) / 1000).toFixed(1);
}

async function fileSource(path: string): Promise<ByteSource> {
  const file = await open(path, 'r');
  return {
    size: (await file.stat()).size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      if (bytesRead !== length) throw new RangeError('The file ends early.');
      return bytes;
    },
  };
}
