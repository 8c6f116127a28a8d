/** Training steps of every Stable Diffusion model. */
export const TRAINING_STEPS = 1000;
