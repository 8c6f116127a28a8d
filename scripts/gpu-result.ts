// What one network of a checkpoint gives in float16 through onnxruntime's WebGPU provider on Dawn, written to a file as
// float32. A process of its own: the driver is found by its environment, and memory of this size is only surely freed so.
import { writeFileSync } from 'node:fs';
import type { Precision } from '../src/graph/types.ts';
import { openDawn, openDawnSession } from '../tests/ort-dawn.ts';
import { openWeights } from './checkpoint-weights.ts';
import { casesOf, type NetworkName } from './full-size-cases.ts';

export interface GpuResultOptions {
  readonly file: string;
  readonly network: NetworkName;
  readonly size: readonly [width: number, height: number];
  readonly batch: number;
  /** What shaders add up in: float32 is what the app does. */
  readonly sums: Precision;
  /** Where the result is written. */
  readonly out: string;
}

const { file, network, size, batch, sums, out } = JSON.parse(process.argv.at(-1) ?? '') as GpuResultOptions;
const weights = await openWeights(file);
const item = casesOf(weights, [size], batch).find((candidate) => candidate.network === network)!;
const dawn = await openDawn({ sums });
const session = await openDawnSession(
  dawn,
  item.build('float16'),
  (ref, precision) => weights.read(ref, precision, true),
  false,
);
writeFileSync(out, new Uint8Array((await session.run(undefined, item.output)).buffer));
if (dawn.narrowSums.size > 0) console.log(`Summed in float16: ${[...dawn.narrowSums].join(', ')}.`);
// Dawn keeps the process alive.
process.exit(0);
