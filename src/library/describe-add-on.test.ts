// Cards of a LoRA: from its own metadata, and from texts beside it, where nothing may be stored but in memory. (Pictures need a browser.)
import { beforeAll, expect, it, vi } from 'vitest';
import { bytesSource } from '../checkpoint/source.ts';
import { safetensorsHeader } from '../checkpoint/safetensors-file.ts';
import { changeCard, deleteCards, listCards } from './add-on-cards.ts';
import { describeAddOn } from './describe-add-on.ts';
import { IMPORT_OPTIONS } from './import-types.ts';
import { importSource } from './importer.ts';
import { holdInMemory } from './memory/memory-mode.ts';

const layer = 'lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_v';
const tensors = [
  { name: `${layer}.lora_down.weight`, shape: [2, 768] },
  { name: `${layer}.lora_up.weight`, shape: [1280, 2] },
].map(({ name, shape }) => ({
  ...{ name, shape, dtype: 'F16' as const },
  elementCount: shape[0]! * shape[1]!,
}));

let sha256 = '';

beforeAll(async () => {
  holdInMemory();
  // A browser that says nothing of its storage; Node 20 has none.
  vi.stubGlobal('navigator', {});
  const metadata = new Map([
    ['ss_tag_frequency', '{"10_ink": {"ink": 4, "boat": 9}}'],
    ['modelspec.description', 'Ink.'],
  ]);
  const header = safetensorsHeader(tensors, metadata);
  const size = tensors.reduce((sum, { elementCount }) => sum + 2 * elementCount, header.length);
  const bytes = new Uint8Array(size);
  bytes.set(header);
  const outcome = await importSource(
    {
      id: crypto.randomUUID(),
      file: { name: 'ink.safetensors', size, lastModified: 0, source: bytesSource(bytes) },
      sidecar: () => Promise.resolve(null),
      options: IMPORT_OPTIONS,
    },
    () => undefined,
    new AbortController().signal,
  );
  if (outcome.status !== 'imported') throw new Error(`The import ended with "${outcome.status}".`);
  sha256 = outcome.model.sha256;
});

it('is made of the metadata, and of the texts beside the file before them', async () => {
  const alone = await describeAddOn(sha256, [], null);
  expect(alone.card).toMatchObject({ triggers: ['boat', 'ink'], description: 'Ink.', weight: null });

  await changeCard(sha256, (card) => ({ ...card, favourite: true, notes: 'mine' }));
  const told = await describeAddOn(
    sha256,
    [
      new File(['by hand'], 'ink.txt'),
      new File(['{"description": "Wash.", "preferred weight": 0.7}'], 'ink.json'),
      new File(['{"modelId": 1, "trainedWords": ["ink wash"]}'], 'ink.civitai.info'),
    ],
    'styles',
  );
  expect(told.unread).toEqual([]);
  const expected = {
    ...{ triggers: ['ink wash'], description: 'Wash.', weight: 0.7, notes: 'by hand' },
    ...{ folder: 'styles', favourite: true },
  };
  expect(told.card).toMatchObject(expected);
  expect((await listCards()).get(sha256)).toMatchObject(expected);
  await deleteCards([sha256]);
  expect((await listCards()).size).toBe(0);
});

it('names the files that tell nothing, and goes on', async () => {
  const files = [
    new File(['{'], 'ink.json'),
    new File(['[]'], 'ink.civitai.info'),
    new File(['x'], 'ink.png'),
  ];
  const { card, unread } = await describeAddOn(sha256, files, null);
  expect([...unread].sort()).toEqual(['ink.civitai.info', 'ink.json', 'ink.png']);
  expect(card.triggers).toEqual(['boat', 'ink']);
});

it('is empty for a model that is gone', async () => {
  const { card } = await describeAddOn('0'.repeat(64), [], null);
  expect(card).toMatchObject({ triggers: [], preview: null });
});
