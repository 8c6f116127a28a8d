// Where the demo checkpoint's files come from: beside the page.
// (demo-source.single.ts stands in for this file in the single-file build.)

/** A file of `demo/`. Rejects with an Error for people. */
export async function readDemoFile(name: string): Promise<Blob> {
  const response = await fetch(new URL(`demo/${name}`, document.baseURI));
  if (!response.ok) {
    throw new Error(`The demo model could not be loaded (${response.status}). Try again later.`);
  }
  return response.blob();
}
