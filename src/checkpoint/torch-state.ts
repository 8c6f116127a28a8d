// From the object of a torch file to its named tensors.
//
// Names. A checkpoint with a `state_dict` gives what is in it, under its own names, as AUTOMATIC1111's
// `get_state_dict_from_checkpoint` does; everything beside it (optimizer, callbacks, averages of losses) is ignored.
// Any other file is a dictionary that may be nested, and a tensor's name is its path joined by dots:
//   a plain state dict                       "first_stage_model.decoder.conv_in.weight"
//   an upscaler                              "params_ema.conv_first.weight"
//   a textual-inversion embedding            "string_to_param.*"
//   a hypernetwork (width -> pair of dicts)  "768.0.linear.0.weight"
// Values that are no tensors are skipped. A network that was pickled whole gives its state dict (torch-module.ts).
import { boundObjects } from './pickle-stack.ts';
import { PickleDict, PickleList, PickleObject, PickleTuple, type PickleValue } from './pickle-values.ts';
import { quote } from './tensor.ts';
import { globalPath } from './torch-globals.ts';
import { moduleTensors, networkIn, networkMetadata } from './torch-module.ts';
import { corrupt, type StorageTable } from './torch-storage.ts';
import { readTensor, rebuiltTensor, type TorchTensor } from './torch-tensor.ts';
import { CheckpointError, type UnreadableTensor } from './types.ts';

/** Dictionaries nested deeper than this hold no weights of anything. */
const MAX_DEPTH = 32;
/** A list longer than this is a log or an optimizer's, not a model's. */
const MAX_LIST = 65536;
export interface TorchState {
  readonly tensors: readonly TorchTensor[];
  readonly unreadable: ReadonlyMap<string, UnreadableTensor>;
  /** What the file says of a network that it holds whole; the plain values beside tensors that stand in no state dict. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * All tensors of a file's object, in its order. Throws CheckpointError when the object is no dictionary, holds no
 * tensor, or holds one that does not fit its storage.
 */
export function collectTensors(root: PickleValue, storages: StorageTable): TorchState {
  const network = networkIn(root);
  if (network !== null) return sorted(moduleTensors(network, storages), networkMetadata(root, network));
  const entries = members(root, true);
  if (entries === null) {
    throw new CheckpointError(
      'not-a-checkpoint',
      'This is a PyTorch file, but not a checkpoint: it holds no dictionary of tensors.',
    );
  }
  const inner = entries.find(([key]) => key === 'state_dict');
  let top = entries;
  const seen = new Set([root]);
  if (inner !== undefined) {
    const stateDict = members(inner[1], true);
    if (stateDict === null) {
      throw new CheckpointError(
        'not-a-checkpoint',
        'The file has a "state_dict" that is no dictionary of tensors.',
      );
    }
    seen.add(inner[1]);
    top = stateDict.filter(([key]) => key !== 'state_dict');
  }

  return sorted(walk(top, seen, storages), inner === undefined ? plainValues(entries) : new Map());
}

/** Of what stands beside tensors. */
const MAX_VALUES = 100;
const MAX_VALUE = 1000;

/** Words, numbers and truths beside the tensors, as texts: how a hypernetwork is to be put together. */
function plainValues(entries: readonly Member[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const [key, value] of entries) {
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (typeof key !== 'string' || !isPlain || key.length > MAX_VALUE || values.size >= MAX_VALUES) continue;
    const text = String(value);
    if (text.length <= MAX_VALUE) values.set(key, text);
  }
  return values;
}

function sorted(
  found: ReadonlyMap<string, TorchTensor | UnreadableTensor>,
  metadata: TorchState['metadata'],
): TorchState {
  if (found.size === 0) {
    throw new CheckpointError(
      'not-a-checkpoint',
      'This is a PyTorch file without a single tensor, not a checkpoint.',
    );
  }
  const tensors: TorchTensor[] = [];
  const unreadable = new Map<string, UnreadableTensor>();
  for (const [name, tensor] of found) {
    if ('form' in tensor) unreadable.set(name, tensor);
    else tensors.push(tensor);
  }
  return { tensors, unreadable, metadata };
}

type Member = readonly [key: PickleValue, value: PickleValue];

interface Pending {
  readonly name: string;
  readonly value: PickleValue;
  readonly depth: number;
}

/** Visits every container that is not in `seen` once, however often it is shared: a small pickle can describe an endless tree. */
function walk(
  top: readonly Member[],
  seen: Set<PickleValue>,
  storages: StorageTable,
): Map<string, TorchTensor | UnreadableTensor> {
  const tensors = new Map<string, TorchTensor | UnreadableTensor>();
  const pending: Pending[] = [];

  const enter = (list: readonly Member[], prefix: string, depth: number): void => {
    // Backwards, because the last one pushed is visited first.
    for (let i = list.length - 1; i >= 0; i--) {
      const [key, value] = list[i]!;
      const leaf = typeof value !== 'object' || value === null || value instanceof Uint8Array;
      const part = keyText(key);
      if (!leaf && part !== null) pending.push({ name: prefix + part, value, depth });
    }
    boundObjects(pending.length + tensors.size);
  };

  enter(top, '', 0);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { name, value, depth } = next;
    const tensor = rebuiltTensor(value);
    if (tensor !== null) {
      if (tensors.has(name)) corrupt(`Two tensors are called ${quote(name)}.`);
      tensors.set(name, readTensor(name, tensor, storages));
      continue;
    }
    if (depth >= MAX_DEPTH || seen.has(value)) continue;
    seen.add(value);
    enter(members(value, false) ?? [], `${name}.`, depth + 1);
  }
  return tensors;
}

function keyText(key: PickleValue): string | null {
  if (typeof key === 'string') return key;
  return typeof key === 'number' || typeof key === 'bigint' ? String(key) : null;
}

/** What a dictionary (or, unless `onlyDicts`, a list or tuple) holds; null for anything else. */
function members(value: PickleValue, onlyDicts: boolean): Member[] | null {
  if (value instanceof PickleDict) return [...value.entries];
  if (value instanceof PickleList || value instanceof PickleTuple) {
    return onlyDicts || value.items.length > MAX_LIST ? null : value.items.map((item, i) => [i, item]);
  }
  if (!(value instanceof PickleObject)) return null;
  switch (globalPath(value.callee)) {
    case 'collections.OrderedDict':
      return [...new Map([...initialPairs(value.args[0]), ...value.entries])];
    case 'torch.nn.modules.container.ParameterDict': {
      // A module: its parameters are in one of its attributes.
      const state = value.state;
      const parameters = state instanceof PickleDict ? state.entries.get('_parameters') : undefined;
      return parameters === undefined || isParameterDict(parameters) ? [] : members(parameters, true);
    }
    default:
      return null;
  }
}

/** Not a legal nesting, and the only way `members` could call itself without end. */
function isParameterDict(value: PickleValue): boolean {
  return value instanceof PickleObject && value.callee.name === 'ParameterDict';
}

/** Python 2 pickled OrderedDict([[key, value], ...]). */
function initialPairs(value: PickleValue | undefined): Member[] {
  if (!(value instanceof PickleList)) return [];
  const pairs: Member[] = [];
  for (const pair of value.items) {
    if (!(pair instanceof PickleList || pair instanceof PickleTuple)) continue;
    const [key, item] = pair.items;
    if (key !== undefined && item !== undefined) pairs.push([key, item]);
  }
  return pairs;
}
