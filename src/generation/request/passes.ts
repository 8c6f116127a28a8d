// The passes over pictures that a request comes to: how much work it is, how large, and how many pictures it makes. A script
// makes several of what is one batch otherwise.
import type { Size } from '../../image/picture-file.ts';
import { upscaledSize } from '../../image/upscale.ts';
import { tileGrid } from '../../image/tile-grid.ts';
import { detailSizes } from './detailer.ts';
import { grownSize, outpaintingMargins, roundedUp } from './outpainting.ts';
import type { GenerationParameters, RequestSize, SizedRequest } from './request.ts';
import { runSteps } from './run-steps.ts';
import type {
  Img2ImgAlternative,
  Loopback,
  OutpaintingMk2,
  PoorMansOutpainting,
  SdUpscale,
} from './script.ts';
import { ultimateSizes } from './ultimate-upscale.ts';
import type { UltimateUpscale } from './ultimate-upscale-options.ts';

/** One run of a sampler. */
export interface PassSize extends Size {
  /** Pictures at a time. */
  readonly batchSize: number;
  readonly steps: number;
}

/** What one of several passes is called. */
export type PassKind = 'loop' | 'tile' | 'side' | 'detail';

export interface RequestPasses {
  /** Null where a batch is one pass. */
  readonly kind: PassKind | null;
  /** How often all of it is done: A1111's batch count. */
  readonly batches: number;
  /** Pictures that one batch makes. */
  readonly pictures: number;
  /** Of one batch, in their order. */
  readonly passes: readonly PassSize[];
}

/** What of a request decides it. */
export type PassesRequest = Pick<
  GenerationParameters,
  'steps' | 'width' | 'height' | 'batchSize' | 'batchCount'
> &
  Partial<Pick<GenerationParameters, 'settings' | 'img2img' | 'hires' | 'script'>>;

/** `source`: its size, upright; where it is not known it is taken for the request's. */
export function passesOf(
  request: PassesRequest,
  source: Size = request.img2img?.source.size ?? request,
): RequestPasses {
  const { script, batchSize, batchCount } = request;
  switch (script?.kind) {
    case 'Loopback':
      return loopbackPasses(request, script);
    case 'SD upscale':
      return upscalePasses(request, script, source);
    case 'Ultimate SD upscale':
      return ultimatePasses(request, script, source);
    case "Poor man's outpainting":
      return tiledOutpaintingPasses(request, script, source);
    case 'Outpainting mk2':
      return outpaintingPasses(request, script, source);
    case 'img2img alternative test':
      return { kind: null, batches: batchCount, pictures: 1, passes: [alternativePass(request, script)] };
    default:
      return { kind: null, batches: batchCount, pictures: batchSize, passes: [passOf(request)] };
  }
}

/** Pictures that a request makes. */
export function picturesOf(request: PassesRequest): number {
  const { batches, pictures } = passesOf(request);
  return batches * pictures;
}

/** The size that the largest of a request's passes has. */
export function largestPass(request: SizedRequest): RequestSize {
  const { passes } = passesOf({ ...request, steps: 1, batchCount: 1 });
  const area = ({ width, height, batchSize }: RequestSize): number => width * height * batchSize;
  const { detailer = null } = request;
  const details = (detailer ? detailSizes(detailer, request) : []).map((size) => ({ ...size, batchSize: 1 }));
  const [first = request, ...others] = [...passes, ...details];
  const { width, height, batchSize } = others.reduce<RequestSize>(
    (a, b) => (area(b) > area(a) ? b : a),
    first,
  );
  return { width, height, batchSize };
}

function passOf(request: PassesRequest, changed: Partial<PassSize> = {}): PassSize {
  const { width, height, batchSize } = request;
  return { width, height, batchSize, steps: runSteps(request), ...changed };
}

function loopbackPasses(request: PassesRequest, script: Loopback): RequestPasses {
  const strengths = loopStrengths(request.img2img?.denoisingStrength ?? 1, script);
  const passes = strengths.map((denoisingStrength) => {
    return passOf(withStrength(request, denoisingStrength), { batchSize: 1 });
  });
  // Of several batches the last loop's picture is kept.
  const pictures = request.batchCount === 1 ? script.loops : 1;
  return { kind: 'loop', batches: request.batchCount, pictures, passes };
}

/** The denoising strength of each loop (scripts/loopback.py, calculate_denoising_strength). */
export function loopStrengths(
  first: number,
  { loops, finalDenoisingStrength: last, denoisingCurve }: Loopback,
): number[] {
  const along = (progress: number): number => {
    switch (denoisingCurve) {
      case 'Aggressive':
        return Math.sin(progress * Math.PI * 0.5);
      case 'Lazy':
        return 1 - Math.cos(progress * Math.PI * 0.5);
      case 'Linear':
        return progress;
    }
  };
  return Array.from({ length: loops }, (_, loop) =>
    // The curves meet their ends but for rounding, which must leave no strength below 0 or above 1.
    loop === 0 ? first : Math.min(1, Math.max(0, first + (last - first) * along(loop / (loops - 1)))),
  );
}

function upscalePasses(request: PassesRequest, script: SdUpscale, source: Size): RequestPasses {
  const { width, height, batchSize, batchCount } = request;
  const size = upscaledSize(source, script.upscaler, script.scaleFactor);
  const { lefts, tops } = tileGrid(size, width, height, script.tileOverlap);
  const tiles = Math.max(1, lefts.length * tops.length);
  const passes = Array.from({ length: Math.ceil(tiles / batchSize) }, (_, i) =>
    passOf(request, { batchSize: Math.min(batchSize, tiles - i * batchSize) }),
  );
  return { kind: 'tile', batches: batchCount, pictures: 1, passes };
}

function ultimatePasses(request: PassesRequest, script: UltimateUpscale, source: Size): RequestPasses {
  const { redraw, seams } = ultimateSizes(script, request, source);
  const ofSeams = withStrength(request, script.seamsFixDenoise);
  const passes = [
    ...redraw.map((size) => passOf(request, { ...size, batchSize: 1 })),
    ...seams.map((size) => passOf(ofSeams, { ...size, batchSize: 1 })),
  ];
  const pictures = Math.max(1, [redraw, seams].filter(({ length }) => length > 0).length);
  return { kind: 'tile', batches: 1, pictures, passes };
}

function tiledOutpaintingPasses(
  request: PassesRequest,
  script: PoorMansOutpainting,
  source: Size,
): RequestPasses {
  const { width, height } = request;
  const tiles = outpaintedTiles(source, script, width, height).work;
  const passes = tiles.map(() => passOf(request, { batchSize: 1 }));
  return { kind: 'tile', batches: 1, pictures: 1, passes };
}

/** The grown picture's tiles, and which of them (row by row) hold something that is to be painted. */
export function outpaintedTiles(
  source: Size,
  script: PoorMansOutpainting,
  tileWidth: number,
  tileHeight: number,
) {
  const margins = outpaintingMargins(source, script);
  const { left, right, up, down } = margins;
  const size = grownSize(source, script);
  const grid = tileGrid(size, tileWidth, tileHeight, script.pixels);
  const work = grid.tops.flatMap((y, row) =>
    grid.lefts.flatMap((x, column) => {
      const across = x >= left && x + tileWidth <= size.width - right;
      const along = y >= up && y + tileHeight <= size.height - down;
      return across && along ? [] : [row * grid.lefts.length + column];
    }),
  );
  return { margins, size, grid, work };
}

function outpaintingPasses(request: PassesRequest, script: OutpaintingMk2, source: Size): RequestPasses {
  const { batchSize, batchCount } = request;
  const { left, right, up, down } = outpaintingMargins(source, script);
  let { width, height } = source;
  const passes: PassSize[] = [];
  for (const margin of [left, right]) {
    if (margin === 0) continue;
    width += margin;
    passes.push(passOf(request, { width: Math.min(request.width, width), height: roundedUp(height) }));
  }
  for (const margin of [up, down]) {
    if (margin === 0) continue;
    height += margin;
    passes.push(passOf(request, { width: roundedUp(width), height: Math.min(request.height, height) }));
  }
  return { kind: 'side', batches: batchCount, pictures: batchSize, passes };
}

/** Finding the noise takes as long as painting it anew. */
function alternativePass(request: PassesRequest, script: Img2ImgAlternative): PassSize {
  const steps = script.overrideSteps ? script.decodeSteps : request.steps;
  const strength = script.overrideStrength ? 1 : (request.img2img?.denoisingStrength ?? 1);
  const painted = runSteps(withStrength({ ...request, steps }, strength));
  return passOf(request, { batchSize: 1, steps: script.decodeSteps + painted });
}

function withStrength(request: PassesRequest, denoisingStrength: number): PassesRequest {
  return request.img2img ? { ...request, img2img: { ...request.img2img, denoisingStrength } } : request;
}
