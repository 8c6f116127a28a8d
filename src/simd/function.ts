// WebAssembly with 128-bit SIMD, put together byte by byte: one function that goes through arrays in memory, a few elements at a
// time. Nothing is compiled beforehand: a module is a few hundred bytes, made for the kinds of numbers at hand.
//
// Encoding: https://webassembly.github.io/spec/core/binary/. All that is here is what merging/mix-kernel.ts and tile.ts need.

/** Instructions that leave one value on the stack: four lanes of 32 bits, or an address. */
export type Code = readonly number[];

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
const unary = (opcode: number) => {
  const instruction = simd(opcode);
  return (a: Code): Code => [...a, ...instruction];
};
const binary = (opcode: number) => {
  const instruction = simd(opcode);
  return (a: Code, b: Code): Code => [...a, ...b, ...instruction];
};
const shift = (opcode: number) => {
  const instruction = simd(opcode);
  return (a: Code, by: number): Code => [...a, 0x41, ...unsigned(by), ...instruction];
};
/** `offset`: constant, in bytes, from the address. */
const load =
  (opcode: number) =>
  (address: Code, offset: number): Code => [...address, ...simd(opcode), 0, ...unsigned(offset)];

export const v = {
  load: load(0x00),
  /** Four of 16 bits, widened with or without their sign. */
  load16Signed: load(0x03),
  load16: load(0x04),
  /** One of 32 bits, four times. */
  loadSplat: load(0x09),
  and: binary(0x4e),
  or: binary(0x50),
  xor: binary(0x51),
  shl: shift(0xab),
  shr: shift(0xad),
  add: binary(0xae),
  sub: binary(0xb1),
  isLess: binary(0x39),
  isAtLeast: binary(0x40),
  max: binary(0xb9),
  /** The lower halves of the lanes of both; none may be above 65535. */
  narrow: binary(0x86),
  addFloats: binary(0xe4),
  subFloats: binary(0xe5),
  mulFloats: binary(0xe6),
  areFloatsUnequal: binary(0x42),
  splatFloat: unary(0x13),
} as const;

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;

/** The function's parameters by their order. `step`: bytes from one address to the next. */
export type Parameter = 'address' | 'count' | 'factor' | 'step';

export interface Kernel {
  readonly memory: Uint8Array<ArrayBuffer>;
  /** 0 if the marks that the body set are all zero. */
  run(...given: readonly number[]): number;
}

/** A function's body in the making: what is done from the addresses on, again and again. They move on by themselves. */
export class SimdFunction {
  readonly #parameters: readonly Parameter[];
  readonly #constants = new Map<number, number>();
  readonly #before: number[] = [];
  readonly #body: number[] = [];
  #vectors = 0;
  /** Lanes that are not zero mean a number that needs more care than this. */
  readonly #marks: Code;
  readonly #steps: { readonly parameter: number; readonly bytes: Code }[] = [];
  readonly #after: number[] = [];
  readonly #each: number;

  /** `each`: how much the count goes down by each time. */
  constructor(parameters: readonly Parameter[], each = 8) {
    this.#parameters = parameters;
    this.#each = each;
    this.#marks = this.#newLocal();
  }

  #newLocal(): Code {
    return [0x20, ...unsigned(this.#parameters.length + this.#vectors++)];
  }

  /** The four lanes with the same bits. */
  constant(bits: number): Code {
    let local = this.#constants.get(bits);
    if (local === undefined) {
      local = this.#parameters.length + this.#vectors++;
      this.#constants.set(bits, local);
      const lane = [bits & 0xff, (bits >>> 8) & 0xff, (bits >>> 16) & 0xff, bits >>> 24];
      this.#before.push(...simd(0x0c), ...lane, ...lane, ...lane, ...lane, 0x21, ...unsigned(local));
    }
    return [0x20, ...unsigned(local)];
  }

  /** A factor in all four lanes. */
  splat(parameter: number): Code {
    const local = this.#newLocal();
    this.#before.push(...v.splatFloat([0x20, ...unsigned(parameter)]), 0x21, ...local.slice(1));
    return local;
  }

  /** An address, which goes on by `bytes` each time: below 64, or what another parameter says. */
  address(parameter: number, bytes: number | { readonly parameter: number }): Code {
    const by = typeof bytes === 'number' ? [0x41, ...unsigned(bytes)] : [0x20, ...unsigned(bytes.parameter)];
    this.#steps.push({ parameter, bytes: by });
    return [0x20, ...unsigned(parameter)];
  }

  /** An address that stays: what `parameter` says, and so many (below 64) times what `step` says beyond it. */
  fixedAddress(parameter: number, step: number, times: number): Code {
    return [0x20, ...unsigned(parameter), 0x20, ...unsigned(step), 0x41, times, 0x6c, 0x6a];
  }

  /** Lanes of float32 that are added to each time, and are stored at the end where they were at the beginning. */
  sum(at: Code, offset: number): { readonly add: (lanes: Code) => void } {
    const local = this.#newLocal();
    this.#before.push(...v.load(at, offset), 0x21, ...local.slice(1));
    this.#after.push(...at, ...local, ...simd(0x0b), 0, ...unsigned(offset));
    return {
      add: (lanes) => void this.#body.push(...v.addFloats(local, lanes), 0x21, ...local.slice(1)),
    };
  }

  /** Computes it once, for use more than once. */
  keep(value: Code): Code {
    const local = this.#newLocal();
    this.#body.push(...value, 0x21, ...local.slice(1));
    return local;
  }

  mark(lanes: Code): void {
    this.#body.push(...v.or(this.#marks, lanes), 0x21, ...this.#marks.slice(1));
  }

  store(address: Code, offset: number, value: Code): void {
    this.#body.push(...address, ...value, ...simd(0x0b), 0, ...unsigned(offset));
  }

  /** The module, started, with so many bytes of memory. Throws where the engine has no SIMD. */
  start(memoryBytes: number): Kernel {
    const module = new WebAssembly.Module(this.#module(Math.ceil(memoryBytes / 65_536)));
    const { memory, run } = new WebAssembly.Instance(module).exports as {
      readonly memory: WebAssembly.Memory;
      readonly run: (...given: readonly number[]) => number;
    };
    return { memory: new Uint8Array(memory.buffer as ArrayBuffer), run };
  }

  #module(pages: number): Uint8Array<ArrayBuffer> {
    const types = this.#parameters.map((kind) => (kind === 'factor' ? F32 : I32));
    const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
    const section = (id: number, ...content: readonly number[]): number[] => [
      ...[id, ...unsigned(content.length)],
      ...content,
    ];
    const code = [1, ...unsigned(this.#vectors), V128, ...this.#before, ...this.#loop(), 0x0b];
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, 1, 0x60, ...unsigned(types.length), ...types, 1, I32),
      ...section(3, 1, 0),
      ...section(5, 1, 0, ...unsigned(pages)),
      ...section(7, 2, ...name('memory'), 2, 0, ...name('run'), 0, 0),
      ...section(10, 1, ...unsigned(code.length), ...code),
    ]);
  }

  /** do { body; } while ((count -= each) != 0); were the marks set? */
  #loop(): number[] {
    const count = unsigned(this.#parameters.indexOf('count'));
    const steps = this.#steps.flatMap(({ parameter, bytes }) => {
      const at = unsigned(parameter);
      return [0x20, ...at, ...bytes, 0x6a, 0x21, ...at];
    });
    const again = [0x20, ...count, 0x41, this.#each, 0x6b, 0x22, ...count, 0x0d, 0];
    return [
      0x03,
      0x40,
      ...this.#body,
      ...steps,
      ...again,
      0x0b,
      ...this.#after,
      ...this.#marks,
      ...simd(0x53),
    ];
  }
}
