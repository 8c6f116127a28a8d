// Hashes files for importers: a port for each import comes as a message.
import { serveHashing } from '../src/library/hashing-thread.ts';

self.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (data instanceof MessagePort) serveHashing(data);
});
