// Pictures of the reference data in `pictures/`: U8 tensors [height, width, channels] or [height, width].
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Raster } from '../src/image/resize.ts';
import { readTensors, type Tensors } from './goldens.ts';
import { readReference } from './reference-dir.ts';

const files = new Map<string, Promise<Tensors>>();

/** Those of NAME.safetensors.gz. */
export function pictureTensors(name: string): Promise<Tensors> {
  const known =
    files.get(name) ?? readTensors(bytesSource(readReference('pictures', `${name}.safetensors.gz`)));
  files.set(name, known);
  return known;
}

export async function referencePicture(tensors: Promise<Tensors>, name: string): Promise<Raster> {
  const found = (await tensors).get(name);
  if (!found) throw new Error(`There is no ${name}`);
  const [height = 0, width = 0, channels = 1] = found.dims;
  return { width, height, channels: channels as Raster['channels'], data: Uint8Array.from(found.data) };
}
