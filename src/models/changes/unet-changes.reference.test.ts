// UNets with changes against the original programs' (tests/reference/extensions: functions' UNet cases, DeepCache); that changes which are
// told nothing change nothing; and that our own kernels compute them.
import { describe, expect, it } from 'vitest';
import { readTensors, type Tensors } from '../../../tests/goldens.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import {
  firstOfEachKind,
  listReference,
  readReference,
  readReferenceJson,
  tinyModels,
} from '../../../tests/reference-dir.ts';
import { loadTinyModel, readExpected, relativeError, type TinyModel } from '../../../tests/tiny-model.ts';
import { bytesSource } from '../../checkpoint/source.ts';
import { compile } from '../../wgsl/program.ts';
import type { NetworkChange } from '../network-changes.ts';
import type { UNetConfig } from '../types.ts';
import { unetNetwork, type UNetInputs, type UNetOptions } from '../unet.ts';
import { DEEP } from './deep-cache.ts';
import { freeuMarks, type FreeU } from './freeu.ts';

interface FreeUOptions {
  readonly b1: number;
  readonly b2: number;
  readonly s1: number;
  readonly s2: number;
}

interface DeepCacheRuns {
  readonly source: string;
  readonly timesteps: readonly number[];
  readonly cases: readonly {
    readonly branch: number;
    readonly out: string;
    readonly full_steps: readonly number[];
  }[];
}

const FOLDER = 'extensions';
/** UNet cases and DeepCache, float32. */
const TOLERANCE = 5e-5;
const files = listReference(FOLDER);
/** The model that a text of the data names. */
const modelIn = (text: string) => tinyModels().findLast((name) => text.includes(name)) ?? '';
interface UNetCases {
  readonly source: string;
  readonly cases: readonly {
    readonly case: string;
    readonly kind: string;
    readonly options: FreeUOptions;
    readonly out: string;
  }[];
}
const unetCases = files.includes('functions.json')
  ? readReferenceJson<{ readonly unet: UNetCases }>(FOLDER, 'functions.json').unet
  : { source: '', cases: [] };
const freeuModel = modelIn(unetCases.source);
const freeuCases = freeuModel ? unetCases.cases.filter(({ kind }) => kind.startsWith('FreeU')) : [];
const deepCache = files.includes('caches.json')
  ? readReferenceJson<{ readonly deepcache: DeepCacheRuns }>(FOLDER, 'caches.json').deepcache
  : null;
const deepModel = modelIn(deepCache?.source ?? '');

function tensorsOf(file: string): Promise<Tensors> {
  return readTensors(bytesSource(readReference(FOLDER, `${file}.safetensors.gz`)));
}

async function caseInputs(key: string): Promise<UNetInputs> {
  const expected = (await readExpected(freeuModel, 'unet.safetensors'))!;
  const [x, context] = [expected.get(`${key}.x`)!, expected.get(`${key}.context`)!];
  return {
    ...{ x: x.data, batch: x.dims[0]!, height: x.dims[2]!, width: x.dims[3]! },
    ...{ timesteps: expected.get(`${key}.t`)!.data, context: context.data, tokens: context.dims[1]! },
  };
}

async function open(model: TinyModel, options: UNetOptions) {
  return openNodeSession(unetNetwork(model.unet, model.catalog, 'float32', options), model.readWeight);
}

/**
 * As ComfyUI's and Forge's nodes: the two widest, the first half of the channels, the lowest frequency alone. A region's last channel counts,
 * too, so that it ends one before the half.
 */
function freeuOf(kind: string, { modelChannels }: UNetConfig): FreeU {
  const stages = [4, 2].map((times) => {
    const width = 0.5 - 1 / (times * modelChannels);
    return { times, region: { width, offset: 0 }, cutoff: 0 };
  });
  return { kind: 'freeu', version: kind.endsWith('V2') ? 2 : 1, stages };
}

const everyItem = (marks: Readonly<Record<string, number>>, batch: number) =>
  Object.fromEntries(
    Object.entries(marks).map(([name, value]) => [name, new Array<number>(batch).fill(value)]),
  );

describe.skipIf(freeuCases.length === 0)('FreeU', () => {
  it.each(freeuCases)('$kind of case $case, $options', async ({ case: key, kind, options, out }) => {
    const model = await loadTinyModel(freeuModel);
    const session = await open(model, { changes: [freeuOf(kind, model.unet)] });
    const inputs = await caseInputs(key);
    const { b1, b2, s1, s2 } = options;
    const marks = everyItem(
      {
        ...freeuMarks(0, { backbone: b1, low: s1, high: 1 }),
        ...freeuMarks(1, { backbone: b2, low: s2, high: 1 }),
      },
      inputs.batch,
    );
    const result = (await session.run({ ...inputs, marks }))['out']!;
    const expected = (await tensorsOf('functions')).get(out)!;
    expect(relativeError(result.data, expected.data)).toBeLessThan(TOLERANCE);
    await session.release();
  });
});

describe.skipIf(!deepCache || !deepModel)('DeepCache', () => {
  it.each(deepCache?.cases ?? [])('branch $branch, whole at $full_steps', async (one) => {
    const model = await loadTinyModel(deepModel);
    const tensors = await tensorsOf('caches');
    const [keeps, takes] = await Promise.all(
      (['keeps', 'takes'] as const).map((role) =>
        open(model, { changes: [{ kind: 'deep-cache', branch: one.branch }], takesDeep: role === 'takes' }),
      ),
    );
    const [all, context] = [tensors.get('deepcache.x')!, tensors.get('deepcache.context')!];
    const [, batch, , height, width] = all.dims as [number, number, number, number, number];
    const expected = tensors.get(one.out)!;
    const size = all.data.length / all.dims[0]!;
    let deep: Float32Array | undefined;
    for (const [step, time] of deepCache!.timesteps.entries()) {
      const inputs: UNetInputs = {
        ...{ x: all.data.slice(step * size, (step + 1) * size), batch, height, width },
        ...{
          timesteps: new Array<number>(batch).fill(time),
          context: context.data,
          tokens: context.dims.at(-2)!,
        },
      };
      const whole = one.full_steps.includes(step);
      const results = await (whole ? keeps! : takes!).run(
        whole ? inputs : { ...inputs, ...(deep && { deep }) },
      );
      deep = results[DEEP]?.data ?? deep;
      const wanted = expected.data.subarray(step * size, (step + 1) * size);
      expect(relativeError(results['out']!.data, wanted), `step ${step}`).toBeLessThan(TOLERANCE);
    }
    await Promise.all([keeps!.release(), takes!.release()]);
  });

  it('names the branches that there are', async () => {
    const { unet, catalog } = await loadTinyModel(deepModel);
    const options = { changes: [{ kind: 'deep-cache', branch: 12 }] } as const;
    expect(() => unetNetwork(unet, catalog, 'float32', options)).toThrow(/0 to 11/);
  });
});

/** Of each kind one. */
function changesOf(): Readonly<Record<string, NetworkChange>> {
  const region = { width: 0.5, offset: 0.75 };
  const stages = [4, 2, 1].map((times) => ({ times, region, cutoff: 0.5 }));
  return {
    'FreeU 1': { kind: 'freeu', version: 1, stages },
    'FreeU 2': { kind: 'freeu', version: 2, stages },
    'deep shrink': {
      kind: 'deep-shrink',
      scaler: 'bicubic',
      early: false,
      blocks: [2, 3],
    },
    HyperTile: { kind: 'hypertile', maxDepth: 3 },
    'negated tokens': { kind: 'negated-tokens' },
  };
}

const NEUTRAL_LIMIT = 1e-6;

const kinds = tinyModels().filter((name) => firstOfEachKind().has(name));
if (kinds.length === 0) it.skip('there is no model', () => undefined);

describe.each(kinds)('%s', (name) => {
  it('is what it was where changes are told nothing, and our kernels compute them', async () => {
    const model = await loadTinyModel(name);
    const { unet } = model;
    const [batch, height, width, tokens] = [2, 9, 16, 77];
    const noise = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * 1.5);
    const inputs: UNetInputs = {
      ...{ batch, height, width, tokens, timesteps: [500, 500] },
      x: noise(batch * unet.inChannels * height * width),
      context: noise(batch * tokens * unet.contextDim),
      ...(unet.vectorDim === null ? {} : { vector: noise(batch * unet.vectorDim) }),
    };
    const plain = await open(model, {});
    const expected = (await plain.run(inputs))['out']!.data;
    await plain.release();
    for (const [what, change] of Object.entries(changesOf())) {
      const session = await open(model, { changes: [change] });
      const result = (await session.run(inputs))['out']!.data;
      await session.release();
      expect(relativeError(result, expected), what).toBeLessThan(NEUTRAL_LIMIT);
      for (const precision of ['float16', 'float32'] as const) {
        const network = unetNetwork(unet, model.catalog, precision, { changes: [change] });
        const dialect = { dialect: { float16: 'native' }, maxBufferSize: 2 ** 31 } as const;
        expect(() => compile(network.graph, network.feeds(inputs), ['out'], dialect), what).not.toThrow();
      }
    }
  });
});
