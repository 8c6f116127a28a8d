// Group norm, layer norm, softmax and means. Means and variances are taken one after the other, of numbers that are at hand twice:
// sums of squares alone lose all digits where the mean is large.
import type { Storage } from '../tensor.ts';
import { QUAD } from '../quads.ts';
import type { GroupNormStep, RowNormStep } from '../steps.ts';
import { ending, GELU, indexOf, usesGelu } from './chain.ts';
import { Shader, type Dialect, type Dispatch } from './shader.ts';

const THREADS = 256;
const ROW_THREADS = 64;
/** Elements of a group that one workgroup looks at. */
const CHUNK = 8192;
/** Parts of a group at most: those who apply the norm add them up again. */
const MOST_CHUNKS = 64;

/** Into how many parts, each of so many rows, a group is cut. */
export function groupChunks({ domain, groups }: GroupNormStep): {
  readonly chunks: number;
  readonly rows: number;
} {
  const wanted = Math.ceil((domain.rows * (domain.columns / groups)) / CHUNK);
  const rows = Math.ceil(domain.rows / Math.min(MOST_CHUNKS, wanted));
  return { chunks: Math.ceil(domain.rows / rows), rows };
}

/** Adds up `value` over the threads of a workgroup; all threads get the sum. */
function sumOf(threads: number): string {
  return `
fn sum_of(value: f32, index: u32) -> f32 {
  workgroupBarrier();
  shared_sums[index] = value;
  for (var half = ${threads / 2}u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (index < half) { shared_sums[index] += shared_sums[index + half]; }
  }
  workgroupBarrier();
  return workgroupUniformLoad(&shared_sums[0]);
}`.trim();
}

/** Mean, and sum of squares around it, of each part of each group of each sample: [samples, groups, chunks, 2] in float32. */
export function groupMoments(step: GroupNormStep, moments: Storage, dialect: Dialect): Dispatch {
  const { domain, groups, x } = step;
  const { chunks, rows } = groupChunks(step);
  const channels = domain.columns / groups;
  const quads = channels % QUAD === 0;
  const [width, unit] = quads ? [channels / QUAD, QUAD] : [channels, 1];
  const shader = new Shader(dialect);
  if (quads) shader.reads('x', x.storage);
  else shader.readsScalars('x', x.storage);
  shader.writesScalars('moments', moments);
  shader.workgroup('shared_sums', 'f32', THREADS);
  const at = `start + (i / ${width}u) * ${shader.u32('x_row', x.row / unit)} + i % ${width}u`;
  const load = (index: string) => (quads ? shader.load('x', index) : shader.scalar('x', index));
  const value = load(at);
  const add = (term: string) => (quads ? `dot(${term}, vec4<f32>(1.0))` : term);
  const p = {
    rows: shader.u32('rows', domain.rows),
    chunkRows: shader.u32('chunk_rows', rows),
    chunks: shader.u32('chunks', chunks),
    batch: shader.u32('x_batch', x.batch / unit),
    offset: shader.u32('x_offset', x.offset / unit),
  };
  const body = `
let chunk = workgroup.x;
let group = workgroup.y;
let sample = workgroup.z;
let first_row = chunk * ${p.chunkRows};
let count = (min(first_row + ${p.chunkRows}, ${p.rows}) - first_row) * ${width}u;
let start = ${p.offset} + sample * ${p.batch} + first_row * params.x_row + group * ${width}u;
// Near the mean already: a sum of small numbers keeps its digits.
let pivot = ${load('start')}${quads ? '.x' : ''};
var sum = 0.0;
for (var i = index; i < count; i += ${THREADS}u) { let away = ${value} - pivot; sum += ${add('away')}; }
let mean = pivot + sum_of(sum, index) / f32(count * ${unit}u);
var squares = 0.0;
for (var i = index; i < count; i += ${THREADS}u) {
  let away = ${value} - mean;
  squares += ${add('away * away')};
}
let deviation = sum_of(squares, index);
if (index == 0u) {
  let to = ((sample * ${groups}u + group) * ${p.chunks} + chunk) * 2u;
  moments[to] = mean;
  moments[to + 1u] = deviation;
}`.trim();
  const grid = [chunks, groups, domain.samples] as const;
  return shader.dispatch(`moments: ${step.name}`, { x: THREADS, y: 1 }, grid, body, {
    functions: sumOf(THREADS),
  });
}

/** Takes the parts together (Chan et al. 1979) and applies the norm to all columns of some rows. */
export function groupNorm(step: GroupNormStep, moments: Storage, dialect: Dialect): Dispatch {
  const { domain, groups, x, epsilon } = step;
  const { chunks, rows } = groupChunks(step);
  const channels = domain.columns / groups;
  const quads = domain.columns / QUAD;
  const shader = new Shader(dialect);
  shader.reads('x', x.storage);
  shader.readsScalars('moments', moments);
  shader.reads('scale', step.scale);
  shader.reads('shift', step.shift);
  const end = ending(shader, step.chain, step.output);
  shader.workgroup('group_mean', 'f32', groups);
  shader.workgroup('group_factor', 'f32', groups);
  const p = {
    rows: shader.u32('rows', domain.rows),
    quads: shader.u32('quads', quads),
    channels: shader.u32('channels', channels),
    chunks: shader.u32('chunks', chunks),
    chunkRows: shader.u32('chunk_rows', rows),
    perGroup: shader.u32('workgroup_rows', Math.ceil((THREADS * 8) / quads)),
    epsilon: shader.f32('epsilon', epsilon),
  };
  const access = { storage: x.storage, offset: x.offset, sample: x.batch, row: x.row, column: 1 } as const;
  const at = { sample: 'sample', row: 'row', quad: 'quad' };
  const body = `
let sample = workgroup.y;
for (var group = index; group < ${groups}u; group += ${THREADS}u) {
  let first = (sample * ${groups}u + group) * ${p.chunks} * 2u;
  var mean = 0.0;
  var count = 0.0;
  var deviation = 0.0;
  for (var chunk = 0u; chunk < ${p.chunks}; chunk++) {
    let rows = min(${p.chunkRows}, ${p.rows} - chunk * ${p.chunkRows});
    let more = f32(rows * ${p.channels});
    let away = moments[first + chunk * 2u] - mean;
    let all = count + more;
    deviation += moments[first + chunk * 2u + 1u] + away * away * (count * more / all);
    mean += away * (more / all);
    count = all;
  }
  group_mean[group] = mean;
  group_factor[group] = inverseSqrt(deviation / count + ${p.epsilon});
}
workgroupBarrier();
let first_row = workgroup.x * ${p.perGroup};
let count = (min(first_row + ${p.perGroup}, ${p.rows}) - first_row) * ${p.quads};
for (var i = index; i < count; i += ${THREADS}u) {
  let row = first_row + i / ${p.quads};
  let quad = i % ${p.quads};
  let group = (vec4<u32>(quad * 4u) + vec4<u32>(0u, 1u, 2u, 3u)) / ${p.channels};
  let mean = vec4<f32>(group_mean[group.x], group_mean[group.y], group_mean[group.z], group_mean[group.w]);
  let factor = vec4<f32>(group_factor[group.x], group_factor[group.y], group_factor[group.z], group_factor[group.w]);
  var value = (${shader.load('x', indexOf(shader, 'x', access, at))} - mean) * factor;
  value = value * ${shader.load('scale', 'quad')} + ${shader.load('shift', 'quad')};
  ${end.write('value', at)}
}`.trim();
  const grid = [Math.ceil(domain.rows / Math.ceil((THREADS * 8) / quads)), domain.samples, 1] as const;
  return shader.dispatch(`group norm: ${step.name}`, { x: THREADS, y: 1 }, grid, body, gelu(step));
}

const ROW_LABELS = {
  layerNorm: 'layer norm',
  softmax: 'softmax',
  rmsNorm: 'rms norm',
  mean: 'mean',
} as const;

/** A workgroup a row. */
export function rowNorm(step: RowNormStep, dialect: Dialect): Dispatch {
  const { domain, x, width, scale, shift, epsilon, kind } = step;
  const shader = new Shader(dialect);
  shader.reads('x', x.storage);
  if (scale) shader.reads('scale', scale);
  if (shift) shader.reads('shift', shift);
  const end = ending(shader, step.chain, step.output);
  shader.workgroup('shared_sums', 'f32', ROW_THREADS);
  const quads = Math.ceil(width / QUAD);
  const p = {
    rows: shader.u32('rows', domain.rows),
    columns: shader.u32('columns', width),
    quads: shader.u32('quads', quads),
    wide: shader.u32('grid_width', Math.min(domain.rows, 65535)),
  };
  const access = { storage: x.storage, offset: x.offset, sample: 0, row: x.row, column: 1 } as const;
  const load = shader.load('x', indexOf(shader, 'x', access, { sample: '0u', row: 'row', quad: 'quad' }));
  const each = (work: string) =>
    `for (var quad = index; quad < ${p.quads}; quad += ${ROW_THREADS}u) {
  let inside = vec4<u32>(quad * 4u) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(${p.columns});
  ${work}
}`;
  const write = (value: string) =>
    each(`var value = ${value};\n  ${end.write('value', { sample: '0u', row: 'row', quad: 'quad' })}`);
  const zeros = 'vec4<f32>()';
  const layerNorm = () => `
var sum = 0.0;
${each(`sum += dot(select(${zeros}, ${load}, inside), vec4<f32>(1.0));`)}
let mean = sum_of(sum, index) / f32(${p.columns});
var squares = 0.0;
${each(`let away = select(${zeros}, ${load} - mean, inside);\n  squares += dot(away, away);`)}
let factor = inverseSqrt(sum_of(squares, index) / f32(${p.columns}) + ${shader.f32('epsilon', epsilon)});
${write(`select(${zeros}, (${load} - mean) * factor, inside)${scale ? ` * ${shader.load('scale', 'quad')}` : ''}${shift ? ` + ${shader.load('shift', 'quad')}` : ''}`)}`;
  const softmax = () => `
var largest = -3.0e38;
${each(
  `let there = select(vec4<f32>(-3.0e38), ${load}, inside);
  largest = max(largest, max(max(there.x, there.y), max(there.z, there.w)));`,
)}
shared_sums[index] = largest;
workgroupBarrier();
for (var i = 0u; i < ${ROW_THREADS}u; i++) { largest = max(largest, shared_sums[i]); }
var sum = 0.0;
${each(`sum += dot(select(${zeros}, exp(${load} - largest), inside), vec4<f32>(1.0));`)}
let total = sum_of(sum, index);
${write(`select(${zeros}, exp(${load} - largest) / total, inside)`)}`;
  const rmsNorm = () => `
var squares = 0.0;
${each(`let there = select(${zeros}, ${load}, inside);\n  squares += dot(there, there);`)}
let factor = inverseSqrt(sum_of(squares, index) / f32(${p.columns}) + ${shader.f32('epsilon', epsilon)});
${write(`select(${zeros}, ${load}, inside) * factor`)}`;
  const mean = () => `
var sum = 0.0;
${each(`sum += dot(select(${zeros}, ${load}, inside), vec4<f32>(1.0));`)}
let total = sum_of(sum, index);
if (index > 0u) { return; }
var value = vec4<f32>(total / f32(${p.columns}), 0.0, 0.0, 0.0);
${end.write('value', { sample: '0u', row: 'row', quad: '0u' })}`;
  const body = `
let row = workgroup.x + workgroup.y * ${p.wide};
if (row >= ${p.rows}) { return; }
${{ layerNorm, softmax, rmsNorm, mean }[kind]().trim()}`.trim();
  const functions = [sumOf(ROW_THREADS), ...(usesGelu(step.chain) ? [GELU] : [])].join('\n');
  const grid = [Math.min(domain.rows, 65535), Math.ceil(domain.rows / 65535), 1] as const;
  const label = `${ROW_LABELS[kind]}: ${step.name}`;
  return shader.dispatch(label, { x: ROW_THREADS, y: 1 }, grid, body, { functions });
}

function gelu({ chain }: GroupNormStep): { readonly functions?: string } {
  return usesGelu(chain) ? { functions: GELU } : {};
}
