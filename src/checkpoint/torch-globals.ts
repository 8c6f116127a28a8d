// Which names a PyTorch file may mention. The list is that of AUTOMATIC1111's restricted unpickler (1.10.1,
// modules/safe.py), with the names that later versions of the same programs have for the same things, and torch's other
// names of plain data and of tensors. Being on it does not make a name callable: nothing is; it only means that files are
// known to mention it for harmless reasons.
import { globalName } from './pickle.ts';
import type { PickleGlobal } from './pickle-values.ts';
import { BYTES_PER_ELEMENT, CheckpointError, type DType } from './types.ts';

/** What the elements of a storage are. */
export interface StorageKind {
  /** Null for numbers that cannot be read. */
  readonly dtype: DType | null;
  /** Bytes of an element. */
  readonly size: number;
  /** For a person, where they cannot be read. */
  readonly form?: string;
}

const plain = (dtype: DType): StorageKind => ({ dtype, size: BYTES_PER_ELEMENT[dtype] });
const quantized = (size: number): StorageKind => ({ dtype: null, size, form: 'quantized numbers' });
const complex = (size: number): StorageKind => ({ dtype: null, size, form: 'complex numbers' });

/** torch's storages, little-endian. An untyped one is bytes, whatever the tensors over it are. */
const STORAGES: ReadonlyMap<string, StorageKind> = new Map([
  ['torch.DoubleStorage', plain('F64')],
  ['torch.FloatStorage', plain('F32')],
  ['torch.HalfStorage', plain('F16')],
  ['torch.BFloat16Storage', plain('BF16')],
  ['torch.LongStorage', plain('I64')],
  ['torch.IntStorage', plain('I32')],
  ['torch.ShortStorage', plain('I16')],
  ['torch.CharStorage', plain('I8')],
  ['torch.ByteStorage', plain('U8')],
  ['torch.BoolStorage', plain('BOOL')],
  ['torch.storage.UntypedStorage', plain('U8')],
  ['torch.UntypedStorage', plain('U8')],
  ['torch.QInt8Storage', quantized(1)],
  ['torch.QUInt8Storage', quantized(1)],
  ['torch.QInt32Storage', quantized(4)],
  ['torch.QUInt4x2Storage', quantized(1)],
  ['torch.QUInt2x4Storage', quantized(1)],
  ['torch.ComplexFloatStorage', complex(8)],
  ['torch.ComplexDoubleStorage', complex(16)],
]);

/** torch's names of the number formats that can be read. */
const DTYPES: ReadonlyMap<string, DType> = new Map([
  ['torch.float64', 'F64'],
  ['torch.float32', 'F32'],
  ['torch.float16', 'F16'],
  ['torch.bfloat16', 'BF16'],
  ['torch.float8_e4m3fn', 'F8_E4M3'],
  ['torch.float8_e5m2', 'F8_E5M2'],
  ['torch.int64', 'I64'],
  ['torch.int32', 'I32'],
  ['torch.int16', 'I16'],
  ['torch.int8', 'I8'],
  ['torch.uint64', 'U64'],
  ['torch.uint32', 'U32'],
  ['torch.uint16', 'U16'],
  ['torch.uint8', 'U8'],
  ['torch.bool', 'BOOL'],
]);

/** Any number format of torch: those that are read, and the many others ("torch.float8_e8m0fnu", "torch.complex64"). */
const DTYPE_NAME = /^torch\.(?:bool|(?:b?float|complex|u?int|qu?int|bits)\d{1,3}(?:[a-z_][a-z0-9_]{0,15})?)$/;

/** torch's builders of tensors that cannot be read: not an attack, and of no matter where no network needs them. */
const UNREADABLE: ReadonlyMap<string, string> = new Map([
  ['torch._utils._rebuild_sparse_tensor', 'a sparse form'],
  ['torch._utils._rebuild_sparse_csr_tensor', 'a sparse form'],
  ['torch._utils._rebuild_nested_tensor', 'a nested form'],
  ['torch._utils._rebuild_qtensor', 'quantized numbers'],
  ['torch._utils._rebuild_meta_tensor_no_storage', 'no data'],
]);

const ALLOWED: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_tensor_v3',
  'torch._utils._rebuild_parameter',
  'torch._utils._rebuild_parameter_with_state',
  'torch._utils._rebuild_device_tensor_from_numpy',
  'torch._utils._rebuild_device_tensor_from_cpu_tensor',
  'torch.Size',
  'torch.device',
  'torch.nn.modules.container.ParameterDict',
  // How sparse and quantized tensors are described.
  'torch.serialization._get_layout',
  'torch.per_tensor_affine',
  'torch.per_channel_affine',
  'numpy.core.multiarray.scalar',
  'numpy.core.multiarray._reconstruct',
  'numpy.core.numeric._frombuffer',
  'numpy.dtype',
  'numpy.ndarray',
  '_codecs.encode',
  'pytorch_lightning.callbacks.model_checkpoint',
  'pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint',
  '__builtin__.set',
]);

/** The beginnings of names that moved, and what they were: NumPy 2, Lightning 2, Python 3. */
const MOVED: readonly (readonly [now: string, once: string])[] = [
  ['numpy._core.', 'numpy.core.'],
  ['lightning.pytorch.', 'pytorch_lightning.'],
  ['builtins.set', '__builtin__.set'],
];

/** The name of a global as the lists here and all readers of records have it, whichever version wrote the file. */
export function globalPath({ path }: PickleGlobal): string {
  const moved = MOVED.find(([now]) => path.startsWith(now));
  return moved ? moved[1] + path.slice(moved[0].length) : path;
}

/** Refuses every name that is not on the list. Throws CheckpointError 'forbidden'. */
export function checkTorchGlobal(global: PickleGlobal): void {
  const path = globalPath(global);
  const known = ALLOWED.has(path) || STORAGES.has(path) || UNREADABLE.has(path) || DTYPE_NAME.test(path);
  // Module and name are compared as one path: a dot inside the name could otherwise reach below an allowed one.
  if (known && !global.name.includes('.')) return;
  throw new CheckpointError(
    'forbidden',
    `The file wants Python to load ${globalName(global)}. A model needs nothing of the kind, and a file that does could run any program, so it was refused; nothing ran. Look for a .safetensors version of it.`,
  );
}

/** What a storage class holds, or undefined for anything else. */
export function storageKind(global: PickleGlobal): StorageKind | undefined {
  return STORAGES.get(globalPath(global));
}

/** The number format a global names; its name in torch where it is one that cannot be read; null for anything else. */
export function dtypeOf(global: PickleGlobal): DType | { readonly unknown: string } | null {
  const path = globalPath(global);
  return DTYPES.get(path) ?? (DTYPE_NAME.test(path) ? { unknown: path } : null);
}

/** For a person: the form of the tensors that a builder makes, where they cannot be read. */
export function unreadableForm(global: PickleGlobal): string | undefined {
  return UNREADABLE.get(globalPath(global));
}
