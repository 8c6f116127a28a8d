// A model of the library as a checkpoint: its float16 weights under A1111's names, and what its file had besides.
import type { ByteSource, Checkpoint, TensorInfo } from '../checkpoint/types.ts';
import { blobSource, bytesSource } from '../checkpoint/source.ts';
import { readAhead } from '../checkpoint/read-ahead.ts';
import { elementRange } from '../checkpoint/tensor.ts';
import type { FileBuffers } from '../models/buffers.ts';
import type { Sidecar } from '../models/sidecar.ts';
import { getChunks } from './models.ts';
import type { StoredModel } from './types.ts';

interface Place {
  readonly source: ByteSource;
  readonly offset: number;
  readonly bytesPerElement: number;
}

/** Weights are read when they are asked for. Rejects with MissingWeightsError. */
export async function storedCheckpoint(model: StoredModel): Promise<Checkpoint> {
  const chunks = (await getChunks(model)).map((chunk) => readAhead(blobSource(chunk)));
  const tensors = new Map<string, TensorInfo>();
  const places = new Map<string, Place>();
  const add = (info: Omit<TensorInfo, 'elementCount' | 'position'>, place: Place): void => {
    const elementCount = info.shape.reduce((product, size) => product * size, 1);
    tensors.set(info.name, { ...info, elementCount, position: tensors.size });
    places.set(info.name, place);
  };
  for (const { name, shape, chunk, offset } of model.tensors) {
    add({ name, dtype: 'F16', shape }, { source: chunks[chunk]!, offset, bytesPerElement: 2 });
  }
  for (const { bytes, ...info } of bufferTensors(model)) {
    add(info, { source: bytesSource(bytes), offset: 0, bytesPerElement: info.dtype === 'I64' ? 8 : 4 });
  }
  return {
    format: 'safetensors',
    tensors,
    unreadable: new Map(),
    metadata: new Map(),
    async read(name, from, length) {
      const { start, count } = elementRange(tensors, name, from, length);
      const { source, offset, bytesPerElement } = places.get(name)!;
      return source.read(offset + start * bytesPerElement, count * bytesPerElement);
    },
  };
}

interface BufferTensor extends Omit<TensorInfo, 'elementCount' | 'position'> {
  readonly bytes: Uint8Array;
}

const SCHEDULE = [
  ['alphasCumprod', 'alphas_cumprod'],
  ['sqrtAlphasCumprod', 'sqrt_alphas_cumprod'],
  ['sqrtOneMinusAlphasCumprod', 'sqrt_one_minus_alphas_cumprod'],
] as const satisfies readonly (readonly [keyof FileBuffers, string])[];

/** What the file said besides its weights, as far as its record knows. */
function bufferTensors({ buffers = {}, detection, predictionOverride }: StoredModel): BufferTensor[] {
  const found: BufferTensor[] = [];
  for (const [key, name] of SCHEDULE) {
    const values = buffers[key];
    if (!values) continue;
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    found.push({ name, dtype: 'F32', shape: [values.length], bytes });
  }
  const encoder = detection.networks?.textEncoders.find(({ type }) => type === 'clip');
  if (buffers.positionIds && encoder) {
    const ids = BigInt64Array.from(buffers.positionIds, BigInt);
    const name = `${encoder.prefix}embeddings.position_ids`;
    found.push({ name, dtype: 'I64', shape: [1, ids.length], bytes: new Uint8Array(ids.buffer) });
  }
  const isV = (predictionOverride ?? detection.prediction?.value) === 'v';
  if (isV && detection.kind.startsWith('sdxl')) {
    const mark = (name: string): BufferTensor => ({
      name,
      dtype: 'F32',
      shape: [0],
      bytes: new Uint8Array(),
    });
    found.push(mark('v_pred'));
    if (buffers.zeroTerminalSnr) found.push(mark('ztsnr'));
  }
  return found;
}

/** What its configuration would say: all that tensors cannot tell. Null for what is no image model. */
export function sidecarOf({ detection, predictionOverride }: StoredModel): Sidecar | null {
  const { networks, prediction } = detection;
  if (!networks) return null;
  const said = prediction?.from === 'sidecar' || prediction?.from === 'person' ? prediction.value : null;
  return {
    prediction: predictionOverride ?? said,
    heads: networks.unet.heads,
    scaleFactor: networks.vae?.scaleFactor ?? null,
    textEncoders: networks.textEncoders.map(({ type, heads, activation }) => ({ type, heads, activation })),
    unetSizes: new Map(),
    betas: { start: null, end: null, timesteps: null },
  };
}
