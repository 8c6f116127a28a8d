// A model's weights with what add-ons change of them and bring besides, for whichever kernels: each such tensor is computed when it is
// read. What is stored stays as it is, so nothing drifts however often add-ons come and go.
import { NO_ADD_ONS, type ModelAddOns } from '../add-ons/weight-changes.ts';
import { float16ToFloat32 } from '../checkpoint/convert.ts';
import { float32BitsToHalf } from '../checkpoint/half.ts';
import type { FactoredWeight, Precision, WeightPlace, WeightRef } from '../graph/types.ts';
import type { ModelWeights } from './session.ts';
import type { ExternalFile } from './weights.ts';

const LOCATION = 'add-ons/';

/** Weights as they are kept; StoredWeights are such. */
export interface KeptWeights extends ModelWeights {
  /** A whole tensor. Workers only. */
  readNow(name: string): Uint16Array;
}

export class ChangedWeights implements ModelWeights {
  #addOns = NO_ADD_ONS;
  #last = nothing();

  constructor(private readonly kept: KeptWeights) {}

  /** From now on (`addOns` have been loaded). Gives the names of tensors that are others than before. */
  use(addOns: ModelAddOns): ReadonlySet<string> {
    const [before, now] = [keysOf(this.#addOns), keysOf(addOns)];
    this.#addOns = addOns;
    this.#last = nothing();
    return new Set([...before.keys(), ...now.keys()].filter((name) => before.get(name) !== now.get(name)));
  }

  shapeOf(name: string): readonly number[] | undefined {
    const { changes, hypernetworks } = this.#addOns;
    const added = changes?.added.get(name);
    return (
      hypernetworks?.shapeOf(name) ?? (added === undefined ? undefined : [added]) ?? this.kept.shapeOf(name)
    );
  }

  place(ref: WeightRef, precision: Precision): WeightPlace {
    if (!this.#isOwn(ref.name)) return this.kept.place(ref, precision);
    return { location: LOCATION + ref.name, offset: ref.start * bytesOf(precision) };
  }

  read(ref: WeightRef, precision: Precision): Uint8Array {
    if (!this.#isOwn(ref.name)) return this.kept.read(ref, precision);
    const count = ref.shape.reduce((product, size) => product * size, 1);
    const width = bytesOf(precision);
    // Parts of one tensor are asked for one after the other, here as well.
    const bytes = this.#bytesOf(ref.name, precision, this.#last, () => undefined);
    return bytes.slice(ref.start * width, (ref.start + count) * width);
  }

  readFactored(ref: WeightRef, precision: Precision): FactoredWeight | null {
    const { mix, changes, hypernetworks } = this.#addOns;
    if (!changes?.keys.has(ref.name) || hypernetworks?.shapeOf(ref.name)) return null;
    const factors = changes.factors(ref);
    if (!factors) return null;
    if (!mix?.keys.has(ref.name)) return { stored: this.kept.read(ref, precision), factors };
    const count = ref.shape.reduce((product, size) => product * size, 1);
    const own = this.#keptNow(ref.name).slice(ref.start, ref.start + count);
    return { stored: bytesIn(precision === 'float16' ? own : float16ToFloat32(own)), factors };
  }

  files(refs: readonly WeightRef[], precision: Precision, onRead: (bytes: number) => void): ExternalFile[] {
    const isOwn = ({ name }: WeightRef): boolean => this.#isOwn(name);
    const own = new Set(refs.filter(isOwn).map(({ name }) => name));
    const others = refs.filter((ref) => !isOwn(ref));
    // Parts of one tensor are asked for one after the other: the last one is kept.
    const last = nothing();
    return [
      ...this.kept.files(others, precision, onRead),
      ...[...own].map((name) => ({
        path: LOCATION + name,
        data: this.#file(name, precision, last, onRead),
      })),
    ];
  }

  #isOwn(name: string): boolean {
    const { mix, changes, hypernetworks } = this.#addOns;
    return (
      changes?.keys.has(name) === true ||
      mix?.keys.has(name) === true ||
      hypernetworks?.shapeOf(name) !== undefined
    );
  }

  #keptNow(name: string): Uint16Array {
    const { mix } = this.#addOns;
    const kept = this.kept.readNow(name);
    return mix?.keys.has(name) ? mix.mixed(name, kept) : kept;
  }

  #valuesOf(name: string, onRead: (bytes: number) => void): Float32Array {
    const { changes, hypernetworks } = this.#addOns;
    if (hypernetworks?.shapeOf(name)) return hypernetworks.valuesOf(name);
    const added = changes?.added.get(name);
    if (added !== undefined) return changes!.apply(name, new Float32Array(added));
    const kept = this.#keptNow(name);
    onRead(kept.byteLength);
    const values = float16ToFloat32(kept);
    return changes?.keys.has(name) ? changes.apply(name, values) : values;
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

/** Tells what is made of each tensor that is another than the stored one. */
function keysOf({ mix, changes }: ModelAddOns): ReadonlyMap<string, string> {
  const keys = new Map(mix?.keys);
  for (const [name, key] of changes?.keys ?? []) keys.set(name, `${keys.get(name) ?? ''} ${key}`);
  return keys;
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
