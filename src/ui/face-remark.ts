// What is said of the files that restoring faces takes.
import { furtherFaceFiles, missingFaceFiles, type Restorer } from '../library/face-needs.ts';
import type { StoredModel } from '../library/types.ts';
import { faces as t } from './strings/faces.ts';

/** What has to be imported first; null where nothing has. A detector comes with Darkroom. */
export function facesMissing(models: readonly StoredModel[], by: Restorer): string | null {
  const missing = missingFaceFiles(models, by).find(({ what }) => what === by);
  return missing ? t.missing(missing) : null;
}

/** ... or makes it what A1111 does. */
export function faceRemark(models: readonly StoredModel[], by: Restorer): string | null {
  const further = furtherFaceFiles(models);
  return facesMissing(models, by) ?? (further.length > 0 ? t.further(further) : null);
}
