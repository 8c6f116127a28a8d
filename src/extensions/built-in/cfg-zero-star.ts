// CFG-Zero* (sampling/guidance/zero-star.ts).
import { zeroStar } from '../../sampling/guidance/zero-star.ts';
import { denoisedBatch, denoisedOf, outputsOf } from '../denoised.ts';
import type { Extension } from '../interface.ts';
import { fieldsText } from '../text.ts';

export const cfgZeroStar: Extension = {
  name: 'CFG-Zero*',
  title: 'CFG-Zero*',
  about: 'Scales the negative prediction so that it comes nearest to the positive one.',
  paper: {
    title: 'CFG-Zero*: Improved Classifier-Free Guidance for Flow Matching Models',
    address: 'https://arxiv.org/abs/2503.18886',
  },
  controls: [],
  text: fieldsText([], {}, 'CFG Zero Star'),
  sampling: (_, pass) => ({
    guidance(call) {
      const guided = call.images.map((image) => image.guided);
      const batch = denoisedBatch(call, pass);
      if (!batch) return guided;
      const { x, cond, uncond, shape } = batch;
      const scaled = zeroStar(x, cond, uncond, denoisedOf(guided, call), shape.images, call.cfgScale);
      return outputsOf(scaled, call);
    },
  }),
};
