// Builds the UNet of a checkpoint of any size and runs it once on onnxruntime's CPU in Node: proves that the graph fits
// the file, without a GPU and without a browser. SD 1.5 in float32 needs about 10 GB of memory.
//
//   npm run run-unet -- FILE [--size 64] [--batch 2]
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { unetNetwork } from '../src/models/unet.ts';
import { TorchGenerator } from '../src/sampling/random/torch-generator.ts';
import { openNodeSession } from '../tests/ort-node.ts';
import { openWeights } from './checkpoint-weights.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string', default: '64' }, batch: { type: 'string', default: '2' } },
});
const [named] = positionals;
if (named === undefined) throw new Error('Usage: npm run run-unet -- FILE [--size 64] [--batch 2]');
const size = Number(values.size);
const batch = Number(values.batch);

const { detection, catalog, count, read } = await openWeights(resolve(process.env['INIT_CWD'] ?? '.', named));
const config = detection.networks?.unet;
if (!config) throw new Error(`${detection.label} has no UNet.`);
console.log(`${detection.label}: ${count} tensors to keep`);

const network = unetNetwork(config, catalog, 'float32');
let start = performance.now();
const session = await openNodeSession(network, (ref, precision) => read(ref, precision, false));
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
