// Tensors of devices torch cannot save from directly (a Mac's MPS in torch 1.12, XLA): their numbers lie in the pickle
// itself, as a numpy array. Textual-inversion embeddings trained on such machines look like this.
// (torch/_utils.py `_rebuild_device_tensor_from_numpy`, numpy/core/src/multiarray/methods.c `array_setstate`)
import { PickleObject, PickleTuple, type PickleValue } from './pickle-values.ts';
import { shapeProduct } from './tensor.ts';

export interface NumpyArray {
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
  /** Little-endian float32. */
  readonly bytes: Uint8Array;
}

/**
 * The array of an ndarray record: _reconstruct(...), then its state (version, shape, dtype, is Fortran order, bytes).
 * Null when it is anything but a consistent array of little-endian float32.
 */
export function readNumpyArray(value: PickleValue | undefined): NumpyArray | null {
  if (!isRecord(value, 'numpy.core.multiarray._reconstruct') || !(value.state instanceof PickleTuple))
    return null;
  const [version, size, dtype, fortran, data] = value.state.items;
  if (version !== 1 || !(size instanceof PickleTuple) || typeof fortran !== 'boolean') return null;
  const shape = size.items;
  if (!isShape(shape) || !isFloat32(dtype)) return null;
  const count = shapeProduct(shape);
  const bytes = rawBytes(data);
  if (count === null || bytes === null || bytes.length !== count * 4) return null;

  const strides = new Array<number>(shape.length).fill(1);
  const axes = [...shape.keys()];
  if (!fortran) axes.reverse();
  axes.reduce((stride, axis) => {
    strides[axis] = stride;
    return stride * shape[axis]!;
  }, 1);
  return { shape, strides, bytes };
}

function isRecord(value: PickleValue | undefined, path: string): value is PickleObject {
  return value instanceof PickleObject && value.callee.path === path;
}

function isShape(items: readonly PickleValue[]): items is readonly number[] {
  return items.every((n) => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0);
}

/** numpy.dtype('f4', ...) whose state (version, byte order, ...) says little-endian. */
function isFloat32(value: PickleValue | undefined): boolean {
  if (!isRecord(value, 'numpy.dtype') || !(value.state instanceof PickleTuple)) return false;
  return value.args[0] === 'f4' && value.state.items[1] === '<';
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
