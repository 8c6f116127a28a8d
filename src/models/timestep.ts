// The sinusoidal embedding of time (and of sizes, in SDXL).

/**
 * ldm.modules.diffusionmodules.util.timestep_embedding: [t.length, dim], cosines first, then sines, frequencies from 1
 * down to 1/10000. Rounded to float32 where PyTorch rounds: at t = 999 an exact frequency would move the angle by 5e-5.
 */
export function timestepEmbedding(t: ArrayLike<number>, dim: number): Float32Array {
  const half = Math.floor(dim / 2);
  const result = new Float32Array(t.length * dim);
  const factor = Math.fround(-Math.log(10000));
  for (let i = 0; i < half; i++) {
    const frequency = Math.fround(Math.exp(Math.fround(Math.fround(factor * i) / half)));
    for (let n = 0; n < t.length; n++) {
      const angle = Math.fround(Math.fround(t[n]!) * frequency);
      result[n * dim + i] = Math.cos(angle);
      result[n * dim + half + i] = Math.sin(angle);
    }
  }
  return result;
}
