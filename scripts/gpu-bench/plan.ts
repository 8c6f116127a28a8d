// What is measured, the most important first.
import type { Precision } from '../../src/graph/types.ts';
import type { How, MeasuredName } from './types.ts';

export interface Step {
  readonly model: string;
  readonly network: MeasuredName;
  readonly precision: Precision;
  readonly how: How;
  /** Which kernels the time goes to, instead of how long it takes. */
  readonly profile: boolean;
  /** Its share of the time. */
  readonly weight: number;
}

/** Small networks, whose numbers are checked before anything large is tried. */
export const isTiny = (model: string): boolean => model.startsWith('tiny');
const isXl = (model: string): boolean => model.endsWith('xl');

/** Models in their order; those that have no text encoder, by name. */
export function planOf(models: readonly string[], withoutText: ReadonlySet<string>): Step[] {
  const tiny = models.filter(isTiny);
  const large = models.filter((model) => !isTiny(model));
  const hasText = (model: string) => !withoutText.has(model);
  return [
    // The numbers of all kinds of networks, in a minute.
    ...tiny.flatMap((model) => [
      ...inTurn(model, 'unet', 'float16'),
      ...inTurn(model, 'vae-decoder', 'float16'),
      ...(hasText(model) ? inTurn(model, 'text', 'float32') : []),
    ]),
    ...large.flatMap((model) => [
      ...inTurn(model, 'unet', 'float16', isXl(model) ? 3 : 2),
      // SDXL's own VAE leaves float16's range, so it runs in float32; a mended one (fp16-fix) in float16.
      ...(isXl(model) ? inTurn(model, 'vae-decoder', 'float32', 2) : []),
      ...inTurn(model, 'vae-decoder', 'float16', isXl(model) ? 2 : 1),
    ]),
    ...[...large, ...(large.length === 0 ? tiny.slice(0, 1) : [])].flatMap((model) => [
      profiled(model, 'unet', 'float16'),
      profiled(model, 'vae-decoder', isXl(model) ? 'float32' : 'float16'),
    ]),
    // What a browser without shader-f16 runs, as Chrome on Linux is with NVIDIA's cards.
    ...large
      .filter((model) => !isXl(model))
      .flatMap((model) => [
        step(model, 'unet', 'float16', 'own packed', 1),
        step(model, 'unet', 'float32', 'plain', 1),
      ]),
    ...large.filter(hasText).flatMap((model) => inTurn(model, 'text', 'float32')),
    ...large.map((model) => step(model, 'unet', 'float16', 'float16 sums', 1)),
  ];
}

/**
 * Our kernels without and with matrix units, onnxruntime, PyTorch, and onnxruntime with subgroups, one after the other: what slows the
 * card meanwhile slows all of them.
 */
function inTurn(model: string, network: MeasuredName, precision: Precision, weight = 1): Step[] {
  // The units multiply float16 alone.
  const hows = (['own', 'own matrices', 'plain', 'pytorch', 'subgroups'] as const).filter(
    (how) => how !== 'own matrices' || precision === 'float16',
  );
  return hows.map((how) => step(model, network, precision, how, weight));
}

function step(
  model: string,
  network: MeasuredName,
  precision: Precision,
  how: How,
  weight: number,
  profile = false,
): Step {
  return { model, network, precision, how, profile, weight };
}

function profiled(model: string, network: MeasuredName, precision: Precision): Step {
  return step(model, network, precision, 'plain', 1, true);
}
