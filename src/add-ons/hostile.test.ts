// Files that were made to break what reads them, and files for other models: refused with a reason, and nothing large is made.
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open.ts';
import { bytesSource } from '../checkpoint/source.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { writeSafetensors } from '../../tests/safetensors-file.ts';
import { applied } from './apply.ts';
import { readAddOn, readParts } from './file.ts';
import { layersOf } from './layers.ts';
import { AddOnError, sizeOf, type Tensor } from './matrix.ts';
import type { Strength } from './module.ts';

const UNET = 'model.diffusion_model.input_blocks.1.1';
const TEXT = 'cond_stage_model.model.transformer.resblocks.0';

const LAYERS = layersOf([
  { name: `${UNET}.proj_in.weight`, shape: [4, 6] },
  { name: `${UNET}.proj_in.bias`, shape: [4] },
  { name: `${UNET}.transformer_blocks.0.attn1.to_q.weight`, shape: [4, 4] },
  { name: `${UNET}.transformer_blocks.0.attn1.to_out.0.weight`, shape: [4, 4] },
  { name: `${TEXT}.attn.in_proj_weight`, shape: [12, 4] },
  { name: `${TEXT}.attn.out_proj.weight`, shape: [4, 4] },
]);
const LAYER = 'diffusion_model_input_blocks_1_1_proj_in';
const NAME = 'lora_unet_down_blocks_0_attentions_0_proj_in';
const FULL: Strength = { text: 1, unet: 1, dyn: null };

type Shapes = Readonly<Record<string, readonly number[]>>;

const opened = (shapes: Shapes): Promise<Checkpoint> =>
  openCheckpoint(
    bytesSource(
      writeSafetensors(
        Object.entries(shapes).map(([name, shape]) => ({
          name,
          dtype: 'F32',
          shape,
          bytes: new Uint8Array(Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i % 7) - 3).buffer),
        })),
      ),
    ),
  );

const weight: Tensor = { shape: [4, 6], data: new Float32Array(24).fill(0.5) };

async function change(shapes: Shapes): Promise<ReturnType<typeof applied>> {
  const named = Object.fromEntries(Object.entries(shapes).map(([part, shape]) => [`${NAME}.${part}`, shape]));
  const checkpoint = await opened(named);
  const parts = await readParts(checkpoint, readAddOn(checkpoint, LAYERS).modules.get(LAYER)!);
  return applied(LAYER, weight, null, [{ parts, strength: FULL }]);
}

describe('a layer', () => {
  it.each<[string, Shapes]>([
    ['with ranks that differ', { 'lora_up.weight': [4, 2], 'lora_down.weight': [3, 6] }],
    ['of another size', { 'lora_up.weight': [5, 2], 'lora_down.weight': [2, 6] }],
    ['without any rank', { 'lora_up.weight': [4, 0], 'lora_down.weight': [0, 6] }],
    [
      'of a matrix that no memory holds',
      { 'lora_up.weight': [200_000, 1], 'lora_down.weight': [1, 200_000] },
    ],
    ['of numbers alone', { 'lora_up.weight': [], 'lora_down.weight': [] }],
    [
      'with a core that fits nothing',
      {
        'lora_up.weight': [4, 2, 1, 1],
        'lora_down.weight': [2, 6, 1, 1],
        'lora_mid.weight': [3, 3, 3, 3],
      },
    ],
    ['of a Kronecker product that no memory holds', { lokr_w1: [20_000, 1], lokr_w2: [20_000, 1] }],
    ['of halves that differ', { hada_w1_a: [4, 2], hada_w1_b: [2, 6], hada_w2_a: [4, 2], hada_w2_b: [2, 5] }],
    ['with too many factors', { weight: [5], on_input: [1] }],
    ['whose blocks do not make up its outputs', { oft_blocks: [3, 2, 2] }],
    ['whose blocks are not square', { oft_blocks: [2, 2, 3] }],
    ['of butterflies that it has no room for', { oft_blocks: [9, 2, 2, 2] }],
    ['with lengths for others', { 'lora_up.weight': [4, 2], 'lora_down.weight': [2, 6], dora_scale: [1, 9] }],
    ['with a bias for other outputs', { diff: [4, 6], diff_b: [5] }],
    ['with a bias for others', { diff: [4, 6], bias: [5] }],
  ])('%s stays as it is', async (_, shapes) => {
    const after = await change(shapes);
    expect(after.failed).toHaveLength(1);
    expect(after.failed[0]!.reason).not.toBe('');
    expect(after.weight).toBe(weight);
  });
});

describe('a file', () => {
  it('for another model, or of no kind that is known, is refused', async () => {
    for (const shapes of [
      { 'lora_unet_double_blocks_0_img_attn_qkv.lora_up.weight': [4, 2] },
      { [`${NAME}.lora_up.weight`]: [4, 2] },
      { [`${NAME}.strange`]: [4, 2] },
      { '__proto__.lora_up.weight': [4, 2], 'constructor.lora_down.weight': [2, 6] },
      { x: [1] },
    ] as const) {
      const checkpoint = await opened(shapes);
      expect(() => readAddOn(checkpoint, LAYERS)).toThrow(AddOnError);
    }
  });

  it('in part for this model says what is left', async () => {
    const file = await opened({
      [`${NAME}.lora_up.weight`]: [4, 2],
      [`${NAME}.lora_down.weight`]: [2, 6],
      'lora_unet_elsewhere.lora_up.weight': [4, 2],
      // A1111 changes an attention of open_clip's as a whole.
      'lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight': [4, 2],
      'lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight': [2, 4],
    });
    const { modules, unused, incomplete, kinds } = readAddOn(file, LAYERS);
    expect([...modules.keys()]).toEqual([LAYER]);
    expect(unused).toEqual(['lora_unet_elsewhere']);
    expect(incomplete).toEqual(['model_transformer_resblocks_0_attn_q_proj']);
    expect(kinds).toEqual(['LoRA']);
  });

  const path = 'down_blocks.0.attentions.0';
  it.each<[string, Shapes, string]>([
    [
      'diffusers',
      { [`unet.${path}.proj_in.lora.up.weight`]: [4, 2], [`unet.${path}.proj_in.lora.down.weight`]: [2, 6] },
      LAYER,
    ],
    [
      'diffusers of before 0.17',
      {
        [`unet.${path}.transformer_blocks.0.attn1.processor.to_out_lora.up.weight`]: [4, 2],
        [`unet.${path}.transformer_blocks.0.attn1.processor.to_out_lora.down.weight`]: [2, 4],
      },
      'diffusion_model_input_blocks_1_1_transformer_blocks_0_attn1_to_out_0',
    ],
    [
      'PEFT',
      {
        [`base_model.model.${path}.transformer_blocks.0.attn1.to_q.lora_A.default.weight`]: [2, 4],
        [`base_model.model.${path}.transformer_blocks.0.attn1.to_q.lora_B.default.weight`]: [4, 2],
      },
      'diffusion_model_input_blocks_1_1_transformer_blocks_0_attn1_to_q',
    ],
    ['LyCORIS', { [`lycoris_${path.replaceAll('.', '_')}_proj_in.diff`]: [4, 6] }, LAYER],
    ["ldm's names", { 'lora_unet_input_blocks_1_1_proj_in.diff': [4, 6] }, LAYER],
    ["kohya's OFT", { 'oft_unet_input_blocks_1_1_proj_in.oft_blocks': [2, 2, 2] }, LAYER],
  ])('of %s finds its layer', async (_, shapes, layer) => {
    const checkpoint = await opened(shapes);
    const { modules, unused } = readAddOn(checkpoint, LAYERS);
    expect([...modules.keys()]).toEqual([layer]);
    expect(unused).toEqual([]);
    const parts = await readParts(checkpoint, modules.get(layer)!);
    const { shape } = LAYERS.byName.get(layer)!;
    const own: Tensor = { shape, data: new Float32Array(sizeOf(shape)).fill(0.5) };
    const after = applied(layer, own, null, [{ parts, strength: FULL }]);
    expect(after.failed).toEqual([]);
    expect(after.weight.data).not.toEqual(own.data);
  });
});
