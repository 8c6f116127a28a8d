// What becomes of a network on our own kernels, from its graph to the shaders, without a card or weights:
//
//   npm run show-shaders -- MODEL [--stage dispatches] [--only middle_block] [--float32] [--packed]
//
// MODEL: sd15, sd21 or sdxl, a UNet step of two samples. --stage: read (the graph's nodes), rewritten (after the patterns), steps
// (on memory), dispatches, memory, shaders; --only: those whose name has this in it.
import { parseArgs } from 'node:util';
import { STAGES, show, type Stage } from '../src/wgsl/show.ts';
import { compile } from '../src/wgsl/program.ts';
import { COUNTED, stepOf } from './gpu-bench/count.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { stage: text, only: text, float32: flag, packed: flag },
});
const [name = 'sd15'] = positionals;
const stage = STAGES.find((one) => one === (values.stage ?? 'dispatches'));
if (!stage || !(name in COUNTED) || positionals.length > 1) {
  console.error(
    `Usage: npm run show-shaders -- ${Object.keys(COUNTED).join('|')} [--stage ${STAGES.join('|')}] [--only NAME] [--float32] [--packed]`,
  );
  process.exit(2);
}
const { network, feeds } = stepOf(COUNTED[name]!, values.float32 ? 'float32' : 'float16');
const program = compile(network.graph, feeds, ['out'], {
  dialect: { float16: values.packed ? 'packed' : 'native' },
  maxBufferSize: 2 ** 31,
});
for (const line of show(program, stage satisfies Stage, values.only)) console.log(line);
