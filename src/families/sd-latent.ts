// The latent format that Stable Diffusion 1.x and 2.x share. Colours: A1111's modules/sd_vae_approx.py cheap_approximation, from
// discuss.huggingface.co "Decoding latents to RGB without upscaling".
import type { LatentInfo } from './family.ts';

export const SD_LATENT: LatentInfo = {
  of: 'Stable Diffusion 1.x and 2.x',
  channels: 4,
  scaleFactor: 0.18215,
  preview: [
    [0.298, 0.207, 0.208],
    [0.187, 0.286, 0.173],
    [-0.158, 0.189, 0.264],
    [-0.184, -0.271, -0.473],
  ],
  // vae-ft-mse-840000-ema-pruned, vae-ft-ema-560000-ema-pruned, kl-f8-anime2, sd-v1-4.vae, taesd_decoder.
  vaeNames: /taesd(?!xl|3)|kl-f8|840000|560000|\bsd[-_ ]?v?[12]/i,
  tinyVae: 'taesd',
};
