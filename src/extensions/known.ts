// The extensions that this thread knows: those that are built in, and those that the person has installed.
import { fittingValues } from './controls.ts';
import { adaptiveProjectedGuidance } from './built-in/adaptive-projected-guidance.ts';
import { cads } from './built-in/cads.ts';
import { cfgNorm } from './built-in/cfg-norm.ts';
import { cfgSchedule } from './built-in/cfg-schedule.ts';
import { cfgZeroStar } from './built-in/cfg-zero-star.ts';
import { deepCache } from './built-in/deep-cache.ts';
import { dynamicThresholding } from './built-in/dynamic-thresholding.ts';
import { mahiro } from './built-in/mahiro.ts';
import { negpip } from './built-in/negpip.ts';
import { perturbedAttention, perturbedAttentionOfForge } from './built-in/perturbed-attention.ts';
import { freeu } from './built-in/freeu.ts';
import { hypertile } from './built-in/hypertile.ts';
import { kohyaHiresFix } from './built-in/kohya-hires-fix.ts';
import { rescaleCfg } from './built-in/rescale-cfg.ts';
import { selfAttentionGuidance, selfAttentionGuidanceOfForge } from './built-in/self-attention-guidance.ts';
import { smoothedEnergyGuidance } from './built-in/smoothed-energy-guidance.ts';
import { tangentialDamping } from './built-in/tangential-damping.ts';
import { tiledDiffusion } from './built-in/tiled-diffusion.ts';
import type { Extension } from './interface.ts';
import type { ExtensionUse } from './use.ts';

/** In the page's order, in which they also work where several are on. */
export const BUILT_IN: readonly Extension[] = [
  tiledDiffusion,
  dynamicThresholding,
  cfgSchedule,
  tangentialDamping,
  adaptiveProjectedGuidance,
  cfgZeroStar,
  rescaleCfg,
  mahiro,
  cfgNorm,
  perturbedAttention,
  perturbedAttentionOfForge,
  selfAttentionGuidance,
  selfAttentionGuidanceOfForge,
  smoothedEnergyGuidance,
  cads,
  freeu,
  kohyaHiresFix,
  hypertile,
  deepCache,
  negpip,
];

let installed: readonly Extension[] = [];

/** From now on, until what it returns is called. */
export function install(extensions: readonly Extension[]): () => void {
  installed = [...installed, ...extensions];
  return () => {
    installed = installed.filter((extension) => !extensions.includes(extension));
  };
}

export function knownExtensions(): readonly Extension[] {
  return [...BUILT_IN, ...installed];
}

export function findExtension(name: string): Extension | undefined {
  return knownExtensions().find((extension) => extension.name === name);
}

/** One that is on. */
export interface ActiveExtension {
  readonly extension: Extension;
  readonly values: ExtensionUse['values'];
}

/** In the order in which they work. Those that are not known are left out. */
export function activeExtensions(uses: readonly ExtensionUse[]): readonly ActiveExtension[] {
  return knownExtensions().flatMap((extension) => {
    const use = uses.find(({ name }) => name === extension.name);
    return use ? [{ extension, values: fittingValues(extension.controls, use.values) }] : [];
  });
}
