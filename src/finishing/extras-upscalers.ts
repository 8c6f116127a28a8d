// Which upscalers the Extras tab's pictures go through, besides those that need no file.
import { isBuiltIn, type UpscalerName } from '../image/upscale.ts';
import type { ExtrasRequest } from './extras-request.ts';

export interface ExtrasUpscaler {
  readonly name: UpscalerName;
  /** Where it is chosen, as the page calls that. */
  readonly where: string;
}

export function askedOfExtras({ upscale }: ExtrasRequest): readonly ExtrasUpscaler[] {
  const { on, upscaler1, upscaler2, upscaler2Visibility } = upscale;
  if (!on || upscaler1 === 'None') return [];
  const asked = [
    { name: upscaler1, where: 'Upscaler 1' },
    ...(upscaler2Visibility > 0 ? [{ name: upscaler2, where: 'Upscaler 2' }] : []),
  ];
  return asked.filter(({ name }) => !isBuiltIn(name));
}
