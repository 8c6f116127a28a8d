// Small pictures of what is emerging, while a batch is sampled.
import { latentPreview } from '../../image/latent-preview.ts';
import { vaeOutputToPixels } from '../../image/pixels.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import type { LatentBatch } from '../recipes/recipe.ts';
import type { ImageSettings } from '../request/image-settings.ts';
import type { GenerationEvent } from './events.ts';

/** Previews of a large batch would cost more than they tell. */
const MAX_PREVIEWS = 4;

export async function previewOf(
  model: LoadedModel,
  { data, height, width }: LatentBatch,
  method: ImageSettings['livePreviewMethod'],
  batchSize: number,
): Promise<GenerationEvent> {
  const size = data.length / batchSize;
  const { preview } = model.family.latent;
  const images: Uint8ClampedArray<ArrayBuffer>[] = [];
  // Without a tiny decoder, which has been said, it is the rough one.
  const whole = method === 'Full' || (method === 'TAESD' && model.hasTinyDecoder);
  for (let i = 0; i < Math.min(batchSize, MAX_PREVIEWS); i++) {
    const latent = data.slice(i * size, (i + 1) * size);
    if (!whole) images.push(latentPreview(latent, width, height, preview));
    else {
      const decoded =
        method === 'Full' ? model.decode(latent, height, width) : model.decodeTiny(latent, height, width);
      const { data } = vaeOutputToPixels(await decoded, 8 * width, 8 * height, 4);
      images.push(new Uint8ClampedArray(data.buffer));
    }
  }
  const scale = whole ? 8 : 1;
  return { type: 'preview', width: scale * width, height: scale * height, images };
}
