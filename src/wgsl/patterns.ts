// What is recognised in a graph: several operators that are one computation. Each pattern looks at one operation, the last
// of those it swallows, and gives what takes their place.
import type { Value } from '../graph/graph.ts';
import type { Operation, OperationOf } from './operations.ts';
import type { Pattern, RewritingView } from './rewriting.ts';
import { QUAD } from './quads.ts';

/** Elements of the largest weight that layers are joined into: a buffer's binding has its limits. */
export const LARGEST_JOINED = 32 << 20;

/** x sigmoid(x). */
const silu: Pattern = {
  name: 'SiLU',
  apply(operation, view) {
    if (operation.kind !== 'binary' || operation.fn !== 'mul') return null;
    const { a, b, output, name } = operation;
    const sigmoid = view.only(b, 'unary');
    if (sigmoid?.how.fn !== 'sigmoid' || sigmoid.x !== a) return null;
    return [{ kind: 'unary', x: a, how: { fn: 'silu' }, output, name }];
  },
};

/** Multiplied by one number. */
const scaled: Pattern = {
  name: 'scale',
  apply(operation, view) {
    if (operation.kind !== 'binary' || operation.fn !== 'mul') return null;
    const { a, b, output, name } = operation;
    const by = view.constant(b);
    if (by === undefined || view.shape(b).length > view.shape(a).length) return null;
    return [{ kind: 'unary', x: a, how: { fn: 'scale', by }, output, name }];
  },
};

/** Instance norm over groups of channels, then a scale and a shift for each channel (Wu & He 2018). */
const groupNorm: Pattern = {
  name: 'group norm',
  apply(operation, view) {
    if (operation.kind !== 'binary' || operation.fn !== 'add') return null;
    const { output, name } = operation;
    const scaled = view.only(operation.a, 'binary');
    if (scaled?.fn !== 'mul') return null;
    const [scale, shift] = [scaled.b, operation.b];
    if (!view.weight(scale) || !view.weight(shift)) return null;
    const planes = view.only(scaled.a, 'reshape');
    const norm = planes && view.only(planes.x, 'instanceNorm');
    const grouped = norm && view.only(norm.x, 'reshape');
    if (!norm || !grouped || view.constant(norm.scale) !== 1 || view.constant(norm.shift) !== 0) return null;
    const groups = view.shape(norm.x)[1]!;
    return [{ kind: 'groupNorm', x: grouped.x, scale, shift, groups, epsilon: norm.epsilon, output, name }];
  },
};

/** softmax(q k^T) v, written out. */
const attention: Pattern = {
  name: 'attention',
  apply(operation, view) {
    if (operation.kind !== 'matMul') return null;
    const { b: v, output, name } = operation;
    const softmax = view.only(operation.a, 'softmax');
    const scores = softmax && view.only(softmax.x, 'matMul');
    const turned = scores && view.maker(scores.b, 'transpose');
    if (!turned || turned.permutation.join() !== '0,2,1') return null;
    return [
      { kind: 'attention', q: scores.a, k: turned.x, v, heads: 1, scale: 1, causal: false, output, name },
    ];
  },
};

/** Attention of parts of the queries, one after the other, to the same keys: our kernels keep no scores. */
const attentionInParts: Pattern = {
  name: 'attention in parts',
  apply(operation, view) {
    if (operation.kind !== 'concat' || operation.axis !== 1) return null;
    const { output, name } = operation;
    let q: Value | undefined;
    let first: OperationOf<'attention'> | undefined;
    let end = 0;
    for (const part of operation.parts) {
      const one = view.only(part, 'attention');
      const cut = one && view.maker(one.q, 'slice');
      if (!cut) return null;
      first ??= one;
      q ??= cut.x;
      if (one.k !== first.k || one.v !== first.v || one.heads !== first.heads || one.causal) return null;
      if (cut.x !== q || cut.starts.join() !== `0,${end},0`) return null;
      end += view.shape(part)[1]!;
    }
    if (!q || !first || end !== view.shape(q)[1]) return null;
    return [{ ...first, q, output, name }];
  },
};

/** A factor of the queries is one of the scores. */
const attentionScale: Pattern = {
  name: 'scale of attention',
  apply(operation, view) {
    if (operation.kind !== 'attention') return null;
    const scaled = view.only(operation.q, 'unary');
    if (scaled?.how.fn !== 'scale') return null;
    return [{ ...operation, q: scaled.x, scale: operation.scale * scaled.how.by }];
  },
};

/** Attention computes in float32 whatever it reads. */
const attentionWidening: Pattern = {
  name: 'widening before attention',
  apply(operation, view) {
    if (operation.kind !== 'attention') return null;
    const narrow = (value: Value): Value => {
      const cast = view.maker(value, 'unary');
      return cast?.how.fn === 'identity' && cast.x.type === 'float16' && value.type !== 'float16'
        ? cast.x
        : value;
    };
    const [q, k, v] = [narrow(operation.q), narrow(operation.k), narrow(operation.v)];
    return q === operation.q && k === operation.k && v === operation.v ? null : [{ ...operation, q, k, v }];
  },
};

/** value * gelu(gate), both of the same input (Shazeer 2020). */
const geglu: Pattern = {
  name: 'GEGLU',
  apply(operation, view) {
    if (operation.kind !== 'binary' || operation.fn !== 'mul') return null;
    const { a, b, output, name } = operation;
    const value = view.only(a, 'linear');
    const gelu = view.only(b, 'unary');
    const gate = gelu?.how.fn === 'gelu' ? view.only(gelu.x, 'linear') : null;
    if (!value || !gate || !mayJoin(value, gate, view) || view.shape(a).at(-1)! % QUAD !== 0) return null;
    return [{ ...value, layers: [...value.layers, ...gate.layers], paired: true, output, name }];
  },
};

/** Layers that read the same input become one; their results are columns of its result. */
const sameInput: Pattern = {
  name: 'layers of the same input',
  apply(operation, view) {
    if (operation.kind !== 'linear') return null;
    const columns = (one: OperationOf<'linear'>) => view.shape(one.output).at(-1)!;
    const fits = (one: Operation): one is OperationOf<'linear'> =>
      one.kind === 'linear' && mayJoin(operation, one, view) && columns(one) % QUAD === 0;
    const [rows = 1, inputs = 1] = view.shape(operation.x);
    const joined: OperationOf<'linear'>[] = [];
    let width = 0;
    // As many as a weight may hold, and then anew: only the one that begins a group joins it.
    for (const one of view.readers(operation.x).filter(fits)) {
      if (joined.length > 0 && (width + columns(one)) * inputs > LARGEST_JOINED) {
        if (joined[0] === operation) break;
        joined.length = 0;
        width = 0;
      }
      joined.push(one);
      width += columns(one);
    }
    if (joined[0] !== operation || joined.length < 2) return null;
    const whole = view.value(operation.output, [rows, width]);
    const replacement: Operation[] = [
      { ...operation, layers: joined.flatMap(({ layers }) => layers), output: whole },
    ];
    let start = 0;
    for (const one of joined) {
      replacement.push({ kind: 'slice', x: whole, starts: [0, start], output: one.output, name: one.name });
      start += columns(one);
    }
    return replacement;
  },
};

function mayJoin(a: OperationOf<'linear'>, b: OperationOf<'linear'>, view: RewritingView): boolean {
  const stored = [...a.layers, ...b.layers].every(
    ({ weight, bias }) => view.weight(weight) && (!bias || view.weight(bias)),
  );
  const biased = (one: OperationOf<'linear'>) => one.layers[0]!.bias !== null;
  const alike = a.x === b.x && biased(a) === biased(b) && a.output.type === b.output.type;
  return stored && alike && [a, b].every(({ paired, transposed }) => !paired && transposed);
}

/** Each pixel read several times, instead of written several times. */
const upsampledConv: Pattern = {
  name: 'upsampling before a convolution',
  apply(operation, view) {
    if (operation.kind !== 'conv' || operation.upsample !== 1) return null;
    const larger = view.only(operation.x, 'upsample');
    return larger && [{ ...operation, x: larger.x, upsample: larger.by }];
  },
};

/** What is cut off at the right and at the bottom is not computed. */
const cutConv: Pattern = {
  name: 'cut after a convolution',
  apply(operation, view) {
    if (operation.kind !== 'slice' || operation.starts.some((start) => start !== 0)) return null;
    const conv = view.only(operation.x, 'conv');
    if (!conv || view.shape(conv.output)[1] !== view.shape(operation.output)[1]) return null;
    return [{ ...conv, output: operation.output }];
  },
};

/** Channels of zeros, which onnxruntime needs: our kernels fill up by themselves. */
const filledConv: Pattern = {
  name: 'channels of zeros',
  apply(operation, view) {
    if (operation.kind !== 'conv') return null;
    const [x, weight] = [view.maker(operation.x, 'pad'), view.maker(operation.layer.weight, 'pad')];
    if (!x || !weight || view.shape(x.x)[1] !== view.shape(weight.x)[1]) return null;
    return [{ ...operation, x: x.x, layer: { ...operation.layer, weight: weight.x } }];
  },
};

export const PATTERNS: readonly Pattern[] = [
  ...[silu, scaled, groupNorm],
  ...[attention, attentionInParts, attentionScale, attentionWidening],
  ...[geglu, sameInput],
  ...[upsampledConv, cutConv, filledConv],
];
