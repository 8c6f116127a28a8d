// What is laid under a mask before it is painted, by A1111's names.
export const MASKED_CONTENTS = ['fill', 'original', 'latent noise', 'latent nothing'] as const;
export type MaskedContent = (typeof MASKED_CONTENTS)[number];
