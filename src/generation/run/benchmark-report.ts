// What a benchmark measured, as numbers and as a text to show others. Page and command line share it.
import type { DeviceReport } from '../../runtime/device-report.ts';
import type { RequestSize } from '../request/request.ts';
import type { MemoryPlan } from './memory-options.ts';

export const STAGES = {
  read: 'Reading the stored weights',
  load: 'Loading the model',
  text: 'Text encoder',
  unet: 'UNet, one step',
  sampler: 'Sampler, one step',
  preview: 'Preview, one step',
  vae: 'VAE decoder',
  png: 'PNG',
} as const;

export type StageId = keyof typeof STAGES;

/** Milliseconds of each run. The first of several compiles shaders. */
export type Measured = Readonly<Record<StageId, readonly number[]>>;

export interface BenchmarkResult {
  /** Of this program. */
  readonly version: string;
  /** ISO 8601. */
  readonly when: string;
  readonly browser: string;
  readonly device: Pick<DeviceReport, 'backend' | 'adapter' | 'shaderF16' | 'subgroups' | 'software'>;
  readonly precision: 'float16' | 'float32';
  readonly model: { readonly label: string; readonly hash: string; readonly storedSize: number };
  readonly size: RequestSize;
  readonly plan: MemoryPlan;
  readonly measured: Measured;
  /** Bytes of the GPU's buffers at the peak of each stage; empty without a GPU. */
  readonly gpuMemory: Readonly<Partial<Record<StageId, number>>>;
}

/** Steps of a picture as it is reckoned with. */
const STEPS = 20;

/** Middle of the runs but for the first, which also compiles shaders; the first where there is no other. NaN without any. */
export function typical(runs: readonly number[]): number {
  const warm = runs.length > 1 ? runs.slice(1) : runs;
  const sorted = warm.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/** With the model loaded and shaders compiled. */
export function imagesPerMinute({ measured, size }: Pick<BenchmarkResult, 'measured' | 'size'>): number {
  const time = (stage: StageId) => typical(measured[stage]);
  const batch =
    time('text') +
    STEPS * (time('unet') + time('sampler') + time('preview')) +
    size.batchSize * (time('vae') + time('png'));
  return (60_000 * size.batchSize) / batch;
}

/** Loading against reading the same bytes: 1 would be a load that costs nothing. */
export function loadRatio({ measured }: Pick<BenchmarkResult, 'measured'>): number {
  return typical(measured.load) / typical(measured.read);
}

export type Row = readonly [what: string, first: string, typical: string, memory: string, remark: string];

/** One row a stage. */
export function stageRows(result: BenchmarkResult): Row[] {
  const { measured, gpuMemory, model } = result;
  return (Object.keys(STAGES) as StageId[]).map((stage) => {
    const runs = measured[stage];
    const remark =
      stage === 'read'
        ? `${(model.storedSize / 1e3 / typical(runs)).toFixed(0)} MB/s`
        : stage === 'load'
          ? `${loadRatio(result).toFixed(2)} x reading`
          : '';
    const then = runs.length > 1 ? seconds(typical(runs)) : '';
    const peak = gpuMemory[stage];
    const memory = peak === undefined ? '' : `${(peak / 1e6).toFixed(0)} MB`;
    return [STAGES[stage], seconds(runs[0]!), then, memory, remark];
  });
}

/** Plain text that forums show as a table (Markdown). */
export function benchmarkReport(result: BenchmarkResult, more: readonly Row[] = []): string {
  const { device, model, size, plan } = result;
  const facts = [
    `Darkroom ${result.version}, ${result.when}`,
    `GPU: ${device.backend === 'cpu' ? 'none, CPU' : device.adapter}${device.software ? ' (in software)' : ''}`,
    `Arithmetic: ${result.precision}; subgroups ${device.subgroups ? 'in use' : 'not used'}`,
    `Browser: ${result.browser}`,
    `Model: ${model.label} [${model.hash}], ${(model.storedSize / 1e9).toFixed(2)} GB stored`,
    `Picture: ${size.width}x${size.height}, batch size ${size.batchSize}`,
    `Memory: about ${(plan.bytes / 1e9).toFixed(1)} GB estimated; low VRAM mode ${onOff(plan.lowVram)}, tiled VAE ${onOff(plan.tiledVae)}`,
  ];
  const header: Row = ['Stage', 'First', 'Then', 'GPU memory', ''];
  return [
    ...facts.map((fact) => `- ${fact}`),
    '',
    ...table([header, ...more, ...stageRows(result)]),
    '',
    `**${imagesPerMinute(result).toPrecision(3)} images a minute** at ${STEPS} steps, with the model loaded.`,
    '',
  ].join('\n');
}

/** A Markdown table whose columns stand below each other in plain text too; the first row is its head. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(rows[0]!), line(rule), ...rows.slice(1).map(line)];
}

/** "1.23 s", "45.6 ms": three digits. */
export function seconds(milliseconds: number): string {
  if (milliseconds >= 99_950) return `${(milliseconds / 1000).toFixed(0)} s`;
  return milliseconds >= 999.5
    ? `${(milliseconds / 1000).toPrecision(3)} s`
    : `${Number(milliseconds.toPrecision(3))} ms`;
}

function onOff(value: boolean): string {
  return value ? 'on' : 'off';
}
