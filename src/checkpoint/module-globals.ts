// Which more names a file may mention that holds a whole network of ultralytics (YOLO) as a pickled Python object, the form in
// which these are published: classes of layers. No class is made of them and none is called: they are names of records, as all
// others are (pickle-values.ts). A file that names no such network is held to the list in torch-globals.ts alone.
import type { PickleGlobal } from './pickle-values.ts';
import { checkTorchGlobal, globalPath } from './torch-globals.ts';

/** ultralytics' networks. A pickle names an object's class before anything that is in the object. */
const NETWORK = /^ultralytics\.nn\.tasks\.[A-Z]\w*Model$/;

/** Classes only: functions begin with small letters. */
const CLASSES = [
  /^torch\.nn\.modules\.[a-z_]+\.[A-Z]\w*$/,
  /^ultralytics\.(?:nn|utils|yolo)\.(?:[a-z0-9_]+\.)*[A-Z]\w*$/,
];

const OTHERS: ReadonlySet<string> = new Set([
  // Paths among the settings of the training.
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  // How a method is named that a layer has kept (Segment's `detect = Detect.forward`).
  '__builtin__.getattr',
  'builtins.getattr',
]);

/** Whether an object of this class is a network that can be read. */
export function isNetworkClass(global: PickleGlobal): boolean {
  return NETWORK.test(globalPath(global)) && !global.name.includes('.');
}

/** A check for the names of one file, in the order in which it mentions them. It throws CheckpointError 'forbidden'. */
export function moduleGlobals(): (global: PickleGlobal) => void {
  let network = false;
  return (global) => {
    network ||= isNetworkClass(global);
    if (network && isHarmless(global)) return;
    checkTorchGlobal(global);
  };
}

function isHarmless(global: PickleGlobal): boolean {
  // Module and name are compared as one path: see checkTorchGlobal.
  if (global.name.includes('.')) return false;
  const path = globalPath(global);
  return OTHERS.has(path) || CLASSES.some((known) => known.test(path));
}
