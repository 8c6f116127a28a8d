// Attention that never keeps all scores (Dao et al. 2022): a workgroup takes a block of queries of one head and goes over the
// keys block by block, with a running maximum and sum for each query (Milakov & Gimelshein 2018).
import type { AttentionStep, Matrix } from '../steps.ts';
import { QUAD } from '../quads.ts';
import { UnsupportedError } from '../unsupported.ts';
import { indented, Shader, times, type Dialect, type Dispatch } from './shader.ts';
import { ending } from './chain.ts';
import { CHANNELS, type Block } from './blocks.ts';

/** Fours of float32 that a block of values may take of workgroup memory: where channels come in parts, and where they do not. */
const VALUES = { parts: 384, whole: 1024 };
const LOWEST = '-3.0e38';

export function attention(step: AttentionStep, block: Block, dialect: Dialect): Dispatch {
  const { domain, heads, headSize, keys, causal, scale, q, k, v } = step;
  const { queries, keys: KEYS, threadRows, whole } = block;
  const [TX, TY] = [KEYS / QUAD, queries / threadRows];
  const headQuads = Math.ceil(headSize / QUAD);
  const outQuads = Math.ceil(headQuads / TX);
  const channels = whole ? headQuads : CHANNELS;
  const valueRows = valueRowsOf(KEYS, Math.floor((whole ? VALUES.whole : VALUES.parts) / headQuads));
  const threads = TX * TY;

  const shader = new Shader(dialect);
  const read = reader(shader, step);
  const even = headSize % QUAD === 0;
  if (
    !even &&
    (step.chain.code.length > 0 || (step.output.storage.type === 'float16' && dialect.float16 === 'packed'))
  )
    throw new UnsupportedError(`There is no kernel of ours for heads of ${headSize} (${step.name}).`);
  const end = even ? ending(shader, step.chain, step.output) : null;
  if (!end) shader.writesScalars('result', step.output.storage);
  const p = {
    queries: shader.u32('queries', domain.rows),
    keys: shader.u32('keys', keys),
    // Powers of two are cheaper than those of e.
    scale: shader.f32('scale', scale * Math.LOG2E),
  };
  const queryPitch = queries + 1;
  // Rows so far apart lie in different banks.
  const maximaPitch = TX + 1;
  shader.workgroup('query_tile', 'vec4<f32>', channels * queryPitch);
  // Weights take the place of keys that are done with.
  shader.workgroup('key_tile', 'vec4<f32>', Math.max(channels * KEYS, TX * queryPitch));
  shader.workgroup('value_tile', 'vec4<f32>', valueRows * headQuads);
  shader.workgroup('maxima', 'f32', queries * maximaPitch);

  const rowOf = (i: number) => `ty * ${threadRows}u + ${i}u`;
  const spread = (count: number, work: string) =>
    `
for (var at = index; at < ${count}u; at += ${threads}u) {
${indented(work)}
}`.trim();

  const bringQueries = (first: string) =>
    spread(
      channels * queries,
      `let channel = at % ${channels}u;
let row = at / ${channels}u;
query_tile[channel * ${queryPitch}u + row] = read_q(sample, first_query + row, ${first} + channel, head) * ${p.scale};`,
    );
  const bringKeys = (first: string) =>
    spread(
      channels * TX,
      `let channel = ${first} + at % ${channels}u;
let key = first_key + at / ${channels}u * 4u;
let turned = transpose(mat4x4<f32>(
  read_k(sample, key, channel, head), read_k(sample, key + 1u, channel, head),
  read_k(sample, key + 2u, channel, head), read_k(sample, key + 3u, channel, head)));
let to = (at % ${channels}u) * ${KEYS}u + at / ${channels}u;
${times(4, (c) => `key_tile[to + ${c * TX}u] = turned[${c}];`)}`,
    );
  const bringValues = (first: string) =>
    spread(
      valueRows * headQuads,
      `value_tile[at] = read_v(sample, first_key + ${first} + at / ${headQuads}u, at % ${headQuads}u, head);`,
    );
  // What is asked of memory at once is waited for once.
  const together = whole && valueRows === KEYS;
  const addScores = `
for (var c = 0u; c < ${channels}u; c++) {
${times(4, (c) => `  let key${c} = key_tile[c * ${KEYS}u + ${c * TX}u + tx];`)}
${indented(
  times(
    threadRows,
    (i) => `{
  let quad = query_tile[c * ${queryPitch}u + ${rowOf(i)}];
${times(4, (c) => `  score${i} = fma(vec4<f32>(quad[${c}]), key${c}, score${i});`)}
}`,
  ),
)}
}`.trim();
  const scores = `
${times(threadRows, (i) => `var score${i} = vec4<f32>();`)}
${
  whole
    ? `${bringKeys('0u')}
${together ? bringValues('0u') : ''}
workgroupBarrier();
${addScores}`
    : `for (var first = 0u; first < ${headQuads}u; first += ${CHANNELS}u) {
${indented(bringQueries('first'))}
${indented(bringKeys('first'))}
  workgroupBarrier();
${indented(addScores)}
  workgroupBarrier();
}`
}`.trim();

  // Where blocks end with the keys there is nothing to leave out.
  const exact = keys % KEYS === 0 && !causal;
  const masked = (i: number) =>
    exact
      ? ''
      : `score${i} = select(vec4<f32>(${LOWEST}), score${i}, (key_at < vec4<u32>(${p.keys}))${causal ? ` & (key_at <= vec4<u32>(first_query + ${rowOf(i)}))` : ''});`;
  const weights = `
${exact ? '' : 'let key_at = vec4<u32>(first_key + tx * 4u) + vec4<u32>(0u, 1u, 2u, 3u);'}
${times(
  threadRows,
  (i) => `${masked(i)}
maxima[(${rowOf(i)}) * ${maximaPitch}u + tx] = max(max(score${i}.x, score${i}.y), max(score${i}.z, score${i}.w));`,
)}
workgroupBarrier();
${times(
  threadRows,
  (i) => `{
  var largest = largest${i};
  for (var t = 0u; t < ${TX}u; t++) { largest = max(largest, maxima[(${rowOf(i)}) * ${maximaPitch}u + t]); }
  let shrunk = exp2(largest${i} - largest);
  let weight = exp2(score${i} - vec4<f32>(largest));
  largest${i} = largest;
  total${i} = total${i} * shrunk + dot(weight, vec4<f32>(1.0));
${times(outQuads, (o) => `  sum${i}_${o} *= shrunk;`)}
  key_tile[tx * ${queryPitch}u + ${rowOf(i)}] = weight;
}`,
)}`.trim();

  const values = `
for (var first = 0u; first < ${KEYS}u; first += ${valueRows}u) {
${together ? '' : indented(bringValues('first'))}
  workgroupBarrier();
  for (var key = 0u; key < ${valueRows / QUAD}u; key++) {
    let weight_at = (first / 4u + key) * ${queryPitch}u;
${times(threadRows, (i) => `    let weight${i} = key_tile[weight_at + ${rowOf(i)}];`)}
${indented(
  times(outQuads, (o) => {
    const quad = `tx + ${o * TX}u`;
    const lines = `
${times(4, (c) => `let value${c} = value_tile[(key * 4u + ${c}u) * ${headQuads}u + ${quad}];`)}
${times(threadRows, (i) =>
  times(4, (c) => `sum${i}_${o} = fma(vec4<f32>(weight${i}[${c}]), value${c}, sum${i}_${o});`),
)}`.trim();
    return `${(o + 1) * TX > headQuads ? `if (${quad} < ${headQuads}u) ` : ''}{\n${indented(lines)}\n}`;
  }),
  '    ',
)}
  }
  workgroupBarrier();
}`.trim();

  const write = (i: number, o: number) => {
    const value = `sum${i}_${o} / total`;
    if (end) {
      const position = { sample: 'sample', row: 'row', quad: `head * ${headQuads}u + tx + ${o * TX}u` };
      return `var value = ${value};\nlet quad = ${position.quad};\n${end.write('value', { ...position, quad: 'quad' })}`;
    }
    const { offset, sample, row } = step.output;
    const base = [
      shader.u32('result_offset', offset),
      `sample * ${shader.u32('result_sample', sample)}`,
      `row * ${shader.u32('result_row', row)}`,
      `head * ${headSize}u`,
    ].join(' + ');
    return `let value = ${value};
for (var c = 0u; c < 4u; c++) {
  let channel = (tx + ${o * TX}u) * 4u + c;
  if (channel < ${headSize}u) { ${shader.storeScalar('result', `${base} + channel`, 'value[c]')} }
}`;
  };

  const body = `
let first_query = workgroup.x * ${queries}u;
let head = workgroup.y;
let sample = workgroup.z;
let tx = thread.x;
let ty = thread.y;
${whole ? bringQueries('0u') : ''}
${times(threadRows, (i) => `var largest${i} = ${LOWEST};\nvar total${i} = 0.0;`)}
${times(threadRows * outQuads, (i) => `var sum${Math.floor(i / outQuads)}_${i % outQuads} = vec4<f32>();`)}
for (var first_key = 0u; first_key < ${causal ? `min(${p.keys}, first_query + ${queries}u)` : p.keys}; first_key += ${KEYS}u) {
${indented(scores)}
${indented(weights)}
${indented(values)}
}
${times(threadRows, (i) => `maxima[(${rowOf(i)}) * ${maximaPitch}u + tx] = total${i};`)}
workgroupBarrier();
${times(
  threadRows,
  (i) => `{
  let row = first_query + ${rowOf(i)};
  var total = 0.0;
  for (var t = 0u; t < ${TX}u; t++) { total += maxima[(${rowOf(i)}) * ${maximaPitch}u + t]; }
  if (row < ${p.queries}) {
${indented(
  times(outQuads, (o) => `if (tx + ${o * TX}u < ${headQuads}u) {\n${indented(write(i, o))}\n}`),
  '    ',
)}
  }
}`,
)}`.trim();

  const grid = [Math.ceil(domain.rows / queries), heads, domain.samples] as const;
  const flops = 4 * domain.samples * domain.rows * keys * domain.columns;
  const label = `attention of ${headSize}, ${queries}x${KEYS}: ${step.name}`;
  return shader.dispatch(label, { x: TX, y: TY }, grid, body, { functions: read, flops });

  /** Functions that read four channels of a head, zeros beyond the last row and channel. */
  function reader(shader: Shader, { domain, keys }: AttentionStep): string {
    const functions: string[] = [];
    const factors: readonly (readonly [string, Matrix, number])[] = [
      ['q', q, domain.rows],
      ['k', k, keys],
      ['v', v, keys],
    ];
    for (const [name, matrix, rows] of factors) {
      const { storage, offset, batch, row } = matrix;
      const quads = headSize % QUAD === 0 && [offset, batch, row].every((distance) => distance % QUAD === 0);
      if (quads) shader.reads(name, storage);
      else shader.readsScalars(name, storage);
      const unit = quads ? QUAD : 1;
      const base = [
        shader.u32(`${name}_offset`, offset / unit),
        `sample * ${shader.u32(`${name}_batch`, batch / unit)}`,
        `row * ${shader.u32(`${name}_row`, row / unit)}`,
        `head * ${quads ? headQuads : headSize}u`,
      ].join(' + ');
      const read = quads
        ? `return ${shader.load(name, `${base} + quad`)};`
        : `let at = ${base} + quad * 4u;
  var result = vec4<f32>();
  for (var c = 0u; c < 4u; c++) { if (quad * 4u + c < ${headSize}u) { result[c] = ${shader.scalar(name, 'at + c')}; } }
  return result;`;
      functions.push(`fn read_${name}(sample: u32, row: u32, quad: u32, head: u32) -> vec4<f32> {
  if (row >= ${shader.u32(`${name}_rows`, rows)} || quad >= ${headQuads}u) { return vec4<f32>(); }
  ${read}
}`);
    }
    return functions.join('\n');
  }
}

/** Rows of values that are in workgroup memory at once: a multiple of four that divides a block, and not many more than `most`. */
function valueRowsOf(keys: number, most: number): number {
  for (let parts = 1; ; parts++) {
    const rows = keys / parts;
    if (rows === QUAD || (Number.isInteger(rows / QUAD) && rows <= most)) return rows;
  }
}
