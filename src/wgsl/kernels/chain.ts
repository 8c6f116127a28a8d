// What becomes of four elements before they are written, as WGSL: the end of every kernel.
import type { Unary } from '../operations.ts';
import type { Access, Chain, Instruction } from '../steps.ts';
import { QUAD } from '../quads.ts';
import type { Shader } from './shader.ts';

/** Expressions for where the four elements are. */
export interface Position {
  readonly sample: string;
  readonly row: string;
  /** Column / 4. */
  readonly quad: string;
}

/** Declares what the chain reads and where the result goes, and gives the code that ends a kernel with it. */
export function ending(shader: Shader, chain: Chain, output: Access) {
  chain.operands.forEach(({ storage }, i) => shader.reads(`operand${i}`, storage));
  shader.writes('result', output.storage);
  return {
    /** Statements that take the variable `value` to its place. */
    write(value: string, position: Position): string {
      const lines = chain.code.map((one) =>
        applied(one, value, (i) => operand(shader, chain.operands[i]!, i, position)),
      );
      lines.push(shader.store('result', indexOf(shader, 'result', output, position), value));
      return lines.join('\n');
    },
  };
}

function operand(shader: Shader, access: Access, i: number, position: Position): string {
  const name = `operand${i}`;
  if (access.column === 1) return shader.load(name, indexOf(shader, name, access, position));
  // One number for all columns may lie anywhere.
  const index = [
    shader.u32(`${name}_offset`, access.offset),
    ...(access.sample > 0 ? [`${position.sample} * ${shader.u32(`${name}_sample`, access.sample)}`] : []),
    ...(access.row > 0 ? [`${position.row} * ${shader.u32(`${name}_row`, access.row)}`] : []),
  ].join(' + ');
  return `vec4<f32>(${shader.load(name, `(${index}) / 4u`)}[(${index}) % 4u])`;
}

/** In fours. Distances that are 0 are not part of the code: so shaders tell operands of columns, samples and rows apart. */
export function indexOf(
  shader: Shader,
  name: string,
  access: Access,
  { sample, row, quad }: Position,
): string {
  const { offset, sample: bySample, row: byRow } = access;
  return [
    quad,
    ...(offset > 0 ? [shader.u32(`${name}_offset`, offset / QUAD)] : []),
    ...(bySample > 0 ? [`${sample} * ${shader.u32(`${name}_sample`, bySample / QUAD)}`] : []),
    ...(byRow > 0 ? [`${row} * ${shader.u32(`${name}_row`, byRow / QUAD)}`] : []),
  ].join(' + ');
}

const SIGN = { add: '+', mul: '*', div: '/' } as const;

/** A statement that changes the variable `value`. */
export function applied(instruction: Instruction, value: string, operand: (i: number) => string): string {
  if (instruction.kind === 'unary') {
    const { how } = instruction;
    return how.fn === 'identity' ? '' : `${value} = ${unary(how, value)};`;
  }
  return `${value} ${SIGN[instruction.fn]}= ${operand(instruction.operand)};`;
}

function unary(how: Unary, x: string): string {
  switch (how.fn) {
    case 'identity':
      return x;
    case 'sigmoid':
      return `1.0 / (1.0 + exp(min(-${x}, vec4<f32>(80.0))))`;
    case 'silu':
      return `${x} / (1.0 + exp(min(-${x}, vec4<f32>(80.0))))`;
    case 'quickGelu':
      return `${x} / (1.0 + exp(min(-1.702 * ${x}, vec4<f32>(80.0))))`;
    case 'gelu':
      return `gelu(${x})`;
    case 'relu':
      return `max(${x}, vec4<f32>(0.0))`;
    case 'tanh':
      // Some drivers compute it from exponentials, and those overflow.
      return `tanh(clamp(${x}, vec4<f32>(-15.0), vec4<f32>(15.0)))`;
    case 'sqrt':
      return `sqrt(${x})`;
    case 'leakyRelu':
      return `select(${number(how.slope)} * ${x}, ${x}, ${x} > vec4<f32>(0.0))`;
    case 'clip':
      return `clamp(${x}, vec4<f32>(${number(how.minimum)}), vec4<f32>(${number(how.maximum)}))`;
    case 'scale':
      return `${number(how.by)} * ${x}`;
  }
}

function number(value: number): string {
  return `f32(${Number.isInteger(value) ? value.toFixed(1) : String(Math.fround(value))})`;
}

/** The exact GELU, with erf by Abramowitz & Stegun 7.1.26 (off by 1.5e-7 at most). */
export const GELU = `
fn gelu(x: vec4<f32>) -> vec4<f32> {
  let z = abs(x) * 0.70710678118654752;
  let t = 1.0 / (1.0 + 0.3275911 * z);
  let poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let erf = 1.0 - poly * exp(-min(z * z, vec4<f32>(80.0)));
  return 0.5 * x * (1.0 + sign(x) * erf);
}`.trim();

export function usesGelu({ code }: { readonly code: readonly Instruction[] }): boolean {
  return code.some((one) => one.kind === 'unary' && one.how.fn === 'gelu');
}
