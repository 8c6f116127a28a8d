// Everything that the page has to be found, with what leads there.
import { tick } from 'svelte';
import { IMAGE_SETTINGS } from '../../generation/request/settings/list.ts';
import { WEBUI_KEYS } from '../../generation/request/settings/webui-keys.ts';
import { isDamaged } from '../../library/image-record.ts';
import { traitsOf } from '../canvas/modes.ts';
import { factsOf } from '../gallery/image-facts.ts';
import { addressOf } from '../navigation/address.ts';
import { PLACES } from '../navigation/places.ts';
import type { App } from '../state/app.svelte.ts';
import { addons } from '../strings/addons.ts';
import { batch } from '../strings/batch.ts';
import { common } from '../strings/common.ts';
import { create } from '../strings/create.ts';
import { find as t } from '../strings/find.ts';
import { labels } from '../strings/labels.ts';
import { output } from '../strings/output.ts';
import { places } from '../strings/places.ts';
import { scripts } from '../strings/scripts.ts';
import { options } from '../strings/options.ts';
import { settings } from '../strings/settings.ts';
import { source } from '../strings/source.ts';
import { webui } from '../strings/webui.ts';
import { ABSENT, type Reason } from '../webui-settings/absent.ts';
import { ourSettings } from '../webui-settings/ours.ts';
import { notBuilt, type Findable } from './find.ts';
import { reveal, slugOf } from './reveal.ts';

type CreateTab = 'txt2img' | 'img2img';

/** Controls of a mask, which the section has while a part of the source is masked. */
const maskControls = (): readonly string[] => [
  labels.maskBlur,
  labels.maskTransparency,
  labels.maskMode,
  labels.maskedContent,
  labels.inpaintArea,
  labels.padding,
  labels.softInpainting,
];

/** Controls by A1111's names, with the section they lie in, and the tab where that is not txt2img. */
const controls = (): readonly (readonly [name: string, section: string, tab?: CreateTab])[] => [
  [labels.denoisingStrength, source.title, 'img2img'],
  [labels.resizeMode, source.title, 'img2img'],
  [scripts.title, scripts.title],
  [labels.prompt, ''],
  [labels.negativePrompt, ''],
  [labels.samplingMethod, create.sampling],
  [labels.scheduleType, create.sampling],
  [labels.samplingSteps, create.sampling],
  [labels.width, create.size],
  [labels.height, create.size],
  // Their controls are there once they are on.
  [labels.hires, labels.hires],
  [labels.refiner, labels.refiner],
  [labels.controlNet, labels.controlNet],
  [labels.detailer, labels.detailer],
  [labels.extensions, labels.extensions],
  [labels.batchCount, create.batch],
  [labels.batchSize, create.batch],
  [labels.cfgScale, create.guidance],
  [labels.seed, labels.seed],
];

/** A1111's settings of folders and grids. */
const outputSettings = (): readonly string[] => {
  const { title, grids, saveToDirs, directoryPattern, saveText, jpgCopy, grid, gridRows, showGrid } = output;
  return [title, grids, saveToDirs, directoryPattern, saveText, jpgCopy, grid, gridRows, showGrid];
};

/** What Settings has besides the settings that decide a picture. */
const pageSettings = (): readonly string[] => [
  addons.settings,
  addons.multiplier,
  addons.separator,
  addons.addHypernetwork,
  addons.addLora,
  addons.completion,
  labels.clipSkip,
  labels.rng,
  labels.ensd,
  settings.titles.theme,
  settings.titles.paintOn,
  settings.titles.graphics,
  settings.titles.kernels,
  settings.titles.memory,
  settings.titles.notifications,
  settings.titles.programs,
  settings.titles.saving,
  labels.fileFormat,
  labels.filenamePattern,
  ...outputSettings(),
  settings.titles.benchmark,
  settings.titles.wildcards,
  webui.title,
  settings.titles.about,
];

/** What A1111 calls settings that are no part of a request, by their titles here. */
function otherKeys(): ReadonlyMap<string, string> {
  const decide = new Set(Object.values(WEBUI_KEYS));
  const others = [...ourSettings()].filter(([key]) => !decide.has(key));
  return new Map(others.map(([key, { title }]) => [title, key]));
}

export function thingsOf(app: App): Findable[] {
  const { navigation } = app;
  const keysOf = otherKeys();
  return [
    ...PLACES.flatMap((place) =>
      place.tabs.map((tab): Findable => {
        return {
          kind: 'place',
          title: places.tab[tab.id],
          line: tab.built ? places.place[place.id] : places.notBuilt(places.notYet[tab.id].will),
          run: () => navigation.go(addressOf(tab.id)),
        };
      }),
    ),
    ...controls().map(([title, section, tab]): Findable => {
      const at: CreateTab = tab ?? 'txt2img';
      return {
        kind: 'control',
        title,
        line: t.where(places.tab[at], section),
        run: () => void goToControl(app, at, title),
      };
    }),
    ...maskControls().map((title): Findable => ({
      kind: 'control',
      title,
      line: t.where(places.tab.img2img, source.title),
      run: () => {
        if (title === labels.maskTransparency) app.settings.img2img.mode = 'inpaint-sketch';
        else if (!traitsOf(app.settings.img2img.mode).masks) app.settings.img2img.mode = 'inpaint';
        void goToControl(app, 'img2img', title);
      },
    })),
    ...[...new Set([...pageSettings(), ...keysOf.keys()])].map((title): Findable => ({
      kind: 'setting',
      title,
      line: places.tab.settings,
      words: keysOf.get(title) ?? '',
      run: () => navigation.go(addressOf('settings', slugOf(title))),
    })),
    ...Object.entries(ABSENT).flatMap(([reason, keys]) =>
      keys.map((key): Findable => ({
        kind: 'absent',
        title: key,
        line: webui.why[reason as Reason],
        run: () => navigation.go(addressOf('settings', slugOf(webui.title))),
      })),
    ),
    ...IMAGE_SETTINGS.map(({ key, label, section, infotext }): Findable => ({
      kind: 'setting',
      title: label,
      line: t.where(places.tab.settings, section),
      words: [options.help[key], infotext, WEBUI_KEYS[key]].filter(Boolean).join(' '),
      run: () => navigation.go(addressOf('settings', slugOf(label))),
    })),
    {
      kind: 'setting',
      title: settings.titles.keys,
      line: t.keys,
      run: () => navigation.openOverlay('keys'),
    },
    {
      kind: 'place',
      title: labels.styles,
      line: places.tab.txt2img,
      run: () => navigation.openOverlay('styles'),
    },
    {
      kind: 'place',
      title: addons.title,
      line: addons.open,
      words: Object.values(addons.kinds).join(' '),
      run: () => navigation.openOverlay('add-ons'),
    },
    {
      kind: 'place',
      title: batch.open,
      line: places.tab.img2img,
      run: () => navigation.go(addressOf('img2img', null, 'batch')),
    },
    {
      kind: 'place',
      title: create.promptHistory,
      line: places.tab.txt2img,
      run: () => navigation.openOverlay('history'),
    },
    ...app.models.checkpoints.map(({ name, sha256, detection }): Findable => ({
      kind: 'model',
      title: name,
      line: t.useModel(detection.label),
      words: sha256.slice(0, 10),
      run: () => app.models.chooseCheckpoint(sha256),
    })),
    ...app.models.vaes.map((vae): Findable => ({
      kind: 'model',
      title: vae.name,
      line: t.useVae,
      words: `vae ${vae.sha256.slice(0, 10)}`,
      run: () => app.models.chooseVae(vae),
    })),
    ...app.settings.prompts.styles.map(({ name, prompt }): Findable => ({
      kind: 'style',
      title: name,
      line: prompt.slice(0, 120),
      run: () => {
        if (!app.settings.prompts.chosenStyles.includes(name)) {
          app.settings.prompts.chosenStyles = [...app.settings.prompts.chosenStyles, name];
        }
        navigation.go(addressOf('txt2img'));
      },
    })),
    ...app.library.images.flatMap((image): Findable[] => {
      if (isDamaged(image)) return [];
      const { prompt, model } = factsOf(image);
      const title = prompt.slice(0, 120).replace(/\s+/g, ' ').trim() || common.noPrompt;
      const run = () => navigation.go(addressOf('gallery', image.id));
      return [{ kind: 'picture', title, line: t.picture(String(image.seed), model), run }];
    }),
    ...notBuilt(),
  ];
}

async function goToControl(app: App, tab: CreateTab, name: string): Promise<void> {
  app.navigation.go(addressOf(tab, null, app.narrow.current ? 'controls' : null));
  await tick();
  const panel = document.querySelector(`section[aria-label="${CSS.escape(places.tab[tab])}"]`);
  if (panel) reveal(panel, slugOf(name));
}
