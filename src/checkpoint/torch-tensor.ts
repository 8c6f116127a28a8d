// One tensor of a torch file: from the record of what would have built it to the storage it views, its shape and strides.
// (torch/_utils.py `_rebuild_*`; torch/_tensor.py `_reduce_ex_internal` says which builder a tensor gets)
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  PicklePersistent,
  PickleTuple,
} from './pickle-values.ts';
import type { PickleValue } from './pickle-values.ts';
import { corrupt, isNatural, type StorageInfo, type StorageTable } from './torch-storage.ts';
import { dtypeOf, globalPath, unreadableForm } from './torch-globals.ts';
import { readNumpyArray } from './torch-numpy.ts';
import { quote, shapeProduct } from './tensor.ts';
import { BYTES_PER_ELEMENT, type DType, type UnreadableTensor } from './types.ts';

/** Expanded tensors (stride 0) may have more elements than their storage, but not absurdly many. */
const MAX_EXPANDED = 2 ** 20;

export interface TorchTensor {
  readonly name: string;
  readonly storage: StorageInfo;
  readonly dtype: DType;
  /** Of the first element, in elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** In elements, one a dimension, none negative. */
  readonly strides: readonly number[];
  readonly elementCount: number;
}

/** Builders that put one thing around a tensor. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'torch._utils._rebuild_parameter',
  'torch._utils._rebuild_parameter_with_state',
  'torch._utils._rebuild_device_tensor_from_cpu_tensor',
]);
/** A Parameter of a device's tensor is the deepest there is. */
const MAX_WRAPPERS = 4;

const VIEWS: ReadonlySet<string> = new Set([
  'torch._utils._rebuild_tensor',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_tensor_v3',
]);

const FROM_NUMPY = 'torch._utils._rebuild_device_tensor_from_numpy';

/** The record of a tensor's builder, out of what is around it; null for any other value. */
export function rebuiltTensor(value: PickleValue): PickleObject | null {
  let inner: PickleValue | undefined = value;
  for (let depth = 0; inner instanceof PickleObject; depth++) {
    const path = globalPath(inner.callee);
    if (VIEWS.has(path) || path === FROM_NUMPY || unreadableForm(inner.callee) !== undefined) return inner;
    if (!WRAPPERS.has(path)) break;
    if (depth === MAX_WRAPPERS) return corrupt('A tensor is wrapped too often.');
    inner = inner.args[0];
  }
  return inner === value ? null : corrupt('A parameter has no tensor in it.');
}

/** Reads a record that `rebuiltTensor` gave. Throws CheckpointError where it contradicts itself or its storage. */
export function readTensor(
  name: string,
  record: PickleObject,
  storages: StorageTable,
): TorchTensor | UnreadableTensor {
  const form = unreadableForm(record.callee);
  if (form !== undefined) return { shape: naturals(record.args[2]) ?? [], form };
  return globalPath(record.callee) === FROM_NUMPY
    ? readEmbedded(name, record)
    : readView(name, record, storages);
}

/** Reads (numpy array, dtype, device, requires_grad). */
function readEmbedded(name: string, record: PickleObject): TorchTensor | UnreadableTensor {
  const array = readNumpyArray(record.args[0]);
  if (array === null) return { shape: [], form: 'the form of a numpy array of an unusual kind' };
  const { dtype, shape, strides, bytes } = array;
  const size = BYTES_PER_ELEMENT[dtype];
  const count = bytes.length / size;
  const storage: StorageInfo = { key: '(in the pickle)', kind: { dtype, size }, count, embedded: bytes };
  return { name, storage, dtype, offset: 0, shape, strides, elementCount: count };
}

/**
 * Reads (storage, offset, shape, strides, requires_grad, hooks[, metadata]); the third version has the number format before
 * the metadata, and an untyped storage.
 */
function readView(
  name: string,
  record: PickleObject,
  storages: StorageTable,
): TorchTensor | UnreadableTensor {
  const [reference, offset, size, stride, , , ...more] = record.args;
  const wrong = (what: string): never => corrupt(`Tensor ${quote(name)} ${what}.`);

  if (!(reference instanceof PicklePersistent)) return wrong('has no storage');
  const view = storages.resolve(reference);
  if (!isNatural(offset)) return wrong('has no valid offset');
  const shape = naturals(size) ?? wrong('has no valid shape');
  const strides = naturals(stride) ?? wrong('has no valid strides');
  if (shape.length !== strides.length) wrong(`has ${shape.length} dimensions but ${strides.length} strides`);

  const { kind } = view.storage;
  let dtype = kind.dtype;
  let metadata = more[0];
  if (globalPath(record.callee).endsWith('_v3')) {
    metadata = more[1];
    const said = more[0] instanceof PickleGlobal ? dtypeOf(more[0]) : null;
    if (said === null) return wrong('has no valid number format');
    if (typeof said === 'object') return { shape, form: `the number format ${said.unknown}` };
    dtype = said;
  }
  if (dtype === null) return { shape, form: kind.form ?? 'numbers of an unknown kind' };
  const lazy = lazyForm(metadata);
  if (lazy !== null) return { shape, form: lazy };

  const bytes = BYTES_PER_ELEMENT[dtype];
  const start = (view.offset * kind.size) / bytes;
  const count = Math.floor((view.count * kind.size) / bytes);
  if (!Number.isInteger(start)) return wrong('begins within a number');
  const elementCount = shapeProduct(shape) ?? wrong('has an impossible shape');
  if (elementCount > Math.max(count, MAX_EXPANDED)) wrong('has far more elements than its storage');
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset);
  if (elementCount > 0 && !(last < count)) wrong('leaves its storage');
  return { name, storage: view.storage, dtype, offset: start + offset, shape, strides, elementCount };
}

/** torch marks lazily negated or conjugated tensors here: their stored numbers are not their values. */
function lazyForm(metadata: PickleValue | undefined): string | null {
  if (!(metadata instanceof PickleDict || metadata instanceof PickleObject)) return null;
  const flag = ['neg', 'conj'].find((name) => metadata.entries.get(name));
  return flag === undefined ? null : `numbers ${flag}ated lazily`;
}

/** A tuple or a torch.Size of natural numbers. */
function naturals(value: PickleValue | undefined): number[] | null {
  const plain =
    value instanceof PickleObject && globalPath(value.callee) === 'torch.Size' ? value.args[0] : value;
  if (!(plain instanceof PickleTuple || plain instanceof PickleList)) return null;
  return plain.items.every(isNatural) ? ([...plain.items] as number[]) : null;
}
