// Fourier transforms of planes, in float64: by factors of the lengths, whatever they are.

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
export function centredFft(plane: ComplexPlane, inverse = false): ComplexPlane {
  const { width, height } = plane;
  const out = shifted(plane);
  const rows = new LineFft(width, inverse);
  for (let y = 0; y < height; y += 1) rows.run(out.re, out.im, y * width, 1);
  const columns = new LineFft(height, inverse);
  for (let x = 0; x < width; x += 1) columns.run(out.re, out.im, x, width);
  const scale = 1 / Math.sqrt(width * height);
  for (let i = 0; i < out.re.length; i += 1) {
    out.re[i]! *= scale;
    out.im[i]! *= scale;
  }
  return shifted(out);
}

/** Halves exchanged, left with right and above with below. */
function shifted({ width, height, re, im }: ComplexPlane): ComplexPlane {
  const out = { width, height, re: new Float64Array(re.length), im: new Float64Array(im.length) };
  for (let y = 0; y < height; y += 1) {
    const row = ((y + height / 2) % height) * width;
    for (let x = 0; x < width; x += 1) {
      const from = row + ((x + width / 2) % width);
      out.re[y * width + x] = re[from]!;
      out.im[y * width + x] = im[from]!;
    }
  }
  return out;
}

/** Of one length, in place. */
class LineFft {
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
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
    this.#re = new Float64Array(length);
    this.#im = new Float64Array(length);
    this.#partRe = new Float64Array(length);
    this.#partIm = new Float64Array(length);
  }

  /** Of every `stride`-th value from `start` on. */
  run(re: Float64Array, im: Float64Array, start: number, stride: number): void {
    this.#transform(re, im, start, stride, 0, this.length);
    for (let i = 0; i < this.length; i += 1) {
      re[start + i * stride] = this.#re[i]!;
      im[start + i * stride] = this.#im[i]!;
    }
  }

  /** `count` of the values, to the place `to` of the result (Cooley and Tukey, by the smallest factor). */
  #transform(
    re: Float64Array,
    im: Float64Array,
    from: number,
    stride: number,
    to: number,
    count: number,
  ): void {
    if (count === 1) {
      this.#re[to] = re[from]!;
      this.#im[to] = im[from]!;
      return;
    }
    const factor = smallestFactor(count);
    const part = count / factor;
    if (factor === 2) return this.#halves(re, im, from, stride, to, part);
    for (let i = 0; i < factor; i += 1)
      this.#transform(re, im, from + i * stride, stride * factor, to + i * part, part);
    const step = this.length / count;
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

  /** Of two times `part` values: what most lengths come to, with one product for each pair. */
  #halves(re: Float64Array, im: Float64Array, from: number, stride: number, to: number, part: number): void {
    this.#transform(re, im, from, 2 * stride, to, part);
    this.#transform(re, im, from + stride, 2 * stride, to + part, part);
    const [outRe, outIm] = [this.#re, this.#im];
    const step = this.length / part / 2;
    for (let k = 0; k < part; k += 1) {
      const [a, b] = [to + k, to + k + part];
      const [cos, sin] = [this.#cos[k * step]!, this.#sin[k * step]!];
      const real = outRe[b]! * cos - outIm[b]! * sin;
      const imaginary = outRe[b]! * sin + outIm[b]! * cos;
      outRe[b] = outRe[a]! - real;
      outIm[b] = outIm[a]! - imaginary;
      outRe[a]! += real;
      outIm[a]! += imaginary;
    }
  }
}

function smallestFactor(count: number): number {
  for (let factor = 2; factor * factor <= count; factor += 1) if (count % factor === 0) return factor;
  return count;
}
