// What is set of img2img, besides the parameters.
import type { ResizeMode } from '../../../image/resize-modes.ts';
import type { BrushChoice } from '../../canvas/brush.ts';
import type { Mode } from '../../canvas/modes.ts';
import { parseInpaintChoice, type InpaintChoice } from '../../inpaint-choice.ts';
import {
  parseBrush,
  parseDenoising,
  parseImageCfgScale,
  parseMaskTransparency,
  parseMode,
  parseResizeBy,
  parseResizeMode,
  parseScripts,
  SETTING_KEYS,
  type ScriptChoice,
} from '../../stored-settings.ts';
import type { KeptInfos } from '../kept-settings.svelte.ts';

export interface Img2ImgSettings {
  /** Which of A1111's ways of img2img. */
  mode: Mode;
  /** 0 leaves the source as it is, 1 leaves nothing of it. */
  denoisingStrength: number;
  /** How the source comes to the size that is set. */
  resizeMode: ResizeMode;
  /** "Resize by": how much larger than the source; null for the size that is set. */
  resizeBy: number | null;
  /** Of models that follow instructions. */
  imageCfgScale: number;
  /** How the masked part is painted over. Replaced as a whole. */
  inpaint: InpaintChoice;
  /** Of Inpaint sketch, in percent. */
  maskTransparency: number;
  /** Of the canvas. Replaced as a whole. */
  brush: BrushChoice;
  /** What may carry it out in place of one pass, each as it was set last. */
  scripts: ScriptChoice;
}

export const IMG2IMG_INFOS: KeptInfos<Img2ImgSettings> = {
  mode: { key: SETTING_KEYS.img2imgMode, parse: parseMode },
  denoisingStrength: { key: SETTING_KEYS.denoisingStrength, parse: parseDenoising },
  resizeMode: { key: SETTING_KEYS.resizeMode, parse: parseResizeMode },
  resizeBy: { key: SETTING_KEYS.resizeBy, parse: parseResizeBy },
  imageCfgScale: { key: SETTING_KEYS.imageCfgScale, parse: parseImageCfgScale },
  inpaint: { key: SETTING_KEYS.inpaint, parse: parseInpaintChoice },
  maskTransparency: { key: SETTING_KEYS.maskTransparency, parse: parseMaskTransparency },
  brush: { key: SETTING_KEYS.brush, parse: parseBrush },
  scripts: { key: SETTING_KEYS.scripts, parse: parseScripts },
};
