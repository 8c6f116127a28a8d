// A graph's nodes as what is computed, for sizes that are known: the form in which patterns are looked for (patterns.ts).
// Graph and operations share values; a pattern may make new ones.
import type { Value } from '../graph/graph.ts';
import type { Shape } from '../graph/shapes.ts';
import type { WeightRef } from '../graph/types.ts';
import type { General } from './general.ts';

export type PlainUnary = 'identity' | 'sigmoid' | 'silu' | 'gelu' | 'quickGelu' | 'relu' | 'tanh' | 'sqrt';

/** Of one number. */
export type Unary =
  | { readonly fn: PlainUnary }
  | { readonly fn: 'leakyRelu'; readonly slope: number }
  | { readonly fn: 'clip'; readonly minimum: number; readonly maximum: number }
  | { readonly fn: 'scale'; readonly by: number };

export interface Layer {
  readonly weight: Value;
  readonly bias: Value | null;
}

type Kind =
  | {
      readonly kind: 'conv';
      readonly x: Value;
      readonly layer: Layer;
      readonly kernel: readonly [number, number];
      readonly stride: readonly [number, number];
      /** Rows above and columns to the left of zeros. (Those below and to the right follow from the size.) */
      readonly pads: readonly [number, number];
      /** The input is read as if each pixel were so many times as high and wide. */
      readonly upsample: number;
    }
  | {
      readonly kind: 'linear';
      readonly x: Value;
      /** Side by side; or, `paired`, a value and its gate: value * gelu(gate). */
      readonly layers: readonly Layer[];
      readonly transposed: boolean;
      readonly paired: boolean;
    }
  | { readonly kind: 'matMul'; readonly a: Value; readonly b: Value }
  | {
      readonly kind: 'attention';
      readonly q: Value;
      readonly k: Value;
      readonly v: Value;
      readonly heads: number;
      readonly scale: number;
      readonly causal: boolean;
    }
  | {
      readonly kind: 'instanceNorm';
      readonly x: Value;
      readonly scale: Value;
      readonly shift: Value;
      readonly epsilon: number;
    }
  | {
      readonly kind: 'layerNorm';
      readonly x: Value;
      readonly scale: Value;
      readonly shift: Value;
      readonly epsilon: number;
    }
  | {
      readonly kind: 'groupNorm';
      readonly x: Value;
      readonly scale: Value;
      readonly shift: Value;
      readonly groups: number;
      readonly epsilon: number;
    }
  | { readonly kind: 'softmax'; readonly x: Value }
  /** x / sqrt(mean of x^2) over the last axis. */
  | { readonly kind: 'rmsNorm'; readonly x: Value; readonly epsilon: number }
  /** Over the last axis, which stays with a size of 1. */
  | { readonly kind: 'mean'; readonly x: Value }
  | { readonly kind: 'unary'; readonly x: Value; readonly how: Unary }
  | { readonly kind: 'binary'; readonly fn: 'add' | 'mul' | 'div'; readonly a: Value; readonly b: Value }
  | { readonly kind: 'gather'; readonly table: Value; readonly indices: Value }
  | { readonly kind: 'reshape'; readonly x: Value }
  | { readonly kind: 'transpose'; readonly x: Value; readonly permutation: readonly number[] }
  /** From these elements on, an axis each; the result's shape says how many. */
  | { readonly kind: 'slice'; readonly x: Value; readonly starts: readonly number[] }
  | { readonly kind: 'concat'; readonly parts: readonly Value[]; readonly axis: number }
  /** Zeros at the ends of the axes. */
  | { readonly kind: 'pad'; readonly x: Value }
  | { readonly kind: 'upsample'; readonly x: Value; readonly by: number }
  | { readonly kind: 'general'; readonly what: General; readonly inputs: readonly Value[] };

export type Operation = Kind & {
  readonly output: Value;
  /** For people: the node's name in the graph. */
  readonly name: string;
};
export type OperationOf<K extends Operation['kind']> = Extract<Operation, { readonly kind: K }>;

export interface Sources {
  readonly shapes: Map<Value, Shape>;
  readonly weights: ReadonlyMap<Value, WeightRef>;
  /** Floating constants. */
  readonly constants: ReadonlyMap<Value, readonly number[]>;
  /** Constants of whole numbers, and what is fed of int64. */
  readonly integers: ReadonlyMap<Value, readonly number[]>;
}

export interface Operations extends Sources {
  readonly list: readonly Operation[];
}

/** The values that an operation reads. */
export function readsOf(operation: Operation): Value[] {
  switch (operation.kind) {
    case 'conv':
      return [operation.x, operation.layer.weight, ...(operation.layer.bias ? [operation.layer.bias] : [])];
    case 'linear':
      return [
        operation.x,
        ...operation.layers.flatMap(({ weight, bias }) => (bias ? [weight, bias] : [weight])),
      ];
    case 'matMul':
    case 'binary':
      return [operation.a, operation.b];
    case 'attention':
      return [operation.q, operation.k, operation.v];
    case 'instanceNorm':
    case 'layerNorm':
    case 'groupNorm':
      return [operation.x, operation.scale, operation.shift];
    case 'gather':
      return [operation.table, operation.indices];
    case 'concat':
      return [...operation.parts];
    case 'general':
      return [...operation.inputs];
    default:
      return [operation.x];
  }
}
