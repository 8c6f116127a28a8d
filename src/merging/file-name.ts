// The name that A1111 gives a merged file (modules/extras.py: filename_weighted_sum, filename_add_difference).
import { pythonNumber, roundTo2 } from './python-json.ts';
import type { MergeModels, MergeSettings } from './types.ts';

export type Special = 'inpainting' | 'instruct-pix2pix';

/** Without ".safetensors". `special`: what the result is besides. Characters that no file may have become "_". */
export function mergedName(
  { a, b, c }: { readonly [K in keyof Pick<MergeModels, 'a' | 'b' | 'c'>]: { readonly name: string } | null },
  { method, multiplier }: Pick<MergeSettings, 'method' | 'multiplier'>,
  customName: string,
  special: readonly Special[] = [],
): string {
  const formula = (): string => {
    const m = rounded(multiplier);
    switch (method) {
      case 'Weighted sum':
        return `${rounded(1 - multiplier, Number.isInteger(multiplier))}(${a?.name}) + ${m}(${b?.name})`;
      case 'Add difference':
        return `${a?.name} + ${m}(${b?.name} - ${c?.name})`;
      case 'No interpolation':
        return a?.name ?? '';
    }
  };
  const name = customName === '' ? formula() : customName;
  return [name, ...special].join('.').replace(/[/\\:*?"<>|\p{Cc}]/gu, '_');
}

/** `str(round(value, 2))`. A whole number that came of an int has no ".0". */
function rounded(value: number, isInt = Number.isInteger(value)): string {
  return pythonNumber(roundTo2(value), isInt);
}
