import { expect, it } from 'vitest';
import { DEFAULT_IMAGE_SETTINGS, IMAGE_SETTINGS } from '../generation/request/settings/list.ts';
import { changedSettings, groupedSettings, parseImageSettings, SAVING_SETTINGS } from './image-settings.ts';

it('has every setting in one group', () => {
  const groups = [...groupedSettings(), { settings: SAVING_SETTINGS }];
  const keys = groups.flatMap(({ settings }) => settings.map(({ key }) => key));
  expect(keys.sort()).toEqual(IMAGE_SETTINGS.map(({ key }) => key).sort());
});

it('knows what differs from the default', () => {
  expect(changedSettings(DEFAULT_IMAGE_SETTINGS)).toEqual([]);
  const settings = parseImageSettings({ emphasis: 'No norm', sNoise: 1, padConds: true });
  expect(changedSettings(settings).map(({ key }) => key)).toEqual(['emphasis', 'padConds']);
});
