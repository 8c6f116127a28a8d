// A model's weights with what add-ons change of them and bring besides, handed to onnxruntime as stored ones are: each such tensor is a
// file of its own, computed when it is read. What is stored stays as it is, so nothing drifts however often add-ons come and go.
import type { Hypernetworks } from '../add-ons/hypernetworks.ts';
import type { ModelAddOns, WeightChanges } from '../add-ons/weight-changes.ts';
import { float16ToFloat32 } from '../checkpoint/convert.ts';
import { float32BitsToHalf } from '../checkpoint/half.ts';
import type { Precision, WeightPlace, WeightRef } from '../graph/types.ts';
import type { ModelWeights } from './session.ts';
import type { ExternalFile, StoredWeights } from './weights.ts';

const LOCATION = 'add-ons/';

export class ChangedWeights implements ModelWeights {
  readonly #changes: WeightChanges | null;
  readonly #hypernetworks: Hypernetworks | null;
  readonly #last = nothing();

  constructor(
    private readonly stored: StoredWeights,
    { changes, hypernetworks }: ModelAddOns,
  ) {
    this.#changes = changes;
    this.#hypernetworks = hypernetworks;
  }

  shapeOf(name: string): readonly number[] | undefined {
    return this.#hypernetworks?.shapeOf(name) ?? this.stored.shapeOf(name);
  }

  #isOwn(name: string): boolean {
    return this.#changes?.has(name) === true || this.#hypernetworks?.shapeOf(name) !== undefined;
  }

  #valuesOf(name: string, onRead: (bytes: number) => void): Float32Array {
    if (this.#hypernetworks?.shapeOf(name)) return this.#hypernetworks.valuesOf(name);
    const stored = this.stored.readNow(name);
    onRead(stored.byteLength);
    return this.#changes!.apply(name, float16ToFloat32(stored));
  }

  place(ref: WeightRef, precision: Precision): WeightPlace {
    if (!this.#isOwn(ref.name)) return this.stored.place(ref, precision);
    return { location: LOCATION + ref.name, offset: ref.start * bytesOf(precision) };
  }

  read(ref: WeightRef, precision: Precision): Uint8Array {
    if (!this.#isOwn(ref.name)) return this.stored.read(ref, precision);
    const count = ref.shape.reduce((product, size) => product * size, 1);
    const width = bytesOf(precision);
    // Parts of one tensor are asked for one after the other, here as well.
    const bytes = this.#bytesOf(ref.name, precision, this.#last, () => undefined);
    return bytes.slice(ref.start * width, (ref.start + count) * width);
  }

  files(refs: readonly WeightRef[], precision: Precision, onRead: (bytes: number) => void): ExternalFile[] {
    const isOwn = ({ name }: WeightRef): boolean => this.#isOwn(name);
    const own = new Set(refs.filter(isOwn).map(({ name }) => name));
    const others = refs.filter((ref) => !isOwn(ref));
    // Parts of one tensor are asked for one after the other: the last one is kept.
    const last = nothing();
    return [
      ...this.stored.files(others, precision, onRead),
      ...[...own].map((name) => ({
        path: LOCATION + name,
        data: this.#file(name, precision, last, onRead),
      })),
    ];
  }

  #bytesOf(name: string, precision: Precision, last: Last, onRead: (bytes: number) => void): Uint8Array {
    if (last.name !== name || last.precision !== precision) {
      const values = this.#valuesOf(name, onRead);
      last.bytes = bytesIn(precision === 'float32' ? values : rounded(values));
      last.name = name;
      last.precision = precision;
    }
    return last.bytes;
  }

  #file(name: string, precision: Precision, last: Last, onRead: (bytes: number) => void): Uint8Array {
    const shape = this.shapeOf(name)!;
    const size = shape.reduce((product, side) => product * side, bytesOf(precision));
    const read = (start: number, end: number): Uint8Array =>
      this.#bytesOf(name, precision, last, onRead).subarray(start, end);
    return Object.defineProperties(new Uint8Array(0), {
      byteLength: { value: size },
      length: { value: size },
      subarray: { value: read },
    });
  }
}

/** What was computed last. */
interface Last {
  name: string | null;
  precision: Precision;
  bytes: Uint8Array;
}

function nothing(): Last {
  return { name: null, precision: 'float32', bytes: new Uint8Array(0) };
}

function bytesOf(precision: Precision): number {
  return precision === 'float32' ? 4 : 2;
}

function bytesIn({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** To float16; what is beyond its range is clamped, as in an import. */
function rounded(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  float32BitsToHalf(bits, halves, { clamped: 0, nonFinite: 0 });
  return halves;
}
