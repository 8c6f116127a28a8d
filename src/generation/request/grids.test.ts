import { describe, expect, it } from 'vitest';
import { DEFAULT_IMG2IMG, DEFAULT_PARAMETERS, type GenerationParameters } from './request.ts';
import { defaultScript } from './script.ts';
import { gridsOf } from './grids.ts';

const request = (changed: Partial<GenerationParameters> = {}): GenerationParameters => ({
  ...DEFAULT_PARAMETERS,
  ...changed,
});
const over = (sha256: string) => ({
  ...DEFAULT_IMG2IMG,
  source: { file: new Blob(), sha256, size: { width: 64, height: 64 } },
});

describe('grids of a job', () => {
  it('one of all pictures of a run, in its batches', () => {
    const [grid, ...others] = gridsOf('job', [request({ batchSize: 2, batchCount: 2 })]);
    expect(grid).toEqual({
      ids: ['job-0-0', 'job-0-1', 'job-0-2', 'job-0-3'],
      ...{ batchSize: 2, rows: null, img2img: false },
    });
    expect(others).toEqual([]);
  });

  it('of wildcards, whose pictures are requests of their own', () => {
    const requests = ['a', 'b', 'c'].map((prompt) => request({ prompt }));
    expect(gridsOf('job', requests).map(({ ids }) => ids)).toEqual([['job-0-0', 'job-1-0', 'job-2-0']]);
  });

  it('none of the same prompt several times, nor of files of a batch', () => {
    expect(gridsOf('job', [request(), request({ seed: 2 })])).toEqual([]);
    const files = ['a', 'b'].map((name) => request({ prompt: name, img2img: over(name) }));
    expect(gridsOf('job', files)).toEqual([]);
  });

  it("Loopback's loops side by side, each batch of them alone; none of SD upscale", () => {
    const script = defaultScript('Loopback');
    const loops = request({ img2img: over('a'), script });
    const [grid] = gridsOf('job', [loops]);
    expect(grid).toMatchObject({ rows: 1, img2img: true });
    expect(gridsOf('job', [{ ...loops, script: defaultScript('SD upscale'), batchCount: 2 }])).toEqual([]);
  });
});
