// What does this SD 2.x UNet predict, noise or v? Shapes cannot tell, so it is asked once.
//
// Source: AUTOMATIC1111 modules/sd_models_config.py, is_using_v_parameterization_for_sd2: an input of 0.5 everywhere at
// t = 999 with a context of 0.5. A noise predictor gives about its input back, a v predictor about minus the clean image.
import type { Prediction } from '../sampling/types.ts';
import type { UNetInputs } from './unet.ts';

const SIZE = 8;
const TOKENS = 2;

export async function probePrediction(model: {
  readonly contextDim: number;
  readonly unetChannels: number;
  unet(inputs: UNetInputs): Promise<Float32Array>;
}): Promise<Prediction> {
  const x = new Float32Array(model.unetChannels * SIZE * SIZE).fill(0.5);
  const out = await model.unet({
    x,
    batch: 1,
    height: SIZE,
    width: SIZE,
    timesteps: [999],
    context: new Float32Array(TOKENS * model.contextDim).fill(0.5),
    tokens: TOKENS,
  });
  let sum = 0;
  for (let i = 0; i < out.length; i++) sum += out[i]! - 0.5;
  return sum / out.length < -1 ? 'v' : 'epsilon';
}
