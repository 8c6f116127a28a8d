// Everything that the page has to be found, with what leads there.
import { tick } from 'svelte';
import { IMAGE_SETTINGS } from '../../generation/request/image-settings.ts';
import { isDamaged } from '../../library/image-record.ts';
import { factsOf } from '../gallery/image-facts.ts';
import { addressOf } from '../navigation/address.ts';
import { PLACES } from '../navigation/places.ts';
import type { App } from '../state/app.svelte.ts';
import { NOT_BUILT, type Findable } from './find.ts';
import { reveal, slugOf } from './reveal.ts';

/** Controls of txt2img by A1111's names, with the section they lie in. */
const CONTROLS: readonly (readonly [name: string, section: string])[] = [
  ['Prompt', ''],
  ['Negative prompt', ''],
  ['Sampling method', 'Sampling'],
  ['Schedule type', 'Sampling'],
  ['Sampling steps', 'Sampling'],
  ['Width', 'Size'],
  ['Height', 'Size'],
  ['Batch count', 'Batch'],
  ['Batch size', 'Batch'],
  ['CFG Scale', 'Guidance'],
  ['Seed', 'Seed'],
];

/** What Settings has besides the settings that decide a picture. */
const PAGE_SETTINGS: readonly (readonly [name: string, words: string])[] = [
  ['Clip skip', ''],
  ['Random number generator source', ''],
  ['Eta noise seed delta', ''],
  ['Theme', ''],
  ['Paint on', ''],
  ['Graphics', 'device adapter'],
  ['Graphics memory', ''],
  ['Benchmark', ''],
  ['Wildcards and variants', ''],
  ['About', 'version licence license offline privacy'],
];

export function thingsOf(app: App): Findable[] {
  const { navigation } = app;
  return [
    ...PLACES.flatMap((place) =>
      place.tabs.map((tab): Findable => {
        const notYet = 'notYet' in tab ? tab.notYet : undefined;
        return {
          kind: 'Place',
          title: tab.label,
          line: notYet ? `Not built yet. ${notYet.will}` : place.label,
          run: () => navigation.go(addressOf(tab.id)),
        };
      }),
    ),
    ...CONTROLS.map(([title, section]): Findable => ({
      kind: 'Control',
      title,
      line: section === '' ? 'txt2img' : `txt2img, ${section}`,
      run: () => void goToControl(app, title),
    })),
    ...PAGE_SETTINGS.map(([title, words]): Findable => ({
      kind: 'Setting',
      title,
      line: 'Settings',
      words,
      run: () => navigation.go(addressOf('settings', slugOf(title))),
    })),
    ...IMAGE_SETTINGS.map(({ label, section, help, infotext }): Findable => ({
      kind: 'Setting',
      title: label,
      line: `Settings, ${section}`,
      words: [help, infotext].filter(Boolean).join(' '),
      run: () => navigation.go(addressOf('settings', slugOf(label))),
    })),
    {
      kind: 'Setting',
      title: 'Keys',
      line: 'All keys, and a way to change them',
      run: () => navigation.openOverlay('keys'),
    },
    { kind: 'Place', title: 'Styles', line: 'txt2img', run: () => navigation.openOverlay('styles') },
    { kind: 'Place', title: 'Prompt history', line: 'txt2img', run: () => navigation.openOverlay('history') },
    ...app.usableModels.map(({ name, sha256, detection }): Findable => ({
      kind: 'Model',
      title: name,
      line: `Use this checkpoint: ${detection.label}`,
      words: sha256.slice(0, 10),
      run: () => app.chooseModel(sha256),
    })),
    ...app.settings.styles.map(({ name, prompt }): Findable => ({
      kind: 'Style',
      title: name,
      line: prompt.slice(0, 120),
      run: () => {
        if (!app.settings.chosenStyles.includes(name)) {
          app.settings.chosenStyles = [...app.settings.chosenStyles, name];
        }
        navigation.go(addressOf('txt2img'));
      },
    })),
    ...app.library.images.flatMap((image): Findable[] => {
      if (isDamaged(image)) return [];
      const { prompt, model } = factsOf(image);
      const title = prompt.slice(0, 120).replace(/\s+/g, ' ').trim() || 'No prompt';
      const run = () => navigation.go(addressOf('gallery', image.id));
      return [{ kind: 'Picture', title, line: `Seed ${image.seed}, ${model}`, run }];
    }),
    ...NOT_BUILT,
  ];
}

async function goToControl(app: App, name: string): Promise<void> {
  app.navigation.go(addressOf('txt2img'));
  await tick();
  const panel = document.querySelector('section[aria-label="txt2img"]');
  if (panel) reveal(panel, slugOf(name));
}
