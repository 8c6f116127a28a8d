// Operators that are computed element by element from wherever their inputs lie: few networks have them, and none spends its time there.

export type General =
  /** Rows of a table (its first axis); inputs: table, indices. */
  | { readonly op: 'gather' }
  /** Along an axis, the element that each index names; inputs: x, indices. */
  | { readonly op: 'gatherElements'; readonly axis: number }
  /** Where the largest number lies along an axis, the first of equal ones. */
  | { readonly op: 'argMax'; readonly axis: number }
  /** Where the largest numbers of the last axis lie, in falling order, the first of equal ones first. */
  | { readonly op: 'topIndices' }
  /** Whole numbers put, or added, at the rows that indices name; inputs: x, indices, updates. */
  | { readonly op: 'scatter'; readonly how: 'put' | 'add' }
  | {
      readonly op: 'maxPool';
      readonly kernel: readonly [number, number];
      readonly stride: readonly [number, number];
      readonly pads: readonly [number, number];
    }
  /**
   * A convolution whose channels lie in groups that do not see each other, or that looks at pixels `dilation` apart; inputs: x, weight,
   * and bias if there is one.
   */
  | {
      readonly op: 'unusualConv';
      readonly groups: number;
      readonly dilation: number;
      readonly kernel: readonly [number, number];
      readonly stride: readonly [number, number];
      readonly pads: readonly [number, number];
    }
  /** So many more at the beginning of each axis: zeros, or what is there mirrored without its edge. */
  | { readonly op: 'pad'; readonly starts: readonly number[]; readonly mirrored: boolean }
  /** One after the other along an axis, in which they may begin anywhere. */
  | { readonly op: 'concat'; readonly axis: number }
  /** The same elements in the same order. */
  | { readonly op: 'reshape' }
  /** Each pixel gives to all that its kernel reaches, `stride` apart, less `pad` on each side; inputs: x, weight, bias. */
  | { readonly op: 'convTranspose'; readonly kernel: number; readonly stride: number; readonly pad: number }
  /** Bilinear: how many times as high and wide; or null, with corners on corners. */
  | { readonly op: 'bilinear'; readonly by: number | null };
