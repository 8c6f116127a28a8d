// How much a tiny model's UNet, with files applied to it, enlarges what roundings of its weights move: some files at full strength
// make a network that does. Results are allowed ten times that, as whole runs are (pipelines/README.md). Tests only.
import type { Precision } from '../src/graph/types.ts';
import { unetNetwork } from '../src/models/unet.ts';
import type { LoraRun } from './lora-runs.ts';
import { changedWeights, withWeights } from './model-with-add-ons.ts';
import { openNodeSession } from './ort-node.ts';
import { relativeError, type Tensors, type TinyModel } from './tiny-model.ts';

const LAST_PLACE: Readonly<Record<Precision, number>> = { float32: 2 ** -23, float16: 2 ** -11 };

/** What moves when every other weight goes up by one last place, over the largest value. `unet`: has the inputs, as `u0`. */
export async function roundingOf(
  model: TinyModel,
  unet: Tensors,
  { used }: Pick<LoraRun, 'used'>,
  precision: Precision,
): Promise<number> {
  const weights = await changedWeights(model, used);
  const by = 1 + LAST_PLACE[precision];
  const nudged = new Map(
    [...weights].map(([key, values]) => [key, values.map((x, i) => (i % 2 ? x * by : x))] as const),
  );
  const out = await predictU0(withWeights(model, weights), unet);
  return relativeError(await predictU0(withWeights(model, nudged), unet), out);
}

/** The UNet on the case u0, on onnxruntime's CPU in float32. */
export async function predictU0(
  { unet: config, catalog, readWeight }: TinyModel,
  unet: Tensors,
): Promise<Float32Array> {
  const session = await openNodeSession(unetNetwork(config, catalog, 'float32'), readWeight);
  const [x, context] = [unet.get('u0.x')!, unet.get('u0.context')!];
  const vector = unet.get('u0.y')?.data;
  const { out } = await session.run({
    x: x.data,
    batch: x.dims[0]!,
    height: x.dims[2]!,
    width: x.dims[3]!,
    timesteps: unet.get('u0.t')!.data,
    context: context.data,
    tokens: context.dims[1]!,
    ...(vector ? { vector } : {}),
  });
  await session.release();
  return out!.data;
}
