// A control network's weights where a part of them is the checkpoint's: differences with the UNet's added, or a Control-LoRA's over them.
import type { WeightChanges } from '../add-ons/weight-changes.ts';
import { float16ToFloat32 } from '../checkpoint/convert.ts';
import type { Precision, WeightPlace, WeightRef } from '../graph/types.ts';
import type { ControlInfo } from '../models/control/kinds.ts';
import { addBase, addFactors, isFactored, unetName, type Tensors } from '../models/control/shared-weights.ts';
import { ChangedWeights, type KeptWeights } from './changed-weights.ts';
import type { ModelWeights } from './session.ts';
import type { ExternalFile, StoredWeights } from './weights.ts';

/** `names`: the file's tensors, as they are stored. `unet`: of the checkpoint that it is used with, without add-ons. */
export function controlWeights(
  { kind, difference }: ControlInfo,
  names: readonly string[],
  stored: StoredWeights,
  unet: StoredWeights,
): ModelWeights {
  const [file, base] = [tensorsOf(stored), tensorsOf(unet)];
  if (difference) {
    const shared = names.filter((name) => base.shapeOf(unetName(name)) !== undefined);
    return changed(stored, shared, (name, values) => addBase(name, values, base));
  }
  if (kind !== 'control-lora') return stored;
  const factored = names
    .filter((name) => name.endsWith('.up'))
    .map((name) => name.replace(/\.up$/, '.weight'))
    .filter((name) => isFactored(name, file));
  return changed(new SharedWeights(stored, unet), factored, (name, values) => addFactors(name, values, file));
}

function changed(kept: KeptWeights, names: readonly string[], apply: WeightChanges['apply']): ChangedWeights {
  const weights = new ChangedWeights(kept);
  const changes: WeightChanges = {
    ...{ textKey: '', added: new Map(), apply },
    keys: new Map(names.map((name) => [name, name])),
    load: () => Promise.resolve(),
    factors: () => null,
  };
  weights.use({ changes, hypernetworks: null });
  return weights;
}

function tensorsOf(weights: StoredWeights): Tensors {
  return {
    shapeOf: (name) => weights.shapeOf(name),
    valuesOf: (name) => float16ToFloat32(weights.readNow(name)),
  };
}

/** Before places in the checkpoint's chunks, which have the same names as the file's. */
const CHECKPOINT = 'checkpoint/';

/** The file's tensors, and for those that it lacks the UNet's that they are copies of. */
class SharedWeights implements KeptWeights {
  constructor(
    private readonly file: StoredWeights,
    private readonly unet: StoredWeights,
  ) {}

  shapeOf(name: string): readonly number[] | undefined {
    return this.file.shapeOf(name) ?? this.unet.shapeOf(unetName(name));
  }

  readNow(name: string): Uint16Array {
    return this.#isOwn(name) ? this.file.readNow(name) : this.unet.readNow(unetName(name));
  }

  place(ref: WeightRef, precision: Precision): WeightPlace {
    if (this.#isOwn(ref.name)) return this.file.place(ref, precision);
    const place = this.unet.place(inUnet(ref), precision);
    return { ...place, location: CHECKPOINT + place.location };
  }

  read(ref: WeightRef, precision: Precision): Uint8Array {
    return this.#isOwn(ref.name) ? this.file.read(ref, precision) : this.unet.read(inUnet(ref), precision);
  }

  files(refs: readonly WeightRef[], precision: Precision, onRead: (bytes: number) => void): ExternalFile[] {
    const own = refs.filter(({ name }) => this.#isOwn(name));
    const others = refs.filter(({ name }) => !this.#isOwn(name)).map(inUnet);
    return [
      ...this.file.files(own, precision, onRead),
      ...this.unet
        .files(others, precision, onRead)
        .map(({ path, data }) => ({ path: CHECKPOINT + path, data })),
    ];
  }

  #isOwn(name: string): boolean {
    return this.file.shapeOf(name) !== undefined;
  }
}

const inUnet = (ref: WeightRef): WeightRef => ({ ...ref, name: unetName(ref.name) });
