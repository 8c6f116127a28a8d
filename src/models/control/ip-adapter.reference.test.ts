// CLIP's vision tower, projections of pictures, and UNets that look at them, against Mikubill's extension (models/control/ip.json), on
// onnxruntime's CPU.
import { describe, expect, it } from 'vitest';
import {
  adapterNumbers,
  adapterReference,
  beside,
  openAdapter,
  projected,
  visionFile,
  visionNetwork,
  type AdapterRow,
} from '../../../tests/ip-adapters.ts';
import { annotatorPicture } from '../../../tests/annotators.ts';
import { openNodeSession } from '../../../tests/ort-node.ts';
import { listReference, readReferenceJson, tinyModels } from '../../../tests/reference-dir.ts';
import { openNetwork } from '../../../tests/reference-networks.ts';
import { loadTinyModel, readExpected, relativeError, type Tensors } from '../../../tests/tiny-model.ts';
import { readSafetensors, writeSafetensors, type Entry } from '../../../tests/safetensors-file.ts';
import { clipPicture } from '../../control/preprocessors/clip-picture.ts';
import type { Precision } from '../../graph/types.ts';
import { withoutPause } from '../../image/pause.ts';
import { unetNetwork } from '../unet.ts';
import { imageBlockCount, type ImageInput } from './image-attention.ts';
import { projectionSizes, PROJECTION_PREFIX } from './projection-sizes.ts';

/** control/README.md, "Tolerances". */
const TOLERANCE: Readonly<Record<Precision, number>> = { float32: 5e-5, float16: 2e-2 };

const reference = adapterReference();
const tower = visionFile();
const shortName = (picture: string): string => /_(\w+)\.png$/.exec(picture)![1]!;

describe.skipIf(!reference || !tower)('CLIP vision', () => {
  const pictures = reference?.pictures.filter(({ picture }) => !picture.includes('masked')) ?? [];
  const layouts: Readonly<Record<string, (file: Uint8Array) => Uint8Array>> = {
    "transformers' names": (file) => file,
    "open_clip's names": inOpenClip,
  };
  it.each(Object.entries(layouts))('sees what the extension sees, under %s', async (_, laidOut) => {
    const network = await openNetwork(laidOut(tower!));
    expect(network.detection).toMatchObject({ annotator: { kind: 'clip-vision' }, supported: true });
    const expected = await adapterNumbers(reference!);
    for (const precision of ['float32', 'float16'] as const) {
      const session = await openNodeSession(
        visionNetwork(reference!, network, precision),
        network.readWeight,
      );
      for (const one of precision === 'float32' ? pictures : pictures.slice(0, 1)) {
        const picture = await clipPicture(await annotatorPicture(one.picture), withoutPause);
        const { embedding, states } = await session.run({ image: picture.data });
        const limit = TOLERANCE[precision];
        expect(relativeError(embedding!.data, expected.get(one.image_embeds)!.data)).toBeLessThan(limit);
        expect(relativeError(states!.data, expected.get(one.penultimate)!.data)).toBeLessThan(limit);
      }
      const nothing = await session.run({ image: new Float32Array(3 * 224 * 224) });
      expect(
        relativeError(nothing['states']!.data, expected.get(reference!.uncond_hidden)!.data),
      ).toBeLessThan(TOLERANCE[precision]);
      await session.release();
    }
  });
});

/** The same tower as open_clip stores it: q, k and v in one, the last product the other way round. */
function inOpenClip(file: Uint8Array): Uint8Array {
  const entries = new Map(readSafetensors(file).map((entry) => [entry.name, entry]));
  const renamed: Entry[] = [];
  const names: readonly (readonly [RegExp, string])[] = [
    [/^vision_model\.embeddings\.class_embedding$/, 'visual.class_embedding'],
    [/^vision_model\.embeddings\.patch_embedding\.weight$/, 'visual.conv1.weight'],
    [/^vision_model\.embeddings\.position_embedding\.weight$/, 'visual.positional_embedding'],
    [/^vision_model\.pre_layrnorm\./, 'visual.ln_pre.'],
    [/^vision_model\.post_layernorm\./, 'visual.ln_post.'],
    [/^vision_model\.encoder\.layers\.(\d+)\.layer_norm([12])\./, 'visual.transformer.resblocks.$1.ln_$2.'],
    [/^vision_model\.encoder\.layers\.(\d+)\.mlp\.fc1\./, 'visual.transformer.resblocks.$1.mlp.c_fc.'],
    [/^vision_model\.encoder\.layers\.(\d+)\.mlp\.fc2\./, 'visual.transformer.resblocks.$1.mlp.c_proj.'],
    [
      /^vision_model\.encoder\.layers\.(\d+)\.self_attn\.out_proj\./,
      'visual.transformer.resblocks.$1.attn.out_proj.',
    ],
  ];
  for (const entry of entries.values()) {
    const found = names.find(([pattern]) => pattern.test(entry.name));
    if (found) renamed.push({ ...entry, name: entry.name.replace(...found) });
    const query = /^(vision_model\.encoder\.layers\.(\d+)\.self_attn\.)q_proj\.(weight|bias)$/.exec(
      entry.name,
    );
    if (query) {
      const three = ['q', 'k', 'v'].map((part) => entries.get(`${query[1]}${part}_proj.${query[3]}`)!);
      renamed.push({
        name: `visual.transformer.resblocks.${query[2]}.attn.in_proj_${query[3]}`,
        dtype: entry.dtype,
        shape: [3 * entry.shape[0]!, ...entry.shape.slice(1)],
        bytes: Uint8Array.from(three.flatMap(({ bytes }) => [...bytes])),
      });
    }
  }
  const projection = entries.get('visual_projection.weight')!;
  const [rows, columns] = projection.shape as [number, number];
  const from = new Uint16Array(projection.bytes.slice().buffer);
  const turned = from.map((_, i) => from[(i % rows) * columns + Math.floor(i / rows)]!);
  const bytes = new Uint8Array(turned.buffer);
  return writeSafetensors([
    ...renamed,
    { ...projection, name: 'visual.proj', shape: [columns, rows], bytes },
  ]);
}

const rows = (reference?.adapters ?? []).filter(({ file }) =>
  listReference('models', 'control').includes(file),
);
const ofFaces = ({ published_like: like }: AdapterRow): boolean => like.includes('faceid');

describe.each(rows.filter(ofFaces))('$name', (row) => {
  it('is refused in words', async () => {
    const { detection } = await openAdapter(row);
    expect(detection).toMatchObject({ kind: 'controlnet', supported: false });
    expect(detection.unsupportedReason).toMatch(/faces/);
  });
});

describe.each(rows.filter((row) => !ofFaces(row)))('$name', (row) => {
  it('makes the tokens that the extension makes', async () => {
    const adapter = await openAdapter(row);
    const expected = await adapterNumbers(reference!);
    const { kind, width } = projectionSizes((name) => adapter.catalog.shapeOf(PROJECTION_PREFIX + name))!;
    const nothing = kind === 'plain' ? new Float32Array(width) : expected.get(reference!.uncond_hidden)!.data;
    for (const [name, { cond, uncond }] of Object.entries(row.image_tokens)) {
      const one = reference!.pictures.find(({ picture }) => shortName(picture) === name)!;
      const seen = expected.get(kind === 'plain' ? one.image_embeds : one.penultimate)!.data;
      for (const precision of ['float32', 'float16'] as const) {
        const limit = TOLERANCE[precision];
        const tokens = await projected(adapter, seen, precision);
        expect(relativeError(tokens, expected.get(cond)!.data)).toBeLessThan(limit);
        const blank = await projected(adapter, nothing, precision);
        expect(relativeError(blank, expected.get(uncond)!.data)).toBeLessThan(limit);
      }
    }
  });

  it.skipIf(!tinyModels().includes(row.base))(
    'steers the UNet as the extension does',
    { timeout: 120_000 },
    async () => {
      const base = await loadTinyModel(row.base);
      const inputs = (await readExpected(row.base, 'unet.safetensors'))!;
      const expected = await adapterNumbers(reference!);
      const prefix = 'adapter.';
      const { catalog, readWeight } = beside(base, new Map([[prefix, await openAdapter(row)]]));
      const blocks = imageBlockCount(base.unet);
      expect(blocks).toBe(1 + Math.max(...row.layers.map(({ index }) => index)));
      const all = row.cases.flatMap(({ case: key, out }) =>
        Object.entries(out).map(([label, name]) => ({ key, label, name })),
      );
      expect(all.length).toBeGreaterThan(0);
      const compare = async (precision: Precision, masked: boolean, cases: typeof all): Promise<void> => {
        if (cases.length === 0) return;
        const network = unetNetwork(base.unet, catalog, precision, { images: [{ prefix, masked }] });
        const session = await openNodeSession(network, readWeight);
        for (const { key, label, name } of cases) {
          const result = await session.run(runOf(inputs, expected, key, label, row, blocks));
          const error = relativeError(result['out']!.data, expected.get(name)!.data);
          expect(error, `${key} ${label}`).toBeLessThan(TOLERANCE[precision]);
        }
        await session.release();
      };
      const inPart = ({ label }: { readonly label: string }): boolean => label === 'region';
      await compare(
        'float32',
        false,
        all.filter((one) => !inPart(one)),
      );
      await compare('float32', true, all.filter(inPart));
      await compare('float16', false, all.filter(({ label }) => label === 's1').slice(0, 1));
    },
  );
});

/** What a label of ip.json says of a run. */
function runOf(
  inputs: Tensors,
  expected: Tensors,
  key: string,
  label: string,
  { image_tokens: tokens }: AdapterRow,
  blocks: number,
) {
  const of = (name: string) => inputs.get(`${key}.${name}`)!;
  const [, , height = 0, width = 0] = of('x').dims;
  const [, count = 0] = expected.get(tokens['photo']!.cond)!.dims;
  const numbers = (name: string): Float32Array => expected.get(name)!.data;
  const [photo, tall] = [tokens['photo']!, tokens['tall']!];
  const pair = label === 'pair';
  const mean = numbers(photo.cond).map((value, i) => (value + numbers(tall.cond)[i]!) / 2);
  const cond = label === 'average' ? mean : numbers(photo.cond);
  const strength = /^s([\d.]+)$/.exec(label);
  const weights = Array.from({ length: blocks }, (_, i) =>
    label === 'advanced' ? (i === 3 ? 0 : 0.1 + 0.06 * i) : strength ? Number(strength[1]) : 1,
  );
  const region = label === 'region' ? regionOf(8 * height, 8 * width) : null;
  const image: ImageInput = {
    tokens: pair ? Float32Array.from([...cond, ...numbers(photo.uncond)]) : cond,
    ...{ count, weights, region },
  };
  const twice = (data: Float32Array): Float32Array => (pair ? Float32Array.from([...data, ...data]) : data);
  const vector = inputs.get(`${key}.y`)?.data;
  const context = of('context');
  return {
    ...{ x: twice(of('x').data), batch: pair ? 2 : 1, height, width, tokens: context.dims[1]! },
    timesteps: twice(of('t').data),
    context: pair
      ? Float32Array.from([...context.data, ...rolled(context.data, context.dims)])
      : context.data,
    ...(vector && { vector: twice(vector) }),
    images: [image],
  };
}

/** numpy.roll(context, (1, 3)) over tokens and channels, * 0.9: the negative item of nets.json's pairs. */
function rolled(context: Float32Array, [, tokens = 0, channels = 0]: readonly number[]): Float32Array {
  return context.map((_, i) => {
    const [token, channel] = [Math.floor(i / channels), i % channels];
    const from = ((token + tokens - 1) % tokens) * channels + ((channel + channels - 3) % channels);
    return Math.fround(context[from]! * Math.fround(0.9));
  });
}

/** 1 in the rows above the middle and the columns right of the first quarter. */
function regionOf(height: number, width: number) {
  const data = Float32Array.from({ length: height * width }, (_, i) =>
    Number(Math.floor(i / width) < height / 2 && i % width >= Math.floor(width / 4)),
  );
  return { data, channels: 1, height, width };
}

describe.skipIf(!reference)('the published files', () => {
  const file = listReference('models', 'control').find((name) => name.startsWith('manifests'));
  const layouts = file
    ? readReferenceJson<{
        readonly layouts: Readonly<Record<string, { readonly tensors: Readonly<Record<string, number[]>> }>>;
      }>('models', 'control', file).layouts
    : {};
  const adapters = Object.entries(layouts).filter(([name]) => name.startsWith('ip-adapter'));
  it.each(adapters)('%s is known by its tensors', async (name, { tensors }) => {
    const { readControl } = await import('./file.ts');
    const shapes = new Map(
      Object.entries(tensors).map(([tensor, shape]) => [tensor, { dtype: 'F16' as const, shape }]),
    );
    const told = readControl(shapes)!;
    if (name.includes('faceid')) {
      expect(told.info).toBeNull();
      expect(told.problem).toMatch(/faces/);
    } else
      expect(told.info).toMatchObject({ kind: 'ip-adapter', family: name.includes('sdxl') ? 'sdxl' : 'sd1' });
  });
});
