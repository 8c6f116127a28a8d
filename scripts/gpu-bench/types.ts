// What a benchmark of the graphics card holds: its report, which is written as JSON, and what its child processes are asked.
import type { Precision } from '../../src/graph/types.ts';
import type { MatrixUnit } from '../../src/wgsl/kernels/tiles.ts';
import type { KernelTime } from '../kernel-times.ts';

/** Networks that are measured. */
export const MEASURED = ['unet', 'vae-decoder', 'text'] as const;
export type MeasuredName = (typeof MEASURED)[number];

/**
 * How a network ran: onnxruntime on a device without and with subgroups, with float16 sums (not as in the app), our own kernels
 * (without matrix units; with them; on a device without shader-f16, packed into integers), PyTorch.
 */
export type How = 'plain' | 'subgroups' | 'float16 sums' | 'own' | 'own matrices' | 'own packed' | 'pytorch';

/** The WebGPU device, as Dawn tells of it. */
export interface DeviceFacts {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly driver: string;
  /** A processor that plays a graphics card. */
  readonly software: boolean;
  readonly features: readonly string[];
  /** Those that a browser gives only when told that it may be unsafe. */
  readonly experimental: readonly string[];
  readonly subgroupSizes: readonly [smallest: number, largest: number] | null;
  readonly limits: Readonly<Record<string, number>>;
  /** With sums in float32. */
  readonly matrixUnits: readonly MatrixUnit[];
}

/** What tools/pytorch/device.py prints. */
export interface PyTorchFacts {
  readonly torch: string;
  readonly device: string;
  readonly memory: number | null;
  readonly cuda: string | null;
  /** TFLOP/s of a large product. */
  readonly matmul: Readonly<Record<'float16' | 'tf32' | 'float32', number>> | null;
  /** GB/s. */
  readonly copy: number | null;
}

/** "unchecked": there was nothing to compare with. */
export type Verdict = 'right' | 'wrong' | 'unchecked';

export interface Measurement {
  readonly model: string;
  readonly network: MeasuredName;
  readonly precision: Precision;
  readonly how: How;
  /** What was timed, where that needs saying. */
  readonly note: string;
  /** Milliseconds, all of them. From weights in memory to a session that can run. */
  readonly load: number | null;
  /** The first run, which compiles shaders or chooses algorithms. */
  readonly cold: number | null;
  /** From inputs on one side to the results there; PyTorch's as the card's own events tell. */
  readonly runs: readonly number[];
  /** Of each run, until all work was handed over; empty for PyTorch. */
  readonly submit: readonly number[];
  /** Of one run; empty where it was not asked for or the device cannot tell. */
  readonly kernels: readonly KernelTime[];
  /** Kernels of ours that were tried for each shape of products and attention. */
  readonly tried?: readonly TriedShape[];
  /** Relative root mean square of the error, against float32; null where unchecked, or not finite. */
  readonly error: number | null;
  readonly verdict: Verdict;
  /** Why it failed or ended early; null where it did not. */
  readonly problem: string | null;
}

/** What was found for one shape. */
export interface TriedShape {
  readonly shape: string;
  /** Of all layers of this shape. */
  readonly flops: number;
  readonly layers: number;
  /** Milliseconds of one layer by the names of kernels, the default first. */
  readonly times: Readonly<Record<string, number>>;
}

/** A network at its size: what is fed, how much work it is. */
export interface NetworkFacts {
  readonly model: string;
  readonly label: string;
  readonly network: MeasuredName;
  /** "512x512, batch 2" */
  readonly what: string;
  readonly flops: number;
  readonly weightBytes: number;
}

export interface Report {
  /** ISO 8601. */
  readonly when: string;
  readonly minutes: number;
  /** Of this program. */
  readonly version: string;
  device: DeviceFacts | null;
  pytorch: PyTorchFacts | null;
  readonly networks: NetworkFacts[];
  readonly measurements: Measurement[];
  /** What was left out or failed, and why. */
  readonly remarks: string[];
  /** Seconds from the start. */
  elapsed: number;
}

/** Inputs as tools/pytorch takes them. */
export type InputFiles = Readonly<
  Record<string, { readonly path: string; readonly shape: readonly number[] }>
>;

/** A model's file, and how its networks are fed. */
export interface Model {
  readonly name: string;
  readonly label: string;
  readonly file: string;
  readonly size: readonly [width: number, height: number];
  /** Of the UNet: 2 is one picture with guidance. */
  readonly batch: number;
}

/** `prepare`: makes the file where it is not there, writes the inputs, counts the work. */
export interface PrepareOptions {
  readonly model: Model;
  /** Whether the file is a stand-in, to be made. */
  readonly make: boolean;
  readonly folder: string;
  readonly out: string;
}

export interface Prepared {
  readonly label: string;
  readonly networks: readonly (Omit<NetworkFacts, 'label'> & {
    readonly inputs: InputFiles;
    /** As tools/demo-model/networks.py takes them. */
    readonly pytorch: object;
  })[];
}

/** `measure`: one network on one device. */
export interface MeasureOptions {
  readonly model: Model;
  readonly network: MeasuredName;
  readonly precision: Precision;
  readonly how: Exclude<How, 'pytorch'>;
  /** At most, after the first. */
  readonly runs: number;
  /** To be done in; fewer runs are made for it. */
  readonly seconds: number;
  /** Of these, for choosing kernels of ours, at most. */
  readonly tuning: number;
  /** Times each kernel instead of the whole. */
  readonly profile: boolean;
  /** The numbers the network gives go there, as float32. */
  readonly result: string;
  readonly out: string;
}

/** What `measure` writes as it goes. */
export type Measured = Pick<
  Measurement,
  'load' | 'cold' | 'runs' | 'submit' | 'kernels' | 'tried' | 'note' | 'problem'
>;
