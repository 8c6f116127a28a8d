// How long a step takes here: one call of the UNet, timed.
import { InterruptedError } from '../../runtime/errors.ts';
import { turn } from '../../runtime/turn.ts';
import { TorchGenerator } from '../../sampling/random/torch-generator.ts';
import type { UNetInputs } from '../../models/unet.ts';
import type { Networks } from '../../runtime/networks.ts';
import type { RequestSize } from '../request/request.ts';

/** Milliseconds: against a call this long, compiling shaders counts for little. */
const LONG = 5000;

/** What the UNet gets in a step of a request: prompt and negative prompt at once. */
export function stepInputs(
  { unetChannels, contextDim, vectorDim, textEncoders }: Networks,
  { width, height, batchSize }: RequestSize,
): UNetInputs {
  const random = new TorchGenerator(1);
  const batch = 2 * batchSize;
  const { positions } = textEncoders[0]!;
  const [h, w] = [height / 8, width / 8];
  return {
    x: random.randn(batch * unetChannels * h * w),
    batch,
    height: h,
    width: w,
    timesteps: new Array<number>(batch).fill(500),
    context: random.randn(batch * positions * contextDim),
    tokens: positions,
    ...(vectorDim === null ? {} : { vector: random.randn(batch * vectorDim) }),
  };
}

/**
 * Milliseconds of a step. The first call compiles shaders, so a second one is timed, unless the first took long.
 * Rejects with InterruptedError between the two once `stopped()`.
 */
export async function stepTime(
  networks: Networks,
  size: RequestSize,
  stopped: () => boolean,
): Promise<number> {
  const inputs = stepInputs(networks, size);
  const time = async () => {
    const start = performance.now();
    await networks.unet(inputs);
    return performance.now() - start;
  };
  const first = await time();
  await turn();
  if (stopped()) throw new InterruptedError();
  return first > LONG ? first : time();
}
