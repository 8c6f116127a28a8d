// One merge from order to result: opens the models, plans, hashes them where the recipe wants it, and streams the result to
// where it is to go. Nothing but the pieces at work is ever in memory.
import { transfer } from 'comlink';
import { safetensorsFile, type SafetensorsFile } from '../checkpoint/safetensors-file.ts';
import type { ByteSource } from '../checkpoint/types.ts';
import { exclusively, IMPORT_LOCK } from '../library/locks.ts';
import { importSource } from '../library/importer.ts';
import { IMPORT_OPTIONS, type ImportProgress } from '../library/import-types.ts';
import { ProgressMeter } from '../library/progress-meter.ts';
import { mergedName } from './file-name.ts';
import { mergedCheckpoint } from './merged-checkpoint.ts';
import type {
  ContentOrder,
  MergeHelper,
  MergeInput,
  MergeOrder,
  MergeOutcome,
  MergeProgress,
  MergeTarget,
} from './merge-types.ts';
import { mergedMetadata, type Parent } from './metadata.ts';
import { openModel, type OpenedModel } from './parents.ts';
import { planMerge, type MergePlan } from './plan.ts';
import { freeName, makeDownload, writeToFolder } from './targets.ts';

interface Opened {
  readonly a: OpenedModel | null;
  readonly b: OpenedModel | null;
  readonly c: OpenedModel | null;
  readonly vae: OpenedModel | null;
}

type Report = (stage: MergeProgress['stage'], done: number, total: number, always?: boolean) => void;

/**
 * Carries an order out. `signal` cancels it; then nothing is left behind. Rejects with MergeError, CheckpointError,
 * StorageFullError and what an import rejects with.
 */
export async function merge(
  order: MergeOrder,
  onProgress: (progress: MergeProgress) => void,
  signal: AbortSignal,
  helper: MergeHelper | null = null,
): Promise<MergeOutcome> {
  let name: string | null = null;
  const report = reporter((progress) => onProgress({ ...progress, name }));
  try {
    report('reading', 0, 0, true);
    const models = await openAll(order);
    const plan = planMerge(models, order.settings);
    name = mergedName(models, order.settings, order.customName, plan.special);
    if (order.target.kind === 'folder') name = await freeName(order.target.folder, name, '.safetensors');
    const metadata = await metadataOf(order, models, plan, report, signal);
    const file = safetensorsFile(mergedCheckpoint(models, plan, metadata));
    const source = helper ? await helped(file, helper, order, metadata) : file;
    signal.throwIfAborted();
    return await deliver(order, models, source, name, onProgress, report, signal);
  } catch (error) {
    if (signal.aborted) return { status: 'cancelled' };
    throw error;
  }
}

/** Bytes from which on a read is worth the way to another thread. */
const WORTHWHILE = 1 << 20;
/** Of such reads, how many the reader may hold: at work, ahead, and waiting to be written. */
const HELD = 3;

/** The file, of which large parts are computed by the helper. */
async function helped(
  file: ByteSource,
  helper: MergeHelper,
  { a, b, c, vae, settings }: MergeOrder,
  metadata: ReadonlyMap<string, string>,
): Promise<ByteSource> {
  await helper.prepare({ a, b, c, vae, settings }, metadata);
  const given: Uint8Array<ArrayBuffer>[] = [];
  return {
    size: file.size,
    async read(offset, length) {
      if (length < WORTHWHILE) return file.read(offset, length);
      const spent = given.length > HELD ? given.shift()! : null;
      const bytes = await helper.read(offset, length, spent && transfer(spent, [spent.buffer]));
      given.push(bytes);
      return bytes;
    },
  };
}

/** For a helper: the merged file of an order. Rejects as `merge` does. */
export async function mergedFile(
  order: ContentOrder,
  metadata: ReadonlyMap<string, string>,
): Promise<SafetensorsFile> {
  const models = await openAll(order);
  return safetensorsFile(mergedCheckpoint(models, planMerge(models, order.settings), metadata));
}

async function openAll({ a, b, c, vae, settings: { method } }: ContentOrder): Promise<Opened> {
  const open = async (input: MergeInput | null) => input && openModel(input);
  return {
    a: await open(a),
    b: method === 'No interpolation' ? null : await open(b),
    c: method === 'Add difference' ? await open(c) : null,
    vae: await open(vae),
  };
}

async function metadataOf(
  { metadata, settings, customName, configSource }: MergeOrder,
  { a, b, c, vae }: Opened,
  plan: MergePlan,
  report: Report,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const needed = metadata.saveMetadata && metadata.addRecipe;
  const models = [a, b, c];
  const total = needed ? models.reduce((sum, model) => sum + (model?.toHash ?? 0), 0) : 0;
  let before = 0;
  const parentOf = async (model: OpenedModel | null): Promise<Parent | null> => {
    if (!model) return null;
    // Without a recipe nobody asks for hashes.
    if (!needed)
      return { name: model.fileName, sha256: '', legacyHash: null, metadata: model.checkpoint.metadata };
    const parent = await model.parent((bytes) => {
      signal.throwIfAborted();
      report('hashing', before + bytes, total);
    });
    before += model.toHash;
    return parent;
  };
  const parents = { a: (await parentOf(a))!, b: await parentOf(b), c: await parentOf(c) };
  return mergedMetadata(metadata, parents, {
    ...settings,
    customName,
    configSource,
    bakeInVae: vae?.fileName ?? 'None',
    special: plan.special,
  });
}

async function deliver(
  order: MergeOrder,
  models: Opened,
  file: ByteSource,
  name: string,
  onProgress: (progress: MergeProgress) => void,
  report: Report,
  signal: AbortSignal,
): Promise<MergeOutcome> {
  const { target, id } = order;
  const config = configOf(order, models);
  if (target.kind === 'library') return keep(id, target, config, file, name, onProgress, signal);
  const onRead = (bytes: number): void => report('merging', bytes, file.size);
  if (target.kind === 'download') {
    const made = await makeDownload(file, onRead, signal);
    return { status: 'made', name: `${name}.safetensors`, file: made, sidecar: config?.yaml ?? null };
  }
  await writeToFolder(target.folder, `${name}.safetensors`, file, onRead, signal);
  if (config?.yaml) await writeSidecar(target.folder, `${name}.yaml`, config.yaml);
  return { status: 'written', name: `${name}.safetensors` };
}

/** As an import of the file that would be written: hashed, recognised, converted, in one pass and without the file. */
async function keep(
  id: string,
  { allowNonFinite }: Extract<MergeTarget, { kind: 'library' }>,
  config: OpenedModel | null,
  file: ByteSource,
  name: string,
  onProgress: (progress: MergeProgress) => void,
  signal: AbortSignal,
): Promise<MergeOutcome> {
  const order = {
    id,
    file: { name: `${name}.safetensors`, size: file.size, lastModified: Date.now(), source: file },
    sidecar: async () => (await config?.sidecar()) ?? null,
    options: { ...IMPORT_OPTIONS, allowNonFinite },
  };
  const told = ({ stage, ...rest }: ImportProgress): void =>
    onProgress({ ...rest, stage: stage === 'converting' ? 'merging' : stage, name });
  const outcome = await exclusively(IMPORT_LOCK, () => importSource(order, told, signal), signal);
  if (outcome.status === 'cancelled') return outcome;
  return { status: 'kept', model: outcome.model, isNew: outcome.status === 'imported' };
}

/** The model whose configuration the result gets (A1111's create_config): the first that has one. */
function configOf({ configSource }: MergeOrder, { a, b, c }: Opened): OpenedModel | null {
  switch (configSource) {
    case 'A, B or C':
      return [a, b, c].find((model) => model?.hasConfig) ?? null;
    case 'B':
      return b;
    case 'C':
      return c;
    case "Don't":
      return null;
  }
}

async function writeSidecar(folder: FileSystemDirectoryHandle, name: string, yaml: File): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true });
  const writable = (await handle.createWritable()) as WritableStream<Uint8Array>;
  await yaml.stream().pipeTo(writable);
}

/** Rates are those of a stage. */
function reporter(onProgress: (progress: Omit<MergeProgress, 'name'>) => void): Report {
  let meter: ProgressMeter<MergeProgress['stage']> | null = null;
  let of = -1;
  return (stage, done, total, always) => {
    if (total !== of) meter = new ProgressMeter(total, onProgress);
    of = total;
    meter?.report(stage, done, always);
  };
}
