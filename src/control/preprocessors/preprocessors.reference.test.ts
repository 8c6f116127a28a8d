// Preprocessors without networks, and what becomes of their maps, against the extension (control/README.md of the reference data).
import { describe, expect, it } from 'vitest';
import { controlJson, controlTensors, differences, rasterOf } from '../../../tests/control-pictures.ts';
import type { Tensors } from '../../../tests/goldens.ts';
import type { Mask } from '../../image/mask.ts';
import { withoutPause } from '../../image/pause.ts';
import type { PixelImage } from '../../image/pixels.ts';
import type { Plane8 } from '../../image/opencv/plane.ts';
import { blackAndWhite, otsuThreshold } from '../../image/opencv/otsu.ts';
import { MersenneTwister } from '../../sampling/random/mersenne-twister.ts';
import { asRgb } from './hint.ts';
import { detectedMap, paintsIn, type MapOrder } from './hints.ts';
import type { HintResizeMode } from './hint-resize-modes.ts';
import { resizedHint } from './resize-hint.ts';
import { noiseDisk } from './shuffle.ts';
import { findPreprocessor } from './table.ts';
import { blurredRidges, ridges, thinned } from './thin.ts';
import { croppedToMask, maskShown, preparedMask, unitPicture } from './unit-picture.ts';
import { pixelPerfectResolution, workingPicture } from './working-size.ts';

interface Case {
  readonly id: string;
  readonly kind: string;
  readonly input: string;
  readonly module?: string;
  readonly resolution: number;
  readonly threshold_a: number;
  readonly threshold_b: number;
  readonly mode: HintResizeMode;
  readonly width: number;
  readonly height: number;
  readonly mask?: string;
  readonly mask_blur: number;
  readonly inpainting_mask_invert: boolean;
  readonly padding: number;
  readonly padded_size: readonly [number, number];
  readonly unit_mask: string;
  readonly numpy_seed: number;
  readonly first_uniforms: readonly number[];
  readonly stored: string;
  readonly size: readonly [number, number];
  readonly threshold: number;
  readonly out: Readonly<Record<string, string>>;
}

interface Reference {
  readonly tensors: string;
  readonly pixel_perfect: readonly (Readonly<Record<HintResizeMode, number>> & {
    readonly picture_hw: readonly [number, number];
    readonly target_hw: readonly [number, number];
  })[];
  readonly cases: readonly Case[];
}

const reference = controlJson<Reference>('pre.json');
const tensors: Tensors = reference ? await controlTensors(reference.tensors) : new Map();
const raster = (name: string) => rasterOf(tensors, name);
const plane = (name: string): Plane8 => ({ ...raster(name), data: Uint8Array.from(raster(name).data) });
const picture = (name: string): PixelImage => {
  const found = raster(name);
  return found.channels === 1 ? asRgb(found) : { ...found, channels: found.channels };
};
const maskOf = (name: string): Mask => ({ ...raster(name), channels: 1 });
const casesOf = (kind: string) => (reference?.cases ?? []).filter((one) => one.kind === kind);

/** control/README.md, "Tolerances". */
const WITHIN_ONE = /xdog|lineart_standard|blur_gaussian|shuffle/;
const MEANS = {
  annotate: () => Promise.reject(new Error('These run no network.')),
  pause: withoutPause,
};
const exact = { largest: 0, share: 0 };

function order(one: Case, more: Partial<MapOrder> = {}): MapOrder {
  const source = picture(one.input);
  return {
    picture: source,
    mask: null,
    preprocessor: one.module ?? 'none',
    resolution: one.resolution,
    thresholdA: one.threshold_a,
    thresholdB: one.threshold_b,
    pixelPerfect: false,
    resizeMode: 'Just Resize',
    target: source,
    seed: 0,
    ...more,
  };
}

describe.skipIf(!reference)('the reference', () => {
  it.each(casesOf('hwc3'))('$id', ({ input, out }) => {
    expect(differences(asRgb(raster(input)).data, raster(out['out']!).data)).toEqual(exact);
  });

  it.each(casesOf('preprocess'))('$id: $module', async (one) => {
    const made = await detectedMap(order(one), MEANS);
    const expected = asRgb(raster(one.out['map']!));
    expect([made.width, made.height]).toEqual([expected.width, expected.height]);
    const { largest, share } = differences(made.data, expected.data);
    if (!WITHIN_ONE.test(one.module!)) expect({ largest, share }).toEqual(exact);
    else expect(largest).toBeLessThanOrEqual(1);
  });

  it.each(casesOf('shuffle'))('$id', async (one) => {
    const random = new MersenneTwister(one.numpy_seed);
    const uniforms = one.first_uniforms.map(
      () => ((random.nextUint32() >>> 5) * 2 ** 26 + (random.nextUint32() >>> 6)) / 2 ** 53,
    );
    expect(uniforms).toEqual(one.first_uniforms);
    const made = await detectedMap(order(one, { preprocessor: 'shuffle', seed: one.numpy_seed }), MEANS);
    expect([made.height, made.width]).toEqual(one.size);
    const step = one.stored === 'whole' ? 1 : 8;
    const expected = raster(one.out['map']!);
    const disks = new MersenneTwister(one.numpy_seed);
    for (const name of ['disk_x_each8', 'disk_y_each8']) {
      const disk = await noiseDisk(made.width, made.height, disks, withoutPause);
      const { dims, data } = tensors.get(one.out[name]!)!;
      const [rows, columns] = dims as [number, number];
      const kept = Array.from({ length: rows * columns }, (_, i) => {
        const [x, y] = [8 * (i % columns), 8 * Math.floor(i / columns)];
        return disk[y * made.width + x]!;
      });
      expect(differences(kept, data).largest).toBeLessThan(1e-6);
    }
    const kept = Array.from(expected.data, (_, i) => {
      const pixel = Math.floor(i / 3);
      const [x, y] = [step * (pixel % expected.width), step * Math.floor(pixel / expected.width)];
      return made.data[3 * (y * made.width + x) + (i % 3)]!;
    });
    expect(differences(kept, expected.data).largest).toBeLessThanOrEqual(1);
  });

  it.each(casesOf('resize_with_pad'))('$id', async ({ input, resolution, padded_size, out }) => {
    const { padded, size } = await workingPicture(raster(input), resolution, withoutPause);
    const expected = raster(out['cut']!);
    expect([padded.height, padded.width]).toEqual(padded_size);
    expect([size.width, size.height]).toEqual([expected.width, expected.height]);
    for (let y = 0; y < padded.height; y += 1)
      for (let x = 0; x < padded.width; x += 1) {
        const from = 3 * (Math.min(y, size.height - 1) * size.width + Math.min(x, size.width - 1));
        const at = 3 * (y * padded.width + x);
        expect([...padded.data.subarray(at, at + 3)]).toEqual([...expected.data.subarray(from, from + 3)]);
      }
  });

  it('pixel perfect', () => {
    for (const { picture_hw, target_hw, ...modes } of reference!.pixel_perfect) {
      const sizeOf = ([height, width]: readonly [number, number]) => ({ width, height });
      for (const [mode, resolution] of Object.entries(modes))
        expect(pixelPerfectResolution(sizeOf(picture_hw), sizeOf(target_hw), mode as HintResizeMode)).toBe(
          resolution,
        );
    }
  });

  it.each(casesOf('resize_mode'))('$id: $input, $mode', async (one) => {
    const target = { width: one.width, height: one.height };
    const painted = paintsIn(findPreprocessor(one.module!)!);
    const made = await resizedHint(picture(one.input), one.mode, target, withoutPause, painted);
    const { dims, data } = tensors.get(one.out['map']!)!;
    expect([made.height, made.width, made.channels]).toEqual(dims);
    const { largest } = differences(made.data, data);
    if (painted) expect(largest).toBeLessThan(1e-3);
    else expect(largest).toBe(0);
  });

  it.each(casesOf('nake_nms'))('$id', async ({ out }) => {
    const made = await ridges(plane(out['in']!), withoutPause);
    expect(differences(made.data, raster(out['out']!).data)).toEqual(exact);
  });

  it.each(casesOf('lvmin_thin'))('$id', async ({ out }) => {
    for (const [name, pruned] of [
      ['pruned', true],
      ['not_pruned', false],
    ] as const) {
      const made = await thinned(plane(out['in']!), pruned, withoutPause);
      expect(differences(made.data, raster(out[name]!).data)).toEqual(exact);
    }
  });

  it.each(casesOf('nms'))('$id', async ({ out }) => {
    for (const [name, wanted] of Object.entries(out)) {
      const told = /^t(\d+)s(\d+)$/.exec(name);
      if (!told) continue;
      const made = await blurredRidges(plane(out['in']!), Number(told[1]), Number(told[2]), withoutPause);
      expect(differences(made.data, raster(wanted).data)).toEqual(exact);
    }
  });

  it.each(casesOf('otsu'))('$id', ({ threshold, out }) => {
    expect(otsuThreshold(plane(out['in']!))).toBe(threshold);
    expect(differences(blackAndWhite(plane(out['in']!)).data, raster(out['out']!).data)).toEqual(exact);
  });

  it.each(casesOf('visualize_inpaint_mask'))('$id', ({ input, out }) => {
    const shown = maskShown(picture(input)).data.filter((_, i) => i % 4 === 3);
    expect(differences(shown, raster(out['alpha']!).data)).toEqual(exact);
  });

  it.each(casesOf('prepare_mask'))('$id', async (one) => {
    const made = await preparedMask(
      maskOf(one.input),
      one.mask_blur,
      one.inpainting_mask_invert,
      withoutPause,
    );
    expect(differences(made.data, raster(one.out['mask']!).data)).toEqual(exact);
  });

  it.each(casesOf('crop_with_mask'))('$id', async (one) => {
    const mask = await preparedMask(maskOf(one.mask!), one.mask_blur, false, withoutPause);
    const target = { width: one.width, height: one.height };
    const made = croppedToMask(picture(one.input), mask, one.padding, target, one.mode);
    expect(differences(made.data, raster(one.out['out']!).data)).toEqual(exact);
  });

  it.each(casesOf('choose_input'))('$id: $module, $unit_mask', async (one) => {
    const source = picture(one.input in Object.fromEntries(tensors) ? one.input : 'in.masked');
    const painted = paintsIn(findPreprocessor(one.module!)!);
    const made = unitPicture(source, await maskFor(one, source), painted);
    const wanted = one.out['fourth_channel'];
    const part = wanted === undefined ? made.data : made.data.filter((_, i) => i % 4 === 3);
    expect(differences(part, raster(wanted ?? one.out['out']!).data)).toEqual(exact);
  });
});

/** By what the case says of the unit's mask. */
async function maskFor(one: Case, { width, height }: PixelImage): Promise<Mask | null> {
  if (one.unit_mask.includes('img2img'))
    return preparedMask(maskOf(one.mask!), one.mask_blur, false, withoutPause);
  const all = (value: number): Mask => ({
    width,
    height,
    channels: 1,
    data: new Uint8Array(width * height).fill(value),
  });
  if (one.unit_mask.includes('black')) return all(0);
  if (one.unit_mask.includes('white')) return all(255);
  if (one.mask === undefined) return null;
  const { channels, data } = raster(one.mask);
  return { width, height, channels: 1, data: Uint8Array.from(data).filter((_, i) => i % channels === 0) };
}
