// Networks are loaded and run one after the other, whoever computes them: they share a device and its memory.
import { Mutex } from './mutex.ts';
import { turn } from './turn.ts';

const mutex = new Mutex();

/** Before each, messages (Interrupt, Skip) are let through: between networks that are loaded, steps, tiles and probes. */
export const deviceMutex = {
  run<T>(work: () => Promise<T>): Promise<T> {
    return mutex.run(async () => {
      await turn();
      return work();
    });
  },
};
