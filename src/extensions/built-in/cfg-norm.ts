// CFGNorm (sampling/guidance/channel-norm.ts).
import { limitToPositive } from '../../sampling/guidance/channel-norm.ts';
import type { Control } from '../controls.ts';
import { denoisedBatch, denoisedOf, outputsOf } from '../denoised.ts';
import type { Extension } from '../interface.ts';
import { fieldsText } from '../text.ts';

const controls: readonly Control[] = [
  { kind: 'number', key: 'strength', label: 'Strength', min: 0, max: 100, step: 0.01, default: 1 },
];

export const cfgNorm: Extension = {
  name: 'CFGNorm',
  title: 'CFGNorm',
  about: 'Keeps the guided prediction from being stronger, at any place, than the positive one.',
  controls,
  text: fieldsText(controls, { strength: 'CFG Norm Strength' }),
  sampling: ({ strength }, pass) => ({
    guidance(call) {
      const guided = call.images.map((image) => image.guided);
      const batch = denoisedBatch(call, pass);
      if (!batch) return guided;
      const { cond, shape } = batch;
      return outputsOf(limitToPositive(cond, denoisedOf(guided, call), shape, Number(strength)), call);
    },
  }),
};
