// The settings that decide a picture, as the page handles them: read from anything, searched, compared with their defaults.
import type { ImageSettings } from '../generation/request/image-settings.ts';
import { DEFAULT_IMAGE_SETTINGS, IMAGE_SETTINGS } from '../generation/request/settings/list.ts';
import {
  MAX_FILE_NAME,
  type SettingInfo,
  type SettingSection,
} from '../generation/request/settings/setting-info.ts';
import { parseColor } from '../image/flatten.ts';
import { snap } from './choices.ts';

/** A value the setting can have: the given one where it makes sense, brought into its range, or A1111's default. */
export function parseImageSetting(info: SettingInfo, value: unknown): number | boolean | string {
  switch (info.kind) {
    case 'number':
      return snap(value, { ...info, max: info.limit }, info.standard);
    case 'switch':
      return typeof value === 'boolean' ? value : info.standard;
    case 'vae':
    case 'upscaler':
      return typeof value === 'string' && value !== '' ? value.slice(0, MAX_FILE_NAME) : info.standard;
    case 'color':
      return typeof value === 'string' && parseColor(value) ? value : info.standard;
    case 'choice':
      return info.choices.find((choice) => choice === value) ?? info.standard;
  }
}

/** Settings out of anything. */
export function parseImageSettings(from: Readonly<Record<string, unknown>>): ImageSettings {
  const entries = IMAGE_SETTINGS.map((info) => [info.key, parseImageSetting(info, from[info.key])]);
  return Object.fromEntries(entries) as ImageSettings;
}

export function differs(settings: ImageSettings, info: SettingInfo): boolean {
  return settings[info.key] !== DEFAULT_IMAGE_SETTINGS[info.key];
}

/** The settings that are not at A1111's default. */
export function changedSettings(settings: ImageSettings): SettingInfo[] {
  return IMAGE_SETTINGS.filter((info) => differs(settings, info));
}

export interface SettingGroup {
  readonly section: SettingSection;
  readonly settings: readonly SettingInfo[];
}

/** Those of saving, which the page shows with its own. */
export const SAVING_SETTINGS: readonly SettingInfo[] = IMAGE_SETTINGS.filter(
  ({ key }) => key === 'saveBeforeFaceRestoration' || key === 'saveBeforeHires',
);

/** By section, in A1111's order. */
export function groupedSettings(): SettingGroup[] {
  const groups = new Map<SettingSection, SettingInfo[]>();
  for (const info of IMAGE_SETTINGS) {
    if (SAVING_SETTINGS.includes(info)) continue;
    const group = groups.get(info.section) ?? [];
    group.push(info);
    groups.set(info.section, group);
  }
  return [...groups].map(([section, settings]) => ({ section, settings }));
}
