// How pictures are kept and saved.
import { parseSavedAs, type SavedAs } from '../../../library/saved-as.ts';
import type { GivenSavedTo } from '../../../library/saved-to.ts';
import { parseSwitchOn, SETTING_KEYS } from '../../stored-settings.ts';
import type { KeptInfos } from '../kept-settings.svelte.ts';

export interface SavingSettings {
  /** A1111's "Save init images when using img2img": they are kept with the pictures, for the same again. */
  keepSources: boolean;
  /** Names and format of files, replaced as a whole. */
  as: SavedAs;
  /** Folders, what lies beside pictures there, and grids: as stored. Replaced as a whole. */
  to: GivenSavedTo;
}

export const SAVING_INFOS: KeptInfos<SavingSettings> = {
  keepSources: { key: SETTING_KEYS.keepSources, parse: parseSwitchOn },
  as: { key: SETTING_KEYS.savedAs, parse: parseSavedAs },
  to: { key: SETTING_KEYS.savedTo, parse: Object },
};
