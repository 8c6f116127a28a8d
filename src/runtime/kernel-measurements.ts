// What was measured of kernels on this card (src/wgsl/tuning/record.ts), where it is kept, and what follows from it.
import { settingStore } from '../library/stores.ts';
import {
  cardKey,
  findCard,
  withCard,
  withoutCard,
  type CardRecord,
  type NetworkTimes,
} from '../wgsl/tuning/record.ts';
import { DEFAULT_KERNELS, type KernelChoice, type Kernels, type KernelSetting } from './kernel-choice.ts';

const KEY = 'gpu.kernels';

/** What a network is told apart by, besides its name within a model. */
export interface MeasuredModel {
  /** The kind of checkpoint, in words. */
  readonly label: string;
  readonly precision: string;
}

/** For people. */
export interface KernelReport {
  /** Milliseconds since 1970; null where nothing was measured. */
  readonly when: number | null;
  /** Shapes for which there is a choice of kernels, and those where another than the default is taken. */
  readonly shapes: number;
  readonly changed: number;
  readonly networks: readonly (NetworkTimes & { readonly name: string; readonly faster: Kernels })[];
}

export async function readMeasurements(adapter: string): Promise<CardRecord | null> {
  return findCard(await settingStore.get(KEY), cardKey(adapter, navigator.userAgent));
}

/** What was found now takes the place of what was found before for the same shapes and networks. */
export async function keepMeasurements(
  adapter: string,
  { shapes, networks }: Pick<CardRecord, 'shapes' | 'networks'>,
): Promise<void> {
  const card = cardKey(adapter, navigator.userAgent);
  await settingStore.change(KEY, (stored) => {
    const before = findCard(stored, card);
    // The latest come first: what is too much falls off the end.
    const merged = <T>(now: ReadonlyMap<string, T>, earlier: ReadonlyMap<string, T> = new Map()) =>
      new Map([...now, ...[...earlier].filter(([key]) => !now.has(key))]);
    return withCard(stored, {
      card,
      when: Date.now(),
      shapes: merged(shapes, before?.shapes),
      networks: merged(networks, before?.networks),
    });
  });
}

export async function forgetMeasurements(adapter: string): Promise<void> {
  const card = cardKey(adapter, navigator.userAgent);
  await settingStore.change(KEY, (stored) => (stored === undefined ? undefined : withoutCard(stored, card)));
}

/** The name under which a model's network is remembered. */
export function measuredName({ label, precision }: MeasuredModel, what: string): string {
  return `${label}, ${precision}: ${what}`;
}

/** `model`: whose networks it is asked for; null for networks of files of their own, which are not measured. */
export function choiceBy(
  setting: KernelSetting,
  record: CardRecord | null,
  model: MeasuredModel | null,
): KernelChoice {
  if (!record) return { ...DEFAULT_KERNELS, setting };
  const measured: Record<string, Kernels> = {};
  if (model) {
    const start = measuredName(model, '');
    for (const [name, times] of record.networks) {
      if (!name.startsWith(start)) continue;
      const what = name.slice(start.length);
      for (const one of [what, ...(PARTS[what] ?? [])]) measured[one] = fasterOf(times);
    }
  }
  return { setting, measured, tuned: record.shapes };
}

/** Networks made of the layers of another. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  VAE: ['VAE stem', 'VAE tile'],
  'VAE encoder': ['VAE encoder stem'],
};

/** Numbers that are off are never fast. */
function fasterOf({ own, onnxruntime, agree }: NetworkTimes): Kernels {
  if (own === null || !agree) return 'onnxruntime';
  return onnxruntime === null || own < onnxruntime ? 'own' : 'onnxruntime';
}

export function reportOf(record: CardRecord | null): KernelReport {
  if (!record) return { when: null, shapes: 0, changed: 0, networks: [] };
  const { when, shapes, networks } = record;
  const changed = [...shapes.values()].filter(({ ms, defaultMs }) => ms < defaultMs).length;
  return {
    when,
    shapes: shapes.size,
    changed,
    networks: [...networks].map(([name, times]) => ({ name, ...times, faster: fasterOf(times) })),
  };
}
