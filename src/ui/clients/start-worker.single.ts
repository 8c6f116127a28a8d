// Starts the workers of the single file. A page opened from disk may start no worker but a classic one from a Blob.
import { lendMemory } from '../../library/memory/memory-mode.ts';
import { scriptAddress } from '../../trusted-scripts.ts';
import { partText } from '../../single-file/parts.ts';
import type { WorkerName } from './start-worker.ts';

const entrances = new Map<WorkerName, string>();

export function startWorker(name: WorkerName): Worker {
  let entrance = entrances.get(name);
  if (entrance === undefined) {
    entrance = URL.createObjectURL(new Blob(codeOf(name), { type: 'text/javascript' }));
    entrances.set(name, entrance);
  }
  const worker = new Worker(scriptAddress(entrance), { name });
  lendMemory(worker);
  return worker;
}

/** A part of code is a JSON string, which an HTML page can hold whatever is in it. */
function codeOf(name: WorkerName): string[] {
  const code = JSON.parse(partText(name)) as string;
  return name === 'engine' ? ['self.darkroomWasm="', partText('wasm'), '";\n', code] : [code];
}
