// What is left open in a request is settled before it runs.
import { fittingValues } from '../../extensions/controls.ts';
import { findExtension } from '../../extensions/known.ts';
import type { ExtensionUse } from '../../extensions/use.ts';
import { stripComments } from '../../prompt/comments.ts';
import { resolveSampler } from '../../sampling/registry.ts';
import { DEFAULT_CONTROL_UNIT } from './control-unit.ts';
import { DEFAULT_DETAILER, DEFAULT_DETAILER_TAB, type Detailer } from './detailer.ts';
import { resolveSeeds } from './seeds.ts';
import {
  DEFAULT_HIRES,
  DEFAULT_IMG2IMG,
  DEFAULT_INPAINT,
  DEFAULT_PARAMETERS,
  DEFAULT_REFINER,
  DEFAULT_SOFT_INPAINTING,
  type GenerationParameters,
  type Hires,
  type Img2Img,
  type Inpaint,
} from './request.ts';
import { withScriptOverrides } from './script-overrides.ts';
import { parseScript } from './script.ts';

/**
 * Combined names of old ("DPM++ 2M Karras") are taken apart, random seeds drawn, comments left out; what an earlier version's
 * request does not know is A1111's default. The result is not checked.
 */
export function prepareRequest(asked: GenerationParameters): GenerationParameters {
  const { sampler, scheduler, known } = resolveSampler(asked.sampler, asked.scheduler, false);
  return withScriptOverrides(
    resolveSeeds({
      ...DEFAULT_PARAMETERS,
      ...asked,
      settings: { ...DEFAULT_PARAMETERS.settings, ...asked.settings },
      img2img: asked.img2img ? preparedImg2Img(asked.img2img) : null,
      hires: asked.hires && !asked.img2img ? preparedHires({ ...DEFAULT_HIRES, ...asked.hires }) : null,
      refiner: asked.refiner ? { ...DEFAULT_REFINER, ...asked.refiner } : null,
      controlUnits: (asked.controlUnits ?? []).map((unit) => ({ ...DEFAULT_CONTROL_UNIT, ...unit })),
      extensions: (asked.extensions ?? []).map(preparedExtension),
      detailer: asked.detailer ? preparedDetailer(asked.detailer) : null,
      // A kind that is not known stays, too.
      script: parseScript(asked.script?.kind, { ...asked.script }) ?? asked.script ?? null,
      // An unknown name stays, to be refused by that name.
      ...(known && asked.sampler !== sampler ? { sampler, scheduler } : {}),
      prompt: stripComments(asked.prompt),
      negativePrompt: stripComments(asked.negativePrompt),
    }),
  );
}

/** What it does not say stands at its default; what it says stays, to be refused where it does not fit. */
function preparedExtension(asked: ExtensionUse): ExtensionUse {
  const { controls = [] } = findExtension(asked.name) ?? {};
  return { name: asked.name, values: { ...fittingValues(controls, {}), ...asked.values } };
}

function preparedImg2Img(asked: Img2Img): Img2Img {
  const { inpaint } = asked;
  return { ...DEFAULT_IMG2IMG, ...asked, inpaint: inpaint ? preparedInpaint(inpaint) : null };
}

/** Without detectors it does nothing. */
function preparedDetailer(asked: Detailer): Detailer | null {
  const { tabs = [], ...options } = asked;
  if (tabs.length === 0) return null;
  return {
    ...DEFAULT_DETAILER,
    ...options,
    tabs: tabs.map((tab) => ({ ...DEFAULT_DETAILER_TAB, ...tab })),
  };
}

function preparedInpaint(asked: Inpaint): Inpaint {
  const { soft } = asked;
  return { ...DEFAULT_INPAINT, ...asked, soft: soft ? { ...DEFAULT_SOFT_INPAINTING, ...soft } : null };
}

function preparedHires(asked: Hires): Hires {
  const prompts = {
    prompt: stripComments(asked.prompt),
    negativePrompt: stripComments(asked.negativePrompt),
  };
  if (asked.sampler === null) return { ...asked, ...prompts };
  const { sampler, scheduler, known } = resolveSampler(asked.sampler, asked.scheduler, false);
  return { ...asked, ...prompts, ...(known && asked.sampler !== sampler ? { sampler, scheduler } : {}) };
}
