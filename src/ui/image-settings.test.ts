import { expect, it } from 'vitest';
import { DEFAULT_IMAGE_SETTINGS, IMAGE_SETTINGS } from '../generation/image-settings.ts';
import { changedSettings, findSettings, parseImageSettings } from './image-settings.ts';

it('finds settings by words in any order, in names and explanations', () => {
  const keys = (search: string) =>
    findSettings(search).flatMap(({ settings }) => settings.map(({ key }) => key));
  expect(keys('emphasis mode')).toEqual(['emphasis']);
  expect(keys('DDIM eta')).toEqual(['etaDdim']);
  expect(keys('ENSD of nothing')).toEqual([]);
  expect(keys('')).toHaveLength(IMAGE_SETTINGS.length);
});

it('knows what differs from the default', () => {
  expect(changedSettings(DEFAULT_IMAGE_SETTINGS)).toEqual([]);
  const settings = parseImageSettings({ emphasis: 'No norm', sNoise: 1, padConds: true });
  expect(changedSettings(settings).map(({ key }) => key)).toEqual(['emphasis', 'padConds']);
});
