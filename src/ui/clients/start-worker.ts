// Starts the workers of the site. (start-worker.single.ts stands in for this file in the single-file build.)
import canvas from '../../../workers/canvas.ts?worker&url';
import engine from '../../../workers/engine.ts?worker&url';
import gallery from '../../../workers/gallery.ts?worker&url';
import hasher from '../../../workers/hasher.ts?worker&url';
import importer from '../../../workers/importer.ts?worker&url';
import merger from '../../../workers/merger.ts?worker&url';
import promptHelp from '../../../workers/prompt-help.ts?worker&url';
import tokens from '../../../workers/tokens.ts?worker&url';
import { blobEntrance } from '../../blob-entrance.ts';
import { lendMemory } from '../../library/memory/memory-mode.ts';

const SCRIPTS = {
  canvas,
  engine,
  gallery,
  hasher,
  importer,
  merger,
  'prompt-help': promptHelp,
  tokens,
} as const;

export type WorkerName = keyof typeof SCRIPTS;

export function startWorker(name: WorkerName): Worker {
  const script = new URL(SCRIPTS[name], document.baseURI).href;
  const worker = new Worker(blobEntrance(script), { type: 'module', name });
  lendMemory(worker);
  return worker;
}
