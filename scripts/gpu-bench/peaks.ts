// What cards can do at most, by their makers' data sheets, rounded: the measure of what is reached.

/** TFLOP/s. */
export interface Peak {
  /** float32 in shaders: what sums in float32 can reach without matrix units, as all of ours are. */
  readonly sums: number;
  /** float16 without matrix units and with float16 sums. */
  readonly shader: number;
  /** float16 with matrix units and float32 sums, dense: what PyTorch can reach. */
  readonly matrix: number;
}

const PEAKS: readonly (readonly [RegExp, Peak])[] = [
  [/\b(H100|H200|GH200)\b/i, { sums: 67, shader: 134, matrix: 990 }],
  [/\bA100\b/i, { sums: 19.5, shader: 78, matrix: 312 }],
  [/\bL40S?\b/i, { sums: 91, shader: 91, matrix: 181 }],
  [/\bL4\b/i, { sums: 30, shader: 30, matrix: 61 }],
  [/\bT4\b/i, { sums: 8.1, shader: 16, matrix: 65 }],
  [/RTX 5090/i, { sums: 105, shader: 105, matrix: 210 }],
  [/RTX 4090/i, { sums: 83, shader: 83, matrix: 165 }],
  [/RTX 4070\b(?! (Ti|Super))/i, { sums: 29, shader: 29, matrix: 58 }],
  [/RTX 3090\b(?! Ti)/i, { sums: 36, shader: 36, matrix: 71 }],
  [/RTX 3060\b(?! Ti)/i, { sums: 12.7, shader: 12.7, matrix: 25 }],
];

/** Null for a card that is not known. `names`: what different programs call it. */
export function peakOf(...names: readonly string[]): Peak | null {
  return PEAKS.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1] ?? null;
}
