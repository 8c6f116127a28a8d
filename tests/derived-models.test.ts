// The models that the reference data's runs are made with and that we make ourselves are the files of then.
import { describe, expect, it } from 'vitest';
import { derivedFile, DERIVED_MODELS, canDerive } from './derived-models.ts';
import { GoldenRuns } from './golden-runs.ts';
import { sha256Of } from './turned-vae.ts';

describe.each([['pipelines'], ['sdxl', 'runs']])('%s %s', (...folder) => {
  const runs = new GoldenRuns(...folder.filter((name) => typeof name === 'string'));
  for (const name of DERIVED_MODELS) {
    if (!canDerive(name) || !runs.models.includes(name)) it.skip(name, () => undefined);
    else it(name, () => expect(sha256Of(derivedFile(name))).toBe(runs.sha256Of(name)));
  }
});
