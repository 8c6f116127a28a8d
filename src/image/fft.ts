// Fourier transforms of planes, in float64: by factors of the lengths, whatever they are.
import { withoutPause, type Pause } from './pause.ts';

/** Complex numbers, rows from the top. */
export interface ComplexPlane {
  readonly width: number;
  readonly height: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * Divided by the root of the number of values (numpy's norm="ortho"), with the middle of the plane as the origin on both sides:
 * ifftshift(fft2(fftshift(plane))). Both sides must be even.
 */
export async function centredFft(
  plane: ComplexPlane,
  inverse = false,
  pause: Pause = withoutPause,
): Promise<ComplexPlane> {
  const { width, height } = plane;
  const across = shifted(plane);
  await transformRows(across, inverse, pause);
  // Columns as rows, so that memory is gone through in order.
  const down = transposed(across);
  await transformRows(down, inverse, pause);
  const out = transposed(down);
  const scale = 1 / Math.sqrt(width * height);
  for (let i = 0; i < out.re.length; i += 1) {
    out.re[i]! *= scale;
    out.im[i]! *= scale;
  }
  await pause();
  return shifted(out);
}

/** In place. */
async function transformRows(
  { width, height, re, im }: ComplexPlane,
  inverse: boolean,
  pause: Pause,
): Promise<void> {
  const line = new LineFft(width, inverse);
  for (let y = 0; y < height; y += 1) {
    line.run(re, im, y * width);
    await pause();
  }
}

/** Halves exchanged, left with right and above with below. */
function shifted({ width, height, re, im }: ComplexPlane): ComplexPlane {
  const out = { width, height, re: new Float64Array(re.length), im: new Float64Array(im.length) };
  const middle = width / 2;
  for (const [from, to] of [
    [re, out.re],
    [im, out.im],
  ] as const)
    for (let y = 0; y < height; y += 1) {
      const row = ((y + height / 2) % height) * width;
      to.set(from.subarray(row + middle, row + width), y * width);
      to.set(from.subarray(row, row + middle), y * width + middle);
    }
  return out;
}

/** Side of the squares in which values change places: what a processor has at hand. */
const SQUARE = 32;

function transposed({ width, height, re, im }: ComplexPlane): ComplexPlane {
  const out = {
    width: height,
    height: width,
    re: new Float64Array(re.length),
    im: new Float64Array(im.length),
  };
  for (let top = 0; top < height; top += SQUARE)
    for (let left = 0; left < width; left += SQUARE) {
      const [bottom, right] = [Math.min(height, top + SQUARE), Math.min(width, left + SQUARE)];
      for (let x = left; x < right; x += 1)
        for (let y = top; y < bottom; y += 1) {
          out.re[x * height + y] = re[y * width + x]!;
          out.im[x * height + y] = im[y * width + x]!;
        }
    }
  return out;
}

/** Of one length, in place (Cooley and Tukey, by the smallest factor first). */
class LineFft {
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  /** Which value comes to each place before parts are joined. */
  readonly #order: Int32Array;
  /** How many parts are joined by each step, from single values up. */
  readonly #factors: readonly number[];
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  /** What one step joins. */
  readonly #partRe: Float64Array;
  readonly #partIm: Float64Array;

  constructor(
    private readonly length: number,
    inverse: boolean,
  ) {
    const turn = ((inverse ? 2 : -2) * Math.PI) / length;
    this.#cos = Float64Array.from({ length }, (_, i) => Math.cos(turn * i));
    this.#sin = Float64Array.from({ length }, (_, i) => Math.sin(turn * i));
    const factors = factorsOf(length);
    this.#order = orderOf(factors);
    this.#factors = factors.reverse();
    this.#re = new Float64Array(length);
    this.#im = new Float64Array(length);
    this.#partRe = new Float64Array(length);
    this.#partIm = new Float64Array(length);
  }

  /** Of as many values as the length, from `start` on. */
  run(re: Float64Array, im: Float64Array, start: number): void {
    const order = this.#order;
    for (let i = 0; i < this.length; i += 1) {
      this.#re[i] = re[start + order[i]!]!;
      this.#im[i] = im[start + order[i]!]!;
    }
    let part = 1;
    for (const factor of this.#factors) {
      if (factor === 2) this.#joinPairs(part);
      else for (let to = 0; to < this.length; to += part * factor) this.#join(to, part, factor);
      part *= factor;
    }
    re.set(this.#re, start);
    im.set(this.#im, start);
  }

  /** `factor` parts of `part` values each, from `to` on. */
  #join(to: number, part: number, factor: number): void {
    const step = this.length / (part * factor);
    const a = this.#partRe;
    const b = this.#partIm;
    for (let k = 0; k < part; k += 1) {
      for (let i = 0; i < factor; i += 1) {
        a[i] = this.#re[to + i * part + k]!;
        b[i] = this.#im[to + i * part + k]!;
      }
      for (let j = 0; j < factor; j += 1) {
        let real = 0;
        let imaginary = 0;
        const turn = (k + j * part) * step;
        for (let i = 0; i < factor; i += 1) {
          const at = (i * turn) % this.length;
          const cos = this.#cos[at]!;
          const sin = this.#sin[at]!;
          real += a[i]! * cos - b[i]! * sin;
          imaginary += a[i]! * sin + b[i]! * cos;
        }
        this.#re[to + j * part + k] = real;
        this.#im[to + j * part + k] = imaginary;
      }
    }
  }

  /** All of them by twos: what most lengths come to, with one product for each pair. */
  #joinPairs(part: number): void {
    const [re, im, cosines, sines, length] = [this.#re, this.#im, this.#cos, this.#sin, this.length];
    const step = length / part / 2;
    for (let to = 0; to < length; to += 2 * part) {
      for (let a = to, b = to + part, turn = 0; a < to + part; a += 1, b += 1, turn += step) {
        const cos = cosines[turn]!;
        const sin = sines[turn]!;
        const x = re[b]!;
        const y = im[b]!;
        const real = x * cos - y * sin;
        const imaginary = x * sin + y * cos;
        const u = re[a]!;
        const v = im[a]!;
        re[b] = u - real;
        im[b] = v - imaginary;
        re[a] = u + real;
        im[a] = v + imaginary;
      }
    }
  }
}

/** Ascending. */
function factorsOf(length: number): number[] {
  const factors: number[] = [];
  for (let rest = length, factor = 2; rest > 1;) {
    if (factor * factor > rest) factor = rest;
    if (rest % factor !== 0) factor += 1;
    else {
      factors.push(factor);
      rest /= factor;
    }
  }
  return factors;
}

/** Of the values of each part in turn, and of its parts. */
function orderOf(factors: readonly number[]): Int32Array {
  let order = Int32Array.of(0);
  // From single values up: the last factor is the innermost.
  for (const factor of [...factors].reverse()) {
    const next = new Int32Array(order.length * factor);
    for (let i = 0; i < factor; i += 1)
      for (let k = 0; k < order.length; k += 1) next[i * order.length + k] = order[k]! * factor + i;
    order = next;
  }
  return order;
}
