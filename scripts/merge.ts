// Merges checkpoints from the command line, as the page's Checkpoint Merger does, without a browser.
//
//   npm run merge -- --a A --b B [--c C] [--method "Weighted sum"] [--multiplier 0.3] --out FILE
import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { safetensorsFile } from '../src/checkpoint/safetensors-file.ts';
import type { ByteSource } from '../src/checkpoint/types.ts';
import { oldHashOf } from '../src/library/file-identity.ts';
import { hashFile } from '../src/library/hashing-source.ts';
import { PRESETS } from '../src/merging/blocks.ts';
import { mergedName } from '../src/merging/file-name.ts';
import { mergedCheckpoint } from '../src/merging/merged-checkpoint.ts';
import { mergedMetadata, type Parent } from '../src/merging/metadata.ts';
import { planMerge } from '../src/merging/plan.ts';
import { METHODS, PRECISIONS } from '../src/merging/types.ts';
import { numberOf, oneOf, open, say, type OpenedFile } from './checkpoint-files.ts';
import { ProgressLine } from './progress-line.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `npm run merge -- --a FILE [--b FILE] [--c FILE] [options]

  --method        "Weighted sum" (default), "Add difference" or "No interpolation"
  --multiplier    M, 0.3 unless told; 0 is model A
  --blocks        weights of the UNet's blocks: a preset of SuperMerger's, or 26 (SDXL: 20) numbers, BASE first
  --save-as       float32 (default), float16 or bfloat16: of tensors that are float32
  --bake-in-vae   a VAE's file
  --discard       a regular expression: tensors with such names are left out
  --metadata      an object of texts, as JSON, to be added
  --no-metadata   save none; --no-recipe, --no-copy: without the recipe, without that of the models
  --out           the file to write; A1111's name, here, unless told
  --overwrite     replace the file where it is there`;

const PIECE = 8 << 20;

try {
  await main();
} catch (error) {
  say(error);
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    options: {
      ...{ a: text, b: text, c: text, method: text, multiplier: text, blocks: text, 'save-as': text },
      ...{ 'bake-in-vae': text, discard: text, metadata: text, out: text },
      ...{ 'no-metadata': flag, 'no-recipe': flag, 'no-copy': flag, overwrite: flag, help: flag },
    },
  });
  if (values.help) return console.log(USAGE);
  const settings = {
    method: oneOf('method', METHODS, values.method ?? 'Weighted sum', USAGE),
    multiplier: numberOf(values.multiplier ?? '0.3'),
    blocks: values.blocks === undefined ? null : blocksOf(values.blocks),
    precision: oneOf('save-as', PRECISIONS, values['save-as'] ?? 'float32', USAGE),
    discard: values.discard ?? '',
  };
  const [a, b, c, vae] = await Promise.all([values.a, values.b, values.c, values['bake-in-vae']].map(open));
  const models = { a: a ?? null, b: b ?? null, c: c ?? null, vae: vae ?? null };
  const plan = planMerge(models, settings);
  const name = values.out ?? `${mergedName(models, settings, '', plan.special)}.safetensors`;
  const out = resolve(process.env['INIT_CWD'] ?? '.', name);
  if (existsSync(out) && !values.overwrite)
    throw new UsageError(`${out} is there already. Add --overwrite to replace it.`);
  const used = [
    a,
    ...(settings.method === 'No interpolation' ? [] : [b]),
    settings.method === 'Add difference' ? c : null,
  ];
  const line = new ProgressLine(false);
  const addRecipe = !values['no-metadata'] && !values['no-recipe'];
  const [ofA, ofB, ofC] = await Promise.all(
    used.map((model) => (model ? parentOf(model, addRecipe, line) : null)),
  );
  const metadata = mergedMetadata(
    {
      saveMetadata: !values['no-metadata'],
      addRecipe,
      copyFields: !values['no-copy'],
      json: values.metadata ?? '{}',
    },
    { a: ofA!, b: ofB ?? null, c: ofC ?? null },
    {
      ...settings,
      customName: '',
      configSource: "Don't",
      bakeInVae: vae?.fileName ?? 'None',
      special: plan.special,
    },
  );
  await write(out, safetensorsFile(mergedCheckpoint(models, plan, metadata)), line);
}

async function parentOf(
  { fileName, source, checkpoint }: OpenedFile,
  hashes: boolean,
  line: ProgressLine,
): Promise<Parent> {
  const { metadata } = checkpoint;
  if (!hashes) return { name: fileName, sha256: '', legacyHash: null, metadata };
  const { sha256 } = await hashFile(source, (done) =>
    line.show(`${fileName}: hashed ${share(done, source)}`),
  );
  return { name: fileName, sha256, legacyHash: await oldHashOf(source), metadata };
}

/** An interrupted run leaves no file that looks finished. */
async function write(out: string, file: ByteSource, line: ProgressLine): Promise<void> {
  const part = `${out}.part`;
  const descriptor = openSync(part, 'w');
  try {
    for (let at = 0; at < file.size; at += PIECE) {
      const bytes = await file.read(at, Math.min(PIECE, file.size - at));
      for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
      line.show(`Merged ${share(at + bytes.length, file)}`);
    }
    closeSync(descriptor);
    renameSync(part, out);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  line.clear();
  console.log(`Checkpoint saved to ${out}`);
}

function blocksOf(given: string): readonly number[] {
  return PRESETS.get(given) ?? given.split(',').map(numberOf);
}

function share(done: number, { size }: ByteSource): string {
  return `${Math.floor((100 * done) / size)} %`;
}
