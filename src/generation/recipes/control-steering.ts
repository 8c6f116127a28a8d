// What units do to the UNet's answers, in every step of the run: inpaint_only keeps what is not painted, tile_colorfix the colours of its
// picture. Both think of the clean latent that an answer means (Mikubill/sd-webui-controlnet 1.1.455, scripts/hook.py, "Post-processing").
import type { Size } from '../../image/picture-file.ts';
import { largestIn, meanAround } from '../../image/windows.ts';
import { halfToEven } from '../../sampling/half-to-even.ts';
import { hintIn, isSecondPass, type PreparedUnit } from './control-units.ts';

/** One item of a call of the UNet. */
export interface AnsweredItem {
  /** Its latent as the UNet was given it. */
  readonly x: Float32Array;
  readonly t: number;
  readonly negative?: boolean;
}

/** Squares of the latent that a pixel of the mask reaches: those that any of 10 x 10 pixels about them is in. */
const MASK_WINDOW = { size: 10, stride: 8, pad: 1 };

/**
 * A UNet's answer, as its steering units leave it; whether they are at work in the step does not matter to the extension. `alphas`: the
 * noise levels that the model was trained with. An answer is taken for noise, whatever the model predicts.
 */
export function steered(
  answer: Float32Array,
  { x, t, negative = false }: AnsweredItem,
  units: readonly PreparedUnit[],
  size: Size,
  alphas: ArrayLike<number>,
): Float32Array {
  const alpha = alphas[halfToEven(t)]!;
  const [clean, noise] = [Math.sqrt(1 / alpha), Math.sqrt(1 / alpha - 1)];
  let steered = answer;
  const steer = (weight: number, change: (predicted: Float32Array) => Float32Array): void => {
    const before = steered;
    const wanted = change(before.map((value, i) => clean * x[i]! - noise * value));
    const part = Math.max(0, Math.min(1, weight));
    steered = before.map((value, i) => {
      return part * ((clean * x[i]! - wanted[i]!) / noise) + (1 - part) * value;
    });
  };
  for (const unit of units) {
    const { latent } = hintIn(unit, size);
    if (!latent || !unit.module.startsWith('tile_colorfix')) continue;
    steer(unit.unit.weight, (predicted) => recoloured(predicted, latent, unit, size, negative));
  }
  for (const unit of units) {
    const { latent, mask } = hintIn(unit, size);
    if (!latent || !mask || !unit.module.startsWith('inpaint_only')) continue;
    const { data: painted } = largestIn(mask, MASK_WINDOW.size, MASK_WINDOW.stride, MASK_WINDOW.pad);
    steer(unit.unit.weight, (predicted) =>
      predicted.map((value, i) => {
        const part = painted[i % painted.length]!;
        return part * value + (1 - part) * latent[i]!;
      }),
    );
  }
  return steered;
}

/** The details of `predicted`, the colours of `latent`; "+sharp": what is guided away from has the fewer details. */
function recoloured(
  predicted: Float32Array,
  latent: Float32Array,
  unit: PreparedUnit,
  size: Size,
  negative: boolean,
): Float32Array {
  const [height, width] = [size.height / 8, size.width / 8];
  const variation = Math.trunc(unit.thresholdA);
  const reach =
    isSecondPass(unit, size) && unit.unit.hiresOption !== 'Low res only' ? 2 * variation : variation;
  const channels = predicted.length / (height * width);
  const smooth = (data: Float32Array): Float32Array =>
    meanAround({ data, channels, height, width }, reach, 'edge').data;
  const [own, wanted] = [smooth(predicted), smooth(latent)];
  const made = predicted.map((value, i) => value - own[i]! + wanted[i]!);
  if (!negative || !unit.module.includes('+sharp')) return made;
  const [sharpness, without] = [unit.thresholdB * 0.01, smooth(made)];
  return made.map((value, i) => sharpness * without[i]! + (1 - sharpness) * value);
}
