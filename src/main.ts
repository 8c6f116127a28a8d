// Entrance of the page.
import { mount } from 'svelte';
import Entrance from './ui/Entrance.svelte';
import { isFramed } from './ui/framed.ts';
import Framed from './ui/Framed.svelte';
import './ui/styles/tokens.css';
import './ui/styles/base.css';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app.');

/** Whatever happened, the person gets at what is theirs. */
function giveUp(page: HTMLElement, error: unknown): void {
  console.error(error);
  import('./ui/last-resort.ts').then(
    ({ showLastResort }) => showLastResort(page, error),
    () => page.replaceChildren('Darkroom could not be shown. Load this page again.'),
  );
}

try {
  if (isFramed()) mount(Framed, { target });
  else mount(Entrance, { target, props: { onfatal: (error: unknown) => giveUp(target, error) } });
} catch (error) {
  giveUp(target, error);
}
