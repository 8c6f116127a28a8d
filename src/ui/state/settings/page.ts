// How the page looks, and how it speaks to the person.
import { parseKeyMap, type KeyMap } from '../../keys/commands.ts';
import type { NotifyChoice } from '../../notify/run-watch.ts';
import type { Theme } from '../../stored-settings.ts';
import {
  parseNames,
  parseNotify,
  parseOpenSections,
  parseSwitch,
  parseTheme,
  parseTileScale,
  SETTING_KEYS,
} from '../../stored-settings.ts';
import type { KeptInfos } from '../kept-settings.svelte.ts';

export interface PageSettings {
  theme: Theme;
  /** Sections of txt2img's controls that are open. */
  openSections: readonly string[];
  /** Keys of the settings that also stand beside txt2img's controls. */
  pinned: readonly string[];
  /** Keys that the person changed. */
  keys: KeyMap;
  /** How large the gallery's tiles are, beside the usual. */
  tileScale: number;
  /** Whether the person is told of a long run that is over. */
  notify: NotifyChoice;
  /** A1111's "Play notification sound after image generation". */
  notifySound: boolean;
  /** Whether scripts of the page have `window.darkroom`. */
  programs: boolean;
}

export const PAGE_INFOS: KeptInfos<PageSettings> = {
  theme: { key: SETTING_KEYS.theme, parse: parseTheme },
  openSections: { key: SETTING_KEYS.openSections, parse: parseOpenSections },
  pinned: { key: SETTING_KEYS.pinned, parse: parseNames },
  keys: { key: SETTING_KEYS.keys, parse: parseKeyMap },
  tileScale: { key: SETTING_KEYS.tileScale, parse: parseTileScale },
  notify: { key: SETTING_KEYS.notify, parse: parseNotify },
  notifySound: { key: SETTING_KEYS.notifySound, parse: parseSwitch },
  programs: { key: SETTING_KEYS.programs, parse: parseSwitch },
};
