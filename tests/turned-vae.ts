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
import { readSafetensors, writeSafetensors } from './safetensors-file.ts';
import { readTinyModel } from './tiny-model.ts';

const PREFIX = 'first_stage_model.';
const TURNED = ['decoder.conv_in.weight', 'encoder.conv_out.weight'];

/** The file, byte for byte; its SHA-256 is in the runs' index.json. */
export function turnedVae(model: string): Uint8Array {
  const own = readSafetensors(readTinyModel(model).slice()).filter(({ name }) => name.startsWith(PREFIX));
  const entries = own.map((entry) => ({ ...entry, name: entry.name.slice(PREFIX.length) }));
  for (const { name, bytes } of entries)
    if (TURNED.includes(name)) for (let i = 1; i < bytes.length; i += 2) bytes[i]! ^= 0x80;
  return writeSafetensors(entries);
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
