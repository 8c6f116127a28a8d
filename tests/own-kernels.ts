// Networks on our own kernels, in Node on Dawn. Tests and measurements only.
import type { Precision, WeightRef } from '../src/graph/types.ts';
import type { Network } from '../src/models/network.ts';
import { Pipelines } from '../src/wgsl/device/pipelines.ts';
import { Recording } from '../src/wgsl/device/recording.ts';
import { WeightBuffers } from '../src/wgsl/device/weight-buffers.ts';
import type { Dialect } from '../src/wgsl/kernels/shader.ts';
import { compile } from '../src/wgsl/program.ts';

export interface OwnKernels {
  /** A network's `run`, as onnxruntime's: compiled for every size that comes. */
  open<I>(network: Network<I>): (inputs: I, output: string) => Promise<Float32Array>;
  release(): void;
}

/** `read`: the bytes of a weight in that precision; all networks share the weights. */
export function openOwnKernels(
  device: GPUDevice,
  read: (ref: WeightRef, precision: Precision) => Promise<Uint8Array>,
  dialect: Dialect,
): OwnKernels {
  const pipelines = new Pipelines(device);
  const weights = new WeightBuffers(pipelines, read, dialect);
  const recordings: Recording[] = [];
  return {
    open: (network) => {
      const known = new Map<string, Recording>();
      return async (inputs, output) => {
        const feeds = network.feeds(inputs);
        const sizes = Object.values(feeds).map(({ dims, type, data }) =>
          type === 'int64' ? [...data] : dims,
        );
        const key = `${output} ${sizes.join(' ')}`;
        let recording = known.get(key);
        if (!recording) {
          const { maxBufferSize } = device.limits;
          const program = compile(network.graph, feeds, [output], { dialect, maxBufferSize });
          recording = await Recording.create(program, weights, pipelines);
          known.set(key, recording);
          recordings.push(recording);
        }
        return (await recording.run(feeds)).get(output)!;
      };
    },
    release: () => {
      for (const recording of recordings) recording.release();
    },
  };
}
