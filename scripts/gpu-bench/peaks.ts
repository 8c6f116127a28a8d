// What cards can do at most, by their makers' data sheets, rounded: the measure of what is reached.

/** TFLOP/s. */
export interface Peak {
  /** float16 without matrix units: what WebGPU's shaders can reach without subgroup matrices. */
  readonly shader: number;
  /** float16 with matrix units and float32 sums, dense: what PyTorch can reach. */
  readonly matrix: number;
}

const PEAKS: readonly (readonly [RegExp, Peak])[] = [
  [/\b(H100|H200|GH200)\b/i, { shader: 134, matrix: 990 }],
  [/\bA100\b/i, { shader: 78, matrix: 312 }],
  [/\bL40S?\b/i, { shader: 91, matrix: 181 }],
  [/\bL4\b/i, { shader: 30, matrix: 61 }],
  [/\bT4\b/i, { shader: 16, matrix: 65 }],
  [/RTX 5090/i, { shader: 105, matrix: 210 }],
  [/RTX 4090/i, { shader: 83, matrix: 165 }],
  [/RTX 4070\b(?! (Ti|Super))/i, { shader: 29, matrix: 58 }],
  [/RTX 3090\b(?! Ti)/i, { shader: 36, matrix: 71 }],
  [/RTX 3060\b(?! Ti)/i, { shader: 12.7, matrix: 25 }],
];

/** Null for a card that is not known. `names`: what different programs call it. */
export function peakOf(...names: readonly string[]): Peak | null {
  return PEAKS.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1] ?? null;
}
