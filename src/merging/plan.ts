// What becomes of each tensor, decided before anything is read: names, types and shapes of the result, and refusals.
//
// Behaviour of AUTOMATIC1111 1.10.1, modules/extras.py run_modelmerger. What it does at length in memory is said here of each
// tensor: which ones it is made of, how, and what it is saved as. Shapes that torch would spread over each other (a matrix over
// a convolution) are refused: no two models that belong together have such.
import { BYTES_PER_ELEMENT, type Checkpoint, type DType } from '../checkpoint/types.ts';
import { computedAs, promote, scaledType } from './arithmetic.ts';
import { blockOf, BLOCKS, XL_BLOCKS } from './blocks.ts';
import { nameFilter } from './discard.ts';
import type { Special } from './file-name.ts';
import { isMerged, namedTensors, type NamedTensor } from './names.ts';
import { MergeError, type MergeModels, type MergeSettings, type Precision } from './types.ts';

export type Role = 'a' | 'b' | 'c' | 'vae';

/** A tensor of the result. */
export interface PlannedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** As it is saved. */
  readonly dtype: DType;
  /** Whose tensor it is where nothing is computed, or what it starts from. */
  readonly from: Role;
  readonly base: NamedTensor;
  /** Null: `base` alone. */
  readonly mix: Mix | null;
}

export interface Mix {
  readonly method: 'Weighted sum' | 'Add difference';
  readonly multiplier: number;
  readonly b: NamedTensor;
  /** Null in an added difference where C has no such tensor: nothing is added. */
  readonly c: NamedTensor | null;
  /** Input channels that are mixed where A has more than B: those of the latent. */
  readonly channels: number | null;
  /** Types of (1 - M) A, M B, or of B - C and M (B - C), and of the sum. */
  readonly types: { readonly first: DType; readonly second: DType; readonly sum: DType };
}

export interface MergePlan {
  /** In the order of the file: wider types first, so that none is misaligned; then as in A. */
  readonly tensors: readonly PlannedTensor[];
  readonly special: readonly Special[];
}

type Named = ReadonlyMap<string, NamedTensor>;

/** Throws MergeError: a model is missing, shapes differ, or nothing would be left. */
export function planMerge(models: MergeModels, settings: MergeSettings): MergePlan {
  const { method } = settings;
  if (!models.a) throw new MergeError('Merging requires a primary model.');
  const mixes = method !== 'No interpolation';
  if (mixes && !models.b) throw new MergeError('Merging requires a secondary model.');
  if (method === 'Add difference' && !models.c)
    throw new MergeError(`Interpolation method (${method}) requires a tertiary model.`);
  if (!Number.isFinite(settings.multiplier)) throw new MergeError('The multiplier is not a number.');

  const isDiscarded = nameFilter(settings.discard);
  const a = namedTensors(models.a.checkpoint);
  const b = mixes ? namedTensors(models.b!.checkpoint) : null;
  const c = method === 'Add difference' ? namedTensors(models.c!.checkpoint) : null;
  const vae = vaeTensors(models.vae?.checkpoint, a);
  refuseUnreadable(models, isDiscarded);
  if (b && c) checkDifferences(b, c);

  const weightOf = weights(settings, a);
  const special = new Set<Special>();
  const tensors: PlannedTensor[] = [];
  for (const [name, base] of a) {
    const other = isMerged(name) ? b?.get(name) : undefined;
    const channels = other ? mixedChannels(name, base, other) : null;
    if (channels !== null) special.add(base.info.shape[1] === 8 ? 'instruct-pix2pix' : 'inpainting');
    if (isDiscarded(name)) continue;
    const baked = vae.get(name);
    const { precision } = settings;
    if (baked) {
      tensors.push(unmixed(name, 'vae', baked, precision));
    } else if (!b || !other) {
      // A1111 converts what it has merged; without a B, everything.
      tensors.push(unmixed(name, 'a', base, b ? 'float32' : precision));
    } else {
      const mix = mixOf(method as Mix['method'], weightOf(name), base, other, c?.get(name) ?? null, channels);
      const whole = channels === null ? mix.types.sum : computedAs(base.info.dtype);
      const dtype = saved(whole, precision);
      const shape = base.info.shape.length >= other.info.shape.length ? base.info.shape : other.info.shape;
      tensors.push({ name, shape, dtype, from: 'a', base, mix });
    }
  }
  if (tensors.length === 0) throw new MergeError('Nothing would be left: every tensor is to be discarded.');
  const size = ({ dtype }: PlannedTensor): number => BYTES_PER_ELEMENT[dtype];
  tensors.sort((x, y) => size(y) - size(x) || x.base.info.position - y.base.info.position);
  return { tensors, special: [...special].sort() };
}

function unmixed(name: string, from: Role, base: NamedTensor, precision: Precision): PlannedTensor {
  const { dtype, shape } = base.info;
  return { name, shape, dtype: saved(dtype, precision), from, base, mix: null };
}

function saved(dtype: DType, precision: Precision): DType {
  if (dtype !== 'F32') return dtype;
  return precision === 'float32' ? dtype : precision === 'float16' ? 'F16' : 'BF16';
}

function mixOf(
  method: Mix['method'],
  multiplier: number,
  a: NamedTensor,
  b: NamedTensor,
  c: NamedTensor | null,
  channels: number | null,
): Mix {
  const [typeA, typeB] = [computedAs(a.info.dtype), computedAs(b.info.dtype)];
  if (method === 'Weighted sum') {
    const [first, second] = [scaledType(typeA, 1 - multiplier), scaledType(typeB, multiplier)];
    return {
      method,
      multiplier,
      b,
      c: null,
      channels,
      types: { first, second, sum: promote(first, second) },
    };
  }
  const first = c ? promote(typeB, computedAs(c.info.dtype)) : typeB;
  const second = scaledType(first, multiplier);
  return { method, multiplier, b, c, channels, types: { first, second, sum: promote(typeA, second) } };
}

/** Null: all of it is mixed. Else how many input channels of A's first layer are. */
function mixedChannels(name: string, { info: a }: NamedTensor, { info: b }: NamedTensor): number | null {
  if (isSame(a.shape, b.shape)) return null;
  const others = (shape: readonly number[]) => [...shape.slice(0, 1), ...shape.slice(2)];
  if (!isSame(others(a.shape), others(b.shape))) throw differing(name, 'A', a.shape, 'B', b.shape);
  const [ofA, ofB] = [a.shape[1], b.shape[1]];
  if (ofA === 4 && (ofB === 9 || ofB === 8)) {
    const kind = ofB === 9 ? 'inpainting' : 'instruct-pix2pix';
    throw new MergeError(
      `When merging ${kind} model with a normal one, A must be the ${kind} model. Exchange A and B.`,
    );
  }
  const isSpecial = a.shape.length === 4 && (ofA === 9 || ofA === 8) && ofB === 4;
  if (isSpecial) return ofB;
  throw new MergeError(
    `Bad dimensions for merged layer ${name}: A=${sizeOf(a.shape)}, B=${sizeOf(b.shape)}. ` +
      'The models are not of the same family: merge only models made from the same one.',
  );
}

/** As torch writes it. */
const sizeOf = (shape: readonly number[]): string => `torch.Size([${shape.join(', ')}])`;

/** B - C is taken of every tensor that both have, whether A has it or not. */
function checkDifferences(b: Named, c: Named): void {
  for (const [name, { info }] of b) {
    const other = isMerged(name) ? c.get(name) : undefined;
    if (other && !isSame(info.shape, other.info.shape)) {
      throw differing(name, 'B', info.shape, 'C', other.info.shape);
    }
  }
}

/** One value may be a scalar or a list of one. */
function isSame(a: readonly number[], b: readonly number[]): boolean {
  const one = (shape: readonly number[]) => shape.length <= 1 && (shape[0] ?? 1) === 1;
  return (one(a) && one(b)) || (a.length === b.length && a.every((size, i) => size === b[i]));
}

function differing(
  name: string,
  first: string,
  a: readonly number[],
  second: string,
  b: readonly number[],
): MergeError {
  const rank = Math.max(a.length, b.length);
  const at = (shape: readonly number[], axis: number) => shape[axis - rank + shape.length] ?? 1;
  // torch compares from the last one on.
  const axes = Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const axis = axes.find((i) => at(a, i) !== at(b, i) && at(a, i) !== 1 && at(b, i) !== 1);
  const torch =
    axis === undefined
      ? `The shapes [${a.join(', ')}] and [${b.join(', ')}] differ`
      : `The size of tensor a (${at(a, axis)}) must match the size of tensor b (${at(b, axis)}) at non-singleton dimension ${axis}`;
  return new MergeError(
    `${torch}: ${name} is [${a.join(', ')}] in ${first} and [${b.join(', ')}] in ${second}. ` +
      'The models are not of the same family: merge only models made from the same one.',
  );
}

/** Tensors of the VAE's file by the names that they replace. */
function vaeTensors(vae: Checkpoint | undefined, a: Named): Named {
  const found = new Map<string, NamedTensor>();
  if (!vae) return found;
  for (const [name, tensor] of namedTensors(vae)) {
    if (name.startsWith('loss') || name === 'model_ema.decay' || name === 'model_ema.num_updates') continue;
    const target = `first_stage_model.${name.replace(/^first_stage_model\./, '')}`;
    if (a.has(target)) found.set(target, tensor);
  }
  if (found.size > 0) return found;
  throw new MergeError(
    'The VAE has no tensor that model A has, under the names that A1111 reads. Import it, and choose it among the models of ' +
      'the library: those have these names.',
  );
}

function refuseUnreadable(models: MergeModels, isDiscarded: (name: string) => boolean): void {
  for (const [role, model] of [
    ['A', models.a] as const,
    ['B', models.b] as const,
    ['C', models.c] as const,
  ]) {
    for (const [name, { form }] of model?.checkpoint.unreadable ?? []) {
      const matters = role === 'A' ? !isDiscarded(name) : isMerged(name);
      if (matters) throw new MergeError(`Model ${role} cannot be merged: its tensor ${name} has ${form}.`);
    }
  }
}

/** Multiplier by name. */
function weights({ blocks, multiplier }: MergeSettings, a: Named): (name: string) => number {
  if (!blocks) return () => multiplier;
  const isXl = [...a.keys()].some((name) => name.startsWith('conditioner.embedders.'));
  const wanted = isXl ? XL_BLOCKS.length : BLOCKS.length;
  if (blocks.length !== wanted || !blocks.every(Number.isFinite)) {
    throw new MergeError(
      `Block weights of this model are ${wanted} numbers (BASE, IN, M00, OUT); these are ${blocks.length}.`,
    );
  }
  return (name) => blocks[blockOf(name, wanted)]!;
}
