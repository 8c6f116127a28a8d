// A VAE in a file of its own, made of a tiny checkpoint's: two weights have their signs turned, so that its pictures differ.
// As the reference data's sdxl/README.md ("Derived models") tells. Tests only.
import { createHash } from 'node:crypto';
import { toFloat32 } from '../src/checkpoint/convert.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import { detect } from '../src/models/detect.ts';
import { planWeights } from '../src/models/plan.ts';
import { tensorShapes } from '../src/models/tensor-shapes.ts';
import type { VaeConfig } from '../src/models/types.ts';
import { vaeDecoderNetwork } from '../src/models/vae.ts';
import { openNodeSession } from './ort-node.ts';
import { readReference, readReferenceJson } from './reference-dir.ts';

const PREFIX = 'first_stage_model.';
const TURNED = ['decoder.conv_in.weight', 'encoder.conv_out.weight'];

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** The file, byte for byte; its SHA-256 is in the runs' index.json. */
export function turnedVae(model: string): Uint8Array {
  const file = readReferenceJson<{ checkpoint: string }>('models', model, 'index.json').checkpoint;
  const source = readReference('models', model, file);
  const length = Number(new DataView(source.buffer, source.byteOffset).getBigUint64(0, true));
  const all = JSON.parse(new TextDecoder().decode(source.subarray(8, 8 + length))) as Header;
  const header: Header = {};
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(all)) {
    if (!name.startsWith(PREFIX)) continue;
    const bytes = source.slice(8 + length + offsets[0], 8 + length + offsets[1]);
    const own = name.slice(PREFIX.length);
    if (TURNED.includes(own)) for (let i = 1; i < bytes.length; i += 2) bytes[i]! ^= 0x80;
    header[own] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    parts.push(bytes);
    at += bytes.length;
  }
  const json = JSON.stringify(header);
  const told = new TextEncoder().encode(json.padEnd(8 * Math.ceil(json.length / 8)));
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(told.length), true);
  return new Uint8Array(Buffer.concat([size, told, ...parts]));
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Decodes with a VAE file, which is read as the importer reads it. */
export async function openVaeFile(bytes: Uint8Array, scaleFactor: VaeConfig['scaleFactor']) {
  const checkpoint = await openCheckpoint(bytesSource(bytes));
  const shapes = tensorShapes(checkpoint);
  const detection = detect(shapes, checkpoint.metadata, null);
  const plan = new Map(planWeights(shapes, detection).map((entry) => [entry.name, entry]));
  const catalog = { shapeOf: (name: string) => plan.get(name)?.shape };
  const network = vaeDecoderNetwork({ ...detection.vae!, scaleFactor }, catalog, 'float32');
  const session = await openNodeSession(network, async ({ name, shape, start }) => {
    const source = plan.get(name)!.sources[0]!;
    const count = shape.reduce((product, axis) => product * axis, 1);
    const values = toFloat32(
      await checkpoint.read(source, start, count),
      checkpoint.tensors.get(source)!.dtype,
    );
    return new Uint8Array(values.buffer);
  });
  const decode = async (latent: Float32Array, height: number, width: number) =>
    (await session.run({ latent, batch: 1, height, width }))['image']!.data;
  return { detection, decode };
}
