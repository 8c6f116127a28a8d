// Which "Token merging ratio" a request means.
import type { GenerationParameters } from './request.ts';

type Asked = Partial<Pick<GenerationParameters, 'settings' | 'img2img'>>;

/** The same of hires fix's second pass, which has a setting of its own. */
export function tokenMergingOfSecondPass(request: Asked): number {
  return request.settings?.tokenMergingRatioHr || tokenMergingOf(request);
}

/** 0: none. img2img has a setting of its own, which goes first (A1111 modules/processing.py, get_token_merging_ratio). */
export function tokenMergingOf({ settings, img2img }: Asked): number {
  if (!settings) return 0;
  return (img2img && settings.tokenMergingRatioImg2img) || settings.tokenMergingRatio;
}
