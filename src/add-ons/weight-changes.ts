// What add-ons change of a model's weights, as the runtime asks for it when it reads them.
import type { Factors, WeightRef } from '../graph/types.ts';
import type { Hypernetworks } from './hypernetworks.ts';

/** What a model is run with besides its own weights. */
export interface ModelAddOns {
  /** Comes first: `changes` are over what it makes. */
  readonly mix?: WeightMix | null;
  readonly changes: WeightChanges | null;
  readonly hypernetworks: Hypernetworks | null;
}

export const NO_ADD_ONS: ModelAddOns = { changes: null, hypernetworks: null };

/** Other models' weights, mixed into a model's. */
export interface WeightMix {
  /** The tensors that are others than in the model's file, each with what tells it from other mixtures. */
  readonly keys: ReadonlyMap<string, string>;
  /** `own`: the whole tensor as the model has it, in float16, as is what it gives. Workers only. */
  mixed(name: string, own: Uint16Array): Uint16Array<ArrayBuffer>;
}

export interface WeightChanges {
  /** Tells what is changed of the text encoders; '' for nothing. */
  readonly textKey: string;
  /** The tensors (ldm's names) that are others than in the model's file, each with what tells its change from others. */
  readonly keys: ReadonlyMap<string, string>;
  /** Those among them that the model's file does not have: biases of layers without one, and how many numbers they are. */
  readonly added: ReadonlyMap<string, number>;
  /** Reads what `apply` needs; called before it is called first. */
  load(): Promise<void>;
  /** `values`: the whole tensor, as the model has it (zeros for what is added). It may be changed in place. */
  apply(name: string, values: Float32Array): Float32Array;
  /** The change of these rows, where it is a product that whoever has the weight can add; null: `apply` tells. */
  factors(ref: WeightRef): Factors | null;
}
