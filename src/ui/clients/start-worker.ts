// Starts the workers of the site. (start-worker.single.ts stands in for this file in the single-file build.)
//
// A worker from a file of its own would be free of the page's Content-Security-Policy; one from a Blob inherits it. So
// the Blob is one line that imports the file.
import engine from '../../../workers/engine.ts?worker&url';
import gallery from '../../../workers/gallery.ts?worker&url';
import importer from '../../../workers/importer.ts?worker&url';

const SCRIPTS = { engine, gallery, importer } as const;

export type WorkerName = keyof typeof SCRIPTS;

const entrances = new Map<WorkerName, string>();

export function startWorker(name: WorkerName): Worker {
  return new Worker(entranceOf(name), { type: 'module', name });
}

/** Kept for the page's life: browsers differ in how long a starting worker needs its address. */
function entranceOf(name: WorkerName): string {
  let entrance = entrances.get(name);
  if (entrance === undefined) {
    const script = new URL(SCRIPTS[name], document.baseURI).href;
    const blob = new Blob([`import ${JSON.stringify(script)};`], { type: 'text/javascript' });
    entrance = URL.createObjectURL(blob);
    entrances.set(name, entrance);
  }
  return entrance;
}
