// Recognises upscalers by the names and shapes of their tensors, and reads off what is worth telling: kind and scale.
//
// Source of names: XPixelGroup/BasicSR (RRDBNet, SRVGGNetCompact, SwinIR), xinntao/ESRGAN (old names), cszn/SCUNet.
import { countFrom } from './layouts/mapped.ts';
import type { TensorShapes } from './types.ts';

/** "Real-ESRGAN x4" or the like, or null for anything else. */
export function recogniseUpscaler(tensors: TensorShapes): string | null {
  for (const prefix of ['', 'params_ema.', 'params.']) {
    const shapeOf = (name: string): readonly number[] | undefined => tensors.get(prefix + name)?.shape;
    const name = rrdbNet(shapeOf) ?? oldEsrgan(shapeOf) ?? compact(shapeOf) ?? others(shapeOf);
    if (name) return name;
  }
  return null;
}

type ShapeOf = (name: string) => readonly number[] | undefined;

/** RRDBNet with BasicSR's names. It always enlarges by 4; x2 and x1 models fold the picture first (pixel unshuffle). */
function rrdbNet(shapeOf: ShapeOf): string | null {
  const input = shapeOf('conv_first.weight')?.[1];
  if (input === undefined) return null;
  if (!shapeOf('body.0.rdb1.conv1.weight') && !shapeOf('RRDB_trunk.0.RDB1.conv1.weight')) return null;
  const scale = input === 12 ? 2 : input === 48 ? 1 : 4;
  return `Real-ESRGAN x${scale}`;
}

/** RRDBNet with ESRGAN's old names: one up-sampling stage (model.3, model.6, ...) for each doubling. */
function oldEsrgan(shapeOf: ShapeOf): string | null {
  if (!shapeOf('model.0.weight') || !shapeOf('model.1.sub.0.RDB1.conv1.0.weight')) return null;
  // Each stage is an up-sampling without weights, a convolution and an activation; two convolutions follow, two numbers apart.
  const stages = countFrom((stage) => shapeOf(`model.${3 + 3 * stage}.weight`) !== undefined);
  return `ESRGAN x${2 ** stages}`;
}

/** SRVGGNetCompact: convolutions (even) and PReLUs (odd); the last one makes 3 scale^2 channels. */
function compact(shapeOf: ShapeOf): string | null {
  if (shapeOf('body.0.weight')?.length !== 4 || shapeOf('body.1.weight')?.length !== 1) return null;
  const layers = countFrom((i) => shapeOf(`body.${i}.weight`) !== undefined);
  const out = shapeOf(`body.${layers - 1}.weight`)?.[0] ?? 0;
  const scale = Math.sqrt(out / 3);
  return Number.isInteger(scale) && scale > 0 ? `Real-ESRGAN compact x${scale}` : 'Real-ESRGAN compact';
}

function others(shapeOf: ShapeOf): string | null {
  if (shapeOf('conv_first.weight') && shapeOf('layers.0.residual_group.blocks.0.norm1.weight')) {
    if (shapeOf('layers.0.residual_group.overlap_attn.relative_position_bias_table')) return 'HAT';
    return 'SwinIR';
  }
  if (shapeOf('conv_first.weight') && shapeOf('layers.0.blocks.0.norm1.weight')) return 'DAT';
  if (shapeOf('m_head.0.weight') && shapeOf('m_tail.0.weight')) return 'SCUNet';
  return null;
}
