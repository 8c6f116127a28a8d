// Single elements of tensors, by their place on every axis.
import type { Tensor } from '../tensor.ts';
import type { Shader } from './shader.ts';

/** Declares tensors, and reads them. */
export class Places {
  constructor(
    private readonly shader: Shader,
    readonly tensors: Readonly<Record<string, Tensor>>,
  ) {
    for (const [name, { storage }] of Object.entries(tensors)) shader.readsScalars(name, storage);
  }

  /** Of the type that is read. */
  zero(name: string): string {
    return this.tensors[name]!.storage.type === 'int32' ? '0i' : '0.0';
  }

  has(name: string): boolean {
    return name in this.tensors;
  }

  rank(name: string): number {
    return this.tensors[name]!.shape.length;
  }

  /** `at`: expressions of u32, an axis each. */
  read(name: string, at: readonly string[]): string {
    return this.shader.scalar(name, placeOf(this.shader, name, this.tensors[name]!, at));
  }

  /** An index among `size` (a number of the shader): one beyond the last reads the last. */
  indexed(name: string, at: readonly string[], size: string): string {
    return `min(u32(${this.read(name, at)}), ${size} - 1u)`;
  }

  /** How many there are along an axis, as a number of the shader. */
  size(name: string, axis: number): string {
    return this.shader.u32(`${name}_size${axis}`, this.tensors[name]!.shape[axis]!);
  }
}

/** Where an element lies, in elements. */
export function placeOf(
  shader: Shader,
  name: string,
  { shape, strides, offset }: Tensor,
  at: readonly string[],
): string {
  return [
    shader.u32(`${name}_offset`, offset),
    ...at.flatMap((place, axis) =>
      shape[axis] === 1 || strides[axis] === 0
        ? []
        : [`(${place}) * ${shader.u32(`${name}_stride${axis}`, strides[axis]!)}`],
    ),
  ].join(' + ');
}
