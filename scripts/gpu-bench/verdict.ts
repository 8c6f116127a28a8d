// Whether numbers are right: against float32 on the same weights, by what PyTorch loses in the same precision.
import type { Precision } from '../../src/graph/types.ts';
import { errorsOf } from '../errors-of.ts';
import type { How, Measurement } from './types.ts';

/** Of PyTorch's own error in float16: rounding differs, where sums are float32 it does so by less than this. */
const TIMES_PYTORCH = 2;
/** In float16, where PyTorch's error is not known. */
const FLOAT16 = 5e-3;
const FLOAT32 = 1e-4;
/** What is known to be coarse is only held against nonsense. */
const FLOAT16_SUMS = 0.1;

/** `pytorch`: its relative error in the same precision, if known. */
export function tolerance(precision: Precision, how: How, pytorch: number | null): number {
  if (how === 'float16 sums') return FLOAT16_SUMS;
  if (precision === 'float32') return FLOAT32;
  return pytorch === null ? FLOAT16 : TIMES_PYTORCH * pytorch;
}

/** `result`, `expected`: null where there are none. */
export function judge(
  result: Float32Array | null,
  expected: Float32Array | null,
  allowed: number,
): Pick<Measurement, 'error' | 'verdict'> {
  if (!result || !expected) return { error: null, verdict: 'unchecked' };
  if (result.length !== expected.length) return { error: null, verdict: 'wrong' };
  const { rms, finite } = errorsOf(result, expected);
  return { error: finite ? rms : null, verdict: finite && rms <= allowed ? 'right' : 'wrong' };
}
