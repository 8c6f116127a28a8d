// Every graph of the project has kernels of ours: none falls back on onnxruntime. Built of the reference data's files and of what comes
// with Darkroom; numbers are in *.float16.test.ts.
import { describe, expect, it } from 'vitest';
import type { Graph } from '../graph/graph.ts';
import type { HostTensor, Precision, WeightCatalog } from '../graph/types.ts';
import { ARCHITECTURES } from '../models/annotators/architectures.ts';
import { ddColorNetwork } from '../models/colorizers/ddcolor.ts';
import { yoloNetwork } from '../models/detectors/yolo.ts';
import { faceArchitectureOf } from '../models/faces/architectures.ts';
import type { NetworkChange } from '../models/network-changes.ts';
import type { Network } from '../models/network.ts';
import { tinyDecoderNetwork, tinyEncoderNetwork } from '../models/taesd.ts';
import type { Detection } from '../models/types.ts';
import { textEncoderNetwork } from '../models/text-encoder.ts';
import { unetNetwork, type UNetOptions } from '../models/unet.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../models/vae.ts';
import {
  decoderStemNetwork,
  decoderTileNetwork,
  decoderTiles,
  encoderStemNetwork,
  encoderTileNetwork,
  encoderTiles,
} from '../models/vae-tiles.ts';
import { projectionNetwork } from '../models/control/image-projection.ts';
import { projectionSizes, PROJECTION_PREFIX } from '../models/control/projection-sizes.ts';
import { architectureOf } from '../models/upscalers/architectures.ts';
import { annotatorReference, loadAnnotator, networkOf } from '../../tests/annotators.ts';
import {
  adapterGraph,
  controlFile,
  controlGraph,
  controlRows,
  openControl,
} from '../../tests/control-networks.ts';
import { adapterReference, beside, openAdapter, visionFile, visionNetwork } from '../../tests/ip-adapters.ts';
import { loadNetwork, networkCases, openNetwork } from '../../tests/reference-networks.ts';
import { tinyModels } from '../../tests/reference-dir.ts';
import { loadTinyModel, type TinyModel } from '../../tests/tiny-model.ts';
import { loadTinyVae, tinyVaeFolders } from '../../tests/tiny-vae.ts';
import { filesOf, loadDetector, yoloReference } from '../../tests/yolo.ts';
import { compile } from './program.ts';

const OPTIONS = { dialect: { float16: 'native' }, maxBufferSize: 2 ** 31 } as const;

interface Run {
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, HostTensor>>;
}

function runOf<I>({ graph, feeds }: Network<I>, inputs: I): Run {
  return { graph, feeds: feeds(inputs) };
}

/** Whether all outputs have kernels; else what has none. */
function missing({ graph, feeds }: Run): string | null {
  try {
    compile(
      graph,
      feeds,
      graph.outputs.map(({ name }) => name),
      OPTIONS,
    );
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function networksOf({ unet, vae, textEncoders, catalog }: TinyModel): Readonly<Record<string, Run>> {
  const [side, tokens] = [16, 77];
  const inputs = (tokenMerging: number) => ({
    ...{ batch: 2, height: side, width: side, tokens, timesteps: [500, 500], tokenMerging },
    x: new Float32Array(2 * unet.inChannels * side * side),
    context: new Float32Array(2 * tokens * unet.contextDim),
    ...(unet.vectorDim === null ? {} : { vector: new Float32Array(2 * unet.vectorDim) }),
  });
  const changes: readonly NetworkChange[] = [
    { kind: 'perturbed-attention', layers: 'middle_block' },
    { kind: 'perturbed-attention', layers: 'middle_block', bare: true },
    { kind: 'attention-shares', layers: 'middle_block' },
    { kind: 'smoothed-queries', layers: 'middle_block', sigma: 2 },
  ];
  const forms: UNetOptions[] = [
    {},
    { upcastAttention: true },
    { tokenMerging: true },
    { circular: true },
    { references: true },
  ];
  const { x } = inputs(0);
  const picture = { x, weight: 1, fidelity: 0.5, attention: true, adain: true };
  const looking = { references: { pictures: [picture, picture], negative: [false, true] } };
  const unets = [...forms, ...changes.map((change) => ({ changes: [change] }))].map(
    (options, i) =>
      [
        `UNet ${Object.keys(options).join('')}`,
        runOf(unetNetwork(unet, catalog, 'float16', options), { ...inputs(i === 2 ? 0.5 : 0), ...looking }),
      ] as const,
  );
  const latent = { latent: new Float32Array(4 * side * side), batch: 1, height: side, width: side };
  const pixels = 8 * side;
  const image = { image: new Float32Array(3 * pixels * pixels), batch: 1, height: pixels, width: pixels };
  const core = { top: 1, left: 2, bottom: 13, right: 15 };
  const tile = (channels: number, scale: number) => ({
    ...{
      planes: new Float32Array(channels * (side * scale) ** 2),
      height: side,
      width: side,
      core,
      statistics: null,
    },
  });
  const decoder = decoderTiles(vae);
  const encoder = encoderTiles(vae);
  const vaes = [false, true].flatMap((circular) => [
    [`VAE ${circular}`, runOf(vaeDecoderNetwork(vae, catalog, 'float16', { circular }), latent)] as const,
    [
      `VAE encoder ${circular}`,
      runOf(vaeEncoderNetwork(vae, catalog, 'float32', { circular }), image),
    ] as const,
    [
      `VAE stem ${circular}`,
      runOf(decoderStemNetwork(vae, catalog, 'float16', { circular }), latent),
    ] as const,
  ]);
  return {
    ...Object.fromEntries(unets),
    ...Object.fromEntries(vaes),
    'VAE tile': runOf(decoderTileNetwork(vae, catalog, 'float16'), tile(decoder.channels, 1)),
    'VAE encoder tile': runOf(encoderTileNetwork(vae, catalog, 'float32'), tile(3, encoder.pictureScale)),
    'VAE encoder stem': runOf(encoderStemNetwork(vae, catalog, 'float32'), {
      ...{ features: new Float32Array(encoder.channels * side * side), height: side, width: side },
    }),
    ...Object.fromEntries(
      textEncoders.map((config, i) => [
        `text encoder ${i}`,
        runOf(textEncoderNetwork(config, catalog, 'float32', { pooled: config.projection !== null }), {
          ...{ tokens: new Int32Array(2 * 77), chunks: 2 },
        }),
      ]),
    ),
  };
}

describe.each(tinyModels())('%s', (name) => {
  it('has kernels for all of its networks', async () => {
    const networks = Object.entries(networksOf(await loadTinyModel(name)));
    expect(
      networks.flatMap(([what, run]) => (missing(run) === null ? [] : `${what}: ${missing(run)}`)),
    ).toEqual([]);
  });
});

interface File {
  readonly detection: Detection;
  readonly catalog: WeightCatalog;
}

/** Networks that are files of their own. */
function runsOf({ detection, catalog }: File, precision: Precision): readonly Run[] {
  const { upscaler, face, colorizer, detector } = detection;
  const size = { height: 64, width: 64 };
  const image = new Float32Array(3 * 64 * 64);
  if (upscaler) return [runOf(architectureOf(upscaler.kind).network(catalog, precision), { image, ...size })];
  if (face) {
    const side = face.side ?? 64;
    return [faceArchitectureOf(face.kind).trial(catalog, precision, { height: side, width: side })];
  }
  if (colorizer) return [runOf(ddColorNetwork(catalog, precision, size), { image })];
  if (detector) return [runOf(yoloNetwork(catalog, precision), { image, ...size })];
  throw new Error(`No network is known to be in a file of this kind: ${detection.label}.`);
}

const files = await networkCases(() => true);
describe.each(files)('$name ($file)', (one) => {
  it.each(['float16', 'float32'] as const)('has kernels, %s', async (precision) => {
    const file = await loadNetwork(one);
    expect(runsOf(file, precision).flatMap((run) => missing(run) ?? [])).toEqual([]);
  });
});

it.each(annotatorReference()?.networks ?? [])('$name has kernels', async (one) => {
  const file = await loadAnnotator(one);
  if (!file) return;
  const { tried } = ARCHITECTURES[file.detection.annotator!.kind];
  const size = { height: tried, width: tried };
  const image = new Float32Array(3 * tried * tried);
  expect(missing(runOf(networkOf(one, file, 'float16', size), { image }))).toBeNull();
});

it.each(controlRows)('$name has kernels', async (row) => {
  const base = await loadTinyModel(row.base);
  const bytes = await controlFile(row, base);
  if (!bytes) return;
  const opened = await openControl(bytes, base);
  const [side, tokens] = [16, 77];
  const picture = { picture: new Float32Array(3 * 64 * side * side), height: 8 * side, width: 8 * side };
  if (opened.info.kind === 't2i-adapter')
    return expect(missing(runOf(adapterGraph(opened, 'float16'), picture))).toBeNull();
  if (opened.info.kind === 'lllite') {
    const { catalog } = beside(base, new Map([['lite.', opened]]));
    const lites = unetNetwork(base.unet, catalog, 'float16', { lites: [{ prefix: 'lite.' }] });
    const { inChannels, contextDim, vectorDim } = base.unet;
    const call = {
      ...{ batch: 2, height: side, width: side, tokens, timesteps: [500, 500] },
      x: new Float32Array(2 * inChannels * side * side),
      context: new Float32Array(2 * tokens * contextDim),
      ...(vectorDim !== null && { vector: new Float32Array(2 * vectorDim) }),
      lites: [{ hint: { ...picture, data: picture.picture, channels: 3 }, weight: 1 }],
    };
    return expect(missing(runOf(lites, call))).toBeNull();
  }
  const { config, network } = controlGraph(opened, base, 'float16');
  const inputs = {
    ...{ batch: 2, height: side, width: side, tokens, timesteps: [500, 500] },
    x: new Float32Array(2 * config.inChannels * side * side),
    context: new Float32Array(2 * tokens * (config.contextDim || base.unet.contextDim)),
    ...(config.vectorDim === null ? {} : { vector: new Float32Array(2 * config.vectorDim) }),
    hint: picture.picture,
    ...(row.control_type === undefined ? {} : { controlType: row.control_type }),
  };
  expect(missing(runOf(network, inputs))).toBeNull();
});

const adapters = adapterReference();

it.skipIf(!adapters || !visionFile())('CLIP vision has kernels', async () => {
  const network = visionNetwork(adapters!, await openNetwork(visionFile()!), 'float16');
  expect(missing(runOf(network, { image: new Float32Array(3 * 224 * 224) }))).toBeNull();
});

it.each(adapters?.adapters ?? [])('$name has kernels, and the UNet that looks through it', async (row) => {
  const adapter = await openAdapter(row);
  if (!adapter.detection.supported || !tinyModels().includes(row.base)) return;
  const sizes = projectionSizes((name) => adapter.catalog.shapeOf(PROJECTION_PREFIX + name))!;
  const seen = new Float32Array((sizes.kind === 'plain' ? 1 : 65) * sizes.width);
  expect(missing(runOf(projectionNetwork(sizes, adapter.catalog, 'float16'), { seen }))).toBeNull();
  const base = await loadTinyModel(row.base);
  const { catalog } = beside(base, new Map([['adapter.', adapter]]));
  const images = [
    { prefix: 'adapter.', masked: false },
    { prefix: 'adapter.', masked: true },
  ];
  const { unet } = base;
  const [side, tokens, count] = [16, 77, 4];
  const image = { tokens: new Float32Array(2 * count * unet.contextDim), count, weights: 1, region: null };
  const inputs = {
    ...{ batch: 2, height: side, width: side, tokens, timesteps: [500, 500], images: [image, image] },
    x: new Float32Array(2 * unet.inChannels * side * side),
    context: new Float32Array(2 * tokens * unet.contextDim),
    ...(unet.vectorDim === null ? {} : { vector: new Float32Array(2 * unet.vectorDim) }),
  };
  for (const upcastAttention of [false, true])
    expect(
      missing(runOf(unetNetwork(unet, catalog, 'float16', { images, upcastAttention }), inputs)),
    ).toBeNull();
});

it.each(yoloReference()?.models ?? [])('$name has kernels', async ({ name }) => {
  const file = await loadDetector(filesOf(name)[0]!);
  expect(runsOf(file, 'float16').map(missing)).toEqual([null]);
});

it.each(tinyVaeFolders)('%s has kernels', async (folder) => {
  const sizes = { batch: 1, height: 16, width: 16 };
  const decoder = await loadTinyVae(folder, 'decoder');
  const encoder = await loadTinyVae(folder, 'encoder');
  const decode = runOf(tinyDecoderNetwork(decoder.detection.tinyVae!, decoder.catalog, 'float16'), {
    ...sizes,
    latent: new Float32Array(decoder.detection.tinyVae!.latentChannels * 16 * 16),
  });
  const encode = runOf(tinyEncoderNetwork(encoder.detection.tinyVae!, encoder.catalog, 'float32'), {
    ...{ batch: 1, height: 128, width: 128, image: new Float32Array(3 * 128 * 128) },
  });
  expect([decode, encode].map(missing)).toEqual([null, null]);
});
