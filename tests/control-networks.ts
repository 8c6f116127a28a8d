// Control networks of the reference data (models/control/, models/controlnet-tiny-sd1/) as the library would keep them, in Node: from files
// that are there, or made of them as the data says. Tests only.
import { toFloat16, toFloat32 } from '../src/checkpoint/convert.ts';
import { bytesSource } from '../src/checkpoint/source.ts';
import type { Precision, WeightCatalog, WeightRef } from '../src/graph/types.ts';
import { decodePng } from '../src/image/png.ts';
import type { Planes } from '../src/image/tiles.ts';
import { controlNetwork, CONTROL_PREFIX, type ControlNetInputs } from '../src/models/control/control-net.ts';
import { controlSizes } from '../src/models/control/file.ts';
import { hintPlanes } from '../src/models/control/hint.ts';
import type { ControlInfo } from '../src/models/control/kinds.ts';
import {
  addBase,
  addFactors,
  isFactored,
  unetName,
  type Tensors as SharedTensors,
} from '../src/models/control/shared-weights.ts';
import {
  ADAPTER_PREFIX,
  adapterNetwork,
  adapterSizes,
  type AdapterInputs,
} from '../src/models/control/t2i-adapter.ts';
import { planWeights } from '../src/models/plan.ts';
import { tensorShapes } from '../src/models/tensor-shapes.ts';
import type { HeadRule } from '../src/families/family.ts';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { detect } from '../src/models/detect.ts';
import type { Network } from '../src/models/network.ts';
import type { DescentConfig } from '../src/models/unet-blocks.ts';
import { readTensors, type Tensors } from './goldens.ts';
import { listReference, readReference, readReferenceJson } from './reference-dir.ts';
import { readSafetensors, writeSafetensors, type Entry } from './safetensors-file.ts';
import type { TinyModel } from './tiny-model.ts';

export interface ControlCase {
  readonly case: string;
  readonly hint: string;
  readonly out?: Readonly<Record<string, string>>;
  readonly control?: readonly string[];
}

export interface ControlRow {
  readonly name: string;
  readonly base: string;
  readonly type: string;
  readonly file?: string;
  readonly derived?: string;
  readonly keys?: string;
  readonly map?: Readonly<Record<string, string>>;
  readonly control_type?: number;
  readonly cases: readonly ControlCase[];
}

const FOLDER = ['models', 'control'];

interface Index {
  readonly diffusers_names_sd1: Readonly<Record<string, string>>;
  readonly networks: readonly ControlRow[];
}

const index: Index = listReference(...FOLDER).includes('nets.json')
  ? readReferenceJson<Index>(...FOLDER, 'nets.json')
  : { networks: [], diffusers_names_sd1: {} };

/** What is made of another's file has its base, too. */
export const controlRows: readonly ControlRow[] = index.networks.map((row) => {
  const source = index.networks.find(({ name }) => name !== row.name && row.derived?.includes(name) === true);
  return { ...(source && { base: source.base, type: source.type }), ...row };
});

/** Expected numbers. */
export function controlTensors(): Promise<Tensors> {
  return readTensors(bytesSource(readReference(...FOLDER, 'nets.safetensors.gz')));
}

/** What a row's file holds; null where it is not there. */
export async function controlFile(row: ControlRow, base: TinyModel): Promise<Uint8Array | null> {
  const there = listReference(...FOLDER);
  const entriesOf = (file: string) => readSafetensors(readReference(...FOLDER, file));
  const other = controlRows.find(
    ({ name, file }) => file !== undefined && row.derived?.includes(name) === true && name !== row.name,
  );
  if (row.derived !== undefined && other?.file !== undefined) {
    if (!there.includes(other.file)) return null;
    const entries = entriesOf(other.file);
    if (row.file !== undefined) return writeSafetensors([...entries, ...entriesOf(row.file)]);
    const { map } = row;
    if (map) {
      const named = new Map(Object.entries(map).map(([to, from]) => [from, to]));
      return writeSafetensors(
        entries.map((entry) => ({ ...entry, name: named.get(entry.name) ?? entry.name })),
      );
    }
    return writeSafetensors(await differences(entries, base));
  }
  return row.file !== undefined && there.includes(row.file) ? readReference(...FOLDER, row.file) : null;
}

/** Under ldm's names, minus the base's weights where it has them. */
async function differences(entries: readonly Entry[], base: TinyModel): Promise<Entry[]> {
  const ldm = new Map(Object.entries(index.diffusers_names_sd1).map(([to, from]) => [from, to]));
  const changed = entries.map(async (entry): Promise<Entry> => {
    const name = ldm.get(entry.name) ?? entry.name;
    const own = `model.diffusion_model.${name}`;
    const shape = base.catalog.shapeOf(own);
    if (!shape) return { ...entry, name };
    const values = toFloat32(entry.bytes.slice(), 'F16');
    const bytes = await base.readWeight({ name: own, shape, start: 0 }, 'float32');
    const weights = new Float32Array(bytes.buffer, bytes.byteOffset, values.length);
    const halves = new Uint16Array(values.length);
    const difference = values.map((value, i) => value - weights[i]!);
    toFloat16(new Uint8Array(difference.buffer), 'F32', halves);
    return { ...entry, name, bytes: new Uint8Array(halves.buffer) };
  });
  const mark = { name: 'difference', dtype: 'F16', shape: [1], bytes: new Uint8Array(2) };
  return [...(await Promise.all(changed)), mark];
}

/** A control network's weights, as a UNet completes them. */
export interface OpenedControl {
  readonly info: ControlInfo;
  readonly catalog: WeightCatalog;
  readonly stored: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readWeight(ref: WeightRef, precision: Precision): Promise<Uint8Array>;
}

export async function openControl(bytes: Uint8Array, base: TinyModel): Promise<OpenedControl> {
  const checkpoint = await openCheckpoint(bytesSource(bytes));
  const detection = detect(tensorShapes(checkpoint), checkpoint.metadata, null);
  if (!detection.control) throw new Error(detection.unsupportedReason ?? detection.label);
  const info = detection.control;
  const values = new Map<string, Float32Array>();
  const stored: { name: string; shape: readonly number[] }[] = [];
  for (const { name, sources, shape } of planWeights(tensorShapes(checkpoint), detection)) {
    const [source] = sources;
    values.set(
      name,
      toFloat32(await checkpoint.read(source!), checkpoint.tensors.get(source!)!.dtype).slice(),
    );
    stored.push({ name, shape });
  }
  const shapes = new Map(stored.map(({ name, shape }) => [name, shape]));
  const file = tensorsOf(shapes, values);
  const unet =
    info.difference || info.kind === 'control-lora' ? await unetOf(base) : tensorsOf(new Map(), new Map());
  const shared = info.kind === 'control-lora';
  const catalog: WeightCatalog = {
    shapeOf: (name) => shapes.get(name) ?? (shared ? unet.shapeOf(unetName(name)) : undefined),
  };
  const whole = (name: string): Float32Array => {
    const kept = (shapes.has(name) ? file.valuesOf(name) : unet.valuesOf(unetName(name))).slice();
    if (shared && isFactored(name, file)) return addFactors(name, kept, file);
    return info.difference ? addBase(name, kept, unet) : kept;
  };
  return {
    info,
    catalog,
    stored,
    readWeight(ref, precision) {
      const count = ref.shape.reduce((product, size) => product * size, 1);
      const wanted = whole(ref.name).slice(ref.start, ref.start + count);
      if (precision === 'float32') return Promise.resolve(new Uint8Array(wanted.buffer));
      const halves = new Uint16Array(count);
      toFloat16(new Uint8Array(wanted.buffer), 'F32', halves);
      return Promise.resolve(new Uint8Array(halves.buffer));
    },
  };
}

function tensorsOf(
  shapes: ReadonlyMap<string, readonly number[]>,
  values: ReadonlyMap<string, Float32Array>,
): SharedTensors {
  return { shapeOf: (name) => shapes.get(name), valuesOf: (name) => values.get(name)! };
}

async function unetOf({ checkpoint }: TinyModel): Promise<SharedTensors> {
  const shapes = new Map<string, readonly number[]>();
  const values = new Map<string, Float32Array>();
  for (const { name, shape, dtype } of checkpoint.tensors.values()) {
    if (!name.startsWith('model.diffusion_model.')) continue;
    shapes.set(name, shape);
    values.set(name, toFloat32(await checkpoint.read(name), dtype).slice());
  }
  return tensorsOf(shapes, values);
}

/** A ControlNet's or a Control-LoRA's graph. `heads`: the base's unless given. */
export function controlGraph(
  { info, catalog, stored }: OpenedControl,
  base: TinyModel,
  precision: Precision,
  heads: HeadRule = base.unet.heads,
): { readonly config: DescentConfig; readonly network: Network<ControlNetInputs> } {
  const sizes = info.kind === 'control-lora' ? base.unet : controlSizes(stored, CONTROL_PREFIX);
  const config = { ...sizes, heads };
  return { config, network: controlNetwork(config, catalog, precision, { controlTypes: info.controlTypes }) };
}

export function adapterGraph({ catalog }: OpenedControl, precision: Precision): Network<AdapterInputs> {
  const sizes = adapterSizes((name) => catalog.shapeOf(ADAPTER_PREFIX + name));
  return adapterNetwork(sizes!, catalog, precision);
}

/** A hint picture of the reference data. */
export async function readHint(...path: string[]): Promise<Planes> {
  return hintPlanes(await decodePng(readReference(...path)));
}
