// The kinds of changes that a file may bring for a layer, and what each makes of its tensors.
//
// Behaviour of AUTOMATIC1111 1.10.1, extensions-builtin/Lora/network_*.py; the kinds are tried in its order. Formulas: LoRA (Hu et al.
// 2021), LoHa and LoKr (Yeh et al. 2023, LyCORIS), (IA)3 (Liu et al. 2022), GLoRA (Chavan et al. 2023), OFT (Qiu et al. 2023), BOFT
// (Liu et al. 2023).
import {
  AddOnError,
  elementwise,
  flat,
  kronecker,
  product,
  reshaped,
  sizeOf,
  withCore,
  type Tensor,
} from './matrix.ts';
import { rotate } from './rotation.ts';

/** A layer's tensors in the file, by the last parts of their names ("lora_up.weight"). */
export type Parts = ReadonlyMap<string, Tensor>;

export interface Given {
  readonly parts: Parts;
  /** The layer's weight as it is at this moment. */
  readonly weight: Tensor;
  /** `dyn`: how many of a LoRA's ranks count; null for all. */
  readonly dyn: number | null;
}

/** Before alpha, DoRA and strength. */
export interface Change {
  readonly update: Tensor;
  /** Added to the layer's bias. */
  readonly bias?: Tensor;
  /** That alpha is divided by; null for none: then alpha counts for nothing. */
  readonly rank: number | null;
  /** False: alpha means something else. */
  readonly isScaled: boolean;
}

export interface Kind {
  /** For people. */
  readonly label: string;
  /** Whether these are such a layer's tensors, by the last parts of their names. */
  fits(has: (part: string) => boolean): boolean;
  /** Throws AddOnError where they do not go together. */
  change(given: Given): Change;
  /** The matrices whose product the update is, where it is one and reads nothing else. */
  factors?(parts: Parts): { readonly up: Tensor; readonly down: Tensor } | null;
}

const part = (parts: Parts, name: string): Tensor => {
  const tensor = parts.get(name);
  if (!tensor) throw new AddOnError(`The tensor ${name} is missing.`);
  return tensor;
};

/** Shape of up times down: a convolution's where down is one. */
const shapeOf = (outputs: number, down: Tensor): number[] => [
  outputs,
  down.shape[1] ?? 1,
  ...down.shape.slice(2),
];

const LORA: Kind = {
  label: 'LoRA',
  fits: (has) => has('lora_up.weight') && has('lora_down.weight'),
  change({ parts, dyn }) {
    const [up, down] = [part(parts, 'lora_up.weight'), part(parts, 'lora_down.weight')];
    const rank = down.shape[0] ?? 0;
    const mid = parts.get('lora_mid.weight');
    const update = mid
      ? withCore(mid, flat(up), flat(down))
      : reshaped(product(flat(up), flat(down), dyn ?? Infinity), shapeOf(up.shape[0] ?? 0, down));
    return { update, rank, isScaled: true };
  },
  factors(parts) {
    if (parts.has('lora_mid.weight')) return null;
    return { up: flat(part(parts, 'lora_up.weight')), down: flat(part(parts, 'lora_down.weight')) };
  },
};

const LOHA: Kind = {
  label: 'LoHa',
  fits: (has) => ['hada_w1_a', 'hada_w1_b', 'hada_w2_a', 'hada_w2_b'].every(has),
  change({ parts }) {
    const half = (index: 1 | 2): Tensor => {
      const [a, b] = [part(parts, `hada_w${index}_a`), part(parts, `hada_w${index}_b`)];
      const core = parts.get(`hada_t${index}`);
      if (core) return withFactors(core, a, b);
      return reshaped(product(flat(a), flat(b)), shapeOf(a.shape[0] ?? 0, b));
    };
    const update = elementwise(half(1), half(2), (x, y) => x * y);
    return { update, rank: part(parts, 'hada_w1_b').shape[0] ?? 0, isScaled: true };
  },
};

/** LyCORIS keeps the first factor of a core on its side: [rank, outputs]. */
function withFactors(core: Tensor, a: Tensor, b: Tensor): Tensor {
  const [n = 0, outputs = 0] = flat(a).shape;
  const turned = new Float32Array(a.data.length);
  for (let i = 0; i < n; i++) for (let j = 0; j < outputs; j++) turned[j * n + i] = a.data[i * outputs + j]!;
  return withCore(core, { shape: [outputs, n], data: turned }, b);
}

const IA3: Kind = {
  label: '(IA)3',
  fits: (has) => has('weight'),
  change({ parts, weight }) {
    const factors = part(parts, 'weight').data;
    const onInput = (parts.get('on_input')?.data[0] ?? 0) !== 0;
    const [outputs = 0, inputs = 1] = weight.shape;
    const inner = sizeOf(weight.shape.slice(2));
    if (factors.length !== (onInput ? inputs : outputs)) {
      throw new AddOnError(
        `${factors.length} factors for a layer of ${outputs} outputs and ${inputs} inputs.`,
      );
    }
    const data = weight.data.map((x, i) => {
      const row = Math.floor(i / (inputs * inner));
      return x * factors[onInput ? Math.floor(i / inner) % inputs : row]!;
    });
    return { update: { shape: weight.shape, data }, rank: null, isScaled: true };
  },
};

const LOKR: Kind = {
  label: 'LoKr',
  fits: (has) => [1, 2].every((i) => has(`lokr_w${i}`) || (has(`lokr_w${i}_a`) && has(`lokr_w${i}_b`))),
  change({ parts, weight }) {
    const whole = (index: 1 | 2): Tensor => {
      const found = parts.get(`lokr_w${index}`);
      if (found) return found;
      const [a, b] = [part(parts, `lokr_w${index}_a`), part(parts, `lokr_w${index}_b`)];
      const core = index === 2 ? parts.get('lokr_t2') : undefined;
      return core ? withFactors(core, a, b) : product(flat(a), flat(b));
    };
    const rankOf = (index: 1 | 2): number | null =>
      parts.has(`lokr_w${index}`) ? null : (parts.get(`lokr_w${index}_b`)?.shape[0] ?? null);
    const made = kronecker(flat(whole(1)), whole(2));
    const update = weight.shape.length === 4 ? reshaped(made, weight.shape) : flat(made);
    return { update, rank: rankOf(2) ?? rankOf(1), isScaled: true };
  },
};

const FULL: Kind = {
  label: 'full difference',
  fits: (has) => has('diff'),
  change({ parts }) {
    const bias = parts.get('diff_b');
    return { update: part(parts, 'diff'), ...(bias && { bias }), rank: null, isScaled: true };
  },
};

const NORM: Kind = {
  label: 'norm',
  fits: (has) => has('w_norm') && has('b_norm'),
  change({ parts }) {
    return { update: part(parts, 'w_norm'), bias: part(parts, 'b_norm'), rank: null, isScaled: true };
  },
};

const GLORA: Kind = {
  label: 'GLoRA',
  // As there: without alpha it is not recognised.
  fits: (has) => ['a1.weight', 'a2.weight', 'b1.weight', 'b2.weight', 'alpha'].every(has),
  change({ parts, weight }) {
    const [a1, a2, b1, b2] = ['a1', 'a2', 'b1', 'b2'].map((name) => part(parts, `${name}.weight`)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const own = product(flat(b2), flat(b1));
    const ofWeight = product(product(flat(weight), flat(a2)), flat(a1));
    return { update: elementwise(own, ofWeight, (x, y) => x + y), rank: null, isScaled: true };
  },
};

const OFT: Kind = {
  label: 'OFT',
  fits: (has) => has('oft_blocks') || has('oft_diag'),
  change({ parts, weight }) {
    const blocks = parts.get('oft_blocks');
    const turned = rotate(weight, {
      blocks: blocks ?? part(parts, 'oft_diag'),
      isRotation: !blocks,
      constraint: blocks ? (parts.get('alpha')?.data[0] ?? 0) : 0,
      rescale: parts.get('rescale') ?? null,
    });
    return { update: elementwise(turned, weight, (x, y) => x - y), rank: null, isScaled: false };
  },
};

/** In A1111's order: the first that fits takes a layer's tensors. */
export const KINDS: readonly Kind[] = [LORA, LOHA, IA3, LOKR, FULL, NORM, GLORA, OFT];
