// The networks that are open: each from its weights to a session, once, and released as memory asks for it. Our own kernels
// compute where they are chosen and can; onnxruntime does otherwise.
import type { Network } from '../models/network.ts';
import { Arenas } from '../wgsl/device/arenas.ts';
import { Pipelines } from '../wgsl/device/pipelines.ts';
import { WeightBuffers } from '../wgsl/device/weight-buffers.ts';
import type { Program } from '../wgsl/program.ts';
import { limitsOf } from '../wgsl/tuning/candidates.ts';
import { chooseBy } from '../wgsl/tuning/choice.ts';
import { UnsupportedError } from '../wgsl/unsupported.ts';
import { deviceMutex } from './device-mutex.ts';
import { InterruptedError } from './errors.ts';
import type { Executor } from './executor.ts';
import { DEFAULT_KERNELS, kernelsFor, type KernelChoice, type LoadedNetwork } from './kernel-choice.ts';
import type { NetworkEvent } from './network-event.ts';
import { OwnSession } from './own-session.ts';
import { Residents } from './residents.ts';
import { NetworkSession, readsAny, type ModelWeights, type Session } from './session.ts';
import { turn } from './turn.ts';
import { watchingMemory } from './watch-memory.ts';

export class Sessions {
  readonly #residents = new Residents<Session<never>>();
  /** Buffers of a file's weights, which all of its networks share. */
  readonly #buffers = new WeakMap<ModelWeights, WeightBuffers>();
  /** Hears of our kernels' programs as they are made, by the network's name. */
  onProgram: (what: string, program: Program) => void = () => undefined;

  /** `onEvent` hears of what is loaded. */
  constructor(
    readonly executor: Executor,
    private readonly onEvent: (event: NetworkEvent) => void,
    private kernels: KernelChoice = DEFAULT_KERNELS,
  ) {}

  /** Low VRAM mode. */
  set oneAtATime(on: boolean) {
    this.#residents.oneAtATime = on;
  }

  /** From now on. Networks that are open another way are let go, and opened anew when they are needed. */
  async use(kernels: KernelChoice): Promise<void> {
    const before = this.kernels;
    this.kernels = kernels;
    for (const what of [...this.#residents.loaded.keys()]) {
      const whose = kernelsFor(kernels, what);
      const others = whose === 'own' && before.tuned !== kernels.tuned;
      if (others || kernelsFor(before, what) !== whose) await this.#residents.release(what);
    }
  }

  get loaded(): readonly LoadedNetwork[] {
    return [...this.#residents.loaded].map(([what, { kernels, instead }]) => ({ what, kernels, instead }));
  }

  /** The network called `what`, built and loaded unless it is open. */
  open<I>(what: string, weights: ModelWeights, build: () => Network<I>): Promise<Session<I>> {
    return this.#residents.get<Session<I>>(what, async () => {
      const network = build();
      const report = (fraction: number): void => this.onEvent({ type: 'loading', what, fraction });
      report(0);
      const inOrt = () =>
        NetworkSession.create(what, network, network.graph.precision, weights, this.executor, report);
      if (kernelsFor(this.kernels, what) === 'onnxruntime' || this.executor.backend === 'cpu') return inOrt();
      const { device } = this.executor;
      const { pipelines, arenas } = ownOf(device);
      const buffers = this.#buffersOf(weights, pipelines);
      const choose = chooseBy(this.kernels.tuned, buffers.dialect, limitsOf(device));
      const onProgram = (program: Program): void => this.onProgram(what, program);
      return new FallingBack(
        network,
        new OwnSession(what, network, pipelines, arenas, buffers, { choose, onLoad: report, onProgram }),
        inOrt,
      );
    });
  }

  /**
   * What of `weights` is called `names` has changed. Our own kernels get it in place; networks of onnxruntime's that read it are let
   * go, and opened anew when they are needed. Rejects with InterruptedError once `stopped()`: what is left is replaced before anything
   * is run.
   */
  async changed(
    weights: ModelWeights,
    names: ReadonlySet<string>,
    stopped: () => boolean = () => false,
  ): Promise<void> {
    const buffers = this.#buffers.get(weights);
    buffers?.invalidate(names);
    for (const [what, session] of [...this.#residents.loaded])
      if (!session.staysWith(names)) await this.#residents.release(what);
    if (!buffers) return;
    const { executor, onEvent } = this;
    await deviceMutex.run(() =>
      watchingMemory(executor, 'changed weights', null, () =>
        buffers.refresh(async (fraction) => {
          onEvent({ type: 'loading', what: 'Changing weights', fraction });
          await turn();
          if (stopped()) throw new InterruptedError();
        }),
      ),
    );
  }

  /** Lets go of these networks, or of all. */
  release(...names: readonly string[]): Promise<void> {
    return this.#residents.release(...names);
  }

  #buffersOf(weights: ModelWeights, pipelines: Pipelines): WeightBuffers {
    const float16 = pipelines.device.features.has('shader-f16') ? 'native' : 'packed';
    const known = this.#buffers.get(weights);
    const buffers =
      known ??
      new WeightBuffers(
        pipelines,
        async (...weight) => weights.read(...weight),
        { float16 },
        (...weight) => weights.readFactored?.(...weight) ?? null,
      );
    this.#buffers.set(weights, buffers);
    return buffers;
  }
}

/** What all networks on a device share: all models', and those that are loaded beside them. */
interface Own {
  readonly pipelines: Pipelines;
  readonly arenas: Arenas;
}

const OWN = new WeakMap<GPUDevice, Own>();

function ownOf(device: GPUDevice): Own {
  let own = OWN.get(device);
  if (!own) {
    own = { pipelines: new Pipelines(device), arenas: new Arenas(device) };
    OWN.set(device, own);
  }
  return own;
}

/** Our kernels, until it turns out that they do not compute this network; from then on onnxruntime. */
class FallingBack<I> implements Session<I> {
  #other: { readonly session: Promise<Session<I>>; readonly reason: string } | null = null;

  constructor(
    private readonly network: Network<I>,
    private readonly own: Session<I>,
    private readonly inOrt: () => Promise<Session<I>>,
  ) {}

  get kernels() {
    return this.#other ? 'onnxruntime' : 'own';
  }

  get instead(): string | null {
    return this.#other?.reason ?? null;
  }

  staysWith(changed: ReadonlySet<string>): boolean {
    return this.#other === null || !readsAny(this.network, changed);
  }

  run(inputs: I, output?: string): Promise<Float32Array> {
    return this.#with((session) => session.run(inputs, output));
  }

  runAll(inputs: I, outputs: readonly string[]): Promise<Float32Array[]> {
    return this.#with((session) => session.runAll(inputs, outputs));
  }

  async release(): Promise<void> {
    await (this.#other ? (await this.#other.session).release() : this.own.release());
  }

  async #with<T>(work: (session: Session<I>) => Promise<T>): Promise<T> {
    if (!this.#other) {
      try {
        return await work(this.own);
      } catch (error) {
        if (!(error instanceof UnsupportedError)) throw error;
        this.#other = { session: this.inOrt(), reason: error.message };
      }
    }
    return work(await this.#other.session);
  }
}
