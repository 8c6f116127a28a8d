// Which VAE decodes: A1111's order over files that are here, and those that are not.
import { describe, expect, it } from 'vitest';
import { SD_LATENT } from '../families/sd-latent.ts';
import { SDXL_LATENT } from '../families/sdxl.ts';
import type { ModelKind } from '../models/types.ts';
import { findVae, resolveVae, vaeFileName, vaeMisfit, vaeTitle, type NamedModel } from './vae-choice.ts';

function named(fileName: string, kind: ModelKind, hash: string, name?: string, channels = 4): NamedModel {
  const sizes = { latentChannels: channels, hasDecoder: true };
  const detection = { kind, supported: true, ...(kind === 'vae' ? { vae: sizes } : {}) };
  return {
    sha256: hash.repeat(64),
    name: name ?? fileName.replace(/\.[^.]*$/, ''),
    fileName,
    detection,
  } as unknown as NamedModel;
}

const MODEL = named('dreamy.safetensors', 'sd1', 'a');
const NEAR = named('dreamy.vae.safetensors', 'vae', 'b');
const OTHER = named('other.vae.pt', 'vae', 'c');
const RENAMED = named('downloaded.ckpt', 'vae', 'd', 'my own');
const VAES = [OTHER, RENAMED, NEAR];

describe('resolveVae', () => {
  const resolve = (sdVae: string, sdVaeOverrides = true, vaes = VAES) =>
    resolveVae(MODEL, { sdVae, sdVaeOverrides }, vaes);

  it.each<[string, boolean, NamedModel | null]>([
    ['Automatic', true, NEAR],
    ['None', true, null],
    ['None', false, NEAR],
    ['other.vae.pt', true, OTHER],
    ['other.vae.pt', false, NEAR],
    ['my own.ckpt', true, RENAMED],
    ['downloaded.ckpt', true, RENAMED],
    [`whatever.pt [${'c'.repeat(10)}]`, true, OTHER],
    [`[${'c'.repeat(10)}]`, true, OTHER],
  ])('%s, overrides %s', (setting, overrides, vae) => {
    expect(resolve(setting, overrides)).toEqual({ vae, missing: null });
  });

  it('what is not there counts as None, and is told', () => {
    expect(resolve('gone.pt')).toEqual({ vae: null, missing: 'gone.pt' });
    const title = 'other.vae.pt [0123456789]';
    expect(resolve(title)).toEqual({ vae: null, missing: title });
    expect(resolve('gone.pt', false, [OTHER])).toEqual({ vae: null, missing: 'gone.pt' });
  });

  it('takes the first by name of several beside the checkpoint, and none that cannot decode for it', () => {
    const [tenth, second] = ['dreamy-10.pt', 'dreamy-2.pt'].map((name) => named(name, 'vae', 'e'));
    expect(resolve('Automatic', true, [tenth!, second!]).vae).toBe(second);
    expect(resolve('Automatic', true, [named('dreamy.vae.pt', 'vae', 'f', undefined, 16)]).vae).toBeNull();
  });
});

it('a title finds its file again, whatever the file is called then', () => {
  for (const vae of VAES) expect(findVae([...VAES].reverse(), vaeTitle(vae))).toBe(vae);
  expect(vaeFileName(NEAR)).toBe('dreamy.vae.safetensors');
  expect(vaeTitle({ ...RENAMED, name: 'again' })).toBe(`again.ckpt [${'d'.repeat(10)}]`);
});

it.each([
  ['sdxl_vae.safetensors', 4, SD_LATENT, true],
  ['vae-ft-mse-840000-ema-pruned.ckpt', 4, SDXL_LATENT, true],
  ['ae.safetensors', 16, SDXL_LATENT, false],
])('%s does not go with these latents', (name, channels, latent, fits) => {
  expect(vaeMisfit(named(name, 'vae', 'e', undefined, channels), latent)?.fits).toBe(fits);
});

it.each([
  ['sdxl_vae.safetensors', SDXL_LATENT],
  ['vae-ft-mse-840000-ema-pruned.ckpt', SD_LATENT],
  ['turned.safetensors', SDXL_LATENT],
])('nothing speaks against %s', (name, latent) => {
  expect(vaeMisfit(named(name, 'vae', 'e'), latent)).toBeNull();
});
