// The layers of a model that a file may change, by A1111's names.
import { kohyaName } from './names.ts';

/** Rows of a tensor, of so many equal parts. */
export interface Part {
  readonly index: number;
  readonly of: number;
}

export interface Layer {
  /** A1111's name of it. */
  readonly name: string;
  readonly weight: string;
  /** Of the layer's own weight: a third of open_clip's q, k and v, where it is one of them. */
  readonly shape: readonly number[];
  /** Null: a layer without. */
  readonly bias: string | null;
  /** Which part of the tensors it is; null: all of them. */
  readonly part: Part | null;
  readonly isText: boolean;
}

/** Layers, and what it takes to name them. */
export interface Layers {
  readonly byName: ReadonlyMap<string, Layer>;
  readonly isSd2: boolean;
  readonly isXl: boolean;
}

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
}

const UNET = 'model.diffusion_model.';
const TEXT = /^(?:cond_stage_model\.|conditioner\.embedders\.(\d)\.)((?:transformer|model)\..*)/;
const QKV = ['q_proj', 'k_proj', 'v_proj'];

/** `weights`: a model's, under ldm's names. The VAE's layers are not among them: nothing changes those. */
export function layersOf(weights: Iterable<Weight>): Layers {
  const shapes = new Map<string, readonly number[]>();
  for (const { name, shape } of weights) shapes.set(name, shape);
  const isXl = [...shapes.keys()].some((name) => name.startsWith('conditioner.embedders.'));
  const byName = new Map<string, Layer>();
  let isSd2 = false;
  for (const [weight, shape] of shapes) {
    const path = pathOf(weight);
    if (!path) continue;
    const { name, isText } = path;
    if (!isXl && name.startsWith('model_')) isSd2 = true;
    if (weight.endsWith('.in_proj_weight')) {
      const bias = weight.replace(/weight$/, 'bias');
      const [rows = 0, ...rest] = shape;
      for (const [index, part] of QKV.entries()) {
        const own = name.replace(/in_proj_weight$/, part);
        byName.set(own, {
          name: own,
          weight,
          shape: [rows / 3, ...rest],
          bias: shapes.has(bias) ? bias : null,
          part: { index, of: 3 },
          isText,
        });
      }
    } else if (weight.endsWith('.weight')) {
      const own = name.replace(/_weight$/, '');
      const bias = weight.replace(/weight$/, 'bias');
      byName.set(own, {
        name: own,
        weight,
        shape,
        bias: shapes.has(bias) ? bias : null,
        part: null,
        isText,
      });
    }
  }
  return { byName, isSd2, isXl };
}

function pathOf(weight: string): { readonly name: string; readonly isText: boolean } | null {
  if (weight.startsWith(UNET)) {
    return { name: weight.slice('model.'.length).replaceAll('.', '_'), isText: false };
  }
  const text = TEXT.exec(weight);
  if (!text) return null;
  const [, encoder, path] = text;
  return { name: `${encoder === undefined ? '' : `${encoder}_`}${path!.replaceAll('.', '_')}`, isText: true };
}

/** Its name in kohya's files. */
export const kohyaNameOf = ({ name }: Layer, { isXl }: Layers): string => kohyaName(name, isXl);
