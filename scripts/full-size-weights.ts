// Stand-ins for published checkpoints: exactly their tensors, with seeded random weights whose spread keeps activations in
// the range of a trained model's.
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { toFloat16 } from '../src/checkpoint/convert.ts';
import { linearAlphasCumprod } from '../src/sampling/noise-table.ts';

export interface Manifest {
  readonly family: string;
  readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly dtype: string }>>;
}

export type FloatType = 'F32' | 'F16';

export interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly dtype: FloatType | 'I64';
  readonly bytes: number;
}

const ITEM = { F32: 4, F16: 2, I64: 8 } as const;
/** Values generated at a time. */
const PIECE = 1 << 22;

export function readManifest(path: string): Manifest {
  const packed = readFileSync(path);
  const isGzip = packed[0] === 0x1f && packed[1] === 0x8b;
  return JSON.parse((isGzip ? gunzipSync(packed) : packed).toString('utf8')) as Manifest;
}

/** The same layout with a UNet of half the channels, a quarter of the weights. */
export function withSmallUNet(manifest: Manifest): Manifest {
  const half = (size: number) => (size % CHANNELS === 0 ? size / 2 : size);
  const tensors = Object.entries(manifest.tensors).map(([name, { shape, dtype }]) => {
    const isUNet = name.startsWith('model.diffusion_model.');
    return [name, { shape: isUNet ? shape.map(half) : shape, dtype }] as const;
  });
  return { ...manifest, tensors: Object.fromEntries(tensors) };
}

/** Of the UNet's first layer, in every published model; the others have multiples of it. */
const CHANNELS = 320;

/** The tensors in the manifest's order, floating ones as `dtype`. Throws where it holds another kind of numbers. */
export function entriesOf({ tensors }: Manifest, dtype: FloatType): Entry[] {
  return Object.entries(tensors).map(([name, { shape, dtype: own }]) => {
    if (own !== 'I64' && own !== 'F32')
      throw new Error(`${name} is of a kind that is not made here: ${own}.`);
    const count = shape.reduce((product, size) => product * size, 1);
    const type = own === 'I64' ? 'I64' : dtype;
    return { name, shape, count, dtype: type, bytes: count * ITEM[type] };
  });
}

/** All bytes of a tensor, little-endian, a piece at a time; each piece is good until the next. */
export function* bytesOf(entry: Entry, random: () => number): Generator<Uint8Array<ArrayBuffer>> {
  if (entry.dtype === 'I64') {
    // Positions are the only integers of these layouts.
    yield new Uint8Array(BigInt64Array.from({ length: entry.count }, (_, i) => BigInt(i)).buffer);
    return;
  }
  const buffer = scheduleBuffer(entry.name);
  const [centre, spread] = distribution(entry);
  const floats = new Float32Array(Math.min(PIECE, entry.count));
  const halves = new Uint16Array(floats.length);
  for (let start = 0; start < entry.count; start += PIECE) {
    const count = Math.min(PIECE, entry.count - start);
    for (let i = 0; i < count; i++) floats[i] = buffer?.[start + i] ?? centre + spread * random();
    const bytes = new Uint8Array(floats.buffer, 0, count * 4);
    if (entry.dtype === 'F32') {
      yield bytes;
    } else {
      toFloat16(bytes, 'F32', halves.subarray(0, count));
      yield new Uint8Array(halves.buffer, 0, count * 2);
    }
  }
}

/** What ldm's DDPM registers besides the weights; null for a weight. (ldm/models/diffusion/ddpm.py, register_schedule) */
function scheduleBuffer(name: string): ArrayLike<number> | null {
  if (!/^(betas|(sqrt_|log_)?(one_minus_|recipm?1?_)?alphas_cumprod(_prev)?|posterior_\w+)$/.test(name))
    return null;
  const alphas = linearAlphasCumprod();
  const before = (i: number) => (i === 0 ? 1 : alphas[i - 1]!);
  const beta = (i: number) => 1 - alphas[i]! / before(i);
  const variance = (i: number) => (beta(i) * (1 - before(i))) / (1 - alphas[i]!);
  const values: Readonly<Record<string, (alpha: number, i: number) => number>> = {
    betas: (_, i) => beta(i),
    alphas_cumprod: (alpha) => alpha,
    alphas_cumprod_prev: (_, i) => before(i),
    sqrt_alphas_cumprod: (alpha) => Math.sqrt(alpha),
    sqrt_one_minus_alphas_cumprod: (alpha) => Math.sqrt(1 - alpha),
    log_one_minus_alphas_cumprod: (alpha) => Math.log(1 - alpha),
    sqrt_recip_alphas_cumprod: (alpha) => Math.sqrt(1 / alpha),
    sqrt_recipm1_alphas_cumprod: (alpha) => Math.sqrt(1 / alpha - 1),
    posterior_variance: (_, i) => variance(i),
    posterior_log_variance_clipped: (_, i) => Math.log(Math.max(variance(i), 1e-20)),
    posterior_mean_coef1: (alpha, i) => (beta(i) * Math.sqrt(before(i))) / (1 - alpha),
    posterior_mean_coef2: (alpha, i) => ((1 - before(i)) * Math.sqrt(1 - beta(i))) / (1 - alpha),
  };
  const value = values[name];
  return value ? Array.from(alphas, value) : null;
}

/** SiLU takes this from the standard deviation of normal numbers; layers after one give it back. */
const SILU_DEVIATION = 0.597;
const AFTER_SILU =
  /(in_layers\.2|out_layers\.3|emb_layers\.1|time_embed\.2|label_emb\.0\.2|\.conv[12]|out\.2|norm_out|conv_out)\.weight$/;
/** Deviation of a picture's pixels, -1..1. */
const PICTURE = 0.5;

/** Centre and half width of a tensor's uniform distribution. */
export function distribution({
  name,
  shape,
  count,
}: Pick<Entry, 'name' | 'shape' | 'count'>): readonly [number, number] {
  // A uniform distribution over [-1, 1] has a standard deviation of 1/sqrt(3).
  const width = (deviation: number): number => deviation * Math.sqrt(3);
  if (name.endsWith('logit_scale')) return [4.6, 0];
  if (/embedding/.test(name) && shape.length === 2) return [0, width(0.02)];
  if (shape.length > 1) {
    const gain = AFTER_SILU.test(name) ? 1 / SILU_DEVIATION : 1;
    const scale = name.endsWith('decoder.conv_out.weight') ? PICTURE : 1;
    return [0, width((gain * scale) / Math.sqrt(count / shape[0]!))];
  }
  return name.endsWith('weight') ? [1, width(0.02)] : [0, width(0.02)];
}

/** Uniform numbers in [-1, 1): xorshift128 (Marsaglia, "Xorshift RNGs", 2003), fast and good enough for weights. */
export function generator(seed: number): () => number {
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
