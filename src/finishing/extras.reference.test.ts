// The Extras tab's steps, as webui 1.10.1 takes them (tests/reference/pictures/extras.json).
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { pictureTensors, referencePicture } from '../../tests/reference-pictures.ts';
import { goldenUpscale, hasUpscaler } from '../../tests/upscaler-network.ts';
import { extrasText } from '../generation/request/extras-text.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../generation/request/settings/list.ts';
import { dithered } from '../image/dither.ts';
import { greyOf } from '../image/mask.ts';
import { withoutAlpha, type PixelImage } from '../image/pixels.ts';
import { isBuiltIn } from '../image/upscale.ts';
import { runExtras, stepsInOrder, EXTRAS_STEPS } from './extras.ts';
import {
  DEFAULT_EXTRAS,
  FLIPS,
  OBJECTIVES,
  STEP_NAMES,
  type ExtrasRequest,
  type OrderRequest,
} from './extras-request.ts';
import { limited } from './extras-upscale.ts';
import type { FaceTools } from './faces/restore-faces.ts';
import { busyPoints, cornerPoints, focalPoint } from './focal-point.ts';

type Values = Readonly<Record<string, number | boolean | string | readonly string[]>>;
type Arguments = Readonly<Record<string, Values>>;

interface Run {
  readonly case: string;
  readonly input: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly args: Arguments;
  readonly outputs?: readonly string[];
  readonly sizes?: readonly (readonly [number, number, string])[];
  readonly infotexts?: readonly string[];
  readonly raises?: string;
}

interface FocalPoint {
  readonly input: string;
  readonly crop_width: number;
  readonly crop_height: number;
  readonly entropy_weight: number;
  readonly edges_weight: number;
  readonly corners: readonly (readonly [number, number, number])[];
  readonly entropy: readonly (readonly [number, number])[];
  readonly focus: readonly [number, number];
  readonly grey: string;
  readonly dithered: string;
}

interface Index {
  readonly order: readonly string[];
  readonly default_args: Arguments;
  readonly order_with_options: readonly Readonly<{
    postprocessing_operation_order: readonly string[];
    order: readonly string[];
  }>[];
  readonly runs: readonly Run[];
  readonly focal_point: readonly FocalPoint[];
  readonly limit_size: readonly Readonly<{
    w: number;
    h: number;
    limit: number;
    result: readonly [number, number];
  }>[];
}

const there = listReference('pictures').includes('extras.json');
const index = there
  ? readReferenceJson<Index>('pictures', 'extras.json')
  : { order: [], order_with_options: [], default_args: {}, runs: [], focal_point: [], limit_size: [] };

async function read(name: string): Promise<PixelImage> {
  const { channels, ...image } = await referencePicture(pictureTensors('extras'), name);
  if (channels === 1) throw new Error(`${name} is grey`);
  return { ...image, channels };
}

function requestOf(args: Arguments): Omit<ExtrasRequest, 'order'> {
  const valuesOf = (name: string): Values => ({ ...index.default_args[name], ...args[name] });
  const on = ({ enable = false }: Values): boolean => enable === true;
  const upscale = valuesOf('Upscale');
  const gfpgan = valuesOf('GFPGAN');
  const codeFormer = valuesOf('CodeFormer');
  const split = valuesOf('Split oversized images');
  const focal = valuesOf('Auto focal point crop');
  const auto = valuesOf('Auto-sized crop');
  const flips = valuesOf('Create flipped copies');
  return {
    recolor: DEFAULT_EXTRAS.recolor,
    upscale: {
      on: upscale.upscale_enabled === true,
      mode: upscale.upscale_mode === 1 ? 'Scale to' : 'Scale by',
      scale: Number(upscale.upscale_by),
      maxSideLength: Number(upscale.max_side_length),
      width: Number(upscale.upscale_to_width),
      height: Number(upscale.upscale_to_height),
      crop: upscale.upscale_crop === true,
      upscaler1: String(upscale.upscaler_1_name),
      upscaler2: String(upscale.upscaler_2_name),
      upscaler2Visibility: Number(upscale.upscaler_2_visibility),
    },
    gfpgan: { on: on(gfpgan), visibility: Number(gfpgan.gfpgan_visibility) },
    codeFormer: {
      on: on(codeFormer),
      visibility: Number(codeFormer.codeformer_visibility),
      weight: Number(codeFormer.codeformer_weight),
    },
    split: {
      on: on(split),
      threshold: Number(split.split_threshold),
      overlapRatio: Number(split.overlap_ratio),
    },
    focalCrop: {
      on: on(focal),
      faceWeight: Number(focal.face_weight),
      entropyWeight: Number(focal.entropy_weight),
      edgesWeight: Number(focal.edges_weight),
    },
    autoSizedCrop: {
      on: on(auto),
      minSide: Number(auto.mindim),
      maxSide: Number(auto.maxdim),
      minArea: Number(auto.minarea),
      maxArea: Number(auto.maxarea),
      objective: OBJECTIVES.find((name) => name === auto.objective) ?? DEFAULT_EXTRAS.autoSizedCrop.objective,
      threshold: Number(auto.threshold),
    },
    flippedCopies: {
      on: on(flips),
      flips: FLIPS.filter((flip) => Array.isArray(flips.option) && flips.option.includes(flip)),
    },
  };
}

function orderOf(asked: unknown): OrderRequest {
  const names: readonly unknown[] = Array.isArray(asked) ? asked : [];
  return { first: names.flatMap((name) => STEP_NAMES.find((known) => known === name) ?? []) };
}

const ORDER = 'postprocessing_operation_order';

/** Why a case cannot be made here; null where it can. */
async function missingFor({ args, options, raises }: Run): Promise<string | null> {
  const known: readonly string[] = EXTRAS_STEPS.map(({ name }) => name);
  const step = Object.keys(args).find((name) => !known.includes(name));
  if (step !== undefined) return `no step "${step}"`;
  const unknown = Object.keys(options).filter((name) => name !== ORDER);
  if (unknown.length > 0) return `no ${unknown.join(', ')}`;
  const { upscaler1, upscaler2 } = requestOf(args).upscale;
  for (const name of raises === undefined ? [upscaler1, upscaler2] : [])
    if (!isBuiltIn(name) && !(await hasUpscaler(name))) return `no upscaler ${name}`;
  return null;
}

/** The reference was given float numbers; the page's controls say 2 where it says 2.0. */
const asControls = (text: string): string => text.replaceAll(/(\d)\.0(?=,|$)/g, '$1');

/** What stood in for the networks there. */
const faces: FaceTools = {
  restore: (image, by) => Promise.resolve(by === 'GFPGAN' ? inverted(image) : rolled(image, 3)),
  find: () => Promise.resolve([]),
};

function inverted(image: PixelImage): PixelImage {
  return { ...image, data: withoutAlpha(image).data.map((value) => 255 - value), channels: 3 };
}

/** To the right; what leaves comes in at the left. */
function rolled(image: PixelImage, by: number): PixelImage {
  const { width, data, ...rest } = withoutAlpha(image);
  const from = (i: number): number => {
    const [pixel, c] = [Math.floor(i / 3), i % 3];
    const x = pixel % width;
    return 3 * (pixel - x + ((x - by + width) % width)) + c;
  };
  return { ...rest, width, data: data.map((_, i) => data[from(i)]!) };
}

function apart(made: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(made.length).toBe(expected.length);
  return Array.from(expected, (value, at) => Math.abs(value - made[at]!)).reduce((a, b) => Math.max(a, b), 0);
}

/** The same program made both: what its upscalers were set to is said there. */
const { upscaler_upscale: [{ options = {} } = {}] = [] } = there
  ? readReferenceJson<{
      readonly upscaler_upscale?: readonly { readonly options?: Readonly<Record<string, number>> }[];
    }>('pictures', 'upscale.json')
  : {};
const settings = {
  ...DEFAULT_IMAGE_SETTINGS,
  esrganTile: options['ESRGAN_tile'] ?? DEFAULT_IMAGE_SETTINGS.esrganTile,
  esrganTileOverlap: options['ESRGAN_tile_overlap'] ?? DEFAULT_IMAGE_SETTINGS.esrganTileOverlap,
  swinTile: options['SWIN_tile'] ?? DEFAULT_IMAGE_SETTINGS.swinTile,
  swinTileOverlap: options['SWIN_tile_overlap'] ?? DEFAULT_IMAGE_SETTINGS.swinTileOverlap,
};

const colorize = () => Promise.reject(new Error('no colorizer'));

async function make({ input, args, options }: Run) {
  const request = { ...requestOf(args), order: orderOf(options[ORDER]) };
  return runExtras(await read(input), request, { colorize, upscale: goldenUpscale(settings), faces });
}

describe.skipIf(!there)('the Extras tab', () => {
  it('has steps in the order of A1111', () => {
    const names: readonly string[] = EXTRAS_STEPS.map(({ name }) => name);
    expect(names).toEqual(STEP_NAMES);
    const known = names.filter((name) => index.order.includes(name));
    expect(known).toEqual(index.order.filter((name) => names.includes(name)));
  });

  it.for(index.order_with_options)('has $postprocessing_operation_order first where that is asked', (one) => {
    const order = orderOf(one.postprocessing_operation_order);
    const names: readonly string[] = stepsInOrder(order).map(({ name }) => name);
    // Others are switched off there.
    const shown = names.filter((name) => one.order.includes(name));
    expect(shown).toEqual(one.order.filter((name) => names.includes(name)));
  });

  it.for(index.runs.filter(({ raises }) => raises === undefined))('$case', async (run, context) => {
    const missing = await missingFor(run);
    if (missing !== null) return context.skip(missing);
    const made = await make(run);
    expect(made.map(({ image }) => [image.width, image.height])).toEqual(
      run.sizes?.map(([width, height]) => [width, height]),
    );
    expect(made.map(({ info }) => extrasText(info))).toEqual(run.infotexts?.map(asControls));
    const { upscaler1, upscaler2 } = requestOf(run.args).upscale;
    // A float32 result of a network may lie on a rounding edge.
    const tolerance = isBuiltIn(upscaler1) && isBuiltIn(upscaler2) ? 0 : 1;
    for (const [i, name] of (run.outputs ?? []).entries()) {
      const expected = await read(name);
      expect(made[i]!.image.channels, name).toBe(expected.channels);
      expect(apart(made[i]!.image.data, expected.data), name).toBeLessThanOrEqual(tolerance);
    }
  });

  // What A1111 itself stumbles over is done here; what cannot be is refused likewise.
  it.for(index.runs.filter(({ raises }) => raises !== undefined))('$case', async (run, context) => {
    const missing = await missingFor(run);
    if (missing !== null) return context.skip(missing);
    const { upscaler1, upscaler2 } = requestOf(run.args).upscale;
    const known = await Promise.all(
      [upscaler1, upscaler2].map((name) => isBuiltIn(name) || hasUpscaler(name)),
    );
    if (known.every(Boolean)) expect((await make(run)).length).toBeGreaterThan(0);
    else await expect(make(run)).rejects.toThrow();
  });

  it.for(index.limit_size.filter(({ limit }) => limit > 0))('limits $w x $h to $limit', (one) => {
    const { width, height } = limited({ width: one.w, height: one.h }, one.limit);
    expect([width, height]).toEqual(one.result);
  });
});

describe('Recolor', () => {
  it('takes the colours of another picture before anything else, and says so', async () => {
    const filled = (width: number, height: number, pixel: readonly number[]): PixelImage => ({
      width,
      height,
      channels: 3,
      data: Uint8Array.from({ length: 3 * width * height }, (_, i) => pixel[i % 3]!),
    });
    const [grey, blue] = [filled(16, 8, [120, 120, 120]), filled(5, 5, [90, 100, 140])];
    const recolor = {
      on: true,
      keep: 'Luminance',
      gamma: 1,
      colors: { name: 'sky.png', file: new Blob() },
      colorizer: null,
    } as const;
    const upscale = { ...DEFAULT_EXTRAS.upscale, upscaler1: 'Nearest', scale: 2 };
    const means = { faces, colorize, colors: blue, upscale: goldenUpscale(settings) };
    const [made] = await runExtras(grey, { ...DEFAULT_EXTRAS, recolor, upscale }, means);
    const { image, info } = made!;
    expect([image.width, image.height]).toEqual([32, 16]);
    const [r, g, b] = image.data;
    expect(b!).toBeGreaterThan(g!);
    expect(b!).toBeGreaterThan(r!);
    expect(extrasText(info)).toBe(
      'Recolor: Luminance, Recolor gamma: 1, Recolor colors: sky.png, Postprocess upscale by: 2, Postprocess upscaler: Nearest',
    );
    // Without a picture to take them from nothing is done.
    const [same] = await runExtras(grey, { ...DEFAULT_EXTRAS, recolor: { ...recolor, colors: null } }, means);
    expect(same).toEqual({ image: grey, info: new Map() });
    // A network of the library finds them by itself.
    const colorizer = { sha256: '', name: 'ddcolor' };
    const [found] = await runExtras(
      grey,
      { ...DEFAULT_EXTRAS, recolor: { ...recolor, colorizer } },
      {
        ...means,
        colorize: (image, { name }) => Promise.resolve({ ...image, width: name === 'ddcolor' ? 16 : 0 }),
      },
    );
    expect(found!.image.width).toBe(16);
    expect(extrasText(found!.info)).toBe('Recolor: Network, Recolor colors: ddcolor');
  });
});

describe.skipIf(!there)('the point of interest', () => {
  it.for(index.focal_point)('of $input', async (one) => {
    const image = await read(one.input);
    const size = { width: one.crop_width, height: one.crop_height };
    const grey = await referencePicture(pictureTensors('extras'), one.grey);
    expect(apart(greyOf(image).data, grey.data)).toBe(0);
    const bits = await referencePicture(pictureTensors('extras'), one.dithered);
    expect([...dithered(image)]).toEqual(Array.from(bits.data, (value) => (value > 0 ? 1 : 0)));
    expect(cornerPoints(image)).toEqual(one.corners.map(([x, y]) => ({ x, y })));
    expect(busyPoints(image, size)).toEqual(one.entropy.map(([x, y]) => ({ x, y })));
    const weights = { faceWeight: 0, entropyWeight: one.entropy_weight, edgesWeight: one.edges_weight };
    const [x, y] = one.focus;
    expect(focalPoint(image, size, weights, [])).toEqual({ x, y });
  });
});
