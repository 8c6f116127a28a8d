// The pictures of reference units, as a call of the UNet is shown them: with the noise that its own latents have
// (Mikubill/sd-webui-controlnet 1.1.455, scripts/hook.py, "Handle attention and AdaIN control").
import { isReference } from '../request/control-unit.ts';
import type { FamilyId } from '../../families/family.ts';
import type { Reference, ReferenceInputs } from '../../models/control/references.ts';
import { halfToEven } from '../../sampling/half-to-even.ts';
import type { Generator } from '../../sampling/random/generator.ts';
import { hintIn, isAtWork, isSecondPass, type PreparedUnit, type UnitCall } from './control-units.ts';

/** A call with the network's time, and how many channels the UNet reads. */
export interface ReferenceCall extends UnitCall {
  readonly t: number;
  readonly family: FamilyId;
  readonly readsPictures: boolean;
}

/**
 * `noise`: the generator that webui has seeded with the last picture's seed, of which each picture of each call takes the next numbers.
 * `alphas`: the noise levels that the model was trained with.
 */
export function referencesOf(
  units: readonly PreparedUnit[],
  call: ReferenceCall,
  noise: Generator,
  alphas: ArrayLike<number>,
): ReferenceInputs {
  const alpha = alphas[halfToEven(call.t)]!;
  const pictures = units
    .filter((unit) => isReference(unit.module) && isAtWork(unit, call))
    .map((unit): Reference => {
      const { unit: asked, module, thresholdA } = unit;
      const { latent } = hintIn(unit, call.size);
      const clean = latent!;
      const drawn = noise.randn(call.items.length * clean.length);
      const own = drawn.map((value, i) => {
        return Math.sqrt(alpha) * clean[i % clean.length]! + Math.sqrt(1 - alpha) * value;
      });
      const fidelity = call.family === 'sdxl' ? thresholdA ** 3 : thresholdA;
      const secondPass = isSecondPass(unit, call.size);
      return {
        x: call.readsPictures ? withPicture(own, clean) : own,
        weight: asked.weight,
        fidelity:
          asked.controlMode === 'ControlNet is more important'
            ? 1
            : asked.controlMode !== 'Balanced' || secondPass
              ? 0
              : fidelity,
        attention: module !== 'reference_adain',
        adain: module !== 'reference_only',
      };
    });
  return { pictures, negative: call.items.map(({ negative = false }) => negative) };
}

/** Inpainting models are told that nothing is painted, and what the picture is. */
function withPicture(noised: Float32Array, clean: Float32Array): Float32Array {
  const mask = clean.length / 4;
  const length = 2 * clean.length + mask;
  const items = noised.length / clean.length;
  const all = new Float32Array(items * length);
  for (let item = 0; item < items; item++) {
    all.set(noised.subarray(item * clean.length, (item + 1) * clean.length), item * length);
    all.set(clean, item * length + clean.length + mask);
  }
  return all;
}
