// Control networks that hold a part of their weights alone, and have the rest from a checkpoint's UNet (Mikubill's extension,
// scripts/controlnet_lora.py and controlnet_model_guess.py): Control-LoRAs, whose layers are the UNet's plus up @ down, without an alpha,
// and files of differences, to which the UNet's weights are added.
import { CONTROL_PREFIX } from './control-net.ts';

const UNET_PREFIX = 'model.diffusion_model.';

/** Whole tensors, or their shapes, by name; undefined for what is not there. */
export interface Tensors {
  shapeOf(name: string): readonly number[] | undefined;
  valuesOf(name: string): Float32Array;
}

/** The UNet's tensor that one of a ControlNet's is a copy of, or would be. */
export function unetName(name: string): string {
  return UNET_PREFIX + name.slice(CONTROL_PREFIX.length);
}

/** `file` + the UNet's, in place, for tensors that the UNet has too. */
export function addBase(name: string, values: Float32Array, unet: Tensors): Float32Array {
  if (!unet.shapeOf(unetName(name))) return values;
  const base = unet.valuesOf(unetName(name));
  if (base.length !== values.length)
    throw new Error(
      `Tensor ${name} has ${values.length} numbers, the checkpoint's ${base.length}: it is for another model.`,
    );
  for (let i = 0; i < values.length; i++) values[i]! += base[i]!;
  return values;
}

/** Whether a Control-LoRA changes a tensor that it leaves to the UNet. */
export function isFactored(name: string, file: Pick<Tensors, 'shapeOf'>): boolean {
  return name.endsWith('.weight') && !file.shapeOf(name) && file.shapeOf(upName(name)) !== undefined;
}

const upName = (name: string): string => name.replace(/\.weight$/, '.up');
const downName = (name: string): string => name.replace(/\.weight$/, '.down');

/** The UNet's + up @ down, both flattened to matrices, in place, for tensors that `isFactored`. */
export function addFactors(name: string, values: Float32Array, file: Tensors): Float32Array {
  const [up = [], down = []] = [file.shapeOf(upName(name)), file.shapeOf(downName(name))];
  const [rows, rank] = [up[0] ?? 0, down[0] ?? 0];
  const left = file.valuesOf(upName(name));
  const right = file.valuesOf(downName(name));
  const columns = right.length / rank;
  if (left.length !== rows * rank || rows * columns !== values.length)
    throw new Error(
      `Tensor ${name} of the Control-LoRA does not fit the checkpoint: it is for another model.`,
    );
  for (let row = 0; row < rows; row++) {
    for (let r = 0; r < rank; r++) {
      const factor = left[row * rank + r]!;
      for (let column = 0; column < columns; column++)
        values[row * columns + column]! += factor * right[r * columns + column]!;
    }
  }
  return values;
}
