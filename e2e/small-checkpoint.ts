// A checkpoint that draws as quickly as one can: SD 1.x in everything but size, with random weights. For tests of the app;
// whether numbers are right is tested with the models of the reference data.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { safetensorsFile } from '../scripts/full-size-files.ts';
import { bytesOf, entriesOf, generator } from '../scripts/full-size-weights.ts';
import { UNET_PREFIX, VAE_PREFIX } from '../src/models/layouts/components.ts';
import { textTensors } from '../src/models/layouts/ldm-text.ts';
import { unetTensors } from '../src/models/layouts/ldm-unet.ts';
import { vaeTensors } from '../src/models/layouts/ldm-vae.ts';
import { tinyVaeTensors } from '../src/models/layouts/tiny-vae.ts';
import type { TensorSpec } from '../src/models/layouts/mapped.ts';

export interface CheckpointFiles {
  /** Of the files, without their endings. */
  readonly name: string;
  readonly checkpoint: string;
  /** Says how many heads the text encoder has, which is of no usual width. */
  readonly sidecar: string;
}

/** The fewest that go: group norm has 32 groups. */
const CHANNELS = 32;
export const TEXT_WIDTH = 48;

const VAE = {
  inChannels: 3,
  outChannels: 3,
  channels: CHANNELS,
  channelMult: [1, 1, 1, 1],
  resBlocks: 1,
  zChannels: 4,
  latentChannels: 4,
  hasEncoder: true,
  hasDecoder: true,
};

const SIDECAR = `model:
  params:
    cond_stage_config:
      target: ldm.modules.encoders.modules.FrozenCLIPEmbedder
      params:
        text_config: {hidden_size: ${TEXT_WIDTH}, num_attention_heads: 4}
`;

export interface CheckpointOptions {
  readonly name?: string;
  /** Another one gives other weights. */
  readonly seed?: number;
  /** Tokens that the text encoder knows: more than CLIP's make the file larger, 96 bytes each. */
  readonly vocabulary?: number;
}

/** Writes the same files into `folder` every time. */
export async function makeCheckpoint(
  folder: string,
  { name = 'small', seed = 1, vocabulary = 49408 }: CheckpointOptions = {},
): Promise<CheckpointFiles> {
  const files = {
    name,
    checkpoint: join(folder, `${name}.safetensors`),
    sidecar: join(folder, `${name}.yaml`),
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(files.sidecar, SIDECAR);
  await writeTensors(files.checkpoint, shapes(vocabulary), seed);
  return files;
}

/** Writes a VAE for such checkpoints, in a file of its own. Another seed gives other weights. */
export async function makeVae(folder: string, name: string, seed: number): Promise<string> {
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true });
  await writeTensors(path, [...vaeTensors(VAE)], seed);
  return path;
}

/** Writes half of a tiny VAE, as TAESD's files have it. */
export async function makeTinyVae(folder: string, half: 'encoder' | 'decoder'): Promise<string> {
  const path = join(folder, `taesd_${half}.safetensors`);
  const halves = { hasEncoder: half === 'encoder', hasDecoder: half === 'decoder' };
  const sizes = { channels: 64, latentChannels: 4, ...halves };
  const named = [...tinyVaeTensors(sizes)].map(([tensor, shape]): Named => {
    return [tensor.replace(`${half}.`, ''), shape];
  });
  mkdirSync(folder, { recursive: true });
  await writeTensors(path, named, 1);
  return path;
}

/** Writes a LoRA for such checkpoints, of a layer of the text encoder and one of the UNet. */
export async function makeLora(folder: string, name: string, seed = 3): Promise<string> {
  const path = join(folder, `${name}.safetensors`);
  const layers: readonly (readonly [layer: string, outputs: number, inputs: number])[] = [
    ['lora_te_text_model_encoder_layers_0_mlp_fc1', 4 * TEXT_WIDTH, TEXT_WIDTH],
    ['lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_v', CHANNELS, TEXT_WIDTH],
  ];
  mkdirSync(folder, { recursive: true });
  const named = layers.flatMap(([layer, outputs, inputs]): Named[] => [
    [`${layer}.lora_down.weight`, [8, inputs]],
    [`${layer}.lora_up.weight`, [outputs, 8]],
  ]);
  await writeTensors(path, named, seed);
  return path;
}

/** Writes a hypernetwork for such checkpoints. */
export async function makeHypernetwork(folder: string, name: string): Promise<string> {
  const path = join(folder, `${name}.safetensors`);
  const named = [0, 1].flatMap((role): Named[] => [
    [`${TEXT_WIDTH}.${role}.linear.0.weight`, [2 * TEXT_WIDTH, TEXT_WIDTH]],
    [`${TEXT_WIDTH}.${role}.linear.0.bias`, [2 * TEXT_WIDTH]],
    [`${TEXT_WIDTH}.${role}.linear.1.weight`, [TEXT_WIDTH, 2 * TEXT_WIDTH]],
    [`${TEXT_WIDTH}.${role}.linear.1.bias`, [TEXT_WIDTH]],
  ]);
  mkdirSync(folder, { recursive: true });
  await writeTensors(path, named, 5);
  return path;
}

type Named = readonly [name: string, shape: readonly number[]];

async function writeTensors(path: string, named: readonly Named[], seed: number): Promise<void> {
  const tensors = Object.fromEntries(named.map(([name, shape]) => [name, { shape, dtype: 'F32' }]));
  const random = generator(seed);
  const entries = entriesOf({ family: 'sd1', tensors }, 'F16');
  rmSync(path, { force: true });
  for await (const bytes of safetensorsFile(entries, (entry) => bytesOf(entry, random))) {
    writeFileSync(path, bytes, { flag: 'a' });
  }
}

function shapes(vocabulary: number): Named[] {
  const unet = unetTensors({
    inChannels: 4,
    outChannels: 4,
    modelChannels: CHANNELS,
    channelMult: [1, 1],
    resBlocks: [1, 1],
    transformerDepth: [1, 0],
    middleTransformerDepth: 1,
    contextDim: TEXT_WIDTH,
    linearProjections: false,
    vectorDim: null,
  });
  const text = textTensors({
    type: 'clip',
    width: TEXT_WIDTH,
    layers: 2,
    mlpWidth: 4 * TEXT_WIDTH,
    vocabulary,
    positions: 77,
    projection: null,
  });
  return [
    ...under(UNET_PREFIX, unet),
    ...under(VAE_PREFIX, vaeTensors(VAE)),
    ...under('cond_stage_model.transformer.text_model.', text),
  ];
}

function under(prefix: string, spec: TensorSpec): Named[] {
  return [...spec].map(([name, shape]) => [prefix + name, shape]);
}
