// What A1111's settings are here, by its keys: which of ours each sets, and what a value of its file becomes.
import { checkpointFromText } from '../../generation/request/checkpoint-text.ts';
import type { GenerationParameters } from '../../generation/request/request.ts';
import { IMAGE_SETTINGS } from '../../generation/request/settings/list.ts';
import { WEBUI_KEYS } from '../../generation/request/settings/webui-keys.ts';
import { parseSavedAs, type SavedAs } from '../../library/saved-as.ts';
import { parseSavedTo, type SavedTo } from '../../library/saved-to.ts';
import type { StoredModel } from '../../library/types.ts';
import { LIMITS, RNG_SOURCES } from '../choices.ts';
import { parseExtraNetworks, type ExtraNetworksChoice } from '../extra-networks-choice.ts';
import { parseImageSetting } from '../image-settings.ts';
import { addons } from '../strings/addons.ts';
import { labels } from '../strings/labels.ts';
import { notifications } from '../strings/notifications.ts';
import { output } from '../strings/output.ts';
import { settings as t } from '../strings/settings.ts';

/** Everything that a file can set, as it is. */
export interface Current {
  readonly parameters: GenerationParameters;
  readonly savedAs: SavedAs;
  readonly savedTo: SavedTo;
  readonly keepSources: boolean;
  readonly notifySound: boolean;
  readonly extraNetworks: ExtraNetworksChoice;
  /** SHA-256 of the chosen checkpoint, and what there is to choose from. */
  readonly model: string | null;
  readonly checkpoints: readonly Pick<StoredModel, 'sha256' | 'name'>[];
}

export interface OurSetting {
  /** As Settings calls it. */
  readonly title: string;
  /** With the value; null where it means nothing here. */
  readonly take: (current: Current, value: unknown) => Current | null;
}

/** A field of a record that reads itself: taken where the value is still there afterwards. */
function field<K extends 'savedAs' | 'savedTo' | 'extraNetworks'>(
  record: K,
  key: keyof Current[K] & string,
  title: string,
  read: (given: Readonly<Record<string, unknown>>) => Current[K],
): OurSetting {
  return {
    title,
    take: (current, value) => {
      const next = read({ ...current[record], [key]: value });
      return next[key] === value ? { ...current, [record]: next } : null;
    },
  };
}

const asFile = (key: keyof SavedAs & string, title: string) => field('savedAs', key, title, parseSavedAs);
const toFolder = (key: keyof SavedTo & string, title: string) => field('savedTo', key, title, parseSavedTo);
const network = (key: keyof ExtraNetworksChoice & string, title: string) =>
  field('extraNetworks', key, title, parseExtraNetworks);

function flag(key: 'keepSources' | 'notifySound', title: string): OurSetting {
  return {
    title,
    take: (current, value) => (typeof value === 'boolean' ? { ...current, [key]: value } : null),
  };
}

function number(key: 'clipSkip' | 'ensd', title: string): OurSetting {
  const { min, max } = LIMITS[key];
  return {
    title,
    take: (current, value) =>
      Number.isInteger(value) && Number(value) >= min && Number(value) <= max
        ? { ...current, parameters: { ...current.parameters, [key]: Number(value) } }
        : null,
  };
}

/** "folder/dreamy.safetensors [0123456789]": by its hash, or else its name. None at all is no choice. */
const checkpoint = (): OurSetting => ({
  title: labels.checkpoint,
  take: (current, value) => {
    if (value === null) return current;
    const told = checkpointFromText(value);
    const found = current.checkpoints.find(({ sha256, name }) =>
      told?.hash ? sha256.startsWith(told.hash) : name === told?.name?.split(/[\\/]/).at(-1),
    );
    return found ? { ...current, model: found.sha256 } : null;
  },
});

/** "None" names none. */
const named = ({ title, take }: OurSetting): OurSetting => ({
  title,
  take: (current, value) => take(current, value === 'None' ? '' : value),
});

const others = (): Readonly<Record<string, OurSetting>> => ({
  sd_model_checkpoint: checkpoint(),
  CLIP_stop_at_last_layers: number('clipSkip', labels.clipSkip),
  eta_noise_seed_delta: number('ensd', labels.ensd),
  randn_source: {
    title: labels.rng,
    take: (current, value) => {
      const rng = RNG_SOURCES.find((name) => name === value);
      return rng ? { ...current, parameters: { ...current.parameters, rng } } : null;
    },
  },
  samples_format: asFile('format', labels.fileFormat),
  samples_filename_pattern: asFile('pattern', labels.filenamePattern),
  jpeg_quality: asFile('quality', labels.jpegQuality),
  webp_lossless: asFile('lossless', labels.webpLossless),
  save_init_img: flag('keepSources', t.keepSources),
  notification_audio: flag('notifySound', notifications.sound),
  extra_networks_default_multiplier: network('multiplier', addons.multiplier),
  extra_networks_add_text_separator: network('separator', addons.separator),
  sd_lora: named(network('addLora', addons.addLora)),
  sd_hypernetwork: named(network('addHypernetwork', addons.addHypernetwork)),
  save_to_dirs: toFolder('saveToDirs', output.saveToDirs),
  grid_save_to_dirs: toFolder('gridSaveToDirs', output.gridSaveToDirs),
  directories_filename_pattern: toFolder('directoryPattern', output.directoryPattern),
  directories_max_prompt_words: toFolder('maxPromptWords', output.maxPromptWords),
  save_images_add_number: toFolder('addNumber', output.addNumber),
  save_images_replace_action: toFolder('existing', output.existing),
  save_txt: toFolder('saveText', output.saveText),
  export_for_4chan: toFolder('jpgCopy', output.jpgCopy),
  img_downscale_threshold: toFolder('jpgCopyMegabytes', output.jpgCopyMegabytes),
  target_side_length: toFolder('jpgCopySide', output.jpgCopySide),
  save_incomplete_images: toFolder('saveIncomplete', output.saveIncomplete),
  use_original_name_batch: toFolder('originalName', output.originalName),
  grid_save: toFolder('grid', output.grid),
  grid_format: toFolder('gridFormat', output.gridFormat),
  grid_extended_filename: toFolder('gridLongName', output.gridLongName),
  grid_only_if_multiple: toFolder('gridOnlyIfMultiple', output.gridOnlyIfMultiple),
  grid_prevent_empty_spots: toFolder('gridPreventEmpty', output.gridPreventEmpty),
  n_rows: toFolder('gridRows', output.gridRows),
  grid_background_color: toFolder('gridBackground', output.gridBackground),
  return_grid: toFolder('showGrid', output.showGrid),
});

/** A1111's null names none. */
const imageSettings = IMAGE_SETTINGS.flatMap((info) => {
  const webui = WEBUI_KEYS[info.key];
  const take: OurSetting['take'] = (current, given) => {
    const value = given ?? info.standard;
    if (parseImageSetting(info, value) !== value) return null;
    const { parameters } = current;
    return {
      ...current,
      parameters: { ...parameters, settings: { ...parameters.settings, [info.key]: value } },
    };
  };
  return webui === null ? [] : [[webui, { title: info.label, take }] as const];
});

/** By A1111's keys. */
export function ourSettings(): ReadonlyMap<string, OurSetting> {
  return new Map([...imageSettings, ...Object.entries(others())]);
}
