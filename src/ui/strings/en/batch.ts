// img2img over many files.
import { number, plural } from '../locale.ts';

export const batch = {
  title: 'Batch',
  open: 'Batch of pictures',
  what: 'Every picture is painted over with what is set, one after another, in the order of their names; “Resize by” goes by the size of each. What comes out is in the Gallery, from where it can be downloaded as a zip.',
  pictures: 'Input pictures',
  masks: 'Inpaint masks',
  masksWhat:
    'One for all pictures, or one for each, by the same name. Without any, whole pictures are painted over.',
  files: 'Choose files',
  folder: 'Choose a folder',
  chosen: (count: number) => plural(count, { one: 'One file', other: `${number(count)} files` }),
  none: 'None',
  pngInfo: 'Append png info to prompts',
  infos: 'PNG infos',
  infosWhat: 'Pictures whose texts count in place of those of the input pictures, by the same name.',
  taken: 'Parameters to take from png info',
  name: {
    prompt: 'Prompt',
    negativePrompt: 'Negative prompt',
    seed: 'Seed',
    cfgScale: 'CFG scale',
    sampler: 'Sampler',
    steps: 'Steps',
  },
  add: (count: number) =>
    plural(count, {
      one: 'Add one picture to the queue',
      other: `Add ${number(count)} pictures to the queue`,
    }),
  reading: (done: number, total: number) => `Reading ${number(done)} of ${number(total)}`,
  noMask: 'There is no mask of its name.',
  tooMany: (most: number) => `Only the first ${number(most)} are taken.`,
  skipped: (count: number) =>
    plural(count, { one: 'One picture was left out', other: `${number(count)} pictures were left out` }),
};
