// The distinct shapes of a program's products, convolutions and attentions: what decides which kernel is fastest.
import { dispatchesOf, isTunable, type TunableStep } from '../dispatches.ts';
import type { Dialect } from '../kernels/shader.ts';
import type { Program } from '../program.ts';

/** Steps of one shape. */
export interface Shape {
  readonly key: string;
  /** One of them. */
  readonly step: TunableStep;
  /** Of all of them. */
  readonly flops: number;
}

/** The shapes of programs, each once, those with the largest share of the arithmetic first. */
export function shapesOf(programs: readonly Pick<Program, 'stages'>[], dialect: Dialect): Shape[] {
  const found = new Map<string, Shape>();
  for (const step of programs.flatMap(({ stages }) => stages.steps)) {
    if (!isTunable(step)) continue;
    const { key } = shapeKey(step, dialect);
    const flops = dispatchesOf(step, dialect).reduce((sum, one) => sum + one.flops, 0);
    const known = found.get(key);
    found.set(key, { key, step: known?.step ?? step, flops: (known?.flops ?? 0) + flops });
  }
  return [...found.values()].sort((a, b) => b.flops - a.flops);
}

export interface ShapeKey {
  /** The layer without the size of the picture. */
  readonly layer: string;
  /** Rows of all samples (and, of attention, heads). */
  readonly rows: number;
  readonly key: string;
}

/** What a kernel ends with (bias, activation, residual) costs next to nothing, and is not part of a shape. */
export function shapeKey(step: TunableStep, { float16 }: Dialect): ShapeKey {
  const { domain, output } = step;
  const typeOf = ({ storage: { type } }: { readonly storage: { readonly type: string } }) =>
    type === 'float16' && float16 === 'packed' ? 'packed16' : type;
  let layer: string[];
  let rows = domain.samples * domain.rows;
  if (step.kind === 'attention') {
    const { heads, headSize, causal, keys } = step;
    rows *= heads;
    // Of oneself, or of a text.
    const to = keys === domain.rows ? 'itself' : String(keys);
    layer = ['attention', `${headSize}`, `to ${to}`, ...(causal ? ['causal'] : []), typeOf(step.q)];
  } else {
    const { window, inputs, paired, batches, left, right } = step;
    const { kernel, stride, upsample } = window ?? {};
    const how = kernel ? [kernel.join('x'), stride!.join('x'), `${upsample!}`].join('/') : 'product';
    const size = `${inputs}>${domain.columns}`;
    layer = [how, size, ...(paired ? ['paired'] : []), ...(batches > 1 ? [`${batches} times`] : [])];
    layer.push(typeOf(left), typeOf(right));
  }
  layer.push(typeOf(output));
  const text = layer.join(' ');
  return { layer: text, rows, key: `${text} @${rows}` };
}
