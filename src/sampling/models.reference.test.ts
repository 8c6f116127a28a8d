// Tables and scalings of the tiny models, and their trajectories replayed from the recorded predictions
// (tests/reference/models/*/schedule.safetensors, traj-*.safetensors): samplers and schedules without the network.
import { describe, expect, it } from 'vitest';
import { listReference, readReference, tinyModels } from '../../tests/reference-dir.ts';
import { sigmaParameterization, timestepParameterization } from './denoiser.ts';
import { combine } from './latent.ts';
import { DiscreteTable, linearAlphasCumprod } from './noise-table.ts';
import { getSampler } from './registry.ts';
import { solverOf } from './solvers.ts';
import { buildSigmas } from './schedules.ts';
import { ddimTimesteps } from './steps.ts';
import type { Denoise } from './types.ts';

/** float32 and int64 tensors of a safetensors file of ours. */
function readTensors(...path: string[]): Map<string, Float32Array> {
  const bytes = readReference(...path);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, Float32Array>();
  for (const [name, { dtype, data_offsets }] of Object.entries(header)) {
    const data = bytes.slice(8 + length + data_offsets[0], 8 + length + data_offsets[1]).buffer;
    if (dtype === 'F32') tensors.set(name, new Float32Array(data));
    if (dtype === 'I64') tensors.set(name, Float32Array.from(new BigInt64Array(data), Number));
  }
  return tensors;
}

function expectClose(actual: ArrayLike<number>, expected: Float32Array, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const size = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(actual[i]! - value)), 0);
  expect(worst / size).toBeLessThanOrEqual(tolerance);
}

const modelsWith = (file: string): string[] =>
  tinyModels().filter((name) => listReference('models', name).includes(file));

if (modelsWith('schedule.safetensors').length === 0) it.skip('no tiny model with a schedule is there');

describe.each(modelsWith('schedule.safetensors'))('%s', (model) => {
  const tensors = readTensors('models', model, 'schedule.safetensors');
  const table = new DiscreteTable(tensors.get('alphas_cumprod')!);
  const sigma = tensors.get('sigma')!;

  it('has the table that all models share, its sigmas and times', () => {
    expectClose(linearAlphasCumprod(), tensors.get('alphas_cumprod')!, 1e-6);
    expectClose(table.sigmas, tensors.get('sigmas')!, 1e-6);
    expectClose(
      sigma.map((s) => table.sigmaToT(s)),
      tensors.get('sigma_to_t')!,
      1e-6,
    );
    expectClose(
      tensors.get('t')!.map((t) => table.tToSigma(t)),
      tensors.get('t_to_sigma')!,
      1e-6,
    );
    for (const [name, expected] of tensors) {
      if (!name.startsWith('get_sigmas.')) continue;
      const steps = Number(name.slice('get_sigmas.'.length));
      expectClose(buildSigmas({ scheduler: 'Automatic', steps, table }), expected, 1e-6);
    }
  });

  it('has the scalings of its prediction', () => {
    const isV = tensors.has('scaling.c_skip');
    const parameterization = sigmaParameterization(isV ? 'v' : 'epsilon', table);
    const one = Float64Array.of(1);
    const zero = Float64Array.of(0);
    sigma.forEach((s, i) => {
      const skip = isV ? tensors.get('scaling.c_skip')![i]! : 1;
      expectClose([parameterization.input(s).scale], tensors.get('scaling.c_in')!.subarray(i, i + 1), 1e-6);
      expectClose(parameterization.output(one, zero, s), Float32Array.of(skip), 1e-6);
      expectClose(
        parameterization.output(zero, one, s),
        tensors.get('scaling.c_out')!.subarray(i, i + 1),
        1e-6,
      );
    });
  });

  it.skipIf(!tensors.has('v.eps'))('turns v into eps at timesteps', () => {
    const parameterization = timestepParameterization('v', tensors.get('alphas_cumprod')!);
    const [x, v, t, eps] = ['v.x', 'v.v', 'v.t', 'v.eps'].map((name) => tensors.get(name)!);
    const size = x!.length / t!.length;
    t!.forEach((time, i) => {
      const part = (values: Float32Array): Float32Array => values.subarray(i * size, (i + 1) * size);
      expectClose(parameterization.output(part(x!), part(v!), time), part(eps!), 1e-6);
    });
  });
});

/** Denoiser that answers with the recorded predictions, in order. */
function replay(
  tensors: Map<string, Float32Array>,
  answer: (denoised: Float32Array, x: Float32Array, level: number) => Float32Array,
): Denoise<Float32Array> {
  let call = 0;
  return (x, level) => {
    const guided = answer(tensors.get(`denoised.${call++}`)!, x, level);
    return Promise.resolve({ guided, uncond: guided });
  };
}

async function expectTrajectory(
  sampler: string,
  tensors: Map<string, Float32Array>,
  schedule: readonly number[],
  denoise: Denoise<Float32Array>,
  alphas: Float32Array,
): Promise<void> {
  const noise = (): Float32Array => new Float32Array(tensors.get('x.0')!.length);
  const run = solverOf(getSampler(sampler))(denoise, tensors.get('x.0')!, schedule, {
    noise,
    alphasCumprod: alphas,
  });
  let steps = 0;
  for (;;) {
    const next = await run.next();
    if (next.done) break;
    steps += 1;
    expectClose(next.value.x, tensors.get(`x.${steps}`)!, 1e-5);
    expectClose(next.value.denoised, tensors.get(`denoised.${steps - 1}`)!, 1e-5);
  }
  expect(tensors.has(`x.${steps + 1}`)).toBe(false);
  expect(steps).toBeGreaterThan(0);
}

describe.each(modelsWith('traj-euler.safetensors'))('%s', (model) => {
  const alphas = linearAlphasCumprod();

  it('goes the Euler trajectory', async () => {
    const tensors = readTensors('models', model, 'traj-euler.safetensors');
    const steps = tensors.get('sigmas')!.length - 1;
    const sigmas = buildSigmas({ scheduler: 'Automatic', steps, table: new DiscreteTable(alphas) });
    expectClose(sigmas, tensors.get('sigmas')!, 1e-6);
    expectClose(
      tensors.get('noise')!.map((n) => n * sigmas[0]!),
      tensors.get('x.0')!,
      1e-6,
    );
    // The refiner's tells no predictions; recipes/txt2img.reference.test.ts goes it.
    if (!tensors.has('denoised.0')) return;
    await expectTrajectory(
      'Euler',
      tensors,
      sigmas,
      replay(tensors, (denoised) => denoised),
      alphas,
    );
  });

  it.skipIf(!listReference('models', model).includes('traj-ddim.safetensors'))(
    'goes the DDIM trajectory',
    async () => {
      const tensors = readTensors('models', model, 'traj-ddim.safetensors');
      const updates = [...tensors.keys()].filter((name) => name.startsWith('denoised.')).length;
      const toEps = (denoised: Float32Array, x: Float32Array, t: number): Float32Array => {
        const alpha = alphas[t]!;
        return combine([1 / Math.sqrt(1 - alpha), x], [-Math.sqrt(alpha / (1 - alpha)), denoised]);
      };
      await expectTrajectory('DDIM', tensors, ddimTimesteps(updates + 1), replay(tensors, toEps), alphas);
    },
  );
});
