// The tensors of a network that was pickled whole (torch.nn.Module), as its `state_dict()` names them: each module keeps its own
// in `_parameters` and `_buffers`, and the modules within it in `_modules`. Nothing of its code is in the file or needed.
import { isNetworkClass } from './module-globals.ts';
import { boundObjects } from './pickle-stack.ts';
import { PickleDict, PickleObject, PickleSet, type PickleValue } from './pickle-values.ts';
import { globalPath } from './torch-globals.ts';
import { corrupt, type StorageTable } from './torch-storage.ts';
import { readTensor, rebuiltTensor, type TorchTensor } from './torch-tensor.ts';
import { quote } from './tensor.ts';
import type { UnreadableTensor } from './types.ts';

/** Networks are nested less deep. */
const MAX_DEPTH = 32;
/** Of what is told of the classes. */
const MAX_CLASSES = 2000;
const MAX_NAME = 100;

/** The network of a file: its averaged weights where it has those (ultralytics' `attempt_load_one_weight`). Null without one. */
export function networkIn(root: PickleValue): PickleObject | null {
  const isNetwork = (value: PickleValue | undefined): value is PickleObject =>
    value instanceof PickleObject && isNetworkClass(value.callee);
  if (isNetwork(root)) return root;
  if (!(root instanceof PickleDict)) return null;
  return [root.entries.get('ema'), root.entries.get('model')].find(isNetwork) ?? null;
}

/** In the order of its state dict. Throws CheckpointError for a tensor that does not fit its storage. */
export function moduleTensors(
  network: PickleObject,
  storages: StorageTable,
): Map<string, TorchTensor | UnreadableTensor> {
  const found = new Map<string, TorchTensor | UnreadableTensor>();
  const seen = new Set<PickleValue>();
  let visited = 0;

  const visit = (module: PickleValue, prefix: string, depth: number): void => {
    // None in the place of a module that was taken out; one that is shared counts where it was first.
    if (!(module instanceof PickleObject) || depth > MAX_DEPTH || seen.has(module)) return;
    seen.add(module);
    const attributes = attributesOf(module);
    const kept = new Set(listed(attributes.get('_non_persistent_buffers_set')));
    for (const kind of ['_parameters', '_buffers']) {
      for (const [key, value] of items(attributes.get(kind))) {
        boundObjects(++visited);
        const tensor = rebuiltTensor(value);
        if (typeof key !== 'string' || tensor === null || (kind === '_buffers' && kept.has(key))) continue;
        const name = prefix + key;
        if (found.has(name)) corrupt(`Two tensors are called ${quote(name)}.`);
        found.set(name, readTensor(name, tensor, storages));
      }
    }
    for (const [key, value] of items(attributes.get('_modules'))) {
      boundObjects(++visited);
      if (typeof key === 'string') visit(value, `${prefix}${key}.`, depth + 1);
    }
  };
  visit(network, '', 0);
  return found;
}

/** What a file of ultralytics says of its network: "names" of the classes (JSON), "imgsz" that it was trained with. */
export function networkMetadata(root: PickleValue, network: PickleObject): Map<string, string> {
  const metadata = new Map<string, string>();
  const names: Record<string, string> = {};
  for (const [key, name] of items(attributesOf(network).get('names')).slice(0, MAX_CLASSES)) {
    if (typeof key === 'number' && typeof name === 'string') names[key] = name.slice(0, MAX_NAME);
  }
  if (Object.keys(names).length > 0) metadata.set('names', JSON.stringify(names));
  const trained = root instanceof PickleDict ? root.entries.get('train_args') : undefined;
  const size = new Map(items(trained)).get('imgsz');
  if (typeof size === 'number') metadata.set('imgsz', `${size}`);
  return metadata;
}

function attributesOf({ state }: PickleObject): ReadonlyMap<PickleValue, PickleValue> {
  return state instanceof PickleDict ? state.entries : new Map();
}

/** Of a dictionary, an OrderedDict, or an object that is little more than its attributes. */
function items(value: PickleValue | undefined): (readonly [PickleValue, PickleValue])[] {
  if (value instanceof PickleDict) return [...value.entries];
  if (!(value instanceof PickleObject)) return [];
  return globalPath(value.callee) === 'collections.OrderedDict'
    ? [...value.entries]
    : [...attributesOf(value)];
}

/** Of a set. */
function listed(value: PickleValue | undefined): readonly PickleValue[] {
  if (value instanceof PickleSet) return value.items;
  if (!(value instanceof PickleObject) || globalPath(value.callee) !== '__builtin__.set') return [];
  const [argument] = value.args;
  return typeof argument === 'object' && argument !== null && 'items' in argument ? argument.items : [];
}
