import type { Remote } from 'comlink';
import type { Harness } from './worker.ts';

declare global {
  interface Window {
    harness: Remote<Harness>;
  }
}
