// Every kind of network against A1111's own modules, and its names of layers.
import { describe, expect, it } from 'vitest';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { applied } from './apply.ts';
import type { Parts } from './kinds.ts';
import { deltaOf, kindOf, withPeftNames, type Strength } from './module.ts';
import { kohyaName, webuiName } from './names.ts';
import type { Tensor } from './matrix.ts';

interface Stored {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

interface Case {
  readonly name: string;
  readonly key: string;
  readonly te_multiplier: number;
  readonly unet_multiplier: number;
  readonly dyn_dim: number | null;
  readonly weight: Stored;
  readonly bias: Stored | null;
  readonly networks: readonly Readonly<Record<string, Stored>>[];
  readonly module_types: readonly (string | null)[];
  readonly updown_of_first?: Stored | null;
  readonly ex_bias_of_first?: Stored | null;
  readonly weight_after?: Stored;
  readonly bias_after?: Stored | null;
  readonly errors_counted?: Readonly<Record<string, number>>;
  readonly raises?: string;
}

interface Modules {
  readonly tolerance: { readonly rel: number; readonly abs: number };
  readonly cases: readonly Case[];
}

interface Names {
  readonly cases: readonly { readonly key: string; readonly sd1_or_sdxl: string; readonly sd2: string }[];
}

const has = (file: string): boolean => listReference('lora').includes(file);
const modules: Modules = has('modules.json')
  ? readReferenceJson('lora', 'modules.json')
  : { tolerance: { rel: 0, abs: 0 }, cases: [] };
const names: Names = has('names.json') ? readReferenceJson('lora', 'names.json') : { cases: [] };

const KINDS: Readonly<Record<string, string>> = {
  NetworkModuleLora: 'LoRA',
  NetworkModuleHada: 'LoHa',
  NetworkModuleIa3: '(IA)3',
  NetworkModuleLokr: 'LoKr',
  NetworkModuleFull: 'full difference',
  NetworkModuleNorm: 'norm',
  NetworkModuleGLora: 'GLoRA',
  NetworkModuleOFT: 'OFT',
};

const tensor = ({ shape, values }: Stored): Tensor => ({ shape, data: Float32Array.from(values) });
const partsOf = (network: Readonly<Record<string, Stored>>): Parts =>
  new Map(Object.entries(network).map(([name, stored]) => [name, tensor(stored)]));

function expectClose(got: Tensor | null, wanted: Stored | null | undefined, what: string): void {
  if (!wanted) {
    expect(got, what).toBeNull();
    return;
  }
  const { rel, abs } = modules.tolerance;
  expect(got!.data.length, what).toBe(wanted.values.length);
  for (const [i, value] of wanted.values.entries()) {
    const allowed = abs + rel * Math.abs(value);
    expect(Math.abs(got!.data[i]! - value), `${what}[${i}]`).toBeLessThanOrEqual(allowed);
  }
}

describe.skipIf(modules.cases.length === 0)(
  'networks (without lora/modules.json there is nothing to compare)',
  () => {
    it.each(modules.cases.map((test) => [test.name, test] as const))('%s', (_, test) => {
      const strength: Strength = {
        text: test.te_multiplier,
        unet: test.unet_multiplier,
        dyn: test.dyn_dim,
      };
      const [weight, bias] = [tensor(test.weight), test.bias && tensor(test.bias)];
      const files = test.networks.map((network) => ({ parts: partsOf(network), strength }));
      const kinds = files.map(({ parts }) => kindOf(withPeftNames(parts).keys())?.label ?? null);
      expect(kinds).toEqual(test.module_types.map((type) => (type === null ? null : KINDS[type])));
      if (kinds.includes(null)) return;

      const first = (): ReturnType<typeof deltaOf> => deltaOf(test.key, files[0]!.parts, weight, strength);
      const fails = test.raises !== undefined || test.errors_counted !== undefined;
      if (fails) expect(first).toThrow(/does not fit|not of one size/);
      else {
        // There an inpainting model's other channels come afterwards.
        if (test.updown_of_first?.values.length === weight.data.length) {
          expectClose(first().weight, test.updown_of_first, 'delta');
        }
        expectClose(first().bias, test.ex_bias_of_first, 'delta of the bias');
      }
      const after = applied(test.key, weight, bias, files);
      expect(after.failed.length > 0).toBe(fails);
      if (test.weight_after) expectClose(after.weight, test.weight_after, 'weight');
      if (test.weight_after) expectClose(after.bias, test.bias_after, 'bias');
    });
  },
);

describe.skipIf(names.cases.length === 0)(
  'names of layers (without lora/names.json there is nothing to compare)',
  () => {
    it.each(names.cases.map((test) => [test.key, test] as const))('%s', (key, test) => {
      expect(webuiName(key, false)).toBe(test.sd1_or_sdxl);
      expect(webuiName(key, true)).toBe(test.sd2);
    });

    it('are found again by ours', () => {
      let count = 0;
      for (const { key, sd1_or_sdxl: sd1, sd2 } of names.cases) {
        if (sd1 !== key) expect(kohyaName(sd1, false)).toBe(key);
        // Norms of open_clip have a name of their own, which A1111 does not write.
        if (sd2 !== key && !key.includes('layer_norm')) expect(kohyaName(sd2, false)).toBe(key);
        count += Number(sd1 !== key);
      }
      expect(count).toBeGreaterThan(0);
    });
  },
);
