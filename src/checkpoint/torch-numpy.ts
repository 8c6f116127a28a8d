// Tensors of devices torch cannot save from directly (a Mac's MPS in torch 1.12, XLA): their numbers lie in the pickle
// itself, as a numpy array. Textual-inversion embeddings trained on such machines look like this.
// (torch/_utils.py `_rebuild_device_tensor_from_numpy`, numpy/core/src/multiarray/methods.c `array_setstate`)
import { PickleObject, PickleTuple, type PickleValue } from './pickle-values.ts';
import { shapeProduct } from './tensor.ts';
import { globalPath } from './torch-globals.ts';
import { BYTES_PER_ELEMENT, type DType } from './types.ts';

/** numpy's letters for plain numbers. */
const DTYPES: ReadonlyMap<PickleValue | undefined, DType> = new Map<PickleValue, DType>([
  ['f8', 'F64'],
  ['f4', 'F32'],
  ['f2', 'F16'],
  ['i8', 'I64'],
  ['i4', 'I32'],
  ['i2', 'I16'],
  ['i1', 'I8'],
  ['u1', 'U8'],
  ['b1', 'BOOL'],
]);

export interface NumpyArray {
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
  readonly dtype: DType;
  /** Little-endian. */
  readonly bytes: Uint8Array;
}

/**
 * The array of an ndarray record: _reconstruct(...), then its state (version, shape, dtype, is Fortran order, bytes).
 * Null when it is anything but a consistent array of plain little-endian numbers.
 */
export function readNumpyArray(value: PickleValue | undefined): NumpyArray | null {
  if (!isRecord(value, 'numpy.core.multiarray._reconstruct') || !(value.state instanceof PickleTuple))
    return null;
  const [version, size, type, fortran, data] = value.state.items;
  if (version !== 1 || !(size instanceof PickleTuple) || typeof fortran !== 'boolean') return null;
  const shape = size.items;
  const dtype = dtypeOf(type);
  if (!isShape(shape) || dtype === null) return null;
  const count = shapeProduct(shape);
  const bytes = rawBytes(data);
  if (count === null || bytes === null || bytes.length !== count * BYTES_PER_ELEMENT[dtype]) return null;

  const strides = new Array<number>(shape.length).fill(1);
  const axes = [...shape.keys()];
  if (!fortran) axes.reverse();
  axes.reduce((stride, axis) => {
    strides[axis] = stride;
    return stride * shape[axis]!;
  }, 1);
  return { dtype, shape, strides, bytes };
}

function isRecord(value: PickleValue | undefined, path: string): value is PickleObject {
  return value instanceof PickleObject && globalPath(value.callee) === path;
}

function isShape(items: readonly PickleValue[]): items is readonly number[] {
  return items.every((n) => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0);
}

/** numpy.dtype('f4', ...) whose state (version, byte order, ...) says little-endian, or that one byte has no order. */
function dtypeOf(value: PickleValue | undefined): DType | null {
  if (!isRecord(value, 'numpy.dtype') || !(value.state instanceof PickleTuple)) return null;
  const dtype = DTYPES.get(value.args[0]);
  if (dtype === undefined) return null;
  return value.state.items[1] === (BYTES_PER_ELEMENT[dtype] === 1 ? '|' : '<') ? dtype : null;
}

/** Bytes as protocol 3 and later write them, or as earlier ones do: _codecs.encode(text, 'latin1'). */
function rawBytes(value: PickleValue | undefined): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  if (!isRecord(value, '_codecs.encode')) return null;
  const [text, codec] = value.args;
  if (typeof text !== 'string' || codec !== 'latin1') return null;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) return null;
    bytes[i] = code;
  }
  return bytes;
}
