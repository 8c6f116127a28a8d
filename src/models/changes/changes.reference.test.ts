// The arithmetic of changes of the network against the original programs' (tests/reference/extensions, functions).
import { describe, expect, it } from 'vitest';
import { listReference, readReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { readTensors } from '../../../tests/goldens.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { Graph } from '../../graph/graph.ts';
import { PythonRandom } from '../../sampling/random/python-random.ts';
import type { Sizes } from '../level.ts';
import { levelFeeds, Levels } from '../levels.ts';
import { ratioToRegion } from './freeu.ts';
import { LOW_PASS_PARTS, lowPass } from './frequencies.ts';
import { PlaneMaps } from './plane-maps.ts';
import { largestTile, leastTile, sidesOf, tileNumbers } from './tile-numbers.ts';

interface Functions {
  readonly hypertile: {
    readonly table: readonly {
      readonly width: number;
      readonly height: number;
      readonly max_tile: number;
      readonly largest_tile_size_available: number;
      readonly by_depth: readonly {
        readonly depth: number;
        readonly tokens: number;
        readonly found_hw: readonly [number, number];
        readonly min_tile: number;
        readonly divisors_h: readonly number[];
        readonly divisors_w: readonly number[];
      }[];
    }[];
    readonly random_divisor: readonly {
      readonly seed: number;
      readonly swap_size: number;
      readonly value: number;
      readonly min: number;
      readonly picks: readonly number[];
    }[];
  };
  readonly freeu_filters: {
    readonly cases: readonly {
      readonly x: string;
      readonly threshold: number;
      readonly scale: number;
      readonly scale_high?: number;
      readonly out: string;
      readonly kind: string;
    }[];
  };
  readonly freeu_regions: readonly {
    readonly width: number;
    readonly offset: number;
    readonly n: number;
    readonly begin_end_inverted: readonly [number, number, boolean];
  }[];
}

const FOLDER = 'extensions';
const there = listReference(FOLDER).includes('functions.json');
const functions = there ? readReferenceJson<Functions>(FOLDER, 'functions.json') : null;
/** After an FFT; see its README. */
const TOLERANCE = 1e-4;

describe.skipIf(!functions)('FreeU', () => {
  it.each(functions?.freeu_regions ?? [])('scales channels from $offset on, $width of them', (one) => {
    const { begin, end, inverted } = ratioToRegion(one, one.n);
    expect([begin, end, inverted]).toEqual(one.begin_end_inverted);
  });

  it.each(functions?.freeu_filters.cases ?? [])('filters as $kind at $threshold ($x)', async (one) => {
    const tensors = await readTensors(bytesSource(readReference(FOLDER, 'functions.safetensors.gz')));
    const { data, dims } = tensors.get(one.x)!;
    const [batch, channels, height, width] = dims as [number, number, number, number];
    const graph = new Graph('float32');
    const levels = new Levels(graph, 1);
    const maps = new PlaneMaps(graph);
    const { finest } = levels;
    const x = graph.input('x', 'float32', finest.planesDims(channels));
    // ComfyUI counts the box in frequencies; these cases have one, which is the least that webui's has.
    const cutoff = one.kind.startsWith('comfy') ? 0 : one.threshold;
    const map = { from: finest, to: finest, parts: LOW_PASS_PARTS };
    const matrices = (size: Sizes) => lowPass(size, cutoff);
    graph.output('low', maps.apply(x, channels, { ...map, matrices }), finest.planesDims(channels));
    const sizes = levels.sizes({ batch, height, width }, () => 0);
    const session = await openNodeSession(
      {
        graph,
        outputs: ['low'],
        feeds: () => ({
          x: { type: 'float32', data, dims },
          ...levelFeeds(sizes),
          ...maps.feeds(sizes, () => 0),
        }),
      },
      () => Promise.reject(new Error('There are no weights.')),
    );
    const low = (await session.run(undefined))['low']!.data;
    const high = one.scale_high ?? 1;
    const filtered = data.map((value, i) => high * value + (one.scale - high) * low[i]!);
    expect(relativeError(filtered, tensors.get(one.out)!.data)).toBeLessThan(TOLERANCE);
  });
});

describe.skipIf(!functions)('HyperTile', () => {
  it.each(functions?.hypertile.table ?? [])('tiles $width x $height at most $max_tile', (one) => {
    const { width, height } = one;
    expect(largestTile(width, height)).toBe(one.largest_tile_size_available);
    const least = leastTile(width, height, one.max_tile);
    for (const row of one.by_depth) {
      const sides = sidesOf(row.tokens, width / height);
      expect([sides.height, sides.width]).toEqual(row.found_hw);
      expect(least * 2 ** row.depth).toBe(row.min_tile);
      const options = Math.max(row.divisors_h.length, row.divisors_w.length);
      const numbers = (side: number, expected: readonly number[]) =>
        expect(tileNumbers(side, row.min_tile, options).slice(0, expected.length)).toEqual(expected);
      numbers(sides.height, row.divisors_h);
      numbers(sides.width, row.divisors_w);
    }
  });

  it.each(functions?.hypertile.random_divisor ?? [])('draws as seed $seed, $swap_size options', (one) => {
    const random = new PythonRandom(one.seed);
    const numbers = tileNumbers(one.value, one.min, one.swap_size);
    expect(one.picks.map(() => numbers[random.randint(0, numbers.length - 1)])).toEqual(one.picks);
  });
});
