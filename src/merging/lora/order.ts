// An extraction from order to result: opens the models, and hands over the file that was made.
import { blobSource } from '../../checkpoint/source.ts';
import { ProgressMeter } from '../../library/progress-meter.ts';
import type { LoraOrder, LoraOutcome, LoraProgress, MergeInput } from '../merge-types.ts';
import { openModel } from '../parents.ts';
import { freeName, writeToFolder } from '../targets.ts';
import { MergeError } from '../types.ts';
import { extractLora } from './extract.ts';
import type { LoraModel, LoraSettings } from './types.ts';

/** Bytes that become a part of the Blob: from then on the browser keeps them where it has room. */
const PART = 8 << 20;

/** "a - b, rank 32". */
export function loraName(a: string, b: string, { dim }: LoraSettings): string {
  return `${a} - ${b}, rank ${dim}`.replace(/[/\\:*?"<>|\p{Cc}]/gu, '_');
}

/** Carries an order out. `signal` cancels it; then nothing is left behind. Rejects with MergeError and CheckpointError. */
export async function carryOut(
  { a, b, settings, customName, target }: LoraOrder,
  onProgress: (progress: LoraProgress) => void,
  signal: AbortSignal,
): Promise<LoraOutcome> {
  try {
    if (!a || !b) throw new MergeError('Choose model A, and model B that it was made from.');
    const report = reporter(onProgress);
    report('reading', 0, 0);
    const models = { a: await modelOf(a), b: await modelOf(b) };
    const wanted = customName || loraName(models.a.name, models.b.name, settings);
    const plain = wanted.replace(/[/\\:*?"<>|\p{Cc}]/gu, '_');
    const name = target.kind === 'folder' ? await freeName(target.folder, plain, '.safetensors') : plain;
    const parts: Blob[] = [];
    let waiting: Uint8Array<ArrayBuffer>[] = [];
    const flush = (): void => {
      parts.push(new Blob(waiting));
      waiting = [];
    };
    const write = async (bytes: Uint8Array): Promise<void> => {
      waiting.push(bytes.slice());
      if (waiting.reduce((sum, { length }) => sum + length, 0) >= PART) flush();
    };
    const made = await extractLora(models, settings, name, async () => ({ write }), report, signal);
    flush();
    const file = new Blob([made.header, ...parts], { type: 'application/octet-stream' });
    const { layers, hasText, missing } = made;
    report('finishing', 0, 0);
    const outcome = { status: 'made', name: `${name}.safetensors`, layers, hasText, missing } as const;
    if (target.kind === 'download') return { ...outcome, file };
    await writeToFolder(target.folder, outcome.name, blobSource(file), () => undefined, signal);
    return { ...outcome, file: null };
  } catch (error) {
    if (signal.aborted) return { status: 'cancelled' };
    throw error;
  }
}

async function modelOf(input: MergeInput): Promise<LoraModel> {
  const opened = await openModel(input);
  return { name: opened.name, checkpoint: opened.checkpoint, sidecar: await opened.sidecar() };
}

function reporter(
  onProgress: (progress: LoraProgress) => void,
): (stage: LoraProgress['stage'], done: number, total: number) => void {
  let meter: ProgressMeter<LoraProgress['stage']> | null = null;
  let of = -1;
  return (stage, done, total) => {
    if (total !== of) meter = new ProgressMeter(total, onProgress);
    const isNew = total !== of;
    of = total;
    meter?.report(stage, done, isNew);
  };
}
