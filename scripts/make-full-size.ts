// Writes a stand-in for a published checkpoint, for measuring imports and running graphs at real sizes.
//
//   npm run make-full-size -- [sd1|sd1-f16|sd2|sd2-f16|sdxl|sdxl-f32] [--format safetensors|ckpt] [--out FILE] [--seed N]
//                             [--manifest FILE --dtype F32|F16]
//
// Names and shapes come from a manifest of a published layout (tests/reference/models/manifests, gzipped or not): SD 1.5
// in float32 is 4.27 GB and in float16 2.13 GB, SD 2.1 5.21 GB and 2.61 GB, SDXL in float16 6.94 GB. Kept in
// .cache/full-size: what is there already is not made again.
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeStandIn } from './full-size-files.ts';
import { entriesOf, readManifest, type FloatType } from './full-size-weights.ts';
import { ROOT } from './process.js';

const KINDS: Readonly<Record<string, { readonly manifest: string; readonly dtype: FloatType }>> = {
  sd1: { manifest: 'sd1', dtype: 'F32' },
  'sd1-f16': { manifest: 'sd1', dtype: 'F16' },
  sd2: { manifest: 'sd2-768-v', dtype: 'F32' },
  'sd2-f16': { manifest: 'sd2-768-v', dtype: 'F16' },
  sdxl: { manifest: 'sdxl-base', dtype: 'F16' },
  'sdxl-f32': { manifest: 'sdxl-base', dtype: 'F32' },
};

const text = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: text, manifest: text, dtype: text, seed: text, format: text },
});
const [name = 'sd1'] = positionals;
const kind = KINDS[name];
const { format = 'safetensors' } = values;
const dtype = values.dtype ?? kind?.dtype;
if (!kind || (format !== 'safetensors' && format !== 'ckpt') || (dtype !== 'F32' && dtype !== 'F16')) {
  throw new Error(
    `Usage: npm run make-full-size -- [${Object.keys(KINDS).join('|')}] [--format safetensors|ckpt] [--out FILE] ` +
      '[--seed N] [--manifest FILE] [--dtype F32|F16]',
  );
}

const start = process.env['INIT_CWD'] ?? process.cwd();
const manifests = join(ROOT, 'tests', 'reference', 'models', 'manifests');
const manifest = readManifest(
  values.manifest === undefined
    ? join(manifests, `${kind.manifest}.json.gz`)
    : resolve(start, values.manifest),
);
const out =
  values.out === undefined
    ? join(ROOT, '.cache', 'full-size', `${name}.${format}`)
    : resolve(start, values.out);

if (existsSync(out)) {
  console.log(`${out} is there already (${gigabytes(statSync(out).size)}).`);
} else {
  const entries = entriesOf(manifest, dtype);
  await writeStandIn(out, entries, format, Number(values.seed ?? '1'));
  console.log(`${out}: ${manifest.family}, ${entries.length} tensors, ${gigabytes(statSync(out).size)}`);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
