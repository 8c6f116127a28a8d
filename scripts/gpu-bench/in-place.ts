// A LoRA of rank 32 that comes and goes over SD 1.5's UNet on our own kernels, in place, against loading the UNet's weights anew, in
// one run: `npm run bench-gpu -- --in-place` (of half its width where the device is software). Weights and factors are random, and in memory: what a disk takes besides goes with the bytes
// that are read.
import { readAddOn } from '../../src/add-ons/file.ts';
import { layersOf } from '../../src/add-ons/layers.ts';
import { LoraChanges } from '../../src/add-ons/lora-changes.ts';
import { kohyaName } from '../../src/add-ons/names.ts';
import type { Checkpoint, TensorInfo } from '../../src/checkpoint/types.ts';
import { product } from '../../src/graph/shapes.ts';
import type { WeightRef } from '../../src/graph/types.ts';
import { unetTensors, type UNetSizes } from '../../src/models/layouts/ldm-unet.ts';
import { Pipelines } from '../../src/wgsl/device/pipelines.ts';
import { WeightBuffers } from '../../src/wgsl/device/weight-buffers.ts';
import { compile } from '../../src/wgsl/program.ts';
import { openDawn } from '../../tests/ort-dawn.ts';
import { float16Driver } from '../float16-driver.js';
import { reasonIn, runChild, self } from './child.ts';
import { COUNTED, stepOf } from './count.ts';

const RANK = 32;
const MODEL = 'sd15';
/** Seconds for all of it, in software as well. */
const PATIENCE = 900;
const UNET = 'model.diffusion_model.';

/** Prints a table and the ratio. 1 where it failed. */
export async function compareInPlace(): Promise<number> {
  const driver = await float16Driver();
  if ('reason' in driver) {
    console.log(`Nothing to measure on: ${driver.reason}.`);
    return 1;
  }
  const ended = await runChild(...self('in-place'), driver.env, PATIENCE);
  const table = ended.output.slice(Math.max(0, ended.output.indexOf('| ')));
  const done = table.includes('ratio inPlace=');
  console.log(done ? `${driver.adapter}\n\n${table.trim()}` : reasonIn(ended));
  return done ? 0 : 1;
}

/** In a process of its own. */
export async function inPlace(): Promise<void> {
  const { device, adapter } = await openDawn();
  const model = COUNTED[MODEL]!;
  const software = /llvmpipe|swiftshader/i.test(adapter);
  const part = software ? 2 : 1;
  const runs = software ? 1 : 3;
  const sizes = { ...model.sizes, modelChannels: model.sizes.modelChannels / part };
  const { network, feeds } = stepOf({ ...model, sizes }, 'float16');
  const pipelines = new Pipelines(device);
  const random = randomHalves(Math.max(...network.graph.weights.map(({ shape }) => product(shape))));
  let read = 0;
  const stored = ({ shape }: WeightRef): Uint8Array => {
    read += 2 * product(shape);
    return random.slice(0, 2 * product(shape));
  };
  const changes = await lora(sizes);
  let on = false;
  const weights = new WeightBuffers(
    pipelines,
    async (ref) => stored(ref),
    { float16: 'native' },
    (ref) => {
      const factors = on && changes.keys.has(ref.name) ? changes.factors(ref) : null;
      return factors && { stored: stored(ref), factors };
    },
  );
  const { maxBufferSize } = device.limits;
  const program = compile(network.graph, feeds, ['out'], { dialect: weights.dialect, maxBufferSize });
  const times = new Map<string, number[]>();
  const bytes = new Map<string, number>();
  const timed = async (what: string, work: () => Promise<void>): Promise<void> => {
    read = 0;
    const start = performance.now();
    await work();
    await device.queue.onSubmittedWorkDone();
    times.set(what, [...(times.get(what) ?? []), performance.now() - start]);
    bytes.set(what, read);
  };
  const names = new Set(changes.keys.keys());
  const change = async (to: boolean): Promise<void> => {
    on = to;
    weights.invalidate(names);
    await weights.refresh();
  };
  // The first of each compiles shaders.
  for (let run = 0; run <= runs; run++) {
    await timed('Loading the UNet anew', () => weights.acquire(program.weights));
    await timed('The LoRA on, in place', () => change(true));
    await timed('The LoRA off, in place', () => change(false));
    weights.release(program.weights);
    await device.queue.onSubmittedWorkDone();
  }
  const middle = (what: string): number =>
    times
      .get(what)!
      .slice(1)
      .sort((a, b) => a - b)[runs >> 1]!;
  const whats = [...times.keys()];
  const rows = whats.map(
    (what) =>
      `| ${what} | ${(middle(what) / 1000).toFixed(3)} | ${(bytes.get(what)! / 1e6).toFixed(0)} | ${(middle(what) / middle(whats[0]!)).toFixed(2)} |`,
  );
  const titles = `| ${model.label.split(' at')[0]!}, UNet${part > 1 ? `, 1/${part} of its width` : ''}, float16, rank ${RANK} | Seconds | Read, MB | Ratio |`;
  console.log([titles, '| - | -: | -: | -: |', ...rows].join('\n'));
  console.log(`ratio inPlace=${(middle(whats[1]!) / middle(whats[0]!)).toFixed(2)}`);
}

/** Of every linear layer of the transformers, as kohya's scripts make them. */
async function lora(sizes: UNetSizes): Promise<LoraChanges> {
  const shapes = [...unetTensors(sizes)].map(([name, shape]) => ({
    name: UNET + name,
    shape,
  }));
  const layers = layersOf(shapes);
  const tensors = new Map<string, TensorInfo>();
  for (const { name, shape, weight } of layers.byName.values()) {
    const [outputs = 0, inputs = 1, ...kernel] = shape;
    if (shape.length < 2 || product(kernel) !== 1 || !/transformer_blocks|proj_(?:in|out)\./.test(weight))
      continue;
    const parts = { 'lora_up.weight': [outputs, RANK], 'lora_down.weight': [RANK, inputs] } as const;
    for (const [part, [rows, columns]] of Object.entries(parts)) {
      const tensor = `${kohyaName(name, false)}.${part}`;
      const info = { dtype: 'F16', shape: [rows, columns], elementCount: rows * columns } as const;
      tensors.set(tensor, { ...info, name: tensor, position: tensors.size });
    }
  }
  const checkpoint: Checkpoint = {
    ...{ format: 'safetensors', tensors, unreadable: new Map(), metadata: new Map() },
    read: async (name) => randomHalves(tensors.get(name)!.elementCount),
  };
  const file = readAddOn(checkpoint, layers);
  const strength = { text: 1, unet: 1, dyn: null };
  const changes = new LoraChanges(
    layers,
    [{ name: 'random', sha256: '', strength, checkpoint, file }],
    (why) => {
      throw new Error(why);
    },
  );
  await changes.load();
  return changes;
}

/** Of about -0.03 to 0.03. */
function randomHalves(count: number): Uint8Array<ArrayBuffer> {
  const halves = new Uint16Array(count);
  for (let i = 0; i < count; i++) halves[i] = ((Math.imul(i + 1, 2654435761) >>> 16) & 0x83ff) | 0x2400;
  return new Uint8Array(halves.buffer);
}
