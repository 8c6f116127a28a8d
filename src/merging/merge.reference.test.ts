// Whole merges of A1111's run_modelmerger: tensors, types, file names, metadata, and what it refuses.
import { expect, it } from 'vitest';
import { openCheckpoint } from '../checkpoint/open.ts';
import { safetensorsFile } from '../checkpoint/safetensors-file.ts';
import { bytesSource } from '../checkpoint/source.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { valuesOf } from './arithmetic.ts';
import { mergedName } from './file-name.ts';
import { mergedCheckpoint } from './merged-checkpoint.ts';
import { mergedMetadata, type Parent } from './metadata.ts';
import { planMerge } from './plan.ts';
import type { MergeModel, MergeSettings, Method } from './types.ts';

interface Case {
  readonly id: number;
  readonly primary: string;
  readonly secondary: string;
  readonly tertiary: string;
  readonly interp_method: Method;
  readonly multiplier: number;
  readonly save_as_half: boolean;
  readonly custom_name: string;
  readonly bake_in_vae: string | null;
  readonly discard_weights: string;
  readonly save_metadata: boolean;
  readonly add_merge_recipe: boolean;
  readonly copy_metadata_fields: boolean;
  readonly metadata_json: string;
  readonly file_name_given?: string;
  readonly out?: string;
  readonly metadata?: Readonly<Record<string, string>> | null;
  readonly dtypes?: Readonly<Record<string, string>>;
  readonly raises?: string;
  readonly message?: string;
}

const DTYPES: Readonly<Record<string, string>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  F64: 'float64',
  I64: 'int64',
};

const isThere = listReference('merge').includes('cases.json');
const { cases, tolerance } = isThere
  ? readReferenceJson<{ cases: Case[]; tolerance: { float32_abs: number } }>('merge', 'cases.json')
  : { cases: [], tolerance: { float32_abs: 0 } };

const opened = (file: string): Promise<Checkpoint> =>
  openCheckpoint(bytesSource(readReference('merge', file)));

async function input(name: string): Promise<MergeModel | null> {
  return name === '' ? null : { name, checkpoint: await opened(`in_${name}.safetensors`) };
}

const parent = (model: MergeModel): Parent => ({
  name: `in_${model.name}.safetensors`,
  sha256: `sha256-of-${model.name}`,
  legacyHash: `old${model.name}`,
  metadata: model.checkpoint.metadata,
});

async function run(test: Case) {
  const { primary, secondary, tertiary, bake_in_vae: vae } = test;
  const models = {
    a: await input(primary),
    b: await input(secondary),
    c: await input(tertiary),
    vae: vae === null ? null : { name: vae, checkpoint: await opened(vae) },
  };
  const settings: MergeSettings = {
    method: test.interp_method,
    multiplier: test.multiplier,
    blocks: null,
    precision: test.save_as_half ? 'float16' : 'float32',
    discard: test.discard_weights,
  };
  const plan = planMerge(models, settings);
  const name = mergedName(models, settings, test.custom_name, plan.special);
  const mixes = test.interp_method !== 'No interpolation';
  const metadata = mergedMetadata(
    {
      saveMetadata: test.save_metadata,
      addRecipe: test.add_merge_recipe,
      copyFields: test.copy_metadata_fields,
      json: test.metadata_json,
    },
    {
      a: parent(models.a!),
      b: mixes && models.b ? parent(models.b) : null,
      c: test.interp_method === 'Add difference' && models.c ? parent(models.c) : null,
    },
    {
      ...settings,
      customName: test.custom_name,
      configSource: 'A, B or C',
      bakeInVae: vae ?? 'None',
      special: plan.special,
    },
  );
  // As the file that it becomes.
  const file = safetensorsFile(mergedCheckpoint(models, plan, metadata));
  const bytes = await file.read(0, file.size);
  return { name, checkpoint: await openCheckpoint(bytesSource(bytes)) };
}

const title = (test: Case): string =>
  `${test.id}: ${test.interp_method} ${test.multiplier}, ${test.primary} ${test.secondary} ${test.tertiary}`;

if (!isThere) it.skip('the reference data has no merge/cases.json', () => undefined);

for (const test of cases) {
  if (test.out === undefined) {
    it(`refuses as A1111 does ${title(test)}`, async () => {
      const said = test.message!.replace(/^Failed: /, '');
      await expect(run(test)).rejects.toThrow(said);
      await expect(run(test)).rejects.toMatchObject({ name: 'MergeError' });
    });
    continue;
  }
  it(`merges as A1111 does ${title(test)}`, async () => {
    const { name, checkpoint } = await run(test);
    expect(`${name}.safetensors`).toBe(test.file_name_given);
    expect([...checkpoint.tensors.keys()].sort()).toEqual(Object.keys(test.dtypes!).sort());
    const metadata = checkpoint.metadata.size > 0 ? Object.fromEntries(checkpoint.metadata) : null;
    expect(metadata).toEqual(test.metadata);
    const expected = await opened(test.out!);
    for (const [tensor, info] of checkpoint.tensors) {
      expect(DTYPES[info.dtype], tensor).toBe(test.dtypes![tensor]);
      expect(info.shape, tensor).toEqual(expected.tensors.get(tensor)!.shape);
      const [mine, theirs] = [await checkpoint.read(tensor), await expected.read(tensor)];
      const [a, b] = [valuesOf(mine, info.dtype), valuesOf(theirs, info.dtype)];
      for (let i = 0; i < a.length; i++) {
        const difference = Math.abs(Number(a[i]) - Number(b[i]));
        expect(difference, `${tensor}[${i}]`).toBeLessThanOrEqual(
          allowed(info.dtype, Number(b[i]), tolerance),
        );
      }
    }
  });
}

/** One last place of a half; of the others what the reference says. */
function allowed(dtype: string, value: number, { float32_abs: float32 }: { float32_abs: number }): number {
  if (dtype !== 'F16' && dtype !== 'BF16') return dtype === 'F32' ? float32 : 0;
  const bits = dtype === 'F16' ? 10 : 7;
  return 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value) || 2 ** -14))) - bits);
}
