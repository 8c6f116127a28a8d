// A network fitted to the software device and compared with onnxruntime's on it, as the engine does it with a model's: see
// src/models/networks.float16.test.ts for the device.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Graph } from '../graph/graph.ts';
import type { HostTensor, Precision, WeightRef } from '../graph/types.ts';
import type { Network } from '../models/network.ts';
import { Pipelines } from '../wgsl/device/pipelines.ts';
import { Recording } from '../wgsl/device/recording.ts';
import { WeightBuffers } from '../wgsl/device/weight-buffers.ts';
import { compile } from '../wgsl/program.ts';
import { limitsOf } from '../wgsl/tuning/candidates.ts';
import { chooseBy } from '../wgsl/tuning/choice.ts';
import { openDawn, openDawnSession, type Dawn } from '../../tests/ort-dawn.ts';
import { InterruptedError } from './errors.ts';
import { DEFAULT_KERNELS, type KernelChoice } from './kernel-choice.ts';
import { tuneModel, type TuningReport, type TuningSubject } from './tune-model.ts';

const wanted = process.env['DARKROOM_FLOAT16'] === '1';
const DIALECT = { float16: 'native' } as const;

describe.skipIf(!wanted)('a model on the card', () => {
  let dawn: Dawn;
  const network = oneLayer();
  /** Closed at the end, the last first. */
  const opened: (() => void | Promise<void>)[] = [];
  beforeAll(async () => {
    dawn = await openDawn({ features: ['timestamp-query'] });
  });
  afterAll(async () => {
    for (const close of opened.reverse()) await close();
  });

  /** The network as it is asked to be computed now. */
  /** `off`: by what our numbers are multiplied. */
  async function subject(
    off = 1,
  ): Promise<TuningSubject & { readonly used: readonly KernelChoice['setting'][] }> {
    const { device } = dawn;
    const pipelines = new Pipelines(device);
    const weights = new WeightBuffers(pipelines, readWeight, DIALECT);
    const ort = await openDawnSession(dawn, network, readWeight, false);
    opened.push(() => ort.release());
    let kernels = DEFAULT_KERNELS;
    let hears: Parameters<TuningSubject['watch']>[0] = null;
    const used: KernelChoice['setting'][] = [];
    const byOwn = async () => {
      const choose = chooseBy(kernels.tuned, DIALECT, limitsOf(device));
      const { maxBufferSize } = device.limits;
      const feeds = network.feeds();
      const program = compile(network.graph, feeds, ['y'], { dialect: DIALECT, maxBufferSize, choose });
      hears?.('layer', program);
      const recording = await Recording.create(program, weights, pipelines);
      const result = (await recording.run(feeds)).get('y')!;
      recording.release();
      return result.map((value) => off * value);
    };
    return {
      device,
      used,
      networks: [
        { what: 'layer', run: () => (kernels.setting === 'own' ? byOwn() : ort.run(undefined, 'y')) },
        // As one that our kernels do not compute: onnxruntime does, whatever is asked for.
        { what: 'other', run: () => ort.run(undefined, 'y') },
      ],
      use: async (next) => {
        kernels = next;
        used.push(next.setting);
      },
      watch: (onProgram) => (hears = onProgram),
    };
  }

  it('is fitted, and compared network by network', async () => {
    const model = await subject();
    const reports: TuningReport[] = [];
    const { shapes, networks } = await tuneModel(
      model,
      () => false,
      (report) => reports.push(report),
    );
    expect(model.used).toEqual(['own', 'own', 'onnxruntime']);
    expect(shapes.size).toBe(1);
    const { own, onnxruntime, agree } = networks.get('layer')!;
    expect(agree).toBe(true);
    expect(own).toBeGreaterThan(0);
    expect(onnxruntime).toBeGreaterThan(0);
    const stages = reports.map(({ stage }) => stage);
    expect([...new Set(stages)]).toEqual(['loading', 'kernels', 'comparing']);
    for (const { fraction, left } of reports) {
      expect(fraction).toBeGreaterThanOrEqual(0);
      expect(fraction).toBeLessThanOrEqual(1.001);
      expect(left).toBeGreaterThanOrEqual(0);
    }
    // There may have been no time for it.
    expect(networks.get('other')?.own ?? null).toBeNull();
  });

  it.each([1.1, NaN])('is found out where its numbers are off: %d times', async (off) => {
    const model = await subject(off);
    const { networks } = await tuneModel(
      model,
      () => false,
      () => undefined,
    );
    expect(networks.get('layer')!.agree).toBe(false);
  });

  it('ends where it is interrupted, and nobody hears of programs any more', async () => {
    const model = await subject();
    let stop = false;
    const tuning = tuneModel(
      model,
      () => stop,
      ({ stage }) => (stop ||= stage === 'kernels'),
    );
    await expect(tuning).rejects.toBeInstanceOf(InterruptedError);
    expect(model.used).toEqual(['own']);
  });
});

/** A product of odd sizes. */
function oneLayer(): Network<void> {
  const graph = new Graph('float16');
  const x = graph.cast(graph.input('x', 'float32', [20, 36]), 'float16');
  const weight = graph.weight({ name: 'w', shape: [24, 36], start: 0 });
  graph.output('y', graph.gemm(x, weight, null, { transposed: true }), [20, 24]);
  const data = Float32Array.from({ length: 20 * 36 }, (_, i) => Math.sin(i));
  const feeds: Record<string, HostTensor> = { x: { type: 'float32', data, dims: [20, 36] } };
  return { graph, outputs: ['y'], feeds: () => feeds };
}

/** Numbers below 1, in either precision. */
async function readWeight({ shape }: WeightRef, precision: Precision): Promise<Uint8Array> {
  const count = shape.reduce((product, size) => product * size, 1);
  if (precision === 'float32') {
    return new Uint8Array(Float32Array.from({ length: count }, (_, i) => (i % 7) / 8).buffer);
  }
  return new Uint8Array(Uint16Array.from({ length: count }, (_, i) => 0x3000 + (i % 7) * 64).buffer);
}
