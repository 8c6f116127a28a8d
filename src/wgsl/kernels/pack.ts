// Turns a stored weight around, on the GPU, as it is uploaded: see weights.ts. What a LoRA adds to it, a product of two small
// matrices, is computed on the way.
import { QUAD, roundUp } from '../quads.ts';
import { Storage } from '../tensor.ts';
import { packedSize, type PackedWeight } from '../weights.ts';
import { Shader, type Dialect, type Dispatch } from './shader.ts';

const THREADS = 64;
const MOST_WORKGROUPS = 65535;

/** float16's largest number: where weights are rounded on the processor, what is beyond is clamped as well. */
const LARGEST_HALF = 65504;

/**
 * `stored`: part number `part` of the weight as it was read, [O, I, kh, kw] or [O, I]. Writes its columns of `packed`. `rank`: of the
 * factors of what is added, [rank, O] with rows of whole fours and [rank, I * kh * kw], in float32; null for nothing.
 */
export function packPart(
  weight: PackedWeight,
  part: number,
  stored: Storage,
  packed: Storage,
  dialect: Dialect,
  rank: number | null,
): Dispatch {
  const { outputs, inputs, taps, paddedInputs, rows, pitch } = packedSize(weight);
  const own = outputs[part]!;
  const before = outputs.slice(0, part).reduce((sum, count) => sum + count, 0);
  if (before % QUAD !== 0) throw new Error('Layers side by side begin at a multiple of four columns.');
  const quads = Math.ceil(own / QUAD);
  const shader = new Shader(dialect);
  shader.readsScalars('stored', stored);
  if (rank !== null) {
    const floats = (count: number) => new Storage('float32', roundUp(count, QUAD), { kind: 'scratch' });
    shader.reads('up', floats(rank * QUAD * quads));
    shader.readsScalars('down', floats(rank * inputs * taps));
  }
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
${rank === null ? '' : added(shader.u32('rank', rank), p, packed)}
${shader.store('packed', `row * ${p.pitch} + ${p.first} + quad * ${p.apart}`, 'value')}`.trim();
  return shader.dispatch(`weights: ${weight.key}`, { x: THREADS, y: 1 }, grid, body);
}

/** Only to what is there: what fills rows and columns up stays zero. */
function added(
  rank: string,
  p: Readonly<Record<'quads' | 'inputs' | 'taps', string>>,
  packed: Storage,
): string {
  const clamped = 'clamp(value, vec4<f32>(-LIMIT), vec4<f32>(LIMIT))'.replaceAll(
    'LIMIT',
    `${LARGEST_HALF}.0`,
  );
  return `
if (input < ${p.inputs}) {
  var sum = vec4<f32>();
  for (var r = 0u; r < ${rank}; r++) {
    let factor = down[(r * ${p.inputs} + input) * ${p.taps} + tap];
    sum += up[r * ${p.quads} + quad] * factor;
  }
  value += sum;
  ${packed.type === 'float16' ? `value = ${clamped};` : ''}
}`.trim();
}
