// RescaleCFG against ComfyUI's node: on given predictions, and in whole runs.
import { describe, expect, it } from 'vitest';
import {
  extensionRuns,
  extensionTensors,
  expectRun,
  nodeOf,
  paintRun,
} from '../../../tests/extension-runs.ts';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { relativeError } from '../../../tests/tiny-model.ts';
import { combineGuidance } from '../../sampling/combine-guidance.ts';
import { rescaleCfg, rescaled } from './rescale-cfg.ts';

interface GuidanceCase {
  readonly kind: string;
  readonly options: { readonly multiplier: number };
  readonly sigma: number;
  readonly cond_scale: number;
  readonly out: string;
}

const KIND = 'rescale_cfg';

const cases = listReference('extensions').includes('functions.json')
  ? readReferenceJson<{ guidance: { cases: GuidanceCase[] } }>('extensions', 'functions.json').guidance.cases
  : [];
const functions = cases.filter(({ kind }) => kind === KIND);
const runs = extensionRuns.filter((one) => nodeOf(one)?.kind === KIND);

describe('on given predictions', () => {
  if (functions.length === 0) it.skip('there are none', () => undefined);
  it.each(functions)('$options at sigma $sigma', async ({ options, sigma, cond_scale: cfgScale, out }) => {
    const tensors = await extensionTensors('functions');
    const of = (name: string) => tensors.get(name)!.data;
    const [x, cond, uncond] = ['x', 'cond', 'uncond'].map((name) => of(`guidance.${name}`));
    const [samples = 1] = tensors.get(out)!.dims;
    const share = x!.length / samples;
    const result = new Float32Array(x!.length);
    for (let i = 0; i < samples; i++) {
      const own = (all: Float32Array) => all.subarray(i * share, (i + 1) * share);
      const guided = combineGuidance([{ weight: 1, output: own(cond!) }], own(uncond!), cfgScale);
      result.set(rescaled(own(x!), own(cond!), guided, sigma, options.multiplier), i * share);
    }
    expect(relativeError(result, of(out))).toBeLessThan(1e-5);
  });
});

describe('in whole runs', () => {
  if (runs.length === 0) it.skip('there are none', () => undefined);
  it.each(runs)('$model, $id', async (one) => {
    const { multiplier } = nodeOf(one)!.options;
    await expectRun(
      one,
      await paintRun(one, [{ name: rescaleCfg.name, values: { multiplier: multiplier! } }]),
    );
  });
});
