// Guidance in a limited interval (Kynkaanniemi et al. 2024), by parts of the run: outside of it the prediction is that of the positive
// prompt, as at a CFG scale of 1.
register(({ from, to }) => ({
  guidance({ evaluation, evaluations, images }) {
    const part = evaluation / evaluations;
    if (part >= from && part <= to) return undefined;
    return images.map(({ conds, uncond, guided }) => (uncond === null ? guided : promptAlone(conds, uncond)));
  },
}));

/** The parts of a prompt that AND joins each count by their weight. */
function promptAlone(conds, uncond) {
  return uncond.map((value, i) =>
    conds.reduce((sum, { weight, denoised }) => sum + weight * (denoised[i] - value), value),
  );
}
