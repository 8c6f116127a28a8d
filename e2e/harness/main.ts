// Entrance of the harness page: its worker, within reach of a test's `page.evaluate`.
import { wrap } from 'comlink';
import type { Harness } from './worker.ts';

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
window.harness = wrap<Harness>(worker);
