// Writes a full-size checkpoint with seeded random weights, for measuring imports and running graphs at real sizes.
//
//   npm run make-full-size -- --out model.safetensors [--manifest FILE] [--dtype F32|F16] [--seed N]
//
// Names and shapes come from a manifest of a published layout (tests/reference/models/manifests, gzipped or not). The
// weights are uniform with a standard deviation of 1/sqrt(fan-in), norms are near 1, so that activations stay finite.
// Buffers that follow from the noise schedule are left out, as published pruned files do. 4.27 GB for SD 1.x in F32.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { toFloat16 } from '../src/checkpoint/convert.ts';

interface Manifest {
  readonly family: string;
  readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly dtype: string }>>;
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
}

const SD1 = fileURLToPath(new URL('../tests/reference/models/manifests/sd1.json.gz', import.meta.url));
/** Values generated and written at a time. */
const PIECE = 1 << 22;

const { values: options } = parseArgs({
  options: {
    out: { type: 'string' },
    manifest: { type: 'string' },
    dtype: { type: 'string', default: 'F32' },
    seed: { type: 'string', default: '1' },
  },
});
const dtype = options.dtype;
if (options.out === undefined || (dtype !== 'F32' && dtype !== 'F16')) {
  throw new Error('Usage: make-full-size --out FILE [--manifest FILE] [--dtype F32|F16] [--seed N]');
}

const start = process.env['INIT_CWD'] ?? process.cwd();
const out = resolve(start, options.out);
const packed = readFileSync(options.manifest === undefined ? SD1 : resolve(start, options.manifest));
const isGzip = packed[0] === 0x1f && packed[1] === 0x8b;
const manifest = JSON.parse((isGzip ? gunzipSync(packed) : packed).toString('utf8')) as Manifest;

// Only weights and biases: what is left out can be computed (schedule buffers, position ids).
const entries: Entry[] = Object.entries(manifest.tensors)
  .filter(([name, { dtype }]) => dtype === 'F32' && /weight|bias|embedding|projection|logit_scale/.test(name))
  .map(([name, { shape }]) => ({ name, shape, count: shape.reduce((product, size) => product * size, 1) }));

const itemSize = dtype === 'F32' ? 4 : 2;
const header: Record<string, unknown> = {};
let offset = 0;
for (const { name, shape, count } of entries) {
  header[name] = { dtype, shape, data_offsets: [offset, offset + count * itemSize] };
  offset += count * itemSize;
}
const json = JSON.stringify(header);
const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(text.length));

const random = generator(Number(options.seed));
const file = openSync(out, 'w');
try {
  writeAll(file, length);
  writeAll(file, text);
  const piece = new Float32Array(PIECE);
  const half = new Uint16Array(PIECE);
  for (const entry of entries) {
    const [centre, spread] = distribution(entry);
    for (let start = 0; start < entry.count; start += PIECE) {
      const count = Math.min(PIECE, entry.count - start);
      for (let i = 0; i < count; i++) piece[i] = centre + spread * random();
      const bytes = new Uint8Array(piece.buffer, 0, count * 4);
      if (dtype === 'F32') {
        writeAll(file, bytes);
      } else {
        toFloat16(bytes, 'F32', half.subarray(0, count));
        writeAll(file, new Uint8Array(half.buffer, 0, count * 2));
      }
    }
  }
} finally {
  closeSync(file);
}
console.log(
  `${out}: ${manifest.family}, ${String(entries.length)} tensors, ` +
    `${((8 + text.length + offset) / 1e9).toFixed(2)} GB`,
);

/** Centre and half width of a tensor's uniform distribution. */
function distribution({ name, shape, count }: Entry): readonly [number, number] {
  // A uniform distribution over [-1, 1] has a standard deviation of 1/sqrt(3).
  const width = (deviation: number): number => deviation * Math.sqrt(3);
  if (name.endsWith('logit_scale')) return [4.6, 0];
  if (/embedding/.test(name) && shape.length === 2) return [0, width(0.02)];
  if (shape.length > 1) return [0, width(1 / Math.sqrt(count / (shape[0] ?? 1)))];
  return name.endsWith('weight') ? [1, width(0.02)] : [0, width(0.02)];
}

/**
 * Uniform numbers in [-1, 1): xorshift128 (Marsaglia, "Xorshift RNGs", 2003), fast and good enough for weights.
 */
function generator(seed: number): () => number {
  let [x, y, z, w] = [123456789 ^ seed, 362436069, 521288629, 88675123];
  return () => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return w / 2 ** 31;
  };
}

/** writeSync may write less than asked. */
function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength;) done += writeSync(descriptor, bytes, done);
}
