// Where the demo checkpoint's files come from: beside the page.
// (demo-source.single.ts stands in for this file in the single-file build.)
import { failures as t } from './strings/failures.ts';

/** A file of `demo/`. `onBytes` hears how many are there. Rejects with an Error for people. */
export async function readDemoFile(name: string, onBytes?: (count: number) => void): Promise<Blob> {
  const response = await fetch(new URL(`demo/${name}`, document.baseURI));
  if (!response.ok) {
    throw new Error(t.demoNotLoaded(response.status));
  }
  if (!onBytes || !response.body) return response.blob();
  let count = 0;
  const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      count += chunk.byteLength;
      onBytes(count);
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counting)).blob();
}
