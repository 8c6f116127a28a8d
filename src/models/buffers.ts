// Numbers of a file that are no weights but decide pictures all the same: the noise levels it was trained with, and which
// place each token's position takes.
//
// A1111 1.10.1 copies a file's buffers over the model's own when it loads (modules/sd_models.py load_model_weights within
// LoadStateDictOnMeta). Of LatentDiffusion's its samplers read these three: `alphas_cumprod` (k-diffusion, DDIM, PLMS, UniPC),
// and for v-prediction in the latter `sqrt_alphas_cumprod` and `sqrt_one_minus_alphas_cumprod`
// (sd_samplers_timesteps.py CompVisTimestepsVDenoiser). Of the text encoder it reads `position_ids`, whole numbers into which
// whatever the file has is cut off (transformers 4.30.2). Betas, posterior variances, `logvar`, `scale_factor` and averages
// (`model_ema`) are read by nothing that makes pictures.
import { toFloat32 } from '../checkpoint/convert.ts';
import { CheckpointError, type Checkpoint } from '../checkpoint/types.ts';
import { familyOf } from '../families/families.ts';
import { linearAlphasCumprod } from '../sampling/noise-table.ts';
import { TRAINING_STEPS } from '../sampling/training-steps.ts';
import { findComponents } from './layouts/components.ts';
import { tensorShapes } from './tensor-shapes.ts';
import type { Detection } from './types.ts';

/** What a file has of its own; what it lacks, or has as all models do, is left out. */
export interface FileBuffers {
  /** The model was trained with zero terminal SNR (Lin et al. 2023) and says so. */
  readonly zeroTerminalSnr?: true;
  /** 1000 values in (0, 1), not rising, as float32. */
  readonly alphasCumprod?: readonly number[];
  /** 1000 values each, as float32: factors of v and of x where noise is computed from v. */
  readonly sqrtAlphasCumprod?: readonly number[];
  readonly sqrtOneMinusAlphasCumprod?: readonly number[];
  /** For each of the 77 tokens of a chunk the row of the position embedding, where they are not 0 to 76. */
  readonly positionIds?: readonly number[];
}

export interface ReadBuffers {
  readonly buffers: FileBuffers;
  /** What a person should know of them. */
  readonly notes: readonly string[];
}

const SCHEDULE = [
  ['alphasCumprod', 'alphas_cumprod'],
  ['sqrtAlphasCumprod', 'sqrt_alphas_cumprod'],
  ['sqrtOneMinusAlphasCumprod', 'sqrt_one_minus_alphas_cumprod'],
] as const;

type ScheduleKey = (typeof SCHEDULE)[number][0];

/** Reads the buffers of a file that `detect` gave `detection` for. What cannot be used is left out, with a word. */
export async function readBuffers(checkpoint: Checkpoint, detection: Detection): Promise<ReadBuffers> {
  const notes: string[] = [];
  const buffers: { -readonly [K in keyof FileBuffers]: FileBuffers[K] } = {};
  const usual = usualSchedule();
  if (saysZeroTerminalSnr(checkpoint, detection)) {
    buffers.zeroTerminalSnr = true;
    notes.push(
      'The file says that it was trained with zero terminal SNR; pictures are made so, unless the setting "Noise schedule for ' +
        'sampling" says otherwise.',
    );
  }
  const heeded = familyOf(detection.kind)?.noiseLevelsOfFile ?? false;
  for (const [key, name] of heeded ? SCHEDULE : []) {
    const values = await readNumbers(checkpoint, name, TRAINING_STEPS);
    if (values === null) continue;
    const problem = typeof values === 'string' ? values : scheduleProblem(key, values);
    if (problem !== null) {
      notes.push(
        `The file's noise levels ("${name}") cannot be used: ${problem}. Those of Stable Diffusion are used.`,
      );
    } else if (typeof values !== 'string' && values.some((value, i) => value !== usual[key][i])) {
      buffers[key] = [...values];
    }
  }
  const positions = await readPositionIds(checkpoint, detection, notes);
  if (positions) buffers.positionIds = positions;
  return { buffers, notes };
}

/**
 * A1111 1.10.1 does not know of it. Marked by an empty tensor beside `v_pred`, as ComfyUI and reForge read it, or by sd-scripts'
 * metadata. Without v-prediction nothing could be drawn from pure noise.
 */
function saysZeroTerminalSnr({ tensors, metadata }: Checkpoint, { prediction }: Detection): boolean {
  const said = tensors.has('ztsnr') || metadata.get('ss_zero_terminal_snr') === 'True';
  return said && prediction?.value === 'v';
}

/** The buffers as A1111 makes them for a model without its own. */
export function usualSchedule(): Readonly<Record<ScheduleKey, Float32Array>> {
  const alphasCumprod = linearAlphasCumprod();
  return {
    alphasCumprod,
    sqrtAlphasCumprod: alphasCumprod.map(Math.sqrt),
    sqrtOneMinusAlphasCumprod: alphasCumprod.map((alpha) => Math.sqrt(1 - alpha)),
  };
}

/** Null without such a tensor; a text says why it cannot be used. */
async function readNumbers(
  checkpoint: Checkpoint,
  name: string,
  count: number,
): Promise<Float32Array | string | null> {
  const unreadable = checkpoint.unreadable.get(name);
  if (unreadable) return `they have ${unreadable.form}`;
  const info = checkpoint.tensors.get(name);
  if (!info) return null;
  if (info.elementCount !== count) return `there are ${info.elementCount} of them instead of ${count}`;
  try {
    return toFloat32(await checkpoint.read(name), info.dtype);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return 'they could not be read';
  }
}

/** Why these are no noise levels; null when they are. */
function scheduleProblem(key: ScheduleKey, values: Float32Array): string | null {
  const sign = key === 'sqrtOneMinusAlphasCumprod' ? -1 : 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) return 'they hold values that are no numbers';
    // Where a root rounds to 1 or 0 nothing is divided by it.
    const inside = key === 'alphasCumprod' ? value > 0 && value < 1 : value >= 0 && value <= 1;
    if (!inside) return 'they hold values that are not between 0 and 1';
    if (i > 0 && sign * (value - values[i - 1]!) > 0) return 'they do not go one way';
  }
  // The way from a noise level to its time divides by the last difference.
  if (key === 'alphasCumprod' && values.at(-1) === values.at(-2)) return 'the last two are equal';
  return null;
}

async function readPositionIds(
  checkpoint: Checkpoint,
  detection: Detection,
  notes: string[],
): Promise<readonly number[] | null> {
  const encoder = detection.networks?.textEncoders[0];
  if (encoder?.type !== 'clip') return null;
  const component = findComponents(tensorShapes(checkpoint)).text.find(
    ({ prefix }) => prefix === encoder.prefix,
  );
  const source = component?.tensors.get('embeddings.position_ids')?.sources[0];
  const values = source === undefined ? null : await readNumbers(checkpoint, source, encoder.positions);
  if (values === null) return null;
  const unusable = (why: string): null => {
    notes.push(`The file's positions of tokens (position_ids) cannot be used: ${why}. Sound ones are used.`);
    return null;
  };
  if (typeof values === 'string') return unusable(values);
  const ids = Array.from(values, (value) => Math.trunc(value) + 0);
  // NaN is in no range.
  if (!ids.every((id) => id >= 0 && id < encoder.positions)) {
    return unusable(`they lead out of the ${encoder.positions} that there are`);
  }
  return ids.every((id, i) => id === i) ? null : ids;
}
