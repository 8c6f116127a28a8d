// Versions of stored records. A tab that was opened before an update sees what the new version writes.

import type { Detection } from '../models/types.ts';

/**
 * 2 knows VAEs, and checkpoints that have none; 3 knows upscalers; 4 knows detectors, and add-ons, which are kept as files; 5 knows
 * networks for faces and colorizers; 6 knows control networks, and those that make control maps; 7 knows IP-Adapters and
 * CLIP's vision encoders. Records without a version are of 1.
 */
export const RECORD_VERSION = 7;

/** The earliest version that understands a model. */
export function versionFor({
  networks,
  upscaler,
  detector,
  lora,
  hypernetwork,
  embedding,
  face,
  colorizer,
  control,
  annotator,
}: Detection): number {
  if (control?.kind === 'ip-adapter' || control?.kind === 'lllite' || annotator?.kind === 'clip-vision')
    return 7;
  if (control ?? annotator) return 6;
  if (face ?? colorizer) return 5;
  if (detector || lora || hypernetwork || embedding) return 4;
  if (upscaler) return 3;
  return networks?.vae ? 1 : 2;
}

/** It says so itself. Such records are kept and left alone, whatever else is in them. */
export function isOfLaterVersion(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { version } = value as { version?: unknown };
  return typeof version === 'number' && version > RECORD_VERSION;
}
