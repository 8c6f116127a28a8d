// Models that the reference data's runs were made with and that are made of a tiny model's file: how is told in its README files
// (pipelines/: tiny-sd1-flip; sdxl/: tiny-ip2p). Tests only.
import { tinyModels } from './reference-dir.ts';
import { readSafetensors, writeSafetensors, type Entry } from './safetensors-file.ts';
import { loadTinyModel, readTinyModel, type TinyModel } from './tiny-model.ts';

interface Derivation {
  /** The folder of the model it is made of. */
  readonly from: string;
  /** The file, byte for byte. */
  make(file: Uint8Array): Uint8Array;
  /** Channels that the UNet reads, where they are others. */
  readonly inChannels?: number;
}

const FLIPPED = [
  /^cond_stage_model\.transformer\.text_model\.embeddings\.token_embedding\.weight$/,
  /^model\.diffusion_model\.output_blocks\..*\.weight$/,
  /^first_stage_model\.decoder\.conv_in\.weight$/,
];
const FIRST_CONVOLUTION = 'model.diffusion_model.input_blocks.0.0.weight';

const DERIVATIONS: Readonly<Record<string, Derivation>> = {
  'tiny-sd1-flip': { from: 'tiny-sd1', make: withSignsTurned },
  'tiny-ip2p': { from: 'tiny-sd1-inpaint', make: withoutMaskChannel, inChannels: 8 },
};

export const DERIVED_MODELS = Object.keys(DERIVATIONS);

/** Whether it is one of these, and what it is made of is there. */
export function canDerive(name: string): boolean {
  return Object.hasOwn(DERIVATIONS, name) && tinyModels().includes(DERIVATIONS[name]!.from);
}

export function derivedFile(name: string): Uint8Array {
  const { from, make } = DERIVATIONS[name]!;
  return make(readTinyModel(from));
}

export function loadDerivedModel(name: string): Promise<TinyModel> {
  const { from, make, inChannels } = DERIVATIONS[name]!;
  return loadTinyModel(from, { name, make, ...(inChannels !== undefined && { inChannels }) });
}

/** Text encoder, UNet and VAE decoder all give something else. */
function withSignsTurned(file: Uint8Array): Uint8Array {
  const turned = file.slice();
  for (const { name, dtype, shape, bytes } of readSafetensors(turned)) {
    if (dtype !== 'F16' || shape.length < 2 || !FLIPPED.some((pattern) => pattern.test(name))) continue;
    for (let i = 1; i < bytes.length; i += 2) bytes[i]! ^= 0x80;
  }
  return turned;
}

/** An InstructPix2Pix UNet reads no mask. */
function withoutMaskChannel(file: Uint8Array): Uint8Array {
  return writeSafetensors(
    readSafetensors(file).map((entry) =>
      entry.name === FIRST_CONVOLUTION ? withoutChannel(entry, 4) : entry,
    ),
  );
}

function withoutChannel({ shape, bytes, ...entry }: Entry, channel: number): Entry {
  const [outputs, inputs, rows, columns] = shape as readonly [number, number, number, number];
  const plane = bytes.length / (outputs * inputs);
  const kept = Array.from({ length: outputs * inputs }, (_, i) => i).filter((i) => i % inputs !== channel);
  const parts = kept.map((i) => bytes.subarray(i * plane, (i + 1) * plane));
  return {
    ...entry,
    shape: [outputs, inputs - 1, rows, columns],
    bytes: new Uint8Array(Buffer.concat(parts)),
  };
}
