// From the records of a pickle to named tensors: which storages they view, with which shape and strides.
//
// Names. A checkpoint with a `state_dict` gives what is in it, under its own names, as AUTOMATIC1111's
// `get_state_dict_from_checkpoint` does; everything beside it (optimizer, callbacks, averages of losses) is ignored.
// Any other file is a dictionary that may be nested, and a tensor's name is its path joined by dots:
//   a plain state dict                       "first_stage_model.decoder.conv_in.weight"
//   an upscaler                              "params_ema.conv_first.weight"
//   a textual-inversion embedding            "string_to_param.*"
//   a hypernetwork (width -> pair of dicts)  "768.0.linear.0.weight"
// Values that are no tensors are skipped.
import { boundObjects } from './pickle-stack.ts';
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  PicklePersistent,
  PickleTuple,
  type PickleValue,
} from './pickle-values.ts';
import { quote, shapeProduct } from './tensor.ts';
import { readNumpyArray } from './torch-numpy.ts';
import { storageDType } from './torch-globals.ts';
import { CheckpointError, type DType } from './types.ts';

/** Dictionaries nested deeper than this hold no weights of anything. */
const MAX_DEPTH = 32;
/** A list longer than this is a log or an optimizer's, not a model's. */
const MAX_LIST = 65536;
/** Expanded tensors (stride 0) may have more elements than their storage, but not absurdly many. */
const MAX_EXPANDED = 2 ** 20;

/** One storage of a torch file, as the pickle describes it. */
export interface StorageInfo {
  readonly key: string;
  readonly dtype: DType;
  /** Elements. */
  readonly count: number;
  /** The bytes themselves, where they were in the pickle. */
  readonly embedded?: Uint8Array;
}

export interface TorchTensor {
  readonly name: string;
  readonly storage: StorageInfo;
  /** Of the first element, in elements of the storage. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** In elements, one a dimension, none negative. */
  readonly strides: readonly number[];
  readonly elementCount: number;
}

interface StorageView {
  readonly storage: StorageInfo;
  readonly offset: number;
  readonly count: number;
}

/** The storages that a pickle's persistent ids name. */
export class StorageTable {
  private readonly byKey = new Map<string, StorageInfo>();

  get(key: string): StorageInfo | undefined {
    return this.byKey.get(key);
  }

  /**
   * Reads ('storage', class, key, location, element count[, view]), torch/serialization.py `persistent_id`; the view
   * (key, offset, element count) exists in legacy files only. Throws CheckpointError.
   */
  resolve(reference: PicklePersistent): StorageView {
    const id = reference.id;
    if (!(id instanceof PickleTuple)) return corrupt('A reference to data is malformed.');
    const [kind, cls, key, , count, view = null] = id.items;
    if (kind !== 'storage') {
      throw new CheckpointError(
        'unsupported',
        'The file holds a whole Python module, not only its weights; such files cannot be read. Look for a .safetensors version.',
      );
    }
    const dtype = cls instanceof PickleGlobal ? storageDType(cls) : undefined;
    if (dtype === undefined) return corrupt('A reference to data names no known kind of numbers.');
    if (typeof key !== 'string' || !/^[0-9]{1,20}$/.test(key)) {
      return corrupt(`A reference to data has the bad name ${quote(typeof key === 'string' ? key : '?')}.`);
    }
    if (!isNatural(count)) return corrupt(`Storage ${key} has no valid length.`);

    let storage = this.byKey.get(key);
    if (storage === undefined) {
      storage = { key, dtype, count };
      this.byKey.set(key, storage);
    } else if (storage.dtype !== dtype || storage.count !== count) {
      return corrupt(`Storage ${key} is described in two ways that contradict each other.`);
    }
    if (view === null) return { storage, offset: 0, count };
    const [, offset, viewCount] = view instanceof PickleTuple ? view.items : [];
    if (!isNatural(offset) || !isNatural(viewCount) || offset + viewCount > count) {
      return corrupt(`A part of storage ${key} leaves it.`);
    }
    return { storage, offset, count: viewCount };
  }
}

/**
 * All tensors of a file's object, in its order. Throws CheckpointError when the object is no dictionary, holds no
 * tensor, or holds one that does not fit its storage.
 */
export function collectTensors(root: PickleValue, storages: StorageTable): TorchTensor[] {
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

  const tensors = walk(top, seen, storages);
  if (tensors.length === 0) {
    throw new CheckpointError(
      'not-a-checkpoint',
      'This is a PyTorch file without a single tensor, not a checkpoint.',
    );
  }
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) corrupt(`Two tensors are called ${quote(name)}.`);
    names.add(name);
  }
  return tensors;
}

type Member = readonly [key: PickleValue, value: PickleValue];

interface Pending {
  readonly name: string;
  readonly value: PickleValue;
  readonly depth: number;
}

/** Visits every container that is not in `seen` once, however often it is shared: a small pickle can describe an endless tree. */
function walk(top: readonly Member[], seen: Set<PickleValue>, storages: StorageTable): TorchTensor[] {
  const tensors: TorchTensor[] = [];
  const pending: Pending[] = [];

  const enter = (list: readonly Member[], prefix: string, depth: number): void => {
    // Backwards, because the last one pushed is visited first.
    for (let i = list.length - 1; i >= 0; i--) {
      const [key, value] = list[i]!;
      const leaf = typeof value !== 'object' || value === null || value instanceof Uint8Array;
      const part = keyText(key);
      if (!leaf && part !== null) pending.push({ name: prefix + part, value, depth });
    }
    boundObjects(pending.length + tensors.length);
  };

  enter(top, '', 0);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { name, value, depth } = next;
    const tensor = rebuiltTensor(value);
    if (tensor !== null) {
      tensors.push(readTensor(name, tensor, storages));
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
  switch (value.callee.path) {
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

/** The record of a tensor's builder, out of its Parameter if it is wrapped in one; null for any other value. */
function rebuiltTensor(value: PickleValue): PickleObject | null {
  if (!(value instanceof PickleObject)) return null;
  switch (value.callee.path) {
    case 'torch._utils._rebuild_tensor_v2':
      return value;
    case 'torch._utils._rebuild_device_tensor_from_numpy':
      return value;
    case 'torch._utils._rebuild_parameter': {
      const data = value.args[0];
      const bare = data instanceof PickleObject && data.callee.name !== '_rebuild_parameter';
      return (bare ? rebuiltTensor(data) : null) ?? corrupt('A parameter has no tensor in it.');
    }
    default:
      return null;
  }
}

function readTensor(name: string, record: PickleObject, storages: StorageTable): TorchTensor {
  return record.callee.name === '_rebuild_tensor_v2'
    ? readView(name, record, storages)
    : readEmbedded(name, record);
}

/** Reads (numpy array, dtype, device, requires_grad); the only dtype on the list of globals is float32. */
function readEmbedded(name: string, record: PickleObject): TorchTensor {
  const array = readNumpyArray(record.args[0]);
  if (array === null) {
    throw new CheckpointError(
      'unsupported',
      `Tensor ${quote(name)} is stored as a numpy array that is no plain float32, which cannot be read.`,
    );
  }
  const { shape, strides, bytes } = array;
  const count = bytes.length / 4;
  const storage: StorageInfo = { key: '(in the pickle)', dtype: 'F32', count, embedded: bytes };
  return { name, storage, offset: 0, shape, strides, elementCount: count };
}

/** Reads (storage, offset, shape, strides, requires_grad, hooks[, metadata]), torch/_utils.py `_rebuild_tensor_v2`. */
function readView(name: string, record: PickleObject, storages: StorageTable): TorchTensor {
  const [reference, offset, size, stride, , , metadata = null] = record.args;
  const wrong = (what: string): never => corrupt(`Tensor ${quote(name)} ${what}.`);

  if (!(reference instanceof PicklePersistent)) return wrong('has no storage');
  const view = storages.resolve(reference);
  if (!isNatural(offset)) return wrong('has no valid offset');
  const shape = naturals(size) ?? wrong('has no valid shape');
  const strides = naturals(stride) ?? wrong('has no valid strides');
  if (shape.length !== strides.length) wrong(`has ${shape.length} dimensions but ${strides.length} strides`);
  checkMetadata(name, metadata);

  const elementCount = shapeProduct(shape) ?? wrong('has an impossible shape');
  if (elementCount > Math.max(view.count, MAX_EXPANDED)) wrong('has far more elements than its storage');
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset);
  if (elementCount > 0 && !(last < view.count)) wrong('leaves its storage');
  return { name, storage: view.storage, offset: view.offset + offset, shape, strides, elementCount };
}

/** torch marks lazily negated or conjugated tensors here: their stored numbers are not their values. */
function checkMetadata(name: string, metadata: PickleValue): void {
  if (!(metadata instanceof PickleDict || metadata instanceof PickleObject)) return;
  for (const flag of ['neg', 'conj']) {
    if (metadata.entries.get(flag)) {
      throw new CheckpointError(
        'unsupported',
        `Tensor ${quote(name)} is stored ${flag}ated lazily, which cannot be read.`,
      );
    }
  }
}

function isNatural(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function naturals(value: PickleValue | undefined): number[] | null {
  if (!(value instanceof PickleTuple || value instanceof PickleList)) return null;
  return value.items.every(isNatural) ? ([...value.items] as number[]) : null;
}

function corrupt(message: string): never {
  throw new CheckpointError('corrupt', `${message} The file is damaged or was not made by PyTorch.`);
}
