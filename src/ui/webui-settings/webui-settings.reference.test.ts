// Every setting of A1111 is a setting here, or is listed with why it is not (tests/reference/sdxl/tables); its config.json is taken over.
import { describe, expect, test } from 'vitest';
import { listReference, readReferenceJson } from '../../../tests/reference-dir.ts';
import { DEFAULT_PARAMETERS } from '../../generation/request/request.ts';
import { parseSavedAs } from '../../library/saved-as.ts';
import { parseSavedTo } from '../../library/saved-to.ts';
import { parseExtraNetworks } from '../extra-networks-choice.ts';
import { ABSENT, whyAbsent } from './absent.ts';
import { ourSettings, type Current } from './ours.ts';
import { takeConfig } from './take.ts';

const CURRENT: Current = {
  parameters: DEFAULT_PARAMETERS,
  savedAs: parseSavedAs(null),
  savedTo: parseSavedTo({}),
  keepSources: true,
  notifySound: false,
  extraNetworks: parseExtraNetworks(null),
  model: null,
  checkpoints: [{ sha256: 'ab'.repeat(32), name: 'dreamy' }],
};

const SETTINGS = ourSettings();

interface Option {
  readonly label: string;
  readonly default: unknown;
}

describe.skipIf(!listReference('sdxl', 'tables').includes('settings.json'))('settings.json', () => {
  const { options } = readReferenceJson<{ options: Readonly<Record<string, Option>> }>(
    ...['sdxl', 'tables', 'settings.json'],
  );
  const keys = Object.keys(options);

  test('every key is a setting, or listed once with why it is none', () => {
    const listed = Object.values(ABSENT).flat() as readonly string[];
    const told = [...SETTINGS.keys(), ...listed].sort();
    expect(told).toEqual(keys.toSorted());
  });

  test.each([...SETTINGS])('%s is called as there', (key, { title }) => {
    const letters = (text: string): string => text.replace(/[^a-z]/gi, '').toLowerCase();
    expect(letters(options[key]!.label)).toContain(letters(title.split(';')[0]!).slice(0, 20));
  });

  test('its own defaults change nothing but what starts otherwise here', () => {
    const defaults = keys.map((key) => [key, options[key]!.default]);
    const taken = takeConfig(CURRENT, JSON.stringify(Object.fromEntries(defaults)));
    expect(taken?.refused).toEqual([]);
    expect(taken?.unknown).toEqual([]);
    const titles = ['save_init_img', 'notification_audio', 'grid_save'].map(
      (key) => SETTINGS.get(key)!.title,
    );
    expect(taken?.changed.toSorted()).toEqual(titles.toSorted());
  });
});

test('what is there is taken, and what is not is told by why', () => {
  const file = {
    CLIP_stop_at_last_layers: 2,
    s_churn: 3.5,
    sd_vae: 'kept.safetensors',
    samples_format: 'webp',
    grid_format: 'jpg',
    n_rows: 2,
    sd_lora: 'None',
    upscaler_for_img2img: null,
    randn_source: 'Dice',
    uni_pc_order: 900,
    training_xattention_optimizations: true,
    quicksettings_list: ['sd_vae'],
    hidden_tabs: [],
    some_extension: 5,
  };
  const taken = takeConfig(CURRENT, JSON.stringify(file))!;
  const { parameters, savedAs, savedTo } = taken.next;
  expect(parameters).toMatchObject({ clipSkip: 2, settings: { sChurn: 3.5, sdVae: 'kept.safetensors' } });
  expect([savedAs.format, savedTo.gridFormat, savedTo.gridRows]).toEqual(['webp', 'jpg', 2]);
  expect(taken.changed).toHaveLength(6);
  expect(taken.refused).toEqual(['randn_source', 'uni_pc_order']);
  expect([...taken.absent]).toEqual([
    ['training', ['training_xattention_optimizations']],
    ['layout', ['quicksettings_list']],
  ]);
  expect(taken.unknown).toEqual(['some_extension']);
});

test.each([
  ['dreamy.safetensors', true],
  ['folder/dreamy.safetensors', true],
  ['other.safetensors [ababababab]', true],
  ['dreamy.safetensors [0123456789]', false],
  ['other.safetensors', false],
])('the checkpoint %s', (title, isThere) => {
  const { next, refused } = takeConfig(CURRENT, JSON.stringify({ sd_model_checkpoint: title }))!;
  expect([next.model !== null, refused]).toEqual([isThere, isThere ? [] : ['sd_model_checkpoint']]);
});

test('what controls start from is taken out of ui-config.json', () => {
  const file = {
    'txt2img/Width/value': 768,
    'txt2img/Width/maximum': 4096,
    'txt2img/CFG Scale/value': 'high',
    'customscript/sampler.py/txt2img/Sampling steps/value': 33,
    'img2img/Width/value': 640,
  };
  const { next, changed, refused } = takeConfig(CURRENT, JSON.stringify(file))!;
  expect(next.parameters).toMatchObject({ width: 768, steps: 33, cfgScale: DEFAULT_PARAMETERS.cfgScale });
  expect(changed).toEqual(['Width', 'Sampling steps']);
  expect(refused).toEqual(['txt2img/CFG Scale/value']);
});

test.each(['', '[]', 'null', '{', '{"name": "a model"}', '{"__proto__": {"tiling": true}}', '"tiling"'])(
  '%s is neither file',
  (text) => expect(takeConfig(CURRENT, text)).toBe(null),
);

test('a key that every object has is no setting', () => {
  expect(whyAbsent('constructor')).toBe(null);
  expect(takeConfig(CURRENT, '{"tiling": true, "constructor": 1}')?.unknown).toEqual(['constructor']);
});
