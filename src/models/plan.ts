// Which tensors of a file the library keeps, under which names: exactly those the networks' graphs read.
import { planAnnotator } from './annotators/file.ts';
import { planControl } from './control/file.ts';
import { planColorizer } from './colorizers/file.ts';
import { planDetector } from './detectors/file.ts';
import { planFaceNetwork } from './faces/file.ts';
import { findComponents, UNET_PREFIX, VAE_PREFIX } from './layouts/components.ts';
import { textTensors } from './layouts/ldm-text.ts';
import { unetTensors } from './layouts/ldm-unet.ts';
import { vaeHalf, vaeTensors } from './layouts/ldm-vae.ts';
import type { MappedTensors, TensorSpec } from './layouts/mapped.ts';
import { findTinyVae, TINY_VAE_PREFIX, tinyVaeTensors } from './layouts/tiny-vae.ts';
import type { Detection, TensorShapes, WeightPlanEntry } from './types.ts';
import { planUpscaler } from './upscalers/file.ts';

/**
 * The plan for a file that `detect` gave `detection` for: one entry per parameter of its networks, in the ldm layout's
 * names and order. Averages (`model_ema.*`), optimizer state, losses, schedule buffers and everything else a graph does
 * not read stay behind. Empty for files without networks. Throws Error when a needed tensor is not there, which a
 * supported detection rules out.
 */
export function planWeights(tensors: TensorShapes, detection: Detection): WeightPlanEntry[] {
  if (detection.upscaler) return planUpscaler(tensors);
  if (detection.detector) return planDetector(tensors);
  if (detection.face) return planFaceNetwork(tensors);
  if (detection.colorizer) return planColorizer(tensors);
  if (detection.control) return planControl(tensors);
  if (detection.annotator) return planAnnotator(tensors);
  const components = findComponents(tensors);
  const plan: WeightPlanEntry[] = [];

  const add = (
    from: MappedTensors | undefined,
    spec: TensorSpec,
    prefix: string,
    networkOf: (name: string) => WeightPlanEntry['network'],
  ): void => {
    for (const [name, shape] of spec) {
      const mapped = from?.get(name);
      if (!mapped) throw new Error(`The tensor "${prefix}${name}" is missing from the file.`);
      const { sources, transpose } = mapped;
      plan.push({ name: prefix + name, sources, transpose, shape, network: networkOf(name) });
    }
  };
  if (detection.tinyVae) {
    add(findTinyVae(tensors) ?? undefined, tinyVaeTensors(detection.tinyVae), TINY_VAE_PREFIX, vaeHalf);
  }
  if (detection.vae) add(components.vae?.tensors, vaeTensors(detection.vae), VAE_PREFIX, vaeHalf);
  if (!detection.networks) return plan;
  const { unet, vae, textEncoders } = detection.networks;
  for (const encoder of textEncoders) {
    const component = components.text.find(({ prefix }) => prefix === encoder.prefix);
    add(component?.tensors, textTensors(encoder), encoder.prefix, () => 'text');
  }
  add(components.unet?.tensors, unetTensors(unet), UNET_PREFIX, () => 'unet');
  if (vae) add(components.vae?.tensors, vaeTensors(vae), VAE_PREFIX, vaeHalf);
  return plan;
}
