// Which upscalers a request's pictures go through, besides those that need no file.
import { isLatentUpscaler } from '../../image/upscale-latent.ts';
import { isBuiltIn } from '../../image/upscale.ts';
import type { ImageSettings } from './image-settings.ts';
import type { Hires } from './request.ts';
import type { Script } from './script.ts';

export interface AskedUpscaler {
  readonly name: string;
  /** Where it is chosen, as the page calls that. */
  readonly where: string;
}

/** What is looked at of a request, or of what a text tells of one. */
export interface UpscaledRequest {
  readonly img2img?: object | null;
  readonly detailer?: object | null;
  readonly hires?: Pick<Hires, 'upscaler'> | null;
  readonly script?: Script | null;
  readonly settings?: Pick<ImageSettings, 'upscalerForImg2img'>;
}

export function askedUpscalers({
  img2img,
  hires,
  detailer,
  script,
  settings,
}: UpscaledRequest): readonly AskedUpscaler[] {
  const asked = [
    ...(hires ? [{ name: hires.upscaler, where: 'Hires. fix' }] : []),
    ...((img2img || detailer) && settings
      ? [{ name: settings.upscalerForImg2img, where: 'Settings, Upscaler for img2img' }]
      : []),
    ...(img2img && script && 'upscaler' in script ? [{ name: script.upscaler, where: script.kind }] : []),
  ];
  return asked.filter(({ name }) => !isBuiltIn(name) && !isLatentUpscaler(name));
}
