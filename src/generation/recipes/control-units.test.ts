// Which picture a unit is shown, and how its network is run.
import { describe, expect, it } from 'vitest';
import { withoutPause } from '../../image/pause.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { encodePng } from '../../image/png.ts';
import { DEFAULT_CONTROL_UNIT } from '../request/control-unit.ts';
import { DEFAULT_IMG2IMG, DEFAULT_INPAINT, DEFAULT_PARAMETERS } from '../request/request.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../request/settings/list.ts';
import { sourcePicture } from '../request/source-picture.ts';
import {
  hasHint,
  prepareUnits,
  type FoundNetwork,
  type PreparedUnit,
  type UnitMeans,
} from './control-units.ts';

const SIDE = 64;

function plain(value: number): PixelImage {
  return { width: SIDE, height: SIDE, channels: 3, data: new Uint8Array(3 * SIDE * SIDE).fill(value) };
}

const fileOf = async (picture: PixelImage) => sourcePicture(new Blob([await encodePng(picture)]));
const network: FoundNetwork = {
  ...{ kind: 'controlnet', family: 'sd2', difference: false, controlTypes: 0 },
  ...{ sha256: '', name: 'net', fileName: 'net' },
};
const networks = {
  latentChannels: 4,
  unetChannels: 4,
  scaleFactor: 1,
  encode: () => Promise.reject(new Error()),
};
const means: UnitMeans = {
  annotate: () => Promise.reject(new Error('no network')),
  lookAt: () => Promise.reject(new Error('no tower')),
  pause: withoutPause,
  start: null,
};

async function prepared(start: UnitMeans['start'], controlHeads8 = false): Promise<PreparedUnit> {
  const img2img = {
    ...DEFAULT_IMG2IMG,
    source: await fileOf(plain(10)),
    inpaint: { ...DEFAULT_INPAINT, mask: await fileOf(plain(0)), maskBlur: 0 },
  };
  const parameters = {
    ...DEFAULT_PARAMETERS,
    ...{ width: SIDE, height: SIDE, seed: 1, img2img },
    settings: { ...DEFAULT_IMAGE_SETTINGS, controlHeads8 },
    controlUnits: [{ ...DEFAULT_CONTROL_UNIT, module: 'inpaint', model: 'net' }],
  };
  const [unit] = await prepareUnits(parameters, () => network, { ...means, start }, networks);
  if (!unit || !hasHint(unit)) return expect.fail('The unit has no hint.');
  return unit;
}

describe('a unit without a picture of its own', () => {
  it('is shown what img2img starts from, with its mask', async () => {
    const { hint } = await prepared(null);
    expect(new Set(hint.colours.data)).toEqual(new Set([Math.fround(10 / 255)]));
    expect(new Set(hint.mask!.data)).toEqual(new Set([0]));
  });

  it("is shown a script's pass where that starts from another one", async () => {
    const { hint } = await prepared({ source: plain(200), mask: plain(255) });
    expect(new Set(hint.colours.data)).toEqual(new Set([Math.fround(200 / 255)]));
    expect(new Set(hint.mask!.data)).toEqual(new Set([1]));
  });
});

it("networks of SD 2 have the extension's heads where that is set", async () => {
  expect((await prepared(null)).heads).toBeNull();
  expect((await prepared(null, true)).heads).toEqual({ count: 8 });
});
