// Which pictures of a job A1111 puts into one grid.
import { passesOf } from './passes.ts';
import type { GenerationParameters } from './request.ts';
import type { Script } from './script.ts';

export interface GridOrder {
  /** Of the pictures, in their order; those that are not there are passed over. */
  readonly ids: readonly string[];
  readonly batchSize: number;
  /** As many, whatever is set; null for what is set. */
  readonly rows: number | null;
}

/** Scripts that make one picture of many parts. */
const GRIDLESS: ReadonlySet<Script['kind']> = new Set([
  'SD upscale',
  "Poor man's outpainting",
  'Ultimate SD upscale',
]);

export interface JobGrid extends GridOrder {
  readonly img2img: boolean;
}

/** `id`: the job's; a picture's is made of it, the place of its request, and its own. */
export function gridsOf(id: string, requests: readonly GenerationParameters[]): JobGrid[] {
  const grids: JobGrid[] = [];
  let singles: number[] = [];
  const flush = (): void => {
    const [first] = singles;
    if (first !== undefined && singles.length > 1)
      grids.push({
        ids: singles.map((request) => `${id}-${request}-0`),
        ...{ batchSize: 1, rows: null, img2img: requests[first]!.img2img !== null },
      });
    singles = [];
  };
  for (const [index, request] of requests.entries()) {
    const { batches, pictures } = passesOf(request);
    const count = batches * pictures;
    const idsOf = (from: number, to: number): string[] =>
      Array.from({ length: to - from }, (_, i) => `${id}-${index}-${from + i}`);
    const img2img = request.img2img !== null;
    const { script } = request;
    // Pictures of wildcards are requests of one picture each, and one run.
    if (count === 1 && !script) {
      const before = singles.length > 0 ? requests[singles[0]!]! : null;
      if (before && !isSameRun(before, request)) flush();
      singles.push(index);
      continue;
    }
    flush();
    if (script && GRIDLESS.has(script.kind)) continue;
    if (script?.kind === 'Loopback') {
      for (let batch = 0; pictures > 1 && batch < batches; batch += 1)
        grids.push({
          ids: idsOf(batch * pictures, (batch + 1) * pictures),
          ...{ batchSize: 1, rows: 1, img2img },
        });
      continue;
    }
    grids.push({ ids: idsOf(0, count), ...{ batchSize: request.batchSize, rows: null, img2img } });
  }
  flush();
  return grids;
}

/** Of prompts that differ, over the same picture: several runs of one prompt are runs of their own, and so are files of a batch. */
function isSameRun(a: GenerationParameters, b: GenerationParameters): boolean {
  const sameSource = a.img2img?.source.sha256 === b.img2img?.source.sha256;
  return sameSource && (a.prompt !== b.prompt || a.negativePrompt !== b.negativePrompt);
}
