// Where the files of the box come from in the single file: the page itself.
import { decodeBase64 } from '../single-file/base64.ts';
import { partText } from '../single-file/parts.ts';

export async function readBoxedFile(name: string): Promise<Blob> {
  return new Blob([decodeBase64(partText(`box/${name}`))]);
}
