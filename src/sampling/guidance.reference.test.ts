// Parameterisations and the combination of conditions against A1111's and k-diffusion's (tests/reference/samplers:
// combine_denoised, model_wrappers), in float64.
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import {
  lcmParameterization,
  networkInput,
  type Parameterization,
  sigmaParameterization,
  timestepParameterization,
} from './denoiser.ts';
import { combineGuidance } from './combine-guidance.ts';
import { DiscreteTable, LcmTable } from './noise-table.ts';
import { analytic, gap, type NetworkConstants, referenceAlphas } from './testing.ts';

const has = (name: string): boolean => listReference('samplers').includes(name);
// float32 values in a float64 table, as in the reference's runs.
const alphas = Float64Array.from(referenceAlphas);

describe.skipIf(!has('combine_denoised.json'))('combine_denoised.json', () => {
  interface CombineCase {
    readonly conds_list: readonly (readonly (readonly [index: number, weight: number])[])[];
    readonly cond_scale: number;
    readonly shape: readonly number[];
    readonly x_out: readonly number[];
    readonly result: readonly number[];
  }
  const { cases } = has('combine_denoised.json')
    ? readReferenceJson<{ readonly cases: readonly CombineCase[] }>('samplers', 'combine_denoised.json')
    : { cases: [] };

  it.each(cases)('$conds_list at $cond_scale', (c) => {
    const size = c.shape.slice(1).reduce((a, b) => a * b, 1);
    const at = (i: number): Float64Array => Float64Array.from(c.x_out.slice(i * size, (i + 1) * size));
    const images = c.conds_list.length;
    const result = c.conds_list.flatMap((parts, image) => {
      const weighted = parts.map(([index, weight]) => ({ weight, output: at(index) }));
      return [...combineGuidance(weighted, at(c.shape[0]! - images + image), c.cond_scale)];
    });
    expect(gap(result, c.result)).toBeLessThan(1e-12);
  });
});

describe.skipIf(!has('model_wrappers.json'))('model_wrappers.json', () => {
  interface WrapperCase {
    readonly kind: 'eps' | 'v' | 'lcm' | 'timesteps_v';
    readonly sigma?: number;
    readonly quantize?: boolean | null;
    readonly t?: number;
    readonly t_seen?: number;
    readonly denoised?: readonly number[];
    readonly eps?: readonly number[];
  }
  interface WrapperFile {
    readonly network: NetworkConstants;
    readonly shape: readonly [number, number, number, number];
    readonly x: readonly number[];
    readonly cases: readonly WrapperCase[];
  }
  const file = has('model_wrappers.json')
    ? readReferenceJson<WrapperFile>('samplers', 'model_wrappers.json')
    : null;

  it.each(file?.cases ?? [])('$kind, sigma $sigma, t $t, quantize $quantize', (c) => {
    const { network, shape } = file!;
    const level = c.sigma ?? c.t!;
    const x = Float64Array.from(file!.x, (value) => (c.sigma === undefined ? value : value * c.sigma));
    const wrappers: Record<WrapperCase['kind'], () => Parameterization> = {
      eps: () => sigmaParameterization('epsilon', new DiscreteTable(alphas, c.quantize ?? false)),
      v: () => sigmaParameterization('v', new DiscreteTable(alphas, c.quantize ?? false)),
      lcm: () => lcmParameterization('epsilon', new LcmTable(referenceAlphas)),
      timesteps_v: () => timestepParameterization('v', alphas),
    };
    const wrapper = wrappers[c.kind]();
    const { scale, t } = wrapper.input(level);
    if (c.t_seen !== undefined) expect(Math.abs(t - c.t_seen)).toBeLessThan(1e-9);
    const raw = analytic(network, shape[2] * shape[3], networkInput(x, scale), t);
    expect(gap(wrapper.output(x, raw, level), (c.denoised ?? c.eps)!)).toBeLessThan(1e-9);
  });
});
