// The parts that build/single-file.ts writes into darkroom.html, as elements of the page whose text is data.

declare global {
  /** Set in the engine's worker: onnxruntime's wasm, gzip in base64. */
  var darkroomWasm: string;
}

export type PartName =
  | 'canvas'
  | 'engine'
  | 'gallery'
  | 'hasher'
  | 'importer'
  | 'merger'
  | 'prompt-help'
  | 'tokens'
  | 'wasm'
  | 'licences'
  | `box/${string}`
  | `demo/${string}`;

/** The id of a part's element. */
export function partId(name: PartName): string {
  return `part-${name}`;
}

/** Throws for a part that this copy does not hold. */
export function partText(name: PartName): string {
  const text = document.getElementById(partId(name))?.textContent;
  if (text === undefined || text === null) {
    throw new Error(`This copy of Darkroom is incomplete: ${name} is missing. Download it again.`);
  }
  return text;
}
