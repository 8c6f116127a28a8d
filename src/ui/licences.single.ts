// The notices of everything in the single file: a part of it.
import { partText } from '../single-file/parts.ts';

export async function readLicences(): Promise<string> {
  return JSON.parse(partText('licences')) as string;
}
