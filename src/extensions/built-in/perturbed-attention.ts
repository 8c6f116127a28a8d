// Perturbed-Attention Guidance (Ahn et al. 2024, arXiv 2403.17377): pictures are guided away from what the network makes of the prompt when
// the tokens of its middle block attend to themselves alone. Two kinds, which give different pictures: that of sd-webui-incantations leaves
// out the last projection as well, in the first of the middle's layers; that of Forge and ComfyUI keeps it, in all of them.
import { PERTURBED, PERTURBED_BARE, type PerturbedAttention } from '../../models/attention-changes.ts';
import type { Cond } from '../../models/cond.ts';
import type { GuidanceCall } from '../../sampling/hooks.ts';
import { combine } from '../../sampling/latent.ts';
import type { Control } from '../controls.ts';
import type { Extension } from '../interface.ts';
import { fieldsText, type ExtensionText } from '../text.ts';

const paper = {
  title: 'Self-Rectifying Diffusion Sampling with Perturbed-Attention Guidance',
  address: 'https://arxiv.org/abs/2403.17377',
};
const about =
  'Sounder shapes, also at low CFG scales, by guiding away from what the network makes of them with its attention disturbed. Half as many steps again in time.';

const FIRST: PerturbedAttention = {
  ...{ kind: 'perturbed-attention', layers: 'middle_block.1.transformer_blocks.0', bare: true },
};
const ALL: PerturbedAttention = { kind: 'perturbed-attention', layers: 'middle_block' };

const step = { kind: 'number', min: 0, max: 150, step: 1 } as const;
const controls: readonly Control[] = [
  { kind: 'number', key: 'scale', label: 'PAG Scale', min: 0, max: 20, step: 0.5, default: 3 },
  { ...step, key: 'start', label: 'Start Step', default: 0 },
  { ...step, key: 'end', label: 'End Step', default: 150 },
];
const fields = fieldsText(
  controls,
  { scale: 'PAG Scale', start: 'PAG Start Step', end: 'PAG End Step' },
  'PAG Active',
);
/** "Saliency-Adaptive Noise Fusion", which is not there: off is all that it may say. */
const FUSION = 'PAG SANF';
const text: ExtensionText = {
  reads: (name, value) => (name === FUSION ? value === 'False' : fields.reads(name, value)),
  write: (values) => ({ ...fields.write(values), [FUSION]: false }),
  read: fields.read,
};

export const perturbedAttention: Extension = {
  name: 'Perturbed Attention Guidance',
  title: 'Perturbed Attention Guidance (PAG)',
  ...{ about, paper, controls, text },
  network: ({ scale }) => (Number(scale) > 0 ? [FIRST] : []),
  sampling({ scale, start, end }) {
    const factor = Number(scale);
    return {
      guidance: (call) =>
        factor > 0 && call.step >= Number(start) && call.step <= Number(end)
          ? guidedAway(call, PERTURBED_BARE, factor)
          : call.images.map(({ guided }) => guided),
    };
  },
};

const forgeControls: readonly Control[] = [
  { kind: 'number', key: 'scale', label: 'Scale', min: 0, max: 100, step: 0.1, default: 3 },
];

export const perturbedAttentionOfForge: Extension = {
  name: 'Perturbed Attention Guidance Integrated',
  title: 'Perturbed Attention Guidance, as in Forge and ComfyUI',
  ...{ about, paper, controls: forgeControls },
  text: fieldsText(
    forgeControls,
    { scale: 'PerturbedAttentionGuidance_scale' },
    'PerturbedAttentionGuidance_enabled',
  ),
  network: ({ scale }) => (Number(scale) > 0 ? [ALL] : []),
  sampling({ scale }) {
    const factor = Number(scale);
    return {
      guidance: (call) =>
        factor > 0 ? guidedAway(call, PERTURBED, factor) : call.images.map(({ guided }) => guided),
    };
  },
};

/** Every part of each prompt is asked once more, perturbed. */
async function guidedAway(
  call: GuidanceCall<Cond>,
  mark: string,
  scale: number,
): Promise<readonly Float32Array[]> {
  const asked = call.items.filter(({ negative }) => !negative);
  const perturbed = await call.evaluate(
    asked.map((item) => ({ ...item, marks: { ...item.marks, [mark]: 1 } })),
  );
  return call.images.map(({ conds, guided }, image) => {
    const others = perturbed.filter((_, i) => asked[i]!.image === image);
    return conds.reduce(
      (sum, { weight, output }, i) =>
        combine([1, sum], [weight * scale, output], [-weight * scale, others[i]!]),
      guided,
    );
  });
}
