// What the tuner runs around the kernels that it times: numbers to compute with, and how far two results are apart. Both look
// at memory as words, so that they need no shader-f16.
import type { Storage } from '../tensor.ts';

/** A shader with its numbers; bindings are 0 for these and then buffers in order. */
export interface ToolShader {
  readonly code: string;
  readonly params: Uint32Array<ArrayBuffer>;
  readonly workgroups: number;
}

const THREADS = 64;
const WORKGROUPS = 64;
/** Pairs of numbers that `differenceShader` leaves. */
export const PARTIALS = THREADS * WORKGROUPS;

const words = ({ bytes }: Storage) => new Uint32Array([bytes / 4, 0, 0, 0]);

/**
 * Fills a buffer with numbers of both signs between 0.25 and 1 (so that nothing is divided by zero), of the storage's type; with
 * small ones where it holds indices.
 */
export function fillShader(storage: Storage): ToolShader {
  const value = {
    float32: 'bitcast<u32>(number(at))',
    float16: 'pack2x16float(vec2<f32>(number(2u * at), number(2u * at + 1u)))',
    int32: 'mixed(at) % 16u',
  }[storage.type];
  const code = `
struct Params { words: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> filled: array<u32>;
fn mixed(at: u32) -> u32 {
  var x = at * 747796405u + 2891336453u;
  x = ((x >> ((x >> 28u) + 4u)) ^ x) * 277803737u;
  return (x >> 22u) ^ x;
}
fn number(at: u32) -> f32 {
  let x = mixed(at);
  let size = 0.25 + 0.75 * f32(x >> 9u) / 8388608.0;
  return select(-size, size, (x & 1u) == 1u);
}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) thread: vec3<u32>) {
  for (var at = thread.x; at < params.words; at += ${PARTIALS}u) { filled[at] = ${value}; }
}
`;
  return { code, params: words(storage), workgroups: WORKGROUPS };
}

/**
 * Reads `found`, `expected` and writes pairs: the largest difference and the largest expected value of a part of the elements, or
 * -1 for the first where one of them is not finite.
 */
export function differenceShader(storage: Storage): ToolShader {
  const float32 = storage.type === 'float32';
  // Shaders need not know what is not finite: the bits tell.
  const [isBad, unpacked] = float32
    ? ['(word & 0x7f800000u) == 0x7f800000u', 'vec2<f32>(bitcast<f32>(word))']
    : ['(word & 0x7c00u) == 0x7c00u || (word & 0x7c000000u) == 0x7c000000u', 'unpack2x16float(word)'];
  const code = `
struct Params { words: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> found: array<u32>;
@group(0) @binding(2) var<storage, read> expected: array<u32>;
@group(0) @binding(3) var<storage, read_write> partials: array<vec2<f32>>;
fn is_bad(word: u32) -> bool { return ${isBad}; }
fn unpacked(word: u32) -> vec2<f32> { return ${unpacked}; }
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) thread: vec3<u32>) {
  var difference = 0.0;
  var largest = 0.0;
  var bad = false;
  for (var at = thread.x; at < params.words; at += ${PARTIALS}u) {
    let a = found[at];
    let b = expected[at];
    bad = bad || is_bad(a) || is_bad(b);
    let wanted = unpacked(b);
    let apart = abs(unpacked(a) - wanted);
    difference = max(difference, max(apart.x, apart.y));
    largest = max(largest, max(abs(wanted.x), abs(wanted.y)));
  }
  partials[thread.x] = vec2<f32>(select(difference, -1.0, bad), largest);
}
`;
  return { code, params: words(storage), workgroups: WORKGROUPS };
}
