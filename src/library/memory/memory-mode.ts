// Whether this page keeps its things in memory, and who holds them: the page itself. Its workers, each of which has a memory
// of its own, reach the page's through a port that it sends before anything else.
import { expose, wrap } from 'comlink';
import { MemoryHost, type MemoryAccess } from './memory-host.ts';

let access: MemoryAccess | null = null;

/** Where things are held; null where the browser stores them. */
export function memoryAccess(): MemoryAccess | null {
  return access;
}

/** In the page, before anything is stored. */
export function holdInMemory(): void {
  access ??= new MemoryHost();
}

const MESSAGE = 'darkroom-memory';

/** In the page: to a worker that has just been started. */
export function lendMemory(worker: Worker): void {
  if (!access) return;
  const { port1, port2 } = new MessageChannel();
  expose(access, port1);
  worker.postMessage({ [MESSAGE]: port2 }, [port2]);
}

/** In a worker, before it takes calls. */
export function borrowMemory(): void {
  const receive = ({ data }: MessageEvent<unknown>): void => {
    const port = typeof data === 'object' && data !== null && MESSAGE in data ? data[MESSAGE] : null;
    if (!(port instanceof MessagePort)) return;
    access = wrap<MemoryAccess>(port);
    self.removeEventListener('message', receive);
  };
  self.addEventListener('message', receive);
}
