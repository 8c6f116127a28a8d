// The Extras tab's GFPGAN and CodeFormer (scripts/postprocessing_gfpgan.py, postprocessing_codeformer.py): faces restored, mixed with
// the picture as it was by visibility.
import { mixed } from '../image/mix.ts';
import type { ExtrasStep, WorkedPicture } from './extras-step.ts';
import type { RestorerName } from './faces/face.ts';
import type { FaceTools } from './faces/restore-faces.ts';

export const gfpgan: ExtrasStep = {
  name: 'GFPGAN',
  isOn: ({ gfpgan: { on, visibility } }) => on && visibility > 0,
  process: (picture, { gfpgan: { visibility } }, { faces }) =>
    restored(picture, 'GFPGAN', { visibility }, faces),
};

export const codeFormer: ExtrasStep = {
  name: 'CodeFormer',
  isOn: ({ codeFormer: { on, visibility } }) => on && visibility > 0,
  process: (picture, { codeFormer: { visibility, weight } }, { faces }) =>
    restored(picture, 'CodeFormer', { visibility, weight }, faces),
};

async function restored(
  { image, info }: WorkedPicture,
  by: RestorerName,
  { visibility, weight }: { readonly visibility: number; readonly weight?: number },
  faces: FaceTools,
): Promise<readonly [WorkedPicture]> {
  const result = await faces.restore(image, by, weight ?? 0);
  const said = new Map(info).set(`${by} visibility`, inThousandths(visibility));
  if (weight !== undefined) said.set(`${by} weight`, inThousandths(weight));
  return [{ image: mixed(image, result, visibility), info: said }];
}

function inThousandths(value: number): number {
  return Number(value.toFixed(3));
}
