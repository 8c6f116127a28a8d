// Hashing beside whoever reads a file: SHA-256 takes a processor longer than all else that an import does with the bytes.
import { expose, transfer, wrap, type Endpoint } from 'comlink';
import { FileHasher, type CheckedRange, type FileHashes, type Hasher } from './file-hasher.ts';

/** How many pieces of a file wait to be hashed at most: memory is to stay small. */
const MOST_WAITING = 2;

/** What workers/hasher.ts gives the other end of a port. */
interface HashingApi {
  begin(ranges: readonly CheckedRange[]): Promise<void>;
  /** Gives the memory back, for another piece. */
  update(piece: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  finish(): Promise<FileHashes>;
}

/** In the thread: hashes what comes through the port, one file after another. */
export function serveHashing(port: MessagePort): void {
  const hasher = FileHasher.create();
  const api: HashingApi = {
    begin: async (ranges) => (await hasher).begin(ranges),
    async update(piece) {
      await (await hasher).update(piece);
      return transfer(piece, [piece.buffer]);
    },
    finish: async () => (await hasher).finish(),
  };
  expose(api, port);
}

/** At the port's other end. Should the thread end, nothing resolves any more: whoever started it is told. */
export function threadHasher(port: Endpoint): Hasher {
  const thread = wrap<HashingApi>(port);
  /** Pieces on their way, the oldest first; their memory comes back. */
  const waiting: Promise<Uint8Array<ArrayBuffer>>[] = [];
  const free: ArrayBuffer[] = [];
  const oldest = async () => void free.push((await waiting.shift()!).buffer);
  return {
    async begin(ranges) {
      while (waiting.length > 0) await oldest();
      await thread.begin(ranges);
    },
    async update(bytes) {
      if (waiting.length >= MOST_WAITING) await oldest();
      const memory = free.pop();
      const fits = memory !== undefined && memory.byteLength >= bytes.length;
      const piece = new Uint8Array(fits ? memory : new ArrayBuffer(bytes.length), 0, bytes.length);
      piece.set(bytes);
      const returning = thread.update(transfer(piece, [piece.buffer]));
      // Whoever awaits it hears of a failure.
      returning.catch(() => undefined);
      waiting.push(returning);
    },
    async finish() {
      while (waiting.length > 0) await oldest();
      return thread.finish();
    },
  };
}
