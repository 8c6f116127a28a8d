// Where the demo checkpoint's files come from in the single file: the page itself, when it was built with --demo.
import { decodeBase64 } from '../single-file/base64.ts';
import { partText } from '../single-file/parts.ts';

export async function readDemoFile(name: string): Promise<Blob> {
  return new Blob([decodeBase64(partText(`demo/${name}`))]);
}
