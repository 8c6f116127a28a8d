// Runs the networks of a tiny model the way the engine does: imported into the library, its weights read from there, on
// the GPU device that src/runtime opens.
import { expose } from 'comlink';
import { blobSource } from '../../src/checkpoint/source.ts';
import { ChunkWriter } from '../../src/library/chunk-writer.ts';
import { getChunks } from '../../src/library/models.ts';
import { withIntent } from '../../src/library/import-intents.ts';
import { IMPORT_OPTIONS } from '../../src/library/import-types.ts';
import { importModel } from '../../src/library/importer.ts';
import type { Network } from '../../src/models/network.ts';
import { textEncoderNetwork } from '../../src/models/text-encoder.ts';
import { tinyDecoderNetwork } from '../../src/models/taesd.ts';
import type { Detection } from '../../src/models/types.ts';
import { unetNetwork } from '../../src/models/unet.ts';
import { architectureOf } from '../../src/models/upscalers/architectures.ts';
import { vaeDecoderNetwork, vaeEncoderNetwork } from '../../src/models/vae.ts';
import { decoderStemNetwork, decoderTileNetwork, decoderTiles } from '../../src/models/vae-tiles.ts';
import { statisticsOf } from '../../src/runtime/tiled-vae.ts';
import { openGpu } from '../../src/runtime/device.ts';
import { sumInFloat32 } from '../../src/runtime/float32-sums.ts';
import { DEFAULT_KERNELS } from '../../src/runtime/kernel-choice.ts';
import { ort } from '../../src/runtime/ort.ts';
import { attentionIsRight } from '../../src/runtime/self-test.ts';
import type { Executor } from '../../src/runtime/executor.ts';
import { NetworkSession } from '../../src/runtime/session.ts';
import { Sessions } from '../../src/runtime/sessions.ts';
import { StoredWeights } from '../../src/runtime/weights.ts';
import {
  compareDecoder,
  compareEncoder,
  compareText,
  compareTinyDecoder,
  compareUNet,
  readTensors,
  smallestCases,
  type Comparison,
  type Tensors,
} from '../../tests/goldens.ts';
import {
  compareMerging,
  mergingInputs,
  mergingNetwork,
  type MergingCase,
} from '../../tests/merged-tokens.ts';

import { decoderShift, SHIFT_LIMIT } from '../../tests/shifted.ts';

export type NetworkName = 'text' | 'unet' | 'vae-encoder' | 'vae-decoder' | 'tiny-decoder';

/** ... whose nodes can be asked for besides. */
export type PlacedName = NetworkName | 'merging-unet' | 'circular-unet';

/** Where onnxruntime put a network's nodes, in its own words, e.g. "All nodes placed on [WebGpuExecutionProvider]". */
export type PlacementLog = readonly string[];

interface Opened {
  readonly detection: Detection;
  readonly weights: StoredWeights;
  readonly executor: Executor;
}

// onnxruntime logs through the console. These wrappers must be there before its WebAssembly starts.
const logged: string[] = [];
for (const method of ['log', 'info', 'debug', 'warn', 'error'] as const) {
  const original = console[method].bind(console);
  console[method] = (...args: unknown[]) => {
    const text = args.map(String).join(' ');
    if (/\[[VI]:onnxruntime/.test(text)) logged.push(text);
    else original(...args);
  };
}
// Verbose for the runtime as a whole; each session still says for itself how much it tells.
ort.env.logLevel = 'verbose';

let opened: Opened | null = null;

export class Harness {
  /**
   * Imports a file of the reference data, with its sidecar if it has one. `folder`: its URL, ending with "/".
   * Gives null, or why this version does not support such a model.
   */
  async open(folder: string, checkpoint: string, sidecar: string | null): Promise<string | null> {
    const order = {
      id: crypto.randomUUID(),
      file: await fetchFile(folder, checkpoint),
      sidecar: sidecar === null ? null : await fetchFile(folder, sidecar),
      options: IMPORT_OPTIONS,
    };
    const { signal } = new AbortController();
    const outcome = await importModel(order, () => undefined, signal).catch((error: unknown) => {
      if (error instanceof Error && error.name === 'UnsupportedModelError') return error.message;
      throw error;
    });
    if (typeof outcome === 'string') return outcome;
    if (outcome.status === 'cancelled') throw new Error('Nobody cancelled this import.');
    const { model } = outcome;
    const { device } = await openGpu();
    opened = {
      detection: model.detection,
      weights: new StoredWeights(model, await getChunks(model)),
      executor: { backend: 'webgpu', device },
    };
    return null;
  }

  /** Runs cases of the model's expected numbers (`expected`: URL of the file). */
  async compare(network: NetworkName, expected: string): Promise<Comparison[]> {
    const tensors = await fetchTensors(expected);
    const { weights, detection } = the(opened);
    if (network === 'tiny-decoder') {
      const graph = tinyDecoderNetwork(the(detection.tinyVae ?? null), weights, 'float32');
      return withSession(graph, (session) =>
        compareTinyDecoder(tensors, 'float32', (inputs, output) => session.run(inputs, output)),
      );
    }
    const { unet, vae, texts } = configs();
    switch (network) {
      case 'text': {
        const comparisons: Comparison[] = [];
        for (const text of texts) {
          const tokens =
            unet.vectorDim === null
              ? 'tokens'
              : ({ clip: 'tokens_l', 'open-clip': 'tokens_g' } as const)[text.type];
          const graph = textEncoderNetwork(text, weights, 'float32', { pooled: tokens === 'tokens_g' });
          const compared = await withSession(graph, (session) =>
            compareText(tensors, 'float32', tokens, graph.outputs, (inputs, output) =>
              session.run(inputs, output),
            ),
          );
          comparisons.push(...compared);
        }
        return comparisons;
      }
      case 'unet':
        return withSession(unetNetwork(unet, weights, 'float32'), (session) =>
          compareUNet(tensors, 'float32', (inputs, output) => session.run(inputs, output)),
        );
      case 'vae-encoder':
        return withSession(vaeEncoderNetwork(vae, weights, 'float32'), (session) =>
          compareEncoder(tensors, 'float32', (inputs, output) => session.run(inputs, output)),
        );
      case 'vae-decoder':
        return withSession(vaeDecoderNetwork(vae, weights, 'float32'), (session) =>
          compareDecoder(tensors, 'float32', (inputs, output) => session.run(inputs, output)),
        );
    }
  }

  /** The UNet by our own kernels, as a loaded model runs it. */
  async compareOwnUNet(expected: string): Promise<Comparison[]> {
    const tensors = await fetchTensors(expected);
    const { weights, executor } = the(opened);
    const sessions = new Sessions(executor, () => undefined, { ...DEFAULT_KERNELS, setting: 'own' });
    const build = () => unetNetwork(configs().unet, weights, 'float32');
    const session = await sessions.open('UNet', weights, build);
    try {
      return await compareUNet(tensors, 'float32', (inputs, output) => session.run(inputs, output));
    } finally {
      await sessions.release();
    }
  }

  /** The decoder as stem and one tile, which is run again with the statistics that it measured. */
  async compareTile(expected: string): Promise<Comparison[]> {
    const tensors = await fetchTensors(expected);
    const { weights } = the(opened);
    const { vae } = configs();
    const { featureScale } = decoderTiles(vae);
    return withSession(decoderStemNetwork(vae, weights, 'float32'), (stem) =>
      withSession(decoderTileNetwork(vae, weights, 'float32'), (tile) =>
        compareDecoder(tensors, 'float32', async (inputs) => {
          const planes = await stem.run(inputs);
          const [height, width] = [inputs.height * featureScale, inputs.width * featureScale];
          const core = { top: 0, left: 0, bottom: height, right: width };
          const whole = { planes, height, width, core };
          const moments = await tile.run({ ...whole, statistics: null }, 'moments');
          return tile.run({ ...whole, statistics: statisticsOf([{ moments, weight: 1 }]) }, 'out');
        }),
      ),
    );
  }

  /** Whether the decoder that A1111's "Tiling" asks for has no edges. */
  async compareShifted(): Promise<Comparison[]> {
    const { weights } = the(opened);
    const { vae } = configs();
    const decoder = vaeDecoderNetwork(vae, weights, 'float32', { circular: true });
    return withSession(decoder, async (session) => [
      { name: 'VAE', limit: SHIFT_LIMIT, error: await decoderShift(vae, (inputs) => session.run(inputs)) },
    ]);
  }

  /**
   * The upscaler that is open, on the smallest of the inputs; how far it may be off is for the caller to say. `expected`: URL of the
   * file of expected numbers. Gives where its nodes went, too.
   */
  async compareUpscaler(
    expected: string,
    pairs: readonly (readonly [input: string, output: string])[],
  ): Promise<{ errors: number[]; placement: PlacementLog }> {
    const at = expected.lastIndexOf('/') + 1;
    const tensors = await readTensors(blobSource(await fetchFile(expected.slice(0, at), expected.slice(at))));
    const { weights, detection } = the(opened);
    const network = architectureOf(the(detection.upscaler ?? null).kind).network(weights, 'float32', true);
    logged.length = 0;
    const sizeOf = ([input]: readonly [string, string]): number => tensors.get(input)!.data.length;
    const [pair] = pairs.toSorted((a, b) => sizeOf(a) - sizeOf(b));
    const compared = await withSession(
      network,
      async (session) => {
        const [input, output] = the(pair ?? null);
        const { data, dims } = tensors.get(input)!;
        const [height, width] = dims.slice(-2) as [number, number];
        const made = await session.run({ image: data, height, width });
        const wanted = tensors.get(output)!.data;
        const far = Math.max(...made.map((value, i) => Math.abs(value - wanted[i]!)));
        return [{ name: output, error: far / Math.max(...wanted.map(Math.abs)), limit: 0 }];
      },
      true,
    );
    return { errors: compared.map(({ error }) => error), placement: placements() };
  }

  /** Token merging alone. `expected`: URL of the file of expected numbers. */
  async compareMerging(cases: readonly MergingCase[], expected: string): Promise<Comparison[]> {
    const at = expected.lastIndexOf('/') + 1;
    const file = await fetchFile(expected.slice(0, at), expected.slice(at));
    const tensors = await readTensors(blobSource(file));
    const comparisons: Comparison[] = [];
    for (const one of cases) {
      const { channels } = mergingInputs(one, tensors);
      const compared = await withSession(mergingNetwork(channels, 'float32'), (session) =>
        compareMerging(one, tensors, 5e-6, (inputs, output) => session.run(inputs, output)),
      );
      comparisons.push(...compared);
    }
    return comparisons;
  }

  /** Creates a session that logs, and gives the lines that tell where its nodes went. */
  async placement(network: PlacedName): Promise<PlacementLog> {
    const { weights, detection } = the(opened);
    logged.length = 0;
    if (network === 'tiny-decoder') {
      await logSession(tinyDecoderNetwork(the(detection.tinyVae ?? null), weights, 'float32'));
      return placements();
    }
    const { unet, vae, texts } = configs();
    switch (network) {
      case 'text':
        for (const text of texts) await logSession(textEncoderNetwork(text, weights, 'float32'));
        break;
      case 'unet':
        await logSession(unetNetwork(unet, weights, 'float32'));
        break;
      case 'merging-unet':
        await logSession(unetNetwork(unet, weights, 'float32', { tokenMerging: true }));
        break;
      case 'circular-unet':
        await logSession(unetNetwork(unet, weights, 'float32', { circular: true }));
        break;
      case 'vae-encoder':
        await logSession(vaeEncoderNetwork(vae, weights, 'float32'));
        break;
      case 'vae-decoder':
        await logSession(vaeDecoderNetwork(vae, weights, 'float32'));
        await logSession(decoderTileNetwork(vae, weights, 'float32'));
        break;
    }
    return placements();
  }

  /** Tensors of so many float16 numbers (1, 2, 3 ...), written in chunks of `chunkBytes` and read again. */
  async throughChunks(chunkBytes: number, sizes: readonly number[]): Promise<number[][]> {
    const id = crypto.randomUUID();
    const total = sizes.reduce((sum, size) => sum + 2 * size, 0);
    // No record names them: they are deleted at its end.
    return withIntent(id, async () => {
      const writer = new ChunkWriter(id, total, chunkBytes);
      for (const [index, size] of sizes.entries()) {
        const tensor = { name: String(index), shape: [size], network: 'unet' as const };
        await writer.add(tensor, size, async (out, first) => out.forEach((_, i) => (out[i] = first + i + 1)));
      }
      await writer.finish();
      const chunks = await getChunks({ name: id, chunks: writer.chunks });
      return Promise.all(
        writer.tensors.map(async ({ chunk, offset, byteLength }) => {
          const bytes = await chunks[chunk]!.slice(offset, offset + byteLength).arrayBuffer();
          return [...new Uint16Array(bytes)];
        }),
      );
    });
  }

  async openedDeviceIsRight(): Promise<boolean> {
    return attentionIsRight((await openGpu()).device, 'float32');
  }

  /** How many of onnxruntime's shaders pass through runtime/float32-sums.ts on their way to our device. */
  async shadersSeen(): Promise<number> {
    const { device } = await openGpu();
    let seen = 0;
    sumInFloat32(device, () => seen++);
    await attentionIsRight(device, 'float32');
    return seen;
  }

  /** The self-test's verdict on a device with `subgroups`, which `openGpu` would not ask for here. */
  async attentionWithSubgroups(): Promise<{ lanes: number | null; right: boolean }> {
    const adapter = await navigator.gpu.requestAdapter();
    if (!adapter?.features.has('subgroups')) return { lanes: null, right: false };
    const device = await adapter.requestDevice({
      requiredFeatures: ['subgroups'],
      requiredLimits: { maxStorageBuffersPerShaderStage: adapter.limits.maxStorageBuffersPerShaderStage },
    });
    const right = await attentionIsRight(device, 'float32');
    device.destroy();
    return { lanes: adapter.info.subgroupMaxSize ?? null, right };
  }
}

function placements(): PlacementLog {
  return logged.filter((line) => line.includes('VerifyEachNodeIsAssignedToAnEp'));
}

function configs() {
  const { unet, vae, textEncoders } = the(the(opened).detection.networks);
  return { unet, vae: the(vae), texts: textEncoders };
}

async function withSession<I>(
  network: Network<I>,
  use: (session: NetworkSession<I>) => Promise<Comparison[]>,
  verbose = false,
): Promise<Comparison[]> {
  const { weights, executor } = the(opened);
  const session = await NetworkSession.create(
    'network',
    network,
    'float32',
    weights,
    executor,
    undefined,
    verbose,
  );
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

async function logSession<I>(network: Network<I>): Promise<void> {
  await withSession(network, () => Promise.resolve([]), true);
}

/** A file of the reference data, unpacked. */
async function fetchFile(folder: string, name: string): Promise<File> {
  const response = await fetch(new URL(name, folder));
  if (!response.ok || response.body === null)
    throw new Error(`${name}: HTTP status ${String(response.status)}`);
  const packed = name.endsWith('.gz');
  const body = packed ? response.body.pipeThrough(new DecompressionStream('gzip')) : response.body;
  return new File([await new Response(body).blob()], packed ? name.slice(0, -3) : name);
}

/** The cases that software rendering can be asked for; tests on onnxruntime's CPU compute them all. */
async function fetchTensors(url: string): Promise<Tensors> {
  const at = url.lastIndexOf('/') + 1;
  return smallestCases(await readTensors(blobSource(await fetchFile(url.slice(0, at), url.slice(at)))));
}

function the<T>(value: T | null): T {
  if (value === null) throw new Error('The harness has no model, or the model lacks this part.');
  return value;
}

expose(new Harness());
