// Entrance of the page.
import { mount } from 'svelte';
import Entrance from './ui/Entrance.svelte';
import { isFramed } from './ui/framed.ts';
import Framed from './ui/Framed.svelte';
import { common } from './ui/strings/common.ts';
import { speak } from './ui/strings/language.ts';
import './ui/styles/tokens.css';
import './ui/styles/base.css';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app.');

/** Whatever happened, the person gets at what is theirs. */
function giveUp(page: HTMLElement, error: unknown): void {
  console.error(error);
  import('./ui/last-resort.ts').then(
    ({ showLastResort }) => showLastResort(page, error),
    () => page.replaceChildren(common.notLoaded),
  );
}

function show(page: HTMLElement): void {
  if (isFramed()) mount(Framed, { target: page });
  else mount(Entrance, { target: page, props: { onfatal: (error: unknown) => giveUp(page, error) } });
}

speak(document.documentElement.lang, navigator.languages)
  .then(() => show(target))
  .catch((error: unknown) => giveUp(target, error));
