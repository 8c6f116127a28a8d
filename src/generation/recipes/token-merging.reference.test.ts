// Token merging in whole runs of webui, which does it by tomesd: the ratios, sizes that leave tokens over, batches, and SDXL, whose
// finest level has no attention to merge for.
import { describe, expect, it } from 'vitest';
import {
  expectRun,
  extensionRuns,
  fieldsOfRun,
  paintRun,
  requestOfRun,
} from '../../../tests/extension-runs.ts';

const runs = extensionRuns.filter(({ options = {} }) => Number(options['token_merging_ratio'] ?? 0) > 0);
if (runs.length === 0) it.skip('there are no runs', () => undefined);

describe.each(runs)('$model, $id', (one) => {
  it('paints what webui paints, and asks for what its text says', async () => {
    const { settings } = requestOfRun(one, []);
    expect(settings.tokenMergingRatio).toBe(Number(fieldsOfRun(one)['Token merging ratio']));
    await expectRun(one, await paintRun(one, []));
  });
});
