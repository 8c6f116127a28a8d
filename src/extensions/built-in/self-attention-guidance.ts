// Self-Attention Guidance (Hong et al. 2022, arXiv 2210.00939): what the network looks at most of its own prediction is blurred, and
// pictures are guided away from what it makes of that. With the controls of ashen-sensored/sd_webui_SAG, and with those of Forge (ComfyUI has
// these but for the threshold, which is 1).
import { SHARES, type AttentionShares } from '../../models/attention-changes.ts';
import type { Cond } from '../../models/cond.ts';
import { blurAttended, canBlur, gridOf } from '../../sampling/guidance/attention-mask.ts';
import type { FurtherItem, GuidanceCall, SamplingHooks } from '../../sampling/hooks.ts';
import { combine } from '../../sampling/latent.ts';
import type { NetworkItem } from '../../sampling/network-call.ts';
import type { Control } from '../controls.ts';
import type { Extension, ExtensionPass } from '../interface.ts';
import { fieldsText } from '../text.ts';

const paper = {
  title: 'Improving Sample Quality of Diffusion Models Using Self-Attention Guidance',
  address: 'https://arxiv.org/abs/2210.00939',
};
const about =
  'Finer and sounder details, by guiding away from a prediction that is blurred where the network looks most. Half as many steps again in time.';

const LOOKS: AttentionShares = { kind: 'attention-shares', layers: 'middle_block.1.transformer_blocks.0' };

const controls: readonly Control[] = [
  { kind: 'number', key: 'scale', label: 'Scale', min: -2, max: 10, step: 0.01, default: 0.75 },
  {
    ...{
      kind: 'number',
      key: 'threshold',
      label: 'SAG Mask Threshold',
      min: 0,
      max: 2,
      step: 0.01,
      default: 1,
    },
    about: 'Places that get more attention than this are blurred; 1 is the average.',
  },
];

export const selfAttentionGuidance: Extension = {
  name: 'Self Attention Guidance',
  title: 'Self Attention Guidance (SAG)',
  ...{ about, paper, controls },
  text: fieldsText(controls, { scale: 'SAG Guidance Scale', threshold: 'SAG Mask Threshold' }),
  network: () => [LOOKS],
  sampling: ({ scale, threshold }, pass) => guidedAway(pass, Number(scale), 1, Number(threshold)),
};

const forgeControls: readonly Control[] = [
  { kind: 'number', key: 'scale', label: 'Scale', min: -2, max: 5, step: 0.01, default: 0.5 },
  { kind: 'number', key: 'sigma', label: 'Blur Sigma', min: 0, max: 10, step: 0.01, default: 2 },
  {
    ...{
      kind: 'number',
      key: 'threshold',
      label: 'Blur mask threshold',
      min: 0,
      max: 4,
      step: 0.01,
      default: 1,
    },
    about: 'Places that get more attention than this are blurred; 1 is the average.',
  },
];

export const selfAttentionGuidanceOfForge: Extension = {
  name: 'SelfAttentionGuidance Integrated',
  title: 'Self Attention Guidance, as in Forge and ComfyUI',
  ...{ about, paper, controls: forgeControls },
  text: fieldsText(
    forgeControls,
    { scale: 'sag_scale', sigma: 'sag_blur_sigma', threshold: 'sag_threshold' },
    'sag_enabled',
  ),
  network: () => [LOOKS],
  sampling: ({ scale, sigma, threshold }, pass) =>
    guidedAway(pass, Number(scale), Number(sigma), Number(threshold)),
};

function guidedAway(
  { channels, width, height, unet }: ExtensionPass,
  scale: number,
  sigma: number,
  threshold: number,
): SamplingHooks<Cond> {
  // Some smaller models have no attention there: they guide as they do without.
  if (unet.middleTransformerDepth === 0) return {};
  const shape = { images: 1, channels, height: height / 8, width: width / 8 };
  /** Of each image, what the network looked at in this evaluation without the prompt. */
  const seen = new Map<number, Float32Array>();
  const watched = (item: NetworkItem<Cond>): NetworkItem<Cond> => ({
    ...item,
    onNote(name, shares) {
      item.onNote?.(name, shares);
      if (name === SHARES) seen.set(item.image, shares);
    },
  });

  const away = async (call: GuidanceCall<Cond>): Promise<readonly Float32Array[]> => {
    const { images, space, level } = call;
    const asked: FurtherItem<Cond>[] = [];
    const blurred = new Map<number, Float32Array>();
    for (const [image, { x, uncond }] of images.entries()) {
      const shares = seen.get(image);
      const negative = call.items.findLast((one) => one.negative && one.image === image);
      const grid = shares && gridOf(shares.length, shape);
      if (uncond === null || !negative || !grid || !canBlur(shape)) continue;
      const clean = space.denoised(x, uncond, level);
      const sums = { ...grid, data: shares.map((share) => share * shares.length) };
      const degraded = blurAttended(clean, shape, sums, sigma, threshold);
      const noisy = combine([1, space.noisy(x, level)], [1, degraded], [-1, clean]);
      blurred.set(image, degraded);
      asked.push({ ...negative, latent: space.given(noisy, level) });
    }
    if (asked.length === 0) return images.map(({ guided }) => guided);
    const answers = await call.evaluate(asked);
    return images.map(({ x, guided }, image) => {
      const place = asked.findIndex((one) => one.image === image);
      if (place < 0) return guided;
      const found = space.denoised(asked[place]!.latent!, answers[place]!, level);
      const before = space.denoised(x, guided, level);
      return space.output(x, combine([1, before], [scale, blurred.get(image)!], [-scale, found]), level);
    });
  };

  return {
    needsUncond: true,
    beforeModel({ items }) {
      seen.clear();
      return { items: items.map((item) => (item.negative ? watched(item) : item)) };
    },
    guidance: away,
  };
}
