// Names by A1111's patterns, against webui 1.10.1's own.
import { sha256 } from 'hash-wasm';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../checkpoint/source.ts';
import { readTensors } from '../../tests/goldens.ts';
import { listReference, readReference, readReferenceJson } from '../../tests/reference-dir.ts';
import { nameByPattern, sanitizePart, type NamedRun } from './file-name-pattern.ts';

interface Processing {
  readonly prompt: string;
  readonly steps: number;
  readonly cfg_scale: number;
  readonly sampler_name: string;
  readonly scheduler: string;
  readonly styles: readonly string[];
  readonly batch_size: number;
  readonly n_iter: number;
  readonly batch_index: number;
  readonly iteration: number;
  readonly all_seeds: readonly number[];
  readonly sd_model_hash: string;
  readonly job_timestamp: string;
  readonly negative_prompt: string;
  readonly denoising_strength: number | null;
  readonly user: string;
}
interface Case {
  readonly pattern: string;
  readonly processing: Partial<Processing>;
  readonly seed: number | null;
  readonly prompt: string | null;
  readonly zip: boolean;
  readonly result: string;
}
interface Golden {
  readonly notes: string;
  readonly defaults: Processing;
  readonly options_default: { readonly directories_max_prompt_words: number };
  readonly apply: readonly Case[];
  readonly apply_without_processing: readonly (Case & { readonly basename: string })[];
  readonly prompt_words: readonly {
    readonly directories_max_prompt_words: number;
    readonly prompt: string;
    readonly result: string;
  }[];
  readonly sanitize: readonly {
    readonly text: string;
    readonly replace_spaces: boolean;
    readonly result: string;
  }[];
}

const there = listReference('pictures').includes('filenames.json');

describe.skipIf(!there)('names of files', async () => {
  const golden = there ? readReferenceJson<Golden>('pictures', 'filenames.json') : null!;
  const file = readReference('pictures', 'filenames.safetensors.gz');
  const [picture] = [...(await readTensors(bytesSource(file))).values()];
  const [height, width] = picture!.dims as [number, number];
  const hash = await sha256(Uint8Array.from(picture!.data));
  // What the notes say of the clock and the model.
  const [, clock] = /stands at (\S+) /.exec(golden.notes)!;
  const [, zone] = /local time zone ([^)]+)\)/.exec(golden.notes)!;
  const [, modelName] = /model name '([^']+)'/.exec(golden.notes)!;
  const [, vae] = /VAE file ([^.]+)\./.exec(golden.notes)!;
  // The clock's zone is an hour ahead of Greenwich in winter.
  const time = Date.parse(`${clock!.slice(0, 23)}+01:00`) + Number(clock!.slice(23)) / 1000;
  const common = {
    ...{ width, height, time, zone: zone!, basename: 'img', zip: false },
    imageHash: () => Promise.resolve(hash),
    maxWords: golden.options_default.directories_max_prompt_words,
  };

  function runOf(processing: Partial<Processing>): NamedRun {
    const all = { ...golden.defaults, ...processing };
    return {
      prompt: all.prompt,
      negativePrompt: all.negative_prompt,
      steps: all.steps,
      cfgScale: all.cfg_scale,
      sampler: all.sampler_name,
      scheduler: all.scheduler,
      styles: all.styles,
      styleTexts: [],
      modelHash: all.sd_model_hash,
      modelName: modelName!,
      vae: vae!,
      clipSkip: 1,
      denoisingStrength: all.denoising_strength,
      user: all.user,
      job: all.job_timestamp,
      batchSize: all.batch_size,
      batchCount: all.n_iter,
      batchIndex: all.batch_index,
      iteration: all.iteration,
      seeds: all.all_seeds,
    };
  }

  it.each(golden.apply)('$pattern', async ({ pattern, processing, seed, prompt, zip, result }) => {
    // What the styles say is not told.
    if (pattern === '[prompt_no_styles]' && processing.styles) return;
    const made = await nameByPattern(pattern, { ...common, run: runOf(processing), seed, prompt, zip });
    expect(made).toBe(result);
  });

  it.each(golden.apply_without_processing)('$pattern of a picture that is no run', async (one) => {
    const { pattern, seed, prompt, basename, result } = one;
    expect(await nameByPattern(pattern, { ...common, seed, prompt, basename })).toBe(result);
  });

  it.each(golden.prompt_words)('$directories_max_prompt_words words', async (one) => {
    const maxWords = one.directories_max_prompt_words;
    const named = { ...common, maxWords, prompt: one.prompt, seed: 1 };
    expect(await nameByPattern('[prompt_words]', named)).toBe(one.result);
  });

  it.each(golden.sanitize)('$text without what file systems refuse', ({ text, replace_spaces, result }) => {
    expect(sanitizePart(text, replace_spaces)).toBe(result);
  });
});
