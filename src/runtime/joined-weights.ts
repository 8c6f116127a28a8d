// A checkpoint's weights with those of other files beside them, each file's under a prefix of its own.
import type { Precision, WeightPlace, WeightRef } from '../graph/types.ts';
import type { KeptWeights } from './changed-weights.ts';
import type { ExternalFile, StoredWeights } from './weights.ts';

export class JoinedWeights implements KeptWeights {
  #others: ReadonlyMap<string, StoredWeights> = new Map();

  constructor(private readonly own: StoredWeights) {}

  /** From now on; by prefix. */
  use(others: ReadonlyMap<string, StoredWeights>): void {
    this.#others = others;
  }

  shapeOf(name: string): readonly number[] | undefined {
    const { weights, rest } = this.#find(name);
    return weights.shapeOf(rest);
  }

  readNow(name: string): Uint16Array {
    const { weights, rest } = this.#find(name);
    return weights.readNow(rest);
  }

  place(ref: WeightRef, precision: Precision): WeightPlace {
    const { prefix, weights, rest } = this.#find(ref.name);
    const place = weights.place({ ...ref, name: rest }, precision);
    return { ...place, location: prefix + place.location };
  }

  read(ref: WeightRef, precision: Precision): Uint8Array {
    const { weights, rest } = this.#find(ref.name);
    return weights.read({ ...ref, name: rest }, precision);
  }

  files(refs: readonly WeightRef[], precision: Precision, onRead: (bytes: number) => void): ExternalFile[] {
    const found = refs.map((ref) => ({ ...this.#find(ref.name), ref }));
    return [['', this.own] as const, ...this.#others].flatMap(([prefix, weights]) => {
      const own = found
        .filter((one) => one.prefix === prefix)
        .map(({ ref, rest }) => ({ ...ref, name: rest }));
      return weights.files(own, precision, onRead).map(({ path, data }) => ({ path: prefix + path, data }));
    });
  }

  #find(name: string): { readonly prefix: string; readonly weights: StoredWeights; readonly rest: string } {
    for (const [prefix, weights] of this.#others)
      if (name.startsWith(prefix)) return { prefix, weights, rest: name.slice(prefix.length) };
    return { prefix: '', weights: this.own, rest: name };
  }
}
