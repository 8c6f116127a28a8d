// Where the files of the box come from: beside the page.
// (box-source.single.ts stands in for this file in the single-file build.)
import { failures as t } from './strings/failures.ts';

/** Rejects with an Error for people. */
export async function readBoxedFile(name: string): Promise<Blob> {
  const response = await fetch(new URL(`box/${name}`, document.baseURI)).catch(() => null);
  if (!response?.ok) throw new Error(t.boxNotFetched(name));
  return response.blob();
}
