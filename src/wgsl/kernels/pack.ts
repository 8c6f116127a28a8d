// Turns a stored weight around, on the GPU, as it is uploaded: see weights.ts.
import { QUAD } from '../quads.ts';
import { type Storage } from '../tensor.ts';
import { packedSize, type PackedWeight } from '../weights.ts';
import { Shader, type Dialect, type Dispatch } from './shader.ts';

const THREADS = 64;
const MOST_WORKGROUPS = 65535;

/** `stored`: part number `part` of the weight as it was read, [O, I, kh, kw] or [O, I]. Writes its columns of `packed`. */
export function packPart(
  weight: PackedWeight,
  part: number,
  stored: Storage,
  packed: Storage,
  dialect: Dialect,
): Dispatch {
  const { outputs, inputs, taps, paddedInputs, rows, pitch } = packedSize(weight);
  const own = outputs[part]!;
  const before = outputs.slice(0, part).reduce((sum, count) => sum + count, 0);
  if (before % QUAD !== 0) throw new Error('Layers side by side begin at a multiple of four columns.');
  const quads = Math.ceil(own / QUAD);
  const shader = new Shader(dialect);
  shader.readsScalars('stored', stored);
  shader.writes('packed', packed);
  const p = {
    quads: shader.u32('quads', quads),
    count: shader.u32('count', rows * quads),
    outputs: shader.u32('outputs', own),
    inputs: shader.u32('inputs', inputs),
    taps: shader.u32('taps', taps),
    padded: shader.u32('padded_inputs', paddedInputs),
    pitch: shader.u32('pitch', pitch / QUAD),
    first: shader.u32('first', weight.paired ? part : before / QUAD),
    apart: shader.u32('apart', weight.paired ? 2 : 1),
  };
  const groups = Math.ceil((rows * quads) / THREADS);
  const grid = [Math.min(groups, MOST_WORKGROUPS), Math.ceil(groups / MOST_WORKGROUPS), 1] as const;
  const body = `
let at = (workgroup.x + workgroup.y * ${MOST_WORKGROUPS}u) * ${THREADS}u + index;
if (at >= ${p.count}) { return; }
let row = at / ${p.quads};
let quad = at % ${p.quads};
let tap = row / ${p.padded};
let input = row % ${p.padded};
var value = vec4<f32>();
for (var c = 0u; c < 4u; c++) {
  let output = quad * 4u + c;
  if (output < ${p.outputs} && input < ${p.inputs}) {
    value[c] = ${shader.scalar('stored', `(output * ${p.inputs} + input) * ${p.taps} + tap`)};
  }
}
${shader.store('packed', `row * ${p.pitch} + ${p.first} + quad * ${p.apart}`, 'value')}`.trim();
  return shader.dispatch(`weights: ${weight.key}`, { x: THREADS, y: 1 }, grid, body);
}
