// The graphs of networks for faces against the original classes, on onnxruntime's CPU; and their published layouts.
import { describe, expect, it } from 'vitest';
import { faceCases, largestOf, repeated, thinned } from '../../../tests/faces.ts';
import type { Tensors } from '../../../tests/goldens.ts';
import { openNodeSession, type FloatTensor } from '../../../tests/ort-node.ts';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { expectedOf, loadNetwork, type NetworkCase } from '../../../tests/reference-networks.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import type { DType } from '../../checkpoint/types.ts';
import { inferShapes } from '../../graph/shapes.ts';
import type { Precision } from '../../graph/types.ts';
import { TorchGenerator } from '../../sampling/random/torch-generator.ts';
import { detect } from '../detect.ts';
import { planWeights } from '../plan.ts';
import { nameInFile } from '../layouts/deviations.ts';
import { faceArchitectureOf } from './architectures.ts';
import { codeFormerNetwork } from './codeformer.ts';
import { gfpganNetwork } from './gfpgan.ts';
import { parseNetNetwork } from './parse-net.ts';
import { detectorInput, retinaFaceNetwork } from './retina-face.ts';
import { facesIn, type FoundFace } from './retina-face-boxes.ts';

/** models/extras/README.md of the reference data, "Tolerances". */
const TOLERANCES = { float32: 5e-5, float16: 1e-2 };
const PRECISIONS = ['float32', 'float16'] as const;
const FLOAT32_ALONE = 'computed in float32 everywhere';

type Results = Readonly<Record<string, FloatTensor>>;

/** Names of the layers whose results are expected, less those that `other` names in another way. */
function tapsOf(expected: Tensors): string[] {
  return [...expected.keys()].flatMap((key) => (key.startsWith('act.') ? [key.slice(4)] : []));
}

function expectNear(actual: Float32Array, expected: Float32Array, what: string, precision: Precision): void {
  expect(relativeError(actual, expected), what).toBeLessThan(TOLERANCES[precision]);
}

/** Layer by layer. */
function expectActs(results: Results, expected: Tensors, { strides }: NetworkCase, precision: Precision) {
  for (const [key, { data, dims }] of expected) {
    if (!key.startsWith('act.')) continue;
    const result = results[key]!;
    // [places, 1, width] there are [places, width] here.
    const shape = dims.length === 3 ? result.dims.toSpliced(1, 0, 1) : result.dims;
    expectNear(thinned({ data: result.data, dims: shape }, strides[key] ?? 1), data, key, precision);
  }
}

const inputsOf = (expected: Tensors): string[] =>
  [...expected.keys()].flatMap((key) => (key.startsWith('x.') ? [key.slice(2)] : []));

const detectors = await faceCases('retina-face');

describe.skipIf(detectors.length === 0).each(detectors)('$name', (one) => {
  it.for(PRECISIONS)('in %s', async (precision) => {
    const { detection, catalog, readWeight } = await loadNetwork(one);
    expect(detection).toMatchObject({ kind: 'face-detector', unsupportedReason: null, face: { side: null } });
    const expected = await expectedOf(one);
    const network = retinaFaceNetwork(catalog, precision, tapsOf(expected));
    const session = await openNodeSession(network, readWeight);
    for (const id of inputsOf(expected)) {
      const { data, dims } = expected.get(`x.${id}`)!;
      const [height, width] = dims.slice(-2) as [number, number];
      // Blue, green, red there; pixels here.
      const pixels = new Uint8Array(data.length);
      for (let c = 0; c < 3; c++)
        for (let i = 0; i < height * width; i++) pixels[3 * i + 2 - c] = data[c * height * width + i]!;
      const picture = { data: pixels, height, width, channels: 3 } as const;
      const results = await session.run(detectorInput(picture));
      for (const output of ['loc', 'conf', 'landms'] as const)
        expectNear(results[output]!.data, expected.get(`out.${id}.${output}`)!.data, output, precision);
      expectActs(results, expected, one, precision);
      if (precision !== 'float32') continue;
      const [loc, conf, landms] = [results['loc']!, results['conf']!, results['landms']!];
      const outputs = { loc: loc.data, conf: conf.data, landms: landms.data };
      for (const [key, { data, dims }] of expected) {
        const [, sure, overlap = '0.4'] = /\.faces_([\d.]+?)(?:_nms([\d.]+))?$/.exec(key) ?? [];
        if (sure === undefined) continue;
        const options = { sure: Number(sure), overlap: Number(overlap) };
        const faces = facesIn(outputs, { height, width }, options);
        expect(faces.length, key).toBe(dims[0]);
        expectNear(Float32Array.from(faces.flatMap(numbersOf)), data, key, precision);
      }
    }
    await session.release();
  });
});

/** As facexlib writes a face down. */
function numbersOf({ box, score, landmarks }: FoundFace): number[] {
  return [box.left, box.top, box.right, box.bottom, score, ...landmarks.flatMap(({ x, y }) => [x, y])];
}

const parsers = await faceCases('parse-net');

describe.skipIf(parsers.length === 0).each(parsers)('$name', (one) => {
  it.for(PRECISIONS)('in %s', async (precision) => {
    const { detection, catalog, readWeight } = await loadNetwork(one);
    expect(detection).toMatchObject({ kind: 'face-parser', unsupportedReason: null, face: { side: null } });
    const expected = await expectedOf(one);
    const heads = ['out_mask_conv', 'out_img_conv'];
    const network = parseNetNetwork(catalog, precision, [...tapsOf(expected), ...heads]);
    const session = await openNodeSession(network, readWeight);
    for (const id of inputsOf(expected)) {
      const { data, dims } = expected.get(`x.${id}`)!;
      const [height, width] = dims.slice(-2) as [number, number];
      const results = await session.run({ image: data, height, width });
      expectActs(results, expected, one, precision);
      const names = { mask_logits: 'act.out_mask_conv', img: 'act.out_img_conv' };
      for (const [output, name] of Object.entries(names)) {
        const key = [...expected.keys()].find((key) => key.startsWith(`out.${id}.${output}_every_`))!;
        const step = Number(/every_(\d+)/.exec(key)![1]);
        expectNear(thinned(results[name]!, step), expected.get(key)!.data, key, precision);
        if (output !== 'mask_logits' || precision !== 'float32') continue;
        const labels = thinned({ data: results['labels']!.data, dims: [height, width] }, step);
        expect(Array.from(labels)).toEqual(largestOf(expected.get(key)!.data, labels.length));
      }
    }
    await session.release();
  });
});

const gfpgans = await faceCases('gfpgan');

describe.skipIf(gfpgans.length === 0).each(gfpgans)('$name', (one) => {
  it.for(PRECISIONS)('in %s', async (precision, context) => {
    if (precision === 'float16' && !faceArchitectureOf('gfpgan').half) return context.skip(FLOAT32_ALONE);
    const { detection, catalog, readWeight } = await loadNetwork(one);
    expect(detection).toMatchObject({ kind: 'face-restorer', unsupportedReason: null });
    const expected = await expectedOf(one);
    const sides = [...expected.keys()].flatMap((key) => /^out\.[^.]+\.rgb(\d+)$/.exec(key)?.[1] ?? []);
    const taps = [...tapsOf(expected), ...new Set(sides.map((i) => `toRGB.${i}`))];
    const session = await openNodeSession(gfpganNetwork(catalog, precision, taps), readWeight);
    for (const id of inputsOf(expected)) {
      const { data, dims } = expected.get(`x.${id}`)!;
      expect(detection.face!.side).toBe(dims.at(-1));
      const inFile = (i: number) => `stylegan_decoder.noises.noise${i}`;
      const noises: Readonly<Record<string, (i: number) => Promise<Float32Array>>> = {
        async stored_noise(i) {
          const ref = { name: inFile(i), shape: catalog.shapeOf(inFile(i))!, start: 0 };
          const bytes = await readWeight(ref, 'float32');
          return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
        },
        random_noise: (i) => Promise.resolve(expected.get(`out.${id}.noise${i}`)!.data),
      };
      for (const [kind, noiseOf] of Object.entries(noises)) {
        const drawn: Float32Array[] = [];
        for (let i = 0; catalog.shapeOf(inFile(i)); i++) drawn.push(await noiseOf(i));
        const results = await session.run({ image: data, normal: () => drawn.shift()!, weight: 0 });
        expect(drawn).toEqual([]);
        const restored = results['restored']!.data;
        expectNear(restored, expected.get(`out.${id}.${kind}`)!.data, kind, precision);
        for (const i of sides)
          expectNear(
            results[`act.toRGB.${i}`]!.data,
            expected.get(`out.${id}.rgb${i}`)!.data,
            `rgb${i}`,
            precision,
          );
        if (kind === 'stored_noise') expectActs(results, expected, one, precision);
      }
    }
    await session.release();
  });

  it('asks for its noise in the order in which torch draws it', async () => {
    const { catalog } = await loadNetwork(one);
    const expected = await expectedOf(one);
    const { note } = readReferenceJson<{ note: string }>(...one.folder, 'index.json');
    const seed = Number(/manual_seed (\d+)/.exec(note)?.[1]);
    for (const id of inputsOf(expected)) {
      const generator = new TorchGenerator(seed);
      const { data } = expected.get(`x.${id}`)!;
      const fed = gfpganNetwork(catalog, 'float32').feeds({
        image: data,
        normal: (count) => generator.randn(count),
        weight: 0,
      });
      const noises = Object.keys(fed).filter((name) => name.startsWith('noise'));
      expect(noises.length).toBeGreaterThan(0);
      for (const name of noises)
        expectNear(fed[name]!.data as Float32Array, expected.get(`out.${id}.${name}`)!.data, name, 'float32');
    }
  });
});

const codeFormers = await faceCases('codeformer');

/** index.json of the reference data: what the network is given, and which of its pixels are expected. */
const ENLARGED = 16;
const CROP = { top: 200, left: 180, side: 32 };

describe.skipIf(codeFormers.length === 0).each(codeFormers)('$name', (one) => {
  it.for(PRECISIONS)('in %s', { timeout: 120_000 }, async (precision, context) => {
    if (precision === 'float16' && !faceArchitectureOf('codeformer').half) return context.skip(FLOAT32_ALONE);
    const { detection, catalog, readWeight } = await loadNetwork(one);
    expect(detection).toMatchObject({ kind: 'face-restorer', unsupportedReason: null });
    const side = detection.face!.side!;
    const expected = await expectedOf(one);
    for (const id of inputsOf(expected)) {
      const { data, dims } = expected.get(`x.${id}`)!;
      const [height, width] = dims.slice(-2) as [number, number];
      const unit = data.map((value) => 2 * value - 1);
      const image = repeated(unit, { height, width }, ENLARGED);
      const runs = [...expected.keys()].flatMap((key) => {
        const [, weight, plain] = new RegExp(`^out\\.${id}\\.w([\\d.]+?)(_no_adain)?$`).exec(key) ?? [];
        return weight === undefined ? [] : [{ key, weight: Number(weight), adain: plain === undefined }];
      });
      expect(runs.some(({ weight }) => weight === 0)).toBe(true);
      // The layers are those of the first run that has all of them.
      const first = runs.find(({ weight, adain }) => weight > 0 && adain)!;
      for (const run of runs) {
        const { key, weight, adain } = run;
        const looks = run === first;
        const own = ['idx_pred_layer', 'indices', 'encoder.blocks.24'];
        const taps = looks ? [...new Set([...tapsOf(expected), ...own])] : [];
        const network = codeFormerNetwork(catalog, precision, { fuses: weight > 0, adain, taps });
        const session = await openNodeSession(network, readWeight);
        const results = await session.run({ image, normal: () => new Float32Array(), weight });
        const restored = results['restored']!;
        expect(restored.dims).toEqual([1, 3, side, side]);
        expectNear(thinned(restored, side / width), expected.get(key)!.data, key, precision);
        const crop = expected.get(`${key}.crop`);
        if (crop) expectNear(cropped(restored), crop.data, `${key}.crop`, precision);
        if (looks) {
          expectActs(results, expected, one, precision);
          const at = (name: string) => expected.get(`out.${id}.${name}`)!.data;
          expectNear(results['act.idx_pred_layer']!.data, at('logits'), 'logits', precision);
          expectNear(results['act.encoder.blocks.24']!.data, at('lq_feat'), 'lq_feat', precision);
          expect(Array.from(results['act.indices']!.data)).toEqual(Array.from(at('indices')));
        }
        await session.release();
      }
    }
  });
});

function cropped({ data, dims }: FloatTensor): Float32Array {
  const [height, width] = dims.slice(-2) as [number, number];
  const { top, left, side } = CROP;
  const kept: number[] = [];
  for (let c = 0; c < 3; c++)
    for (let y = top; y < top + side; y++)
      for (let x = left; x < left + side; x++) kept.push(data[(c * height + y) * width + x]!);
  return Float32Array.from(kept);
}

interface Manifest {
  readonly tensors: Readonly<Record<string, { readonly shape: number[]; readonly dtype: DType }>>;
}

const manifests = [
  ['models', 'manifests'],
  ['models', 'extras', 'manifests'],
].flatMap((folder) =>
  listReference(...folder)
    .filter((file) => /^face-.*\.json\.gz$/.test(file))
    .map((file) => ({ file, manifest: readReferenceJson<Manifest>(...folder, file) })),
);

/** Buffers, and layers whose results nobody needs. */
const UNREAD = /num_batches_tracked$|^stylegan_decoder\.(style_mlp|noises)\.|^toRGB\.|^out_img_conv\./;

describe.skipIf(manifests.length === 0)('published layouts', () => {
  it.each(manifests)('$file', ({ file, manifest }) => {
    const tensors = new Map(Object.entries(manifest.tensors));
    const detection = detect(tensors, new Map(), null);
    if (file.includes('mobile')) {
      expect(detection).toMatchObject({ kind: 'face-detector', supported: false });
      expect(detection.unsupportedReason).toMatch(/MobileNet/);
      return;
    }
    expect(detection.unsupportedReason).toBeNull();
    const { kind, side } = detection.face!;
    expect(side === null || side === 512).toBe(true);
    const plan = planWeights(tensors, detection);
    const read = new Set(plan.flatMap(({ sources }) => sources));
    expect([...tensors.keys()].filter((name) => !read.has(name) && !UNREAD.test(name))).toEqual([]);
    const kept = new Map(plan.map(({ name, shape }) => [name, shape]));
    const catalog = { shapeOf: (name: string) => kept.get(name) };
    const { graph, feeds } = faceArchitectureOf(kind).trial(catalog, 'float32', { height: 512, width: 512 });
    const shapes = inferShapes(graph, feeds);
    const told = Object.fromEntries(graph.outputs.map(({ name, value }) => [name, shapes.get(value)]));
    // 2 anchors at each place of 64x64, 32x32 and 16x16.
    const anchors = 2 * (64 ** 2 + 32 ** 2 + 16 ** 2);
    expect(told).toEqual(
      {
        'retina-face': { loc: [1, anchors, 4], conf: [1, anchors, 2], landms: [1, anchors, 10] },
        'ssd-mobilenet': { boxes: [1, 5118, 4], scores: [1, 5118, 1], points: [1, 136] },
        'parse-net': { labels: [1, 512, 512, 1] },
        gfpgan: { restored: [1, 3, 512, 512] },
        codeformer: { restored: [1, 3, 512, 512] },
      }[kind],
    );
    for (const { name, sources } of plan) expect(sources[0]!.endsWith(nameInFile(name))).toBe(true);
  });
});
