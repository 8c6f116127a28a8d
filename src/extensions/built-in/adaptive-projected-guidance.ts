// Adaptive Projected Guidance (sampling/guidance/adaptive-projection.ts), with the controls of ComfyUI's node.
import { AdaptiveProjection } from '../../sampling/guidance/adaptive-projection.ts';
import type { Control } from '../controls.ts';
import { denoisedBatch, replacedAnswers } from '../denoised.ts';
import type { Extension } from '../interface.ts';
import { fieldsText } from '../text.ts';

const controls: readonly Control[] = [
  {
    ...{ kind: 'number', key: 'eta', label: 'Eta', min: -10, max: 10, step: 0.01, default: 1 },
    about: 'Scale of the part of guidance that makes colours stronger; 1 leaves it, 0 takes it out.',
  },
  {
    ...{
      kind: 'number',
      key: 'normThreshold',
      label: 'Norm threshold',
      min: 0,
      max: 50,
      step: 0.1,
      default: 5,
    },
    about: 'Guidance is made no longer than this; 0: any length.',
  },
  {
    ...{ kind: 'number', key: 'momentum', label: 'Momentum', min: -5, max: 1, step: 0.01, default: 0 },
    about: 'How much of past guidance is added; below 0 it is taken away, as the paper advises. 0: none.',
  },
];

export const adaptiveProjectedGuidance: Extension = {
  name: 'Adaptive Projected Guidance',
  title: 'Adaptive Projected Guidance (APG)',
  about: 'High CFG scales without colours that are too strong.',
  paper: {
    title: 'Eliminating Oversaturation and Artifacts of High Guidance Scales in Diffusion Models',
    address: 'https://arxiv.org/abs/2410.02416',
  },
  controls,
  text: fieldsText(controls, {
    eta: 'APG Eta',
    normThreshold: 'APG Norm Threshold',
    momentum: 'APG Momentum',
  }),
  sampling({ eta, normThreshold, momentum }, pass) {
    const projection = new AdaptiveProjection<Float32Array>({
      ...{ eta: Number(eta), normThreshold: Number(normThreshold), momentum: Number(momentum) },
    });
    return {
      needsUncond: true,
      afterModel(call) {
        const batch = denoisedBatch(call, pass);
        if (!batch) return call.images;
        const { cond, uncond, shape } = batch;
        return replacedAnswers(call, {
          cond: projection.positive(cond, uncond, shape.images, call.sigma, call.cfgScale),
          uncond,
        });
      },
    };
  },
};
