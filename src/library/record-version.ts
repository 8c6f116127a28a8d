// Versions of stored records. A tab that was opened before an update sees what the new version writes.

/** Written to records from now on; records without one are of this version, too. */
export const RECORD_VERSION = 1;

/** It says so itself. Such records are kept and left alone, whatever else is in them. */
export function isOfLaterVersion(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { version } = value as { version?: unknown };
  return typeof version === 'number' && version > RECORD_VERSION;
}
