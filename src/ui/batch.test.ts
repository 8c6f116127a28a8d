import { expect, it } from 'vitest';
import { fromGenerationParameters } from '../generation/request/parameters.ts';
import { DEFAULT_IMG2IMG, DEFAULT_INPAINT, DEFAULT_PARAMETERS } from '../generation/request/request.ts';
import { encodePng } from '../image/png.ts';
import { hiddenText } from '../other-programs/stealth.ts';
import { batchOf, TAKEN, type BatchFiles } from './batch.ts';
import { PngInfo } from './state/png-info.svelte.ts';

async function picture(name: string, shade: number, text?: string, side = 2): Promise<File> {
  const data = new Uint8ClampedArray(3 * side * side).fill(shade);
  const image = { data, width: side, height: side, channels: 3 as const };
  const png = await encodePng(image, text === undefined ? {} : { parameters: text });
  return new File([png], name, { type: 'image/png' });
}

const SET = { ...DEFAULT_PARAMETERS, prompt: 'oil painting', seed: 7, steps: 11 };

async function make(files: Partial<BatchFiles>, resizeBy: number | null = null) {
  const counts: number[] = [];
  const all = { pictures: [], masks: [], infos: [], taken: [], ...files };
  const set = { request: SET, img2img: DEFAULT_IMG2IMG, inpaint: DEFAULT_INPAINT, resizeBy };
  const batch = await batchOf(all, set, new PngInfo(hiddenText), (done) => counts.push(done));
  expect(counts).toEqual(all.pictures.map((_, i) => i + 1));
  return batch;
}

it('makes a request of each file in the order of their names, and leaves out what is no picture', async () => {
  const pictures = [await picture('10.png', 1), await picture('2.png', 2), new File(['no'], '3.png')];
  const { requests, skipped } = await make({ pictures });
  const two = await pictures[1]!.arrayBuffer();
  expect(await requests[0]!.img2img!.source.file.arrayBuffer()).toEqual(two);
  expect(requests).toHaveLength(2);
  for (const request of requests)
    expect(request).toMatchObject({ prompt: 'oil painting', seed: 7, steps: 11 });
  expect(requests.map(({ img2img }) => img2img!.inpaint)).toEqual([null, null]);
  expect(skipped).toEqual([{ name: '3.png', why: expect.stringMatching(/PNG|picture/) as string }]);
});

it('takes one mask for all, or each of its name', async () => {
  const pictures = [await picture('a.png', 1), await picture('b.png', 2)];
  const masks = [await picture('b.webp', 255), await picture('c.png', 0)];
  const one = await make({ pictures, masks: masks.slice(0, 1) });
  const hashes = one.requests.map(({ img2img }) => img2img!.inpaint!.mask.sha256);
  expect(hashes).toHaveLength(2);
  expect(new Set(hashes).size).toBe(1);
  const each = await make({ pictures, masks });
  expect(each.requests.map(({ img2img }) => img2img!.inpaint!.mask.sha256)).toEqual([hashes[0]]);
  expect(each.skipped).toEqual([{ name: 'a.png', why: 'There is no mask of its name.' }]);
});

it('takes from the text of each what is asked for', async () => {
  const text = fromGenerationParameters(
    {
      ...DEFAULT_PARAMETERS,
      prompt: 'a ship',
      negativePrompt: 'fog',
      steps: 33,
      sampler: 'Heun',
      cfgScale: 4,
    },
    { seed: 99 },
  );
  const pictures = [await picture('a.png', 1, text), await picture('b.png', 2)];
  const all = await make({ pictures, taken: TAKEN });
  expect(all.requests[0]).toMatchObject({ prompt: 'oil painting a ship', negativePrompt: 'fog' });
  expect(all.requests[0]).toMatchObject({ seed: 99, steps: 33, sampler: 'Heun', cfgScale: 4 });
  expect(all.requests[1]).toMatchObject({ prompt: 'oil painting', seed: 7, steps: 11, cfgScale: 7 });
  const some = await make({ pictures, taken: ['seed'] });
  expect(some.requests[0]).toMatchObject({ prompt: 'oil painting', seed: 99, steps: 11 });
});

it('reads the texts of other pictures of the same names, and resizes each by its own size', async () => {
  const text = (seed: number) => fromGenerationParameters(DEFAULT_PARAMETERS, { seed });
  const pictures = [await picture('a.jpg', 1, text(1), 100), await picture('b.png', 2, text(2), 64)];
  const infos = [await picture('a.png', 3, text(3))];
  const { requests } = await make({ pictures, infos, taken: ['seed'] }, 2);
  expect(requests[0]).toMatchObject({ seed: 3, width: 200, height: 200 });
  expect(requests[1]).toMatchObject({ seed: SET.seed, width: 128, height: 128 });
});
