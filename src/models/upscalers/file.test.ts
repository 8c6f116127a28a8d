// Upscaler files of odd kinds: each is refused in words, quickly, or taken.
import { describe, expect, it } from 'vitest';
import type { DType } from '../../checkpoint/types.ts';
import { detect } from '../detect.ts';
import { planWeights } from '../plan.ts';
import type { TensorShape, TensorShapes } from '../types.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;

/** A compact network of one convolution more than it needs. */
const COMPACT: Shapes = {
  'body.0.weight': [8, 3, 3, 3],
  'body.0.bias': [8],
  'body.1.weight': [8],
  'body.2.weight': [12, 8, 3, 3],
  'body.2.bias': [12],
};

function file(shapes: Shapes, dtype: DType = 'F32', prefix = ''): TensorShapes {
  return new Map(
    Object.entries(shapes).map(([name, shape]): [string, TensorShape] => [prefix + name, { shape, dtype }]),
  );
}

const said = (tensors: TensorShapes) => detect(tensors, new Map(), null).unsupportedReason;

describe('an upscaler file', () => {
  it.each(['', 'params_ema.', 'params.', 'state_dict.module.', 'module.'])(
    'is known behind "%s", and kept by its own names',
    (prefix) => {
      const tensors = file(COMPACT, 'F16', prefix);
      const detection = detect(tensors, new Map(), null);
      expect(detection).toMatchObject({
        kind: 'upscaler',
        supported: true,
        upscaler: { kind: 'srvgg', scale: 2 },
      });
      const plan = planWeights(tensors, detection);
      expect(plan.map(({ name, sources }) => [name, ...sources])).toEqual(
        Object.keys(COMPACT).map((name) => [name, prefix + name]),
      );
    },
  );

  it('is refused by the tensor that it lacks, or that does not fit', () => {
    const { 'body.2.bias': bias, ...without } = COMPACT;
    expect(bias).toBeDefined();
    expect(said(file(without))).toMatch(/cannot be used\. .*body\.2\.bias.* Download it again/);
    expect(said(file({ ...COMPACT, 'body.2.weight': [12, 9, 3, 3] }))).toMatch(/cannot be used/);
    expect(said(file({ ...COMPACT, 'body.2.weight': [7, 8, 3, 3], 'body.2.bias': [7] }))).toMatch(
      /do not tell a size/,
    );
    expect(said(file(COMPACT, 'I8'))).toMatch(/quantised/);
  });

  it('is refused where its shapes are beyond all sense, before anything is made of them', () => {
    const vast = 2 ** 31 - 1;
    expect(said(file({ ...COMPACT, 'body.0.weight': [vast, 3, 3, 3] }))).toMatch(/no network has/);
    const swin = 'layers.0.residual_group.blocks.0';
    const windows: Shapes = {
      'conv_first.weight': [8, 3, 3, 3],
      'conv_first.bias': [8],
      [`${swin}.norm1.weight`]: [8],
      [`${swin}.mlp.fc1.weight`]: [16, 8],
      [`${swin}.attn.relative_position_bias_table`]: [199 ** 2, 2],
    };
    expect(said(file(windows))).toMatch(/not square, or too large/);
    const old: Shapes = {
      'model.0.weight': [8, 5, 3, 3],
      'model.1.sub.0.RDB1.conv1.0.weight': [4, 8, 3, 3],
    };
    expect(said(file(old))).toMatch(/do not tell a size/);
  });
});
