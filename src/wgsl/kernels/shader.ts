// Writes one shader: declares what it reads and writes and the numbers it is told, so that kernels are left with what they
// compute. All arithmetic is float32; storage is float32 or float16, four elements at a time. Where a device has no
// shader-f16, float16 is unpacked from integers: half the memory all the same.
import type { Storage } from '../tensor.ts';

/** How float16 is written. */
export interface Dialect {
  readonly float16: 'native' | 'packed';
}

/** One shader to be run, with all it needs. */
export interface Dispatch {
  /** For people. */
  readonly label: string;
  readonly code: string;
  /** The words of its uniform buffer. */
  readonly params: Uint32Array<ArrayBuffer>;
  /** In the order of bindings, from 1 on; 0 are the params. */
  readonly bindings: readonly Binding[];
  /** Workgroups. */
  readonly grid: readonly [number, number, number];
  /** Multiplications and additions of products, as they are usually counted. */
  readonly flops: number;
  /** Of a workgroup. */
  readonly threads: number;
  /** Bytes that a workgroup's threads share. */
  readonly shared: number;
}

export interface Binding {
  readonly storage: Storage;
  readonly written: boolean;
}

interface DispatchOptions {
  readonly functions?: string;
  readonly flops?: number;
  /** `enable` and the like. */
  readonly directives?: readonly string[];
}

export interface Size {
  readonly x: number;
  readonly y: number;
  readonly z?: number;
}

/** Of what workgroups share. */
const SHARED_BYTES = { f16: 2, f32: 4, 'vec4<f32>': 16 } as const;

export class Shader {
  readonly #bindings: (Binding & { readonly name: string; readonly type: string })[] = [];
  readonly #params: { readonly name: string; readonly type: 'u32' | 'f32'; readonly value: number }[] = [];
  readonly #memory: string[] = [];
  #shared = 0;

  constructor(readonly dialect: Dialect) {}

  /** A number that is told with the dispatch, so that sizes share a shader; gives the expression for it. */
  u32(name: string, value: number): string {
    return this.#param(name, 'u32', value);
  }

  f32(name: string, value: number): string {
    return this.#param(name, 'f32', value);
  }

  /** What `load` reads. */
  reads(name: string, storage: Storage): void {
    this.#bind(name, storage, false, this.#quads(storage));
  }

  /** What `store` writes. */
  writes(name: string, storage: Storage): void {
    this.#bind(name, storage, true, this.#quads(storage));
  }

  /** What `scalar` reads, or `storeScalar` writes: one element at a time. */
  readsScalars(name: string, storage: Storage): void {
    this.#bind(name, storage, false, this.#scalars(storage));
  }

  writesScalars(name: string, storage: Storage): void {
    if (this.#isPacked(storage)) throw new Error('Two threads would write one word.');
    this.#bind(name, storage, true, this.#scalars(storage));
  }

  /** Whole numbers that threads change one after the other. */
  writesAtomics(name: string, storage: Storage): void {
    if (storage.type !== 'int32') throw new Error('Only whole numbers are changed so.');
    this.#bind(name, storage, true, 'atomic<i32>');
  }

  /** Four elements, as f32 (or i32); `index` counts in fours. */
  load(name: string, index: string): string {
    return this.value(name, `${name}[${index}]`);
  }

  /** Four elements as f32 (or i32) that were read as they lie in memory, and are an expression of `quadType`. */
  value(name: string, raw: string): string {
    const { storage } = this.#binding(name);
    if (storage.type !== 'float16') return raw;
    return this.#isPacked(storage) ? `unpack4(${raw})` : `vec4<f32>(${raw})`;
  }

  /** What four elements are in memory. */
  quadType(name: string): string {
    return this.#quads(this.#binding(name).storage);
  }

  store(name: string, index: string, value: string): string {
    const { storage } = this.#binding(name);
    if (storage.type !== 'float16') return `${name}[${index}] = ${value};`;
    return `${name}[${index}] = ${this.#isPacked(storage) ? `pack4(${value})` : `vec4<f16>(${value})`};`;
  }

  /** One element, as f32 (or i32). */
  scalar(name: string, index: string): string {
    const { storage } = this.#binding(name);
    if (storage.type !== 'float16') return `${name}[${index}]`;
    if (!this.#isPacked(storage)) return `f32(${name}[${index}])`;
    return `unpack2x16float(${name}[(${index}) >> 1u])[(${index}) & 1u]`;
  }

  storeScalar(name: string, index: string, value: string): string {
    const { storage } = this.#binding(name);
    return `${name}[${index}] = ${storage.type === 'float16' ? `f16(${value})` : value};`;
  }

  /** Memory that the threads of a workgroup share. */
  workgroup(name: string, type: keyof typeof SHARED_BYTES, count: number): void {
    this.#memory.push(`var<workgroup> ${name}: array<${type}, ${count}>;`);
    this.#shared += count * SHARED_BYTES[type];
  }

  /** `body`: of the main function, which knows `workgroup`, `thread` (in the workgroup, a vector) and `index` (a number). */
  dispatch(
    label: string,
    size: Size,
    grid: readonly [number, number, number],
    body: string,
    { functions = '', flops = 0, directives = [] }: DispatchOptions = {},
  ): Dispatch {
    const { x, y, z = 1 } = size;
    const native = this.#bindings.some(
      ({ storage }) => storage.type === 'float16' && !this.#isPacked(storage),
    );
    const packed = this.#bindings.some(({ storage }) => this.#isPacked(storage));
    const code = [
      ...(native ? ['enable f16;'] : []),
      ...directives,
      `struct Params {\n${this.#params.map(({ name, type }) => `  ${name}: ${type},`).join('\n')}\n}`,
      '@group(0) @binding(0) var<uniform> params: Params;',
      ...this.#bindings.map(
        ({ name, type, written }, i) =>
          `@group(0) @binding(${i + 1}) var<storage, ${written ? 'read_write' : 'read'}> ${name}: array<${type}>;`,
      ),
      ...this.#memory,
      ...(packed ? [PACKING] : []),
      functions,
      `@compute @workgroup_size(${x}, ${y}, ${z})`,
      'fn main(',
      '  @builtin(workgroup_id) workgroup: vec3<u32>,',
      '  @builtin(local_invocation_id) thread: vec3<u32>,',
      '  @builtin(local_invocation_index) index: u32,',
      ') {',
      indented(body),
      '}',
      '',
    ].join('\n');
    const bindings = this.#bindings.map(({ storage, written }) => ({ storage, written }));
    const [params, threads, shared] = [this.#words(), x * y * z, this.#shared];
    return { label, code, params, bindings, grid, flops, threads, shared };
  }

  #words(): Uint32Array<ArrayBuffer> {
    const words = new Uint32Array(this.#params.length);
    const floats = new Float32Array(words.buffer);
    for (const [i, { type, value }] of this.#params.entries()) (type === 'f32' ? floats : words)[i] = value;
    return words;
  }

  #param(name: string, type: 'u32' | 'f32', value: number): string {
    if (type === 'u32' && !(Number.isInteger(value) && value >= 0 && value < 2 ** 32))
      throw new Error(`${name} is ${value}.`);
    if (!this.#params.some((one) => one.name === name)) this.#params.push({ name, type, value });
    return `params.${name}`;
  }

  #bind(name: string, storage: Storage, written: boolean, type: string): void {
    this.#bindings.push({ name, storage, written, type });
  }

  #binding(name: string): Binding {
    const found = this.#bindings.find((one) => one.name === name);
    if (!found) throw new Error(`The shader binds no ${name}.`);
    return found;
  }

  #isPacked({ type }: Storage): boolean {
    return type === 'float16' && this.dialect.float16 === 'packed';
  }

  #quads(storage: Storage): string {
    if (this.#isPacked(storage)) return 'vec2<u32>';
    return { float32: 'vec4<f32>', float16: 'vec4<f16>', int32: 'vec4<i32>' }[storage.type];
  }

  #scalars(storage: Storage): string {
    if (this.#isPacked(storage)) return 'u32';
    return { float32: 'f32', float16: 'f16', int32: 'i32' }[storage.type];
  }
}

const PACKING = `
fn unpack4(bits: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(bits.x), unpack2x16float(bits.y));
}
fn pack4(value: vec4<f32>) -> vec2<u32> {
  return vec2<u32>(pack2x16float(value.xy), pack2x16float(value.zw));
}`.trim();

export function indented(lines: string, by = '  '): string {
  return lines
    .split('\n')
    .map((line) => (line.trim() === '' ? '' : by + line))
    .join('\n');
}

/** A line for each number from 0 on. */
export function times(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join('\n');
}
