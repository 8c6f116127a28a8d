// Upscalers of the reference data, and what they compute. Tests only.
import { networkCases, type NetworkCase } from './reference-networks.ts';

export { expectedOf, loadNetwork as loadUpscaler } from './reference-networks.ts';
export type UpscalerCase = NetworkCase;

/** All files that are upscalers. */
export function upscalerCases(): Promise<UpscalerCase[]> {
  return networkCases(({ kind }) => kind === 'upscaler');
}
