// Mahiro (sampling/guidance/mahiro.ts).
import { mahiro as mahiroOf } from '../../sampling/guidance/mahiro.ts';
import { denoisedBatch, denoisedOf, outputsOf } from '../denoised.ts';
import type { Extension } from '../interface.ts';
import { fieldsText } from '../text.ts';

export const mahiro: Extension = {
  name: 'Mahiro',
  title: 'Mahiro, positive-biased guidance',
  about: 'Follows the direction of the positive prompt rather than its difference from the negative one.',
  controls: [],
  text: fieldsText([], {}, 'Mahiro'),
  sampling: (_, pass) => ({
    guidance(call) {
      const guided = call.images.map((image) => image.guided);
      const batch = denoisedBatch(call, pass);
      if (!batch) return guided;
      const { cond, uncond, shape } = batch;
      return outputsOf(mahiroOf(cond, uncond, denoisedOf(guided, call), shape, call.cfgScale), call);
    },
  }),
};
