// The networks that are open: each from its weights to a session of onnxruntime, once, and released as memory asks for it.
import type { Network } from '../models/network.ts';
import type { NetworkEvent } from './network-event.ts';
import { Residents } from './residents.ts';
import { NetworkSession, type Executor } from './session.ts';
import type { StoredWeights } from './weights.ts';

export class Sessions {
  readonly #residents = new Residents();

  /** `onEvent` hears of what is loaded. */
  constructor(
    readonly executor: Executor,
    private readonly onEvent: (event: NetworkEvent) => void,
  ) {}

  /** Low VRAM mode. */
  set oneAtATime(on: boolean) {
    this.#residents.oneAtATime = on;
  }

  /** The network called `what`, built and loaded unless it is open. */
  open<I>(what: string, weights: StoredWeights, build: () => Network<I>): Promise<NetworkSession<I>> {
    return this.#residents.get(what, () => {
      const network = build();
      const report = (fraction: number): void => this.onEvent({ type: 'loading', what, fraction });
      report(0);
      const { precision } = network.graph;
      return NetworkSession.create(what, network, precision, weights, this.executor, report);
    });
  }

  /** Lets go of these networks, or of all. */
  release(...names: readonly string[]): Promise<void> {
    return this.#residents.release(...names);
  }
}
