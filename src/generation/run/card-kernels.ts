// Kernels fitted to the card: what was measured on it and follows for a model, and measuring it.
import type { StoredModel } from '../../library/types.ts';
import type { DeviceReport } from '../../runtime/device-report.ts';
import type { Executor } from '../../runtime/executor.ts';
import type { KernelChoice, KernelSetting } from '../../runtime/kernel-choice.ts';
import {
  choiceBy,
  forgetMeasurements,
  keepMeasurements,
  measuredName,
  readMeasurements,
  reportOf,
  type KernelReport,
  type MeasuredModel,
} from '../../runtime/kernel-measurements.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { nameOfEncoder } from '../../runtime/network-names.ts';
import { tuneModel, type TunedNetwork, type TuningReport } from '../../runtime/tune-model.ts';
import { TorchGenerator } from '../../sampling/random/torch-generator.ts';
import { BadParametersError } from '../../runtime/errors.ts';
import type { RequestSize } from '../request/request.ts';
import { stepInputs } from './step-time.ts';

type Measurements = Awaited<ReturnType<typeof readMeasurements>>;

export class CardKernels {
  #known: { readonly adapter: string; readonly record: Promise<Measurements> } | null = null;

  /** How networks of a model (null: of files of their own) are computed. */
  async choice(
    setting: KernelSetting,
    device: DeviceReport,
    model: StoredModel | null,
  ): Promise<KernelChoice> {
    return choiceBy(setting, await this.#record(device), model && measuredModel(model, device));
  }

  async report(device: DeviceReport): Promise<KernelReport> {
    return reportOf(await this.#record(device));
  }

  async forget({ adapter }: DeviceReport): Promise<void> {
    this.#known = null;
    await forgetMeasurements(adapter);
  }

  /**
   * Measures with a model at a size, and keeps what comes out; `use` has the model computed by a choice of kernels. Rejects with
   * InterruptedError once `stopped()`; then what was known before counts.
   */
  async tune(
    model: LoadedModel,
    use: (kernels: KernelChoice) => Promise<void>,
    size: RequestSize,
    { executor, report }: { readonly executor: Executor; readonly report: DeviceReport },
    stopped: () => boolean,
    onReport: (report: TuningReport) => void,
  ): Promise<KernelReport> {
    if (executor.backend === 'cpu')
      throw new BadParametersError('Kernels are fitted to a graphics card, and the processor paints.');
    const { device } = executor;
    const watch: LoadedModel['watchPrograms'] = (onProgram) => model.watchPrograms(onProgram);
    const subject = { device, networks: networksOf(model, size), use, watch };
    const { shapes, networks } = await tuneModel(subject, stopped, onReport);
    const told = measuredModel(model.record, report);
    const named = [...networks].map(([what, times]) => [measuredName(told, what), times] as const);
    this.#known = null;
    await keepMeasurements(report.adapter, { shapes, networks: new Map(named) });
    return this.report(report);
  }

  /** Where the browser's storage fails, nothing was measured. */
  #record({ adapter }: DeviceReport): Promise<Measurements> {
    if (this.#known?.adapter !== adapter)
      this.#known = { adapter, record: readMeasurements(adapter).catch(() => null) };
    return this.#known.record;
  }
}

function measuredModel({ detection }: StoredModel, { shaderF16 }: DeviceReport): MeasuredModel {
  return { label: detection.label, precision: shaderF16 ? 'float16' : 'float32' };
}

/** Those that pictures of a size take, the one that runs most often first. */
function networksOf(model: LoadedModel, size: RequestSize): TunedNetwork[] {
  const { width, height } = size;
  const [h, w] = [height / 8, width / 8];
  const random = new TorchGenerator(1);
  const step = stepInputs(model, size);
  const latent = random.randn(model.latentChannels * h * w);
  const image = random.randn(3 * height * width).map((value) => Math.tanh(value));
  return [
    { what: 'UNet', run: () => model.unet(step) },
    { what: 'VAE', run: () => model.decode(latent, h, w) },
    ...model.textEncoders.map(({ positions, vocabulary }, encoder) => {
      const tokens = new Int32Array(2 * positions).fill(vocabulary - 1);
      const text = { tokens, chunks: 2 };
      const run = async () => (await model.encodeText(encoder, text, { layer: 1, finalNorm: true })).states;
      return { what: nameOfEncoder(encoder), run };
    }),
    { what: 'VAE encoder', run: () => model.encode(image, height, width) },
  ];
}
