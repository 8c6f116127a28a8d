// A network in onnxruntime: created from its graph and stored weights, run with plain arrays, released for good.
import type {
  FactoredWeight,
  HostTensor,
  Precision,
  WeightCatalog,
  WeightPlace,
  WeightRef,
} from '../graph/types.ts';
import type { Network } from '../models/network.ts';
import { serializeModel } from '../onnx/serialize.ts';
import type { Executor } from './executor.ts';
import type { Kernels } from './kernel-choice.ts';
import { ort, ortMutex } from './ort.ts';
import { watchingMemory } from './watch-memory.ts';
import type { ExternalFile } from './weights.ts';

/** What a session needs of the weights; StoredWeights is one. */
export interface WeightFiles {
  place(ref: WeightRef, precision: Precision): WeightPlace;
  files(refs: readonly WeightRef[], precision: Precision, onRead: (bytes: number) => void): ExternalFile[];
}

/** A model's weights, for whichever kernels. */
export interface ModelWeights extends WeightFiles, WeightCatalog {
  /** The bytes of one weight. Workers only. */
  read(ref: WeightRef, precision: Precision): Uint8Array;
  /** The same for kernels that add what add-ons change; null where there is nothing, or nothing that simple, to be added. */
  readFactored?(ref: WeightRef, precision: Precision): FactoredWeight | null;
}

/** Bytes the GPU will hold for the weights of a network. */
export function weightBytes(network: Network<never>, precision: Precision): number {
  const elements = network.graph.weights.reduce(
    (sum, ref) => sum + ref.shape.reduce((product, size) => product * size, 1),
    0,
  );
  return elements * (precision === 'float16' ? 2 : 4);
}

/** Whether the network has a weight of one of these names. */
export function readsAny(network: Network<never>, names: ReadonlySet<string>): boolean {
  return network.graph.weights.some(({ name }) => names.has(name));
}

/** A network that is ready to be run, whoever computes it. */
export interface Session<I> {
  readonly kernels: Kernels;
  /** Why our own kernels do not compute it though they were to; null where they do, or were not. */
  readonly instead: string | null;
  /** Whether it goes on with these weights changed: it does not read them, or where they are replaced. */
  staysWith(changed: ReadonlySet<string>): boolean;
  /** Runs the network and reads `output` back (default: its first). float32, in C order. */
  run(inputs: I, output?: string): Promise<Float32Array>;
  /** Runs the network and reads several outputs back, in this order. */
  runAll(inputs: I, outputs: readonly string[]): Promise<Float32Array[]>;
  /** Gives its memory back. */
  release(): Promise<void>;
}

export class NetworkSession<I> implements Session<I> {
  readonly kernels = 'onnxruntime';
  readonly instead = null;

  private constructor(
    private readonly what: string,
    private readonly network: Network<I>,
    private readonly session: ort.InferenceSession,
    private readonly executor: Executor,
  ) {}

  /**
   * Builds the session (`what` names it in messages); weights go to the GPU (or wasm memory) one by one. `onLoad` gets the fraction read, 0..1.
   * Rejects with OutOfMemoryError when the GPU's memory does not suffice, else with onnxruntime's error.
   */
  static async create<I>(
    what: string,
    network: Network<I>,
    precision: Precision,
    weights: WeightFiles,
    executor: Executor,
    onLoad: (fraction: number) => void = () => undefined,
    logVerbosely = false,
  ): Promise<NetworkSession<I>> {
    const refs = network.graph.weights;
    const total = weightBytes(network, 'float16');
    let read = 0;
    const options: ort.InferenceSession.SessionOptions = {
      executionProviders: [
        executor.backend === 'webgpu' ? { name: 'webgpu', device: executor.device } : 'wasm',
      ],
      externalData: weights.files(refs, precision, (bytes) => {
        read += bytes;
        onLoad(total > 0 ? Math.min(1, read / total) : 1);
      }),
      graphOptimizationLevel: 'all',
      logSeverityLevel: logVerbosely ? 0 : 3,
    };
    const bytes = serializeModel(network.graph, (ref) => weights.place(ref, precision));
    const session = await ortMutex.run(() =>
      watchingMemory(executor, what, weightBytes(network, precision), () =>
        ort.InferenceSession.create(bytes, options),
      ),
    );
    return new NetworkSession(what, network, session, executor);
  }

  /** onnxruntime keeps its weights as it read them. */
  staysWith(changed: ReadonlySet<string>): boolean {
    return !readsAny(this.network, changed);
  }

  /** Runs the network and reads `output` back (default: its first). float32, in C order. */
  async run(inputs: I, output: string = this.network.outputs[0]!): Promise<Float32Array> {
    return (await this.runAll(inputs, [output]))[0]!;
  }

  /** Runs the network and reads several outputs back, in this order. */
  async runAll(inputs: I, outputs: readonly string[]): Promise<Float32Array[]> {
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, tensor] of Object.entries(this.network.feeds(inputs))) feeds[name] = toOrt(tensor);
    return ortMutex.run(() =>
      watchingMemory(this.executor, this.what, null, async () => {
        const results = await this.session.run(feeds, outputs);
        const read: Float32Array[] = [];
        for (const output of outputs) {
          const tensor = results[output]!;
          const data = (await tensor.getData()) as Float32Array;
          // On the CPU the data is a view of wasm memory that the next run may reuse.
          read.push(data.slice());
          tensor.dispose();
        }
        return read;
      }),
    );
  }

  /** Gives the memory back. On the GPU it is freed once another submit has gone through, so one is made. */
  async release(): Promise<void> {
    await ortMutex.run(async () => {
      await this.session.release();
      if (this.executor.backend === 'webgpu') {
        this.executor.device.queue.submit([]);
        await this.executor.device.queue.onSubmittedWorkDone();
      }
    });
  }
}

function toOrt(tensor: HostTensor): ort.Tensor {
  return new ort.Tensor(tensor.type, tensor.data, tensor.dims);
}
