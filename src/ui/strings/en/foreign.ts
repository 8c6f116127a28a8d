// What PNG Info says of pictures of other programs.
import type { Note, Remark } from '../../../other-programs/told.ts';

const notes: Readonly<Record<Note, (program: string) => string>> = {
  weights: (program) =>
    `${program} weighs words in another way: (word:1.3) acts on the difference to an empty prompt there, and is not normalised.`,
  noise: (program) =>
    `${program} draws its noise in another way: the seed gives another picture here, of the same kind.`,
  'noise on the way': (program) =>
    `The first noise is the same with RNG CPU; samplers that draw noise on the way (Euler a, SDE) draw another one than in ${program}.`,
  batch: () => 'It was made in a batch from one seed, of which only the first picture can be had again.',
  source: () => 'It was painted over another picture, which is not in this file: choose it in img2img.',
  'several pictures': () =>
    'The workflow saves several pictures, and the file does not say which this is: these are the settings of the last one of its size.',
  'second seed': () => 'Its second pass had a seed of its own; Hires. fix goes on with the first one here.',
  'mixed prompts': (program) =>
    `${program} mixes prompts by mean; AND, which stands for it here, adds them up.`,
  'two prompts': () => 'SDXL’s two text encoders had different prompts; one is taken for both.',
  'own model': (program) => `The model is ${program}’s own and cannot be had: choose one of yours.`,
  characters: () =>
    'The prompts of single characters, which had places of their own, stand behind the main one.',
  'workflow only': () =>
    'The file has the workflow, but not what was carried out: values that other nodes made are missing.',
};

export const foreign = {
  /** What is not left out whole. */
  remark: (remark: Exclude<Remark, { readonly about: 'left out' }>, program: string): string => {
    switch (remark.about) {
      case 'sampler':
        return `Sampler ${remark.name} of ${program} has no like here; yours stays.`;
      case 'scheduler':
        return `Scheduler ${remark.name} of ${program} has no like here; the sampler’s own is taken.`;
      case 'note':
        return notes[remark.note](program);
    }
  },
  leftOut: (names: string) => `Not taken over: ${names}.`,
};
