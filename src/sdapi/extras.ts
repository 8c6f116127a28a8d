// From the fields of extra-single-image and extra-batch-images to what the Extras tab is asked.
import { DEFAULT_EXTRAS, type ExtrasRequest } from '../finishing/extras-request.ts';
import { isBuiltIn } from '../image/upscale.ts';
import { isLatentUpscaler } from '../image/upscale-latent.ts';
import type { Json } from '../other-programs/json.ts';
import { failure } from './api-error.ts';
import { isUpscaler, type ListedModel } from './catalogue.ts';
import { readFields } from './fields.ts';
import { pictureBytes } from './pictures.ts';
import { EXTRAS_BATCH, EXTRAS_SINGLE, FILE_DATA, type ExtrasFields } from './requests.ts';

export interface ExtrasWork {
  readonly pictures: readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[];
  readonly request: ExtrasRequest;
}

/** @throws ApiError */
export function singleExtras(body: Json | undefined, models: readonly ListedModel[]): ExtrasWork {
  const { image, ...fields } = readFields(EXTRAS_SINGLE, body);
  return { pictures: [{ name: 'image', bytes: pictureBytes(image) }], request: extrasOf(fields, models) };
}

/** @throws ApiError */
export function batchExtras(body: Json | undefined, models: readonly ListedModel[]): ExtrasWork {
  const { imageList, ...fields } = readFields(EXTRAS_BATCH, body);
  const pictures = imageList.map((one) => {
    const { data, name } = readFields(FILE_DATA, one);
    return { name, bytes: pictureBytes(data) };
  });
  return { pictures, request: extrasOf(fields, models) };
}

function extrasOf(fields: ExtrasFields, models: readonly ListedModel[]): ExtrasRequest {
  for (const name of [fields.upscaler_1, fields.upscaler_2]) {
    if (!isUpscaler(models, name) || (isLatentUpscaler(name) && !isBuiltIn(name)))
      throw failure('AssertionError', `could not find upscaler named ${name}`);
  }
  const { upscaling_resize_w: width, upscaling_resize_h: height } = fields;
  return {
    ...DEFAULT_EXTRAS,
    upscale: {
      ...DEFAULT_EXTRAS.upscale,
      mode: fields.resize_mode === 0 ? 'Scale by' : 'Scale to',
      scale: fields.upscaling_resize,
      width,
      height,
      crop: fields.upscaling_crop,
      upscaler1: fields.upscaler_1,
      upscaler2: fields.upscaler_2,
      upscaler2Visibility: fields.extras_upscaler_2_visibility,
    },
    gfpgan: { on: fields.gfpgan_visibility > 0, visibility: fields.gfpgan_visibility },
    codeFormer: {
      on: fields.codeformer_visibility > 0,
      visibility: fields.codeformer_visibility,
      weight: fields.codeformer_weight,
    },
  };
}
