// The notices of everything in this copy of Darkroom, which the build writes. (licences.single.ts stands in for this file in
// the single-file build.)
import { failures as t } from './strings/failures.ts';

/** Rejects with an Error for people when the file cannot be had. */
export async function readLicences(): Promise<string> {
  const response = await fetch(new URL('./licences.txt', document.baseURI));
  if (!response.ok) throw new Error(t.noLicences);
  return response.text();
}
