// What earlier versions have stored still opens: records/ has it as they wrote it (of a model's tensors the first three), one
// file a version.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRecord } from '../src/library/image-record.ts';
import { holdInMemory } from '../src/library/memory/memory-mode.ts';
import { parseModel } from '../src/library/model-record.ts';
import { browserQueue, type QueuedJob } from '../src/library/queue.ts';
import { queueStore } from '../src/library/stores.ts';
import type { StoredModel } from '../src/library/types.ts';
import { familyOf } from '../src/families/families.ts';
import { parseInfotext } from '../src/generation/request/infotext/parse.ts';
import { toGenerationParameters } from '../src/generation/request/parameters.ts';
import { prepareRequest } from '../src/generation/request/prepare.ts';
import type { GenerationParameters } from '../src/generation/request/request.ts';
import { validateParameters } from '../src/generation/request/validate.ts';
import { CHOICES } from '../src/ui/choices.ts';
import { parseMemory, parseModelChoice, parseParameters, SETTING_KEYS } from '../src/ui/stored-settings.ts';

interface Records {
  readonly models: Readonly<Record<string, StoredModel>>;
  readonly jobs: Readonly<Record<string, QueuedJob>>;
  readonly records: Readonly<Record<string, { readonly parameters: string }>>;
  readonly settings: Readonly<Record<string, unknown>>;
}

const FOLDER = new URL('records/', import.meta.url);

describe.each(readdirSync(FOLDER))('%s', (file) => {
  const stored = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Records;

  it.each(Object.entries(stored.models))('model %s', (key, record) => {
    const model = parseModel(key, structuredClone(record));
    expect(model).toMatchObject({ name: record.name, chunks: record.chunks });
    expect((model as StoredModel).detection.supported).toBe(true);
    expect(familyOf(record.detection.kind)).not.toBeNull();
  });

  it('the queue, whose jobs can go on', async () => {
    holdInMemory();
    for (const [id, job] of Object.entries(stored.jobs)) await queueStore.set(id, job);
    const { jobs, damaged } = await browserQueue.list();
    expect(damaged).toEqual([]);
    expect(jobs).toEqual(Object.values(stored.jobs));
    for (const request of jobs.flatMap(({ requests }) => requests)) {
      const prepared = prepareRequest(request);
      expect(validateParameters(prepared)).toEqual([]);
      expect(prepared).toMatchObject(request);
    }
  });

  it.each(Object.entries(stored.records))('picture %s', (id, record) => {
    expect(parseRecord(id, record)).toEqual(record);
    const [request] = Object.values(stored.jobs)[0]!.requests;
    const { prompt, steps, settings } = request!;
    expect(toGenerationParameters(parseInfotext(record.parameters))).toMatchObject({
      ...{ prompt, steps },
      settings: { noiseSchedule: settings.noiseSchedule },
    });
  });

  it('settings', () => {
    const { parameters, model, memory } = SETTING_KEYS;
    const asked = stored.settings[parameters] as GenerationParameters;
    expect(parseParameters(asked, CHOICES)).toMatchObject(asked);
    expect(parseModelChoice(stored.settings[model])).toBe(stored.settings[model]);
    expect(parseMemory(stored.settings[memory])).toEqual(stored.settings[memory]);
  });
});
