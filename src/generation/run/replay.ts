// Going on with a run that was cut short. Samplers are generators with a memory of their own: earlier predictions, step
// sizes, noise drawn so far. Nothing of that is kept; instead the UNet's answers are, and the run is started anew with
// them, which brings it to where it was, bit for bit, without a GPU. Only what comes after is computed.
import { crc32 } from '../../image/crc32.ts';
import type { ControlledInputs } from '../../models/control/units.ts';
import type { SampledNetworks } from '../../runtime/networks.ts';
import type { Evaluation } from '../request/continuation.ts';

/** Hears of each newly computed evaluation; those from `index` on that were known before do not count any more. */
export type OnEvaluation = (index: number, evaluation: Evaluation) => void;

/** One batch's evaluations: those of before as long as the same is asked as then, computed ones from there on. */
export class Replay {
  #index = 0;
  #past: readonly Evaluation[];

  constructor(
    past: readonly Evaluation[],
    private readonly onEvaluation: OnEvaluation,
  ) {
    this.#past = past;
  }

  /** Whether the next evaluation is known already. */
  get replaying(): boolean {
    return this.#index < this.#past.length;
  }

  /** The networks with a UNet that remembers. */
  over(networks: SampledNetworks): SampledNetworks {
    return {
      family: networks.family,
      prediction: networks.prediction,
      buffers: networks.buffers,
      latentChannels: networks.latentChannels,
      unetConfig: networks.unetConfig,
      unetChannels: networks.unetChannels,
      scaleFactor: networks.scaleFactor,
      contextDim: networks.contextDim,
      vectorDim: networks.vectorDim,
      encode: (...args) => networks.encode(...args),
      unet: (inputs) => this.#evaluate(networks, inputs),
    };
  }

  async #evaluate(networks: SampledNetworks, inputs: ControlledInputs): Promise<Float32Array> {
    const index = this.#index++;
    const input = digestOf(inputs);
    const known = this.#past[index];
    const size = inputs.batch * networks.latentChannels * inputs.height * inputs.width;
    if (known && known.input === input && known.output.length === size) return known.output;
    // The request, the program or the record is not what it was: nothing after this can be used.
    this.#past = [];
    const output = await networks.unet(inputs);
    this.onEvaluation(index, { input, output });
    return output;
  }
}

/**
 * Of what the sampler asks: latents and times. They follow exactly from the answers before. The prompt's encoding is left
 * out: another GPU may give it other last bits, and that must not cost the steps made so far.
 */
function digestOf({ x, timesteps }: ControlledInputs): number {
  const times = Float64Array.from(timesteps);
  return (crc32(bytesOf(x)) ^ crc32(bytesOf(times))) >>> 0;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
