// How requests are carried out on the device at hand, before anything is loaded: which checkpoints and decoders they need, what fits into
// memory, and whose kernels compute.
import { isReference } from '../request/control-unit.ts';
import { networkChanges } from '../../extensions/at-work.ts';
import { familyOf, isImageKind } from '../../families/families.ts';
import { getModel, listModels } from '../../library/models.ts';
import type { StoredModel } from '../../library/types.ts';
import type { NetworkChange } from '../../models/network-changes.ts';
import { BadParametersError, ModelMissingError } from '../../runtime/errors.ts';
import { NO_ADD_ONS } from '../../add-ons/weight-changes.ts';
import { DEFAULT_KERNELS, type KernelChoice, type KernelSetting } from '../../runtime/kernel-choice.ts';
import type { LoadOptions } from '../../runtime/load-options.ts';
import { chooseDecoders, encoderUserOf, type Decoders } from './decoders.ts';
import { controlNeeds } from './control-memory.ts';
import { roomOf, type MemoryOptions, type MemoryPlan } from './memory-options.ts';
import { memoryNeeds, planMemory } from './memory.ts';
import type { RunOptions } from './run-options.ts';
import type { Computing } from './run-memory.ts';
import { misfitOf } from './second-checkpoint.ts';
import { finishingNeed } from './finishing-memory.ts';
import { largestPass } from '../request/passes.ts';
import { pictureSize } from '../request/hires.ts';
import { tokenMergingOf, tokenMergingOfSecondPass } from '../request/token-merging.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../request/settings/list.ts';
import type { GenerationParameters, NamedCheckpoint, SizedRequest } from '../request/request.ts';
import type { CardKernels } from './card-kernels.ts';
import type { DeviceLimits, EngineDevice } from './engine-device.ts';

/** What wasm can hold: all of it is usable, unlike a GPU's. */
const WASM_MEMORY = 4.5e9;

/** How a request is carried out, and what decodes its pictures. */
export type EnginePlan = MemoryPlan &
  Pick<LoadOptions, 'tiledVaeInFloat32'> & { readonly decoders: Decoders };

/** A checkpoint of a request, and how it is carried out with that. */
export interface Planned {
  readonly record: StoredModel;
  readonly plan: EnginePlan;
}

export class Planner {
  constructor(
    private readonly device: EngineDevice,
    private readonly kernels: CardKernels,
    private readonly options: () => RunOptions,
  ) {}

  /** Of what such a request will take; loads nothing. Null without a device, or where it is no model that can be told. */
  async estimate(sha256: string, request: SizedRequest, { memory, kernels }: RunOptions, cpu: boolean) {
    const limits = await this.device.limits(cpu);
    const options = cpu ? inWasm(memory) : memory;
    if (!limits) return null;
    const { settings = DEFAULT_IMAGE_SETTINGS } = request;
    const models = await listModels();
    const wanted = [sha256, ...checkpointsOf(request).map((checkpoint) => checkpoint.sha256)];
    const finishing = finishingNeed(request, models, await this.#computing(limits, kernels, null));
    const plans: MemoryPlan[] = [];
    for (const record of await Promise.all(wanted.map(getModel))) {
      const decoders = record && chooseDecoders(record, settings, models, encoderUserOf(request));
      const computing = record && (await this.#computing(limits, kernels, record));
      const controls = computing && controlNeeds(record, request, models, computing);
      const needs =
        controls && decoders && memoryNeeds(record, request, computing, decoders, finishing, controls);
      if (needs) plans.push(planMemory(needs, options, limits.maxBufferSize));
    }
    const [first, ...others] = plans;
    if (!first) return null;
    // Where there is no room for all they take turns.
    const most = others.reduce((most, plan) => (plan.bytes > most.bytes ? plan : most), first);
    return { ...most, room: roomOf(options) };
  }

  /** The checkpoints that a request names besides its own, each once. */
  async othersOf(own: StoredModel, parameters: GenerationParameters): Promise<Planned[]> {
    const others: Planned[] = [];
    for (const { sha256, name } of checkpointsOf(parameters)) {
      if (others.some(({ record }) => record.sha256 === sha256)) continue;
      const record = await getModel(sha256);
      if (!record) {
        throw new ModelMissingError(
          `The checkpoint "${name}" is no longer in the library. Choose another under Hires. fix, Refiner or Detailer, or import its file again.`,
        );
      }
      const { detection } = record;
      if (!detection.supported || !isImageKind(detection.kind))
        throw new BadParametersError(`"${name}" is no checkpoint that pictures can be made with.`);
      const misfit = misfitOf(own, record, parameters);
      if (misfit !== null) throw new BadParametersError(misfit);
      others.push(await this.planned(record, parameters));
    }
    return others;
  }

  async planned(record: StoredModel, parameters: GenerationParameters): Promise<Planned> {
    const plan = await this.plan(record, parameters);
    if (plan.decoders.problem !== null) throw new BadParametersError(plan.decoders.problem);
    return { record, plan };
  }

  /** Whether the memory holds all at once. In low VRAM mode it is not asked to. */
  fitTogether(plans: readonly EnginePlan[]): boolean {
    if (plans.some(({ lowVram }) => lowVram)) return false;
    const weights = plans.reduce((sum, { bytes, working }) => sum + bytes - working, 0);
    const working = Math.max(...plans.map((plan) => plan.working));
    return weights + working <= roomOf(this.#memory);
  }

  /** On the CPU there are the 4 GB of wasm to run out of. */
  get #memory(): MemoryOptions {
    const { memory } = this.options();
    return this.device.cpu ? inWasm(memory) : memory;
  }

  async plan(record: StoredModel, parameters: GenerationParameters): Promise<EnginePlan> {
    await this.device.report();
    const limits = (await this.device.limits(this.device.cpu))!;
    const { kernels } = this.options();
    const computing = await this.#computing(limits, kernels, record);
    const options = this.#memory;
    const { settings } = parameters;
    const models = await listModels();
    const decoders = chooseDecoders(record, settings, models, encoderUserOf(parameters));
    const finishing = finishingNeed(parameters, models, await this.#computing(limits, kernels, null));
    const controls = controlNeeds(record, parameters, models, computing);
    const { vae, taesd } = decoders;
    const planFor = (model: StoredModel, file: StoredModel | null): MemoryPlan => {
      const needs = memoryNeeds(model, parameters, computing, { vae: file, taesd }, finishing, controls);
      if (!needs) return { lowVram: false, tiledVae: false, bytes: 0, working: 0 };
      return planMemory(needs, options, limits.maxBufferSize);
    };
    const wide = { vaeOverflows: true } as const;
    const { tiledVae } = planFor({ ...record, ...wide }, vae && { ...vae, ...wide });
    return { ...planFor(record, vae), tiledVaeInFloat32: tiledVae, decoders };
  }

  async loadOptions(
    record: StoredModel,
    parameters: GenerationParameters,
    {
      lowVram,
      tiledVae,
      tiledVaeInFloat32,
      addOns = NO_ADD_ONS,
      controls = [],
      images = [],
      lites = [],
      decoders: { vae, taesd, taesdEncoder },
    }: EnginePlan & Partial<Pick<LoadOptions, 'addOns' | 'controls' | 'images' | 'lites'>>,
  ): Promise<LoadOptions> {
    const { upcastAttention, tiling: circular } = parameters.settings;
    const references = parameters.controlUnits.some(({ module }) => isReference(module));
    const tokenMerging = tokenMergingOf(parameters);
    const changes = changesOf(record, parameters);
    const networks = {
      upcastAttention,
      tokenMerging,
      changes,
      circular,
      addOns,
      controls,
      references,
      images,
      lites,
      vae,
      taesd,
      taesdEncoder,
    };
    const kernels = await this.choice(record);
    return { kernels, lowVram, tiledVae, tiledVaeInFloat32, ...networks };
  }

  /** Whose kernels compute a model's networks; null: networks of files of their own. */
  async choice(model: StoredModel | null): Promise<KernelChoice> {
    return this.kernels.choice(this.options().kernels, await this.device.report(), model);
  }

  /** As far as memory depends on it. What was measured on a device is known once it is open. */
  async #computing(
    limits: DeviceLimits,
    setting: KernelSetting,
    model: StoredModel | null,
  ): Promise<Computing> {
    const { opened } = this.device;
    const kernels = opened
      ? await this.kernels.choice(setting, opened, model)
      : { ...DEFAULT_KERNELS, setting };
    return { ...limits, kernels };
  }
}

/** What the extensions of a request change in its first pass; nothing of models that make no pictures. */
function changesOf({ detection }: StoredModel, parameters: GenerationParameters): readonly NetworkChange[] {
  const family = familyOf(detection.kind)?.id;
  const { extensions, width, height } = parameters;
  return family ? networkChanges(extensions, { family, pass: 'first', width, height }) : [];
}

function inWasm(options: MemoryOptions): MemoryOptions {
  return { ...options, gpuMemory: WASM_MEMORY };
}

function checkpointsOf({ hires, refiner, detailer }: SizedRequest): NamedCheckpoint[] {
  const details = (detailer?.tabs ?? []).map(({ checkpoint }) => checkpoint);
  return [hires?.checkpoint, refiner?.checkpoint, ...details].filter((checkpoint) => checkpoint != null);
}

/** What decides the sizes of buffers. */
export function sizeOf(request: SizedRequest, { tiledVae }: MemoryPlan): string {
  const { width, height, batchSize } = largestPass(request);
  const { hires } = request;
  const second = hires ? [...Object.values(pictureSize(request)), tokenMergingOfSecondPass(request)] : [];
  const tiling = request.settings?.tiling ?? false;
  const extensions = JSON.stringify(request.extensions ?? []);
  const own = [tokenMergingOf(request), extensions];
  return [width, height, batchSize, tiledVae, tiling, ...own, ...second].join();
}
