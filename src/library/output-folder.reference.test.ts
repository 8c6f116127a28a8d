// Files in a folder that pictures are saved to, against those of webui 1.10.1's save_image in an empty one.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { filesBelow, nodeDirectory } from '../../tests/node-directory.ts';
import { listReference, readReferenceJson } from '../../tests/reference-dir.ts';
import type { NamedPicture } from './file-name-pattern.ts';
import { saveIn } from './output-folder.ts';
import { nextSequenceNumber } from './output-names.ts';
import { DEFAULT_SAVED_TO, type SavedTo } from './saved-to.ts';

interface Options {
  readonly samples_filename_pattern: string;
  readonly save_images_add_number: boolean;
  readonly save_images_replace_action: SavedTo['existing'];
  readonly save_to_dirs: boolean;
  readonly grid_save_to_dirs: boolean;
  readonly directories_filename_pattern: string;
  readonly directories_max_prompt_words: number;
  readonly save_txt: boolean;
}
interface Call {
  readonly seed: number | null;
  readonly prompt: string;
  readonly basename?: string;
  readonly short_filename?: boolean;
  readonly no_prompt?: boolean;
  readonly grid?: boolean;
  readonly suffix?: string;
  readonly forced_filename?: string;
  readonly extension?: string;
  readonly info?: string;
}
interface Golden {
  readonly notes: string;
  readonly options_default: Options;
  readonly next_sequence_number: readonly {
    readonly files: readonly string[];
    readonly basename: string;
    readonly result: number;
  }[];
  readonly save: readonly {
    readonly options: Partial<Options>;
    readonly existing: readonly string[];
    readonly calls: readonly Call[];
    readonly results: readonly (readonly [string, string | null])[];
    readonly files_after: readonly string[];
  }[];
}

interface ExtrasGolden {
  readonly runs: readonly { readonly case: string; readonly saved?: readonly string[] }[];
}

const there = listReference('pictures').includes('filenames.json');
const folders: string[] = [];
function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-output-'));
  folders.push(folder);
  return folder;
}
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

describe.skipIf(!there)('files of a folder', () => {
  const golden = there ? readReferenceJson<Golden>('pictures', 'filenames.json') : null!;
  const [, clock] = /stands at (\S+) /.exec(golden?.notes ?? '')!;
  const [, zone] = /local time zone ([^)]+)\)/.exec(golden?.notes ?? '')!;
  const [, modelName] = /model name '([^']+)'/.exec(golden?.notes ?? '')!;
  const time = Date.parse(`${clock!.slice(0, 23)}+01:00`);

  const toOf = (options: Options): SavedTo => ({
    ...DEFAULT_SAVED_TO,
    saveToDirs: options.save_to_dirs,
    gridSaveToDirs: options.grid_save_to_dirs,
    directoryPattern: options.directories_filename_pattern,
    maxPromptWords: options.directories_max_prompt_words,
    addNumber: options.save_images_add_number,
    existing: options.save_images_replace_action,
    saveText: options.save_txt,
  });
  const namedOf = (call: Call, { maxPromptWords }: SavedTo): NamedPicture => ({
    ...{ prompt: call.prompt, seed: call.seed, time, zone: zone!, basename: call.basename ?? '' },
    ...{
      width: 24,
      height: 16,
      zip: false,
      maxWords: maxPromptWords,
      imageHash: () => Promise.resolve(null),
    },
    run: {
      ...{
        prompt: call.prompt,
        negativePrompt: '',
        steps: 20,
        cfgScale: 7,
        sampler: 'DPM++ 2M',
        scheduler: 'Automatic',
      },
      ...{
        styles: [],
        styleTexts: [],
        modelHash: '',
        modelName: modelName!,
        vae: '',
        clipSkip: 1,
        user: '',
        job: '',
      },
      ...{ denoisingStrength: null, batchSize: 1, batchCount: 1, batchIndex: 0, iteration: 0, seeds: [] },
    },
  });

  it.each(golden?.next_sequence_number ?? [])('the number after $files', ({ files, basename, result }) => {
    expect(nextSequenceNumber(files, basename)).toBe(result);
  });

  it.each(golden?.save ?? [])(
    '$options $calls',
    async ({ options, existing, calls, results, files_after }) => {
      const all = { ...golden.options_default, ...options };
      const to = toOf(all);
      const folder = emptyFolder();
      for (const path of existing) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), 'older');
      }
      for (const [index, call] of calls.entries()) {
        const naming = {
          named: namedOf(call, to),
          short: call.short_filename ?? false,
          noPrompt: call.no_prompt ?? false,
          grid: call.grid ?? false,
          suffix: call.suffix ?? '',
          ...(call.forced_filename !== undefined && { forced: call.forced_filename }),
        };
        const text =
          to.saveText && call.info !== undefined ? [{ extension: 'txt', file: new Blob([call.info]) }] : [];
        const files = [{ extension: call.extension ?? 'png', file: new Blob([`picture ${index}`]) }, ...text];
        const path = await saveIn(nodeDirectory(folder), naming, all.samples_filename_pattern, to, files);
        // A name with a number behind it is told without that by the reference.
        if (to.existing === 'Replace') expect(path.join('/')).toBe(results[index]![0]);
        expect(readFileSync(join(folder, ...path), 'utf8')).toBe(`picture ${index}`);
      }
      expect(filesBelow(folder)).toEqual([...files_after].sort());
    },
  );
});

const extrasThere = listReference('pictures').includes('extras.json');

describe.skipIf(!extrasThere)("files of Extras, by A1111's runs", () => {
  const { runs } = extrasThere ? readReferenceJson<ExtrasGolden>('pictures', 'extras.json') : { runs: [] };
  it.each(runs.filter(({ saved = [] }) => saved.length > 0))('$case', async ({ saved = [] }) => {
    const folder = emptyFolder();
    const named: NamedPicture = {
      ...{ prompt: null, seed: null, time: 0, basename: '', width: 8, height: 8, zip: false, maxWords: 8 },
      imageHash: () => Promise.resolve(null),
    };
    for (const name of saved.filter((one) => one.endsWith('.png'))) {
      // What is behind the number is the suffix of a further picture: "-1" of "00001--1".
      const suffix = /^\d+-?(.*)\.png$/.exec(name)![1]!;
      const naming = { named, short: true, noPrompt: true, suffix };
      await saveIn(nodeDirectory(folder), naming, '', DEFAULT_SAVED_TO, [
        { extension: 'png', file: new Blob(['x']) },
      ]);
    }
    expect(filesBelow(folder)).toEqual(saved.filter((one) => one.endsWith('.png')).sort());
  });
});
