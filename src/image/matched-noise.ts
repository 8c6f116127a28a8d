// Noise that looks like a picture, for the room around it: its frequencies are the picture's, and so are its colours (A1111
// scripts/outpainting_mk_2.py, get_matched_noise, after parlance-zz's g-diffuser-bot).
import { Pcg64 } from '../sampling/random/pcg64.ts';
import { centredFft, type ComplexPlane } from './fft.ts';

/** Interleaved RGB, 0..1. */
export interface UnitPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

/**
 * The picture with noise where `masked` says 1. `fallOff`: "Fall-off exponent", lower gives higher detail. The noise is drawn from
 * the same seed whatever the picture's is.
 */
export function matchedNoise(
  picture: UnitPicture,
  masked: ArrayLike<number>,
  fallOff: number,
  colorVariation: number,
): Float64Array {
  const { width, height, data } = picture;
  const spectra = channelsOf(windowed(picture, masked), width, height).map((plane) => centredFft(plane));
  const noise = channelsOf(startingNoise(width, height, colorVariation), width, height);
  const shaped = noise.map((plane, c) => withSpectrumOf(softened(plane), spectra[c]!, fallOff));
  stretch(shaped);
  const out = Float64Array.from(data);
  for (let c = 0; c < 3; c += 1) {
    const values = histogramMatched(shaped[c]!, data, c, masked);
    for (let i = 0; i < width * height; i += 1) {
      const kept = 1 - masked[i]!;
      out[3 * i + c] = Math.min(1, Math.max(0, data[3 * i + c]! * kept + values[i]! * masked[i]!));
    }
  }
  return out;
}

/** Without what is masked, as bright as can be, over the mean colour. */
function windowed({ data }: UnitPicture, masked: ArrayLike<number>): Float64Array {
  const seen = data.map((value, i) => value * (1 - masked[Math.floor(i / 3)]!));
  const most = seen.reduce((a, b) => Math.max(a, b), 0) || 1;
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  return seen.map((value, i) => value / most + mean * masked[Math.floor(i / 3)]!);
}

function startingNoise(width: number, height: number, colorVariation: number): Float64Array {
  const random = new Pcg64(0);
  const noise = Float64Array.from({ length: 3 * width * height }, () => random.next());
  return noise.map((value, i) => {
    const pixel = i - (i % 3);
    const grey = (noise[pixel]! + noise[pixel + 1]! + noise[pixel + 2]!) / 3;
    return value * colorVariation + (1 - colorVariation) * grey;
  });
}

function channelsOf(data: Float64Array, width: number, height: number): ComplexPlane[] {
  return [0, 1, 2].map((c) => ({
    width,
    height,
    re: Float64Array.from({ length: width * height }, (_, i) => data[3 * i + c]!),
    im: new Float64Array(width * height),
  }));
}

/** High frequencies taken back. */
function softened(plane: ComplexPlane): ComplexPlane {
  const { width, height } = plane;
  const least = Math.min(width, height);
  const spectrum = centredFft(plane);
  for (let y = 0; y < height; y += 1) {
    const down = ((y / height) * 2 - 1) * (height / least);
    for (let x = 0; x < width; x += 1) {
      const across = ((x / width) * 2 - 1) * (width / least);
      const weight = 1 / ((down ** 2 + 1) * (across ** 2 + 1));
      spectrum.re[y * width + x]! *= weight;
      spectrum.im[y * width + x]! *= weight;
    }
  }
  const { re } = centredFft(spectrum, true);
  return { ...plane, re };
}

/** The noise's strengths times the picture's, with the picture's phases. */
function withSpectrumOf(noise: ComplexPlane, picture: ComplexPlane, fallOff: number): Float64Array {
  const { re, im, ...size } = centredFft(noise);
  for (let i = 0; i < re.length; i += 1) {
    const strength = Math.hypot(picture.re[i]!, picture.im[i]!);
    const weight = strength === 0 ? 0 : ((re[i]! ** 2 + im[i]! ** 2) * strength ** fallOff) / strength;
    re[i] = weight * picture.re[i]!;
    im[i] = weight * picture.im[i]!;
  }
  return centredFft({ ...size, re, im }, true).re;
}

/** All channels together to 0..1, in place. */
function stretch(channels: readonly Float64Array[]): void {
  const least = Math.min(...channels.map((values) => values.reduce((a, b) => Math.min(a, b))));
  for (const values of channels) for (let i = 0; i < values.length; i += 1) values[i]! -= least;
  const most = Math.max(...channels.map((values) => values.reduce((a, b) => Math.max(a, b)))) || 1;
  for (const values of channels) for (let i = 0; i < values.length; i += 1) values[i]! /= most;
}

/** scikit-image's match_histograms: masked values take the places of the unmasked ones of the picture's channel. */
function histogramMatched(
  values: Float64Array,
  picture: Float64Array,
  channel: number,
  masked: ArrayLike<number>,
): Float64Array {
  const given = sharesOf(values.filter((_, i) => masked[i]! > 1e-6));
  const wanted = sharesOf(
    Float64Array.from(values.map((_, i) => picture[3 * i + channel]!)).filter((_, i) => masked[i]! < 1e-3),
  );
  if (given.levels.length === 0 || wanted.levels.length === 0) return values;
  const level = new Map<number, number>();
  let above = 0;
  given.levels.forEach((value, i) => {
    const share = given.shares[i]!;
    while (above < wanted.shares.length && wanted.shares[above]! < share) above += 1;
    level.set(value, between(wanted, above, share));
  });
  return values.map((value, i) => (masked[i]! > 1e-6 ? level.get(value)! : value));
}

interface Shares {
  /** Those that occur, ascending. */
  readonly levels: readonly number[];
  /** Of each, the part of the values that are not above it. */
  readonly shares: readonly number[];
}

function sharesOf(values: Float64Array): Shares {
  const sorted = Float64Array.from(values).sort();
  const levels: number[] = [];
  const shares: number[] = [];
  sorted.forEach((value, i) => {
    if (sorted[i + 1] === value) return;
    levels.push(value);
    shares.push((i + 1) / sorted.length);
  });
  return { levels, shares };
}

/** On the line to the level `above`, whose share is the first that is not below. */
function between({ levels, shares }: Shares, above: number, share: number): number {
  if (above === 0) return levels[0]!;
  if (above === levels.length) return levels[above - 1]!;
  const slope = (levels[above]! - levels[above - 1]!) / (shares[above]! - shares[above - 1]!);
  return slope * (share - shares[above - 1]!) + levels[above - 1]!;
}
