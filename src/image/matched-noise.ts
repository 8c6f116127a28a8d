// Noise that looks like a picture, for the room around it: its frequencies are the picture's, and so are its colours (A1111
// scripts/outpainting_mk_2.py, get_matched_noise, after parlance-zz's g-diffuser-bot).
import { Pcg64 } from '../sampling/random/pcg64.ts';
import { centredFft, type ComplexPlane } from './fft.ts';
import { histogramMatched } from './histogram-match.ts';
import { withoutPause, type Pause } from './pause.ts';

/** Interleaved RGB, 0..1. */
export interface UnitPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

const CHANNELS = [0, 1, 2] as const;

/**
 * The picture with noise where `masked` says 1. `fallOff`: "Fall-off exponent", lower gives higher detail. The noise is drawn from
 * the same seed whatever the picture's is.
 */
export async function matchedNoise(
  picture: UnitPicture,
  masked: Float64Array,
  fallOff: number,
  colorVariation: number,
  pause: Pause = withoutPause,
): Promise<Float64Array> {
  const { width, height, data } = picture;
  const seen = windowed(picture, masked);
  await pause();
  const noise = await startingNoise(width, height, colorVariation, pause);
  const shaped: Float64Array[] = [];
  for (const channel of CHANNELS) {
    const spectrum = await centredFft(channelOf(seen, width, height, channel), false, pause);
    const soft = await softened(channelOf(noise, width, height, channel), pause);
    shaped.push(await withSpectrumOf(soft, spectrum, fallOff, pause));
  }
  stretch(shaped);
  await pause();
  const out = Float64Array.from(data);
  for (const channel of CHANNELS) {
    await matchColors(shaped[channel]!, data, channel, masked, pause);
    const values = shaped[channel]!;
    for (let i = 0, at: number = channel; i < values.length; i += 1, at += 3) {
      const share = masked[i]!;
      const mixed = data[at]! * (1 - share) + values[i]! * share;
      out[at] = Math.min(1, Math.max(0, mixed));
    }
    await pause();
  }
  return out;
}

/** Without what is masked, as bright as can be, over the mean colour. */
function windowed({ data }: UnitPicture, masked: Float64Array): Float64Array {
  const seen = new Float64Array(data.length);
  let [most, sum] = [0, 0];
  for (let pixel = 0, i = 0; i < data.length; pixel += 1) {
    const kept = 1 - masked[pixel]!;
    for (let c = 0; c < 3; c += 1, i += 1) {
      seen[i] = data[i]! * kept;
      most = Math.max(most, seen[i]!);
      sum += data[i]!;
    }
  }
  const brightest = most || 1;
  const mean = sum / data.length;
  for (let pixel = 0, i = 0; i < data.length; pixel += 1)
    for (let c = 0; c < 3; c += 1, i += 1) seen[i] = seen[i]! / brightest + mean * masked[pixel]!;
  return seen;
}

async function startingNoise(
  width: number,
  height: number,
  colorVariation: number,
  pause: Pause,
): Promise<Float64Array> {
  const random = new Pcg64(0);
  const noise = new Float64Array(3 * width * height);
  for (let i = 0; i < noise.length; i += 3) {
    const [red, green, blue] = [random.next(), random.next(), random.next()];
    const grey = (1 - colorVariation) * ((red + green + blue) / 3);
    noise[i] = red * colorVariation + grey;
    noise[i + 1] = green * colorVariation + grey;
    noise[i + 2] = blue * colorVariation + grey;
    if (i % (3 * width) === 0) await pause();
  }
  return noise;
}

function channelOf(data: Float64Array, width: number, height: number, channel: number): ComplexPlane {
  const re = new Float64Array(width * height);
  for (let i = 0, at = channel; i < re.length; i += 1, at += 3) re[i] = data[at]!;
  return { width, height, re, im: new Float64Array(width * height) };
}

/** High frequencies taken back. */
async function softened(plane: ComplexPlane, pause: Pause): Promise<ComplexPlane> {
  const { width, height } = plane;
  const least = Math.min(width, height);
  const spectrum = await centredFft(plane, false, pause);
  for (let y = 0; y < height; y += 1) {
    const down = ((y / height) * 2 - 1) * (height / least);
    for (let x = 0; x < width; x += 1) {
      const across = ((x / width) * 2 - 1) * (width / least);
      const weight = 1 / ((down ** 2 + 1) * (across ** 2 + 1));
      spectrum.re[y * width + x]! *= weight;
      spectrum.im[y * width + x]! *= weight;
    }
    await pause();
  }
  const { re } = await centredFft(spectrum, true, pause);
  return { ...plane, re };
}

/** The noise's strengths times the picture's, with the picture's phases. */
async function withSpectrumOf(
  noise: ComplexPlane,
  picture: ComplexPlane,
  fallOff: number,
  pause: Pause,
): Promise<Float64Array> {
  const { re, im, ...size } = await centredFft(noise, false, pause);
  for (let i = 0; i < re.length; i += 1) {
    const strength = Math.hypot(picture.re[i]!, picture.im[i]!);
    const weight = strength === 0 ? 0 : ((re[i]! ** 2 + im[i]! ** 2) * strength ** fallOff) / strength;
    re[i] = weight * picture.re[i]!;
    im[i] = weight * picture.im[i]!;
    if (i % size.width === 0) await pause();
  }
  return (await centredFft({ ...size, re, im }, true, pause)).re;
}

/** All channels together to 0..1, in place. */
function stretch(channels: readonly Float64Array[]): void {
  let least = Infinity;
  for (const values of channels) for (const value of values) least = Math.min(least, value);
  let most = 0;
  for (const values of channels)
    for (let i = 0; i < values.length; i += 1) {
      values[i]! -= least;
      most = Math.max(most, values[i]!);
    }
  const all = most || 1;
  for (const values of channels) for (let i = 0; i < values.length; i += 1) values[i]! /= all;
}

/** What is masked of `values` takes, in place, the colours that the picture's channel has where it is not. */
async function matchColors(
  values: Float64Array,
  picture: Float64Array,
  channel: number,
  masked: Float64Array,
  pause: Pause,
): Promise<void> {
  const given = new Float64Array(values.length);
  const wanted = new Float64Array(values.length);
  let [givenCount, wantedCount] = [0, 0];
  for (let i = 0; i < values.length; i += 1) {
    if (masked[i]! > 1e-6) given[givenCount++] = values[i]!;
    if (masked[i]! < 1e-3) wanted[wantedCount++] = picture[3 * i + channel]!;
  }
  await pause();
  const matched = await histogramMatched(
    given.subarray(0, givenCount),
    wanted.subarray(0, wantedCount),
    pause,
  );
  for (let i = 0, next = 0; i < values.length; i += 1) if (masked[i]! > 1e-6) values[i] = matched[next++]!;
}
