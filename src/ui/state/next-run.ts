// What the next run is made of, as it is set now, besides the parameters: what is painted over, by how many passes, and by what script.
import type { ExtensionUse } from '../../extensions/use.ts';
import { DEFAULT_IMG2IMG, type Hires, type Img2Img, type Refiner } from '../../generation/request/request.ts';
import type { ControlUnit } from '../../generation/request/control-unit.ts';
import type { Detailer } from '../../generation/request/detailer.ts';
import type { Script } from '../../generation/request/script.ts';
import { controlUnitsOf } from '../control-choice.ts';
import { detailerOf } from '../detailer-choice.ts';
import { extensionsOf } from '../extensions-choice.ts';
import { Failure } from '../failure.ts';
import { inpaintOf, isInverted } from '../inpaint-choice.ts';
import type { Navigation } from '../navigation/navigation.svelte.ts';
import { placeOf } from '../navigation/places.ts';
import { hiresOf, refinerOf } from '../passes-choice.ts';
import { source } from '../strings/source.ts';
import type { Settings } from './settings.svelte.ts';
import type { Source } from './source.svelte.ts';

/** What it needs of the page. */
export interface NextRunHost {
  readonly settings: Settings;
  readonly source: Source;
  readonly navigation: Navigation;
}

export class NextRun {
  constructor(private readonly host: NextRunHost) {}

  /** Which tab of Create pictures are made in. */
  get creating(): 'txt2img' | 'img2img' {
    return this.host.navigation.tabIn(placeOf('txt2img')) === 'img2img' ? 'img2img' : 'txt2img';
  }

  /** What pictures are painted over now, as far as it is known before what is painted on it is asked for; null for nothing. */
  get img2img(): Img2Img | null {
    const { chosen } = this.host.source;
    if (this.creating !== 'img2img' || !chosen) return null;
    const { resizeMode, denoisingStrength, imageCfgScale } = this.host.settings.img2img;
    return { ...DEFAULT_IMG2IMG, source: chosen.picture, resizeMode, denoisingStrength, imageCfgScale };
  }

  /**
   * ... with what is painted on it now, and with all that is set now, however long it takes to be made into pictures.
   * @throws Failure where nothing is masked.
   */
  async paintedImg2img(): Promise<Img2Img | null> {
    const { img2img } = this;
    const { sketchLook } = this.host.settings;
    const { mode, inpaint } = this.host.settings.img2img;
    if (img2img === null || mode === 'img2img') return img2img;
    const painting = this.host.source.painting ?? (await this.host.source.openPainting());
    if (!isInverted(inpaint) && painting.lacksMask(mode))
      throw new Failure('bad-parameters', source.nothingMasked);
    const { source: painted, mask } = await painting.painted(mode, sketchLook);
    return { ...img2img, source: painted, inpaint: mask && { ...inpaintOf(inpaint), mask } };
  }

  /** The second pass of what is made now; null for one pass. */
  get hires(): Hires | null {
    return this.creating === 'txt2img'
      ? hiresOf(this.host.settings.run.hires, this.host.settings.firstPass)
      : null;
  }

  get refiner(): Refiner | null {
    return refinerOf(this.host.settings.run.refiner);
  }

  get controlUnits(): readonly ControlUnit[] {
    const { run, unitPictures } = this.host.settings;
    return controlUnitsOf(run.controlUnits, unitPictures);
  }

  get extensions(): readonly ExtensionUse[] {
    return extensionsOf(this.host.settings.run.extensions);
  }

  get detailer(): Detailer | null {
    return detailerOf(this.host.settings.run.detailer);
  }

  /** What carries img2img out in place of one pass. */
  get script(): Script | null {
    return this.img2img ? this.host.settings.script : null;
  }
}
