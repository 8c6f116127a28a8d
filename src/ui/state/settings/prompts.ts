// What is kept of prompts: styles, history, wildcards.
import type { PromptPair, PromptStyle } from '../../../prompt/styles.ts';
import { parseDynamicPrompts, type DynamicPrompts } from '../../dynamic-prompts.ts';
import { parseExtraNetworks, type ExtraNetworksChoice } from '../../extra-networks-choice.ts';
import type { WildcardList } from '../../wildcard-lists.ts';
import {
  parseCount,
  parseHistory,
  parseNames,
  parseStyles,
  parseSwitch,
  parseSwitchOn,
  parseWildcardLists,
  SETTING_KEYS,
} from '../../stored-settings.ts';
import type { KeptInfos } from '../kept-settings.svelte.ts';

export interface PromptSettings {
  styles: readonly PromptStyle[];
  wildcardLists: readonly WildcardList[];
  /** Names of the styles that are applied when generating, in this order. */
  chosenStyles: readonly string[];
  /** Newest first. */
  history: readonly PromptPair[];
  /** Wildcards and variants are expanded. */
  wildcards: boolean;
  /** How. */
  dynamicPrompts: DynamicPrompts;
  /** Of LoRAs, hypernetworks and embeddings in prompts; replaced as a whole. */
  extraNetworks: ExtraNetworksChoice;
  /** Words are completed while a prompt is written. */
  completion: boolean;
  /** How many tags of the person's own complete words; the worker keeps them. */
  tags: number;
}

export const PROMPT_INFOS: KeptInfos<PromptSettings> = {
  // These may hold megabytes.
  styles: { key: SETTING_KEYS.styles, parse: parseStyles, noted: false },
  wildcardLists: { key: SETTING_KEYS.wildcardLists, parse: parseWildcardLists, noted: false },
  chosenStyles: { key: SETTING_KEYS.chosenStyles, parse: parseNames },
  history: { key: SETTING_KEYS.history, parse: parseHistory },
  wildcards: { key: SETTING_KEYS.wildcards, parse: parseSwitch },
  dynamicPrompts: { key: SETTING_KEYS.dynamicPrompts, parse: parseDynamicPrompts },
  extraNetworks: { key: SETTING_KEYS.extraNetworks, parse: parseExtraNetworks },
  completion: { key: SETTING_KEYS.completion, parse: parseSwitchOn },
  tags: { key: SETTING_KEYS.tags, parse: parseCount },
};
