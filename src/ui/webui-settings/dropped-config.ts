// A1111's config.json or ui-config.json, dropped or chosen: taken over, with a word on what was and what was not, and a way back.
import { isImageKind } from '../../families/families.ts';
import type { StoredModel } from '../../library/types.ts';
import { readTextFile } from '../read-text-file.ts';
import { parseSavedTo } from '../../library/saved-to.ts';
import type { Notices } from '../state/notices.svelte.ts';
import type { Settings } from '../state/settings.svelte.ts';
import { common } from '../strings/common.ts';
import { webui as t } from '../strings/webui.ts';
import { MAX_CONFIG, takeConfig, type Taken } from './take.ts';
import type { Current } from './ours.ts';

export interface ConfigHost {
  readonly settings: Settings;
  readonly notices: Notices;
  readonly library: { readonly models: readonly StoredModel[] };
}

/** Names in one sentence. */
const MOST_NAMES = 12;

export async function addConfig({ settings, notices, library }: ConfigHost, file: File): Promise<void> {
  const read = await readTextFile(file, MAX_CONFIG);
  const checkpoints = library.models.filter(({ detection }) => isImageKind(detection.kind));
  const before = currentOf(settings, checkpoints);
  const taken = read.kind === 'text' ? takeConfig(before, read.text) : null;
  if (!taken) {
    notices.warn(t.notRead(file.name), read.kind === 'refused' ? read.problem : t.notReadWhat);
    return;
  }
  set(settings, taken.next);
  const undo = { label: common.undo, run: () => set(settings, before) };
  notices.inform(t.took(file.name), wordsOf(taken), taken.changed.length > 0 ? [undo] : []);
}

function currentOf(settings: Settings, checkpoints: Current['checkpoints']): Current {
  const { saving, page, prompts, run } = settings;
  return {
    parameters: settings.snapshot(),
    savedAs: saving.as,
    savedTo: parseSavedTo(saving.to),
    keepSources: saving.keepSources,
    notifySound: page.notifySound,
    extraNetworks: prompts.extraNetworks,
    model: run.model,
    checkpoints,
  };
}

function set(settings: Settings, next: Current): void {
  settings.change(next.parameters);
  settings.saving.as = next.savedAs;
  settings.saving.to = next.savedTo;
  settings.saving.keepSources = next.keepSources;
  settings.page.notifySound = next.notifySound;
  settings.prompts.extraNetworks = next.extraNetworks;
  settings.run.model = next.model;
}

function wordsOf({ changed, refused, absent, unknown }: Taken): string {
  const sentences = [changed.length > 0 ? t.taken(some(changed), changed.length) : t.nothingNew];
  if (refused.length > 0) sentences.push(t.refused(some(refused)));
  for (const [reason, keys] of absent) sentences.push(t.ignored(some(keys), t.why[reason]));
  if (unknown.length > 0) sentences.push(t.unknown(some(unknown)));
  return sentences.join(' ');
}

function some(names: readonly string[]): readonly string[] {
  if (names.length <= MOST_NAMES) return names;
  return [...names.slice(0, MOST_NAMES), t.more(names.length - MOST_NAMES)];
}
