// Tangential Damping (sampling/guidance/tangential-damping.ts).
import { dampTangential } from '../../sampling/guidance/tangential-damping.ts';
import { denoisedBatch, replacedAnswers } from '../denoised.ts';
import type { Extension } from '../interface.ts';
import { fieldsText } from '../text.ts';

export const tangentialDamping: Extension = {
  name: 'Tangential Damping CFG',
  title: 'Tangential Damping CFG (TCFG)',
  about: 'Keeps of the negative prompt only what lies in the direction that both prompts have in common.',
  paper: {
    title: 'TCFG: Tangential Damping Classifier-free Guidance',
    address: 'https://arxiv.org/abs/2503.18137',
  },
  controls: [],
  text: fieldsText([], {}, 'TCFG'),
  sampling: (_, pass) => ({
    afterModel(call) {
      const batch = denoisedBatch(call, pass);
      if (!batch) return call.images;
      const { x, cond, uncond, shape } = batch;
      return replacedAnswers(call, { cond, uncond: dampTangential(x, cond, uncond, shape.images) });
    },
  }),
};
