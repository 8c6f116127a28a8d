// A worker for the code of an extension that a person brings. Its script is an address that holds it ("data:"): such a worker is of an
// origin of its own, so that it reaches nothing that the page has stored, and under the page's policy. It starts by giving up all else
// (extensions/own/harness.ts).
import type { WorkerLike } from '../extensions/own/worker.ts';
import { extensionAddress } from '../trusted-scripts.ts';

export function startExtensionWorker(script: string): WorkerLike {
  const worker = new Worker(extensionAddress(script), { name: 'extension' });
  return {
    postMessage: (message) => worker.postMessage(message),
    listen(onMessage, onError) {
      worker.onmessage = ({ data }) => onMessage(data);
      worker.onerror = (event) => {
        event.preventDefault();
        onError(event.message ?? 'the browser does not say why.');
      };
    },
    terminate: () => worker.terminate(),
  };
}
