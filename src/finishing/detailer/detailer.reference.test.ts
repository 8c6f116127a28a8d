// Masks, selection and sizes of the detailer against ADetailer's own functions (extensions/adetailer.json).
import { beforeAll, describe, expect, it } from 'vitest';
import { readTensors, type Tensors } from '../../../tests/goldens.ts';
import { listReference, readReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { SDXL_SIZES } from '../../families/sdxl.ts';
import { maskOf, type Mask } from '../../image/mask.ts';
import type { Box } from '../detection/find.ts';
import { SORT_ORDERS } from '../../generation/request/detailer-lists.ts';
import { boxMask, dilatedMask, movedMask, preparedMasks, type MergeMode } from './masks.ts';
import {
  denoisingStrengthOf,
  paintedSize,
  selected,
  type FilterMethod,
  type SizeMatch,
} from './selection.ts';

interface Reference {
  readonly size: readonly [width: number, height: number];
  readonly boxes: readonly Box[];
  readonly confidences: readonly number[];
  readonly bbox_sortby: readonly string[];
  readonly create_mask_from_bbox: readonly string[];
  readonly dilate_erode: readonly { readonly value: number; readonly in: string; readonly out: string }[];
  readonly offset: readonly {
    readonly x: number;
    readonly y: number;
    readonly in: string;
    readonly out: string;
  }[];
  readonly merge_invert: readonly {
    readonly mode: MergeMode;
    readonly in: readonly string[];
    readonly out: readonly string[];
  }[];
  readonly preprocess: readonly {
    readonly kernel: number;
    readonly x: number;
    readonly y: number;
    readonly merge_invert: MergeMode;
    readonly out: readonly string[];
  }[];
  readonly filter: readonly {
    readonly min_ratio: number;
    readonly max_ratio: number;
    readonly k: number;
    readonly by: FilterMethod;
    readonly sortby: number;
    readonly result: { readonly boxes: readonly number[]; readonly confidences: readonly number[] };
  }[];
  readonly dynamic_denoise: readonly {
    readonly power: number;
    readonly strength: number;
    readonly box: Box;
    readonly size: readonly [number, number];
    readonly result: number;
  }[];
  readonly optimal_crop: readonly {
    readonly mode: string;
    readonly width: number;
    readonly height: number;
    readonly box: Box;
    readonly result: readonly [number, number];
  }[];
}

const there = listReference('extensions').includes('adetailer.json');
if (!there) it.skip('the reference data has no detailer', () => undefined);

describe.skipIf(!there)('the detailer', () => {
  const reference = there ? readReferenceJson<Reference>('extensions', 'adetailer.json') : null;
  const [width, height] = reference?.size ?? [0, 0];
  const size = { width, height };
  let numbers: Tensors;

  beforeAll(async () => {
    numbers = await readTensors(bytesSource(readReference('extensions', 'adetailer.safetensors.gz')));
  });

  const mask = (name: string): Mask => {
    const { dims, data } = numbers.get(name)!;
    return maskOf({ width: dims[1]!, height: dims[0]!, channels: 1, data: Uint8Array.from(data) });
  };
  const expectMasks = (made: readonly Mask[], names: readonly string[]): void => {
    expect(made).toHaveLength(names.length);
    for (const [i, name] of names.entries()) expect(made[i]!.data, name).toEqual(mask(name).data);
  };
  const still = { xOffset: 0, yOffset: 0, dilateErode: 0 } as const;

  it('makes masks of boxes', () => {
    const { boxes, create_mask_from_bbox: names } = reference!;
    expectMasks(
      boxes.slice(0, names.length).map((box) => boxMask(box, size)),
      names,
    );
  });

  it.each(reference?.dilate_erode ?? [])('grows and shrinks them: $in by $value', (one) =>
    expectMasks([dilatedMask(mask(one.in), one.value)], [one.out]),
  );

  it.each(reference?.offset ?? [])('moves them: $x, $y', (one) =>
    expectMasks([movedMask(mask(one.in), one.x, one.y)], [one.out]),
  );

  it.each(reference?.merge_invert ?? [])('puts them together: $mode', (one) =>
    expectMasks(preparedMasks(one.in.map(mask), { ...still, mergeInvert: one.mode }), one.out),
  );

  it.each(reference?.preprocess ?? [])('prepares them: $kernel, $x, $y, $merge_invert', (one) => {
    // Of the first boxes, as many as come out where nothing is merged or lost.
    const count = Math.max(...reference!.preprocess.map(({ out }) => out.length));
    const masks = reference!.boxes.slice(0, count).map((box) => boxMask(box, size));
    const { kernel, x, y, merge_invert: mergeInvert } = one;
    expectMasks(preparedMasks(masks, { dilateErode: kernel, xOffset: x, yOffset: y, mergeInvert }), one.out);
  });

  it.each(reference?.filter ?? [])('selects and sorts: $min_ratio-$max_ratio $k $by $sortby', (one) => {
    const finds = reference!.boxes.map((box, index) => ({
      box,
      index,
      confidence: reference!.confidences[index]!,
    }));
    const selection = {
      minRatio: one.min_ratio,
      maxRatio: one.max_ratio,
      topK: one.k,
      filterMethod: one.by,
    };
    expect(SORT_ORDERS).toEqual(reference!.bbox_sortby);
    const made = selected(finds, selection, SORT_ORDERS[one.sortby]!, size);
    // The original leaves the confidences in their old order when it sorts; nothing looks at them any more.
    expect(made.map(({ index }) => index)).toEqual(one.result.boxes);
  });

  it.each(reference?.dynamic_denoise ?? [])(
    'denoises by size: $power',
    ({ power, strength, box, size, result }) => {
      const made = denoisingStrengthOf(strength, power, box, { width: size[0], height: size[1] });
      expect(made).toBeCloseTo(result, 12);
    },
  );

  it.each(reference?.optimal_crop ?? [])('paints in a size that fits: $mode $box', (one) => {
    const match: SizeMatch = one.mode === 'sdxl' ? 'Strict (SDXL only)' : 'Free';
    const made = paintedSize({ width: one.width, height: one.height }, match, one.box, SDXL_SIZES);
    expect([made.width, made.height]).toEqual(one.result);
  });
});
