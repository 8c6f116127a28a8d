// Which names a PyTorch file may mention. The list is that of AUTOMATIC1111's restricted unpickler (1.10.1,
// modules/safe.py), plus the plain-data storages it happens to leave out. Being on it does not make a name callable:
// nothing is; it only means that files are known to mention it for harmless reasons.
import { globalName } from './pickle.ts';
import type { PickleGlobal } from './pickle-values.ts';
import { CheckpointError, type DType } from './types.ts';

/** torch's typed storages of plain little-endian data. */
const STORAGES: ReadonlyMap<string, DType> = new Map([
  ['torch.DoubleStorage', 'F64'],
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
]);

const ALLOWED: ReadonlySet<string> = new Set([
  ...STORAGES.keys(),
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
  'torch._utils._rebuild_device_tensor_from_numpy',
  'torch.float32',
  'torch.nn.modules.container.ParameterDict',
  'numpy.core.multiarray.scalar',
  'numpy.core.multiarray._reconstruct',
  'numpy.dtype',
  'numpy.ndarray',
  '_codecs.encode',
  'pytorch_lightning.callbacks.model_checkpoint',
  'pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint',
  '__builtin__.set',
]);

/** torch's own builders of tensors we cannot read: not an attack, only unsupported. */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ['torch._utils._rebuild_sparse_tensor', 'sparse tensors'],
  ['torch._utils._rebuild_sparse_csr_tensor', 'sparse tensors'],
  ['torch._utils._rebuild_nested_tensor', 'nested tensors'],
  ['torch._utils._rebuild_qtensor', 'quantized tensors'],
  ['torch.QInt8Storage', 'quantized tensors'],
  ['torch.QUInt8Storage', 'quantized tensors'],
  ['torch.QInt32Storage', 'quantized tensors'],
  ['torch.QUInt4x2Storage', 'quantized tensors'],
  ['torch.QUInt2x4Storage', 'quantized tensors'],
  ['torch.ComplexFloatStorage', 'complex numbers'],
  ['torch.ComplexDoubleStorage', 'complex numbers'],
  ['torch._utils._rebuild_meta_tensor_no_storage', 'tensors without data'],
  ['torch._utils._rebuild_tensor_v3', 'tensors in a form that is too new'],
  ['torch.storage.UntypedStorage', 'tensors in a form that is too new'],
  ['torch._utils._rebuild_tensor', 'tensors in a form that is too old'],
]);

/** Refuses every name that is not on the list. Throws CheckpointError 'forbidden' or 'unsupported'. */
export function checkTorchGlobal(global: PickleGlobal): void {
  // Module and name are compared as one path: a dot inside the name could otherwise reach below an allowed one.
  if (ALLOWED.has(global.path) && isSplitAsListed(global)) return;
  const name = globalName(global);
  const what = isSplitAsListed(global) ? UNSUPPORTED.get(global.path) : undefined;
  if (what !== undefined) {
    throw new CheckpointError('unsupported', `The file holds ${what} (${name}), which cannot be read.`);
  }
  throw new CheckpointError(
    'forbidden',
    `The file wants Python to load ${name}. A model needs nothing of the kind, and a file that does could run any program, so it was refused; nothing ran. Look for a .safetensors version of it.`,
  );
}

/** Only the last part is the name, as in the list. */
function isSplitAsListed(global: PickleGlobal): boolean {
  return !global.name.includes('.');
}

/** Element kind of a storage class, or undefined for anything else. */
export function storageDType(global: PickleGlobal): DType | undefined {
  return STORAGES.get(global.path);
}
