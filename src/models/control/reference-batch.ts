// A call of the UNet with the pictures that it is to look at: each is as many items more as there are, told the same.
import type { Marks } from '../changes/marks.ts';
import type { BlockInputs } from '../unet-blocks.ts';
import type { ControlPlanes } from './ports.ts';
import type { Reference } from './references.ts';

/** What of a call there is for each item. */
interface ItemInputs extends BlockInputs {
  readonly x: Float32Array;
  readonly control?: ControlPlanes;
  readonly marks?: Marks;
}

/** Nothing of control networks is added to the pictures' items, and nothing that extensions change is marked. */
export function withReferences<I extends ItemInputs>(inputs: I, pictures: readonly Reference[]): I {
  if (pictures.length === 0) return inputs;
  const parts = pictures.length + 1;
  const { batch, timesteps, context, vector, images, control, marks } = inputs;
  const padded = (planes: Float32Array): Float32Array => {
    const all = new Float32Array(parts * planes.length);
    all.set(planes);
    return all;
  };
  return {
    ...inputs,
    batch: parts * batch,
    x: joined([inputs.x, ...pictures.map(({ x }) => x)]),
    timesteps: Array.from({ length: parts * batch }, (_, item) => timesteps[item % batch]!),
    context: joined(new Array<Float32Array>(parts).fill(context)),
    ...(vector && { vector: joined(new Array<Float32Array>(parts).fill(vector)) }),
    ...(images && {
      images: images.map((image) => ({
        ...image,
        tokens: joined(new Array<Float32Array>(parts).fill(image.tokens)),
      })),
    }),
    ...(marks && {
      marks: Object.fromEntries(
        Object.entries(marks).map(([name, own]) => [name, padded(Float32Array.from(own))]),
      ),
    }),
    ...(control && {
      control: {
        ...(control.controls && { controls: control.controls.map(padded) }),
        ...(control.features && { features: control.features.map(padded) }),
      },
    }),
  };
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  arrays.reduce((at, array) => {
    all.set(array, at);
    return at + array.length;
  }, 0);
  return all;
}
