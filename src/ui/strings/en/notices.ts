// Messages in the corner: what happened, what could not be done.
import { number, plural } from '../locale.ts';

export const notices = {
  // What could not be done.
  settingsNotKept: 'Settings are not kept',
  picturesNotListed: 'Pictures could not be listed',
  cardNotLookedFor: 'The graphics card could not be looked for',
  libraryNotOpened: 'The library could not be opened',
  libraryNotRead: 'The library could not be read',
  queueNotOpened: 'The queue could not be opened',
  demoNotLookedFor: 'The demo model could not be looked for',
  demoNotLoaded: 'The demo model could not be loaded',
  folderNotRead: 'The folder could not be read',
  textFilesNotRead: 'The text files could not be read',
  pictureNotRead: 'The picture could not be read',
  parametersNotRead: 'The parameters could not be read',
  notAskedFor: 'The pictures could not be asked for',
  notDeleted: (name: string) => `${name} could not be deleted`,
  predictionNotChanged: 'The prediction type could not be changed',
  positionsNotChanged: 'The position ids could not be changed',
  browserNotAsked: 'The browser could not be asked',
  fileNotOpened: 'The file could not be opened',
  sharedNotOpened: 'The shared picture could not be opened',
  unexpected: 'Something went wrong',

  // Making pictures.
  warning: 'About this picture',
  resuming: 'Resuming the picture',
  resumingWhat: (message: string) => `${message} It is started again; no finished step is lost.`,
  queueDamaged: 'The queue was damaged',
  queueDamagedWhat: (count: number) =>
    `${plural(count, { one: 'A job', other: `${number(count)} jobs` })} could not be read any more and had to be removed.`,
  otherTab: 'Another tab is making pictures',
  otherTabWhat: 'One tab at a time uses the GPU. What you add here waits in the queue that they share.',
  cardNotMade: (name: string) => `What lies beside ${name} could not be taken`,
  queueNotKept: 'The queue is not kept',
  queueNotKeptWhat: (message: string) => `It works, but ends with this page. ${message}`,
  noCheckpoint: 'No checkpoint yet',
  noCheckpointWhat: 'Drop a Stable Diffusion checkpoint on this page, or choose a file.',
  chooseFile: 'Choose a file',
  tryDemo: 'Try the demo model',
  wildcardsMissing: 'Wildcards without a list',
  wildcardsMissingWhat: (names: string) => `${names} stays in the prompt. Add the list in Settings.`,
  noTemplate: 'The prompt is painted as it stands',
  noGpu: 'No GPU available',
  tryLowVram: 'Try in low VRAM mode',
  failed: {
    'device-lost': 'The GPU was lost',
    'out-of-memory': 'Not enough memory',
    'not-finite': 'The model produced numbers that are not numbers',
    'model-missing': 'The checkpoint is no longer here',
    'storage-full': 'No room to keep the picture',
  },
  pictureFailed: 'The picture could not be made',

  // Files.
  leftAside: (count: number) =>
    plural(count, {
      one: '1 other file was left aside.',
      other: `${number(count)} other files were left aside.`,
    }),
  folderCut: (files: number, depth: number) =>
    `Only ${number(files)} files, ${depth} folders deep, are looked at: open the others by themselves.`,
  nothingUsable: (names: string) => `Nothing in ${names} can be used`,
  nothingUsableWhat: 'Models, styles.csv and pictures are looked for.',
  from: (names: string) => `From ${names}`,
  orphan: (name: string) => `${name} has no checkpoint beside it`,
  orphanWhat: 'A .yaml file describes the checkpoint of the same name. Drop both together.',
  noneArrived: 'No picture arrived',
  noneArrivedWhat: 'Share it once more, or drop it on this page.',

  // Parameters.
  noParameters: 'No parameters in this picture',
  noParametersWhat: (name: string) => `${name} says nothing about how it was made.`,
  nothingToRead: 'Nothing to read',
  nothingToReadWhat: 'Paste a parameters text into the prompt, or drop a picture on it.',
  paintedOverMask: 'Only a part was painted over, and its mask is not here: paint it again',
  paintedOver: (hash: string | null) =>
    `It was painted over another picture, which the text does not hold${hash === null ? '' : ` (its SHA-256 begins with ${hash})`}: choose it in img2img`,
  mayDiffer: 'The picture may come out different',
  notSupported: (names: string) => `Not supported yet: ${names}`,
  checkCheckpoint: (sameHash: string) => `${sameHash}: check the checkpoint`,
  modelMissing: (name: string | null, hash: string) =>
    `Made with ${name ?? 'a model'} [${hash}], which is not in your library`,
  loraMissing: (name: string, hash: string) => `The LoRA ${name} [${hash}] is not in your library`,
  embeddingMissing: (name: string, hash: string) =>
    `The embedding ${name} [${hash}] is not in your library: its name counts as words`,
  embeddingRenamed: (name: string, here: string) =>
    `The embedding ${name} is called ${here} in your library: rename it there, or write that in the prompt`,
  vaeMissing: (name: string) => `Decoded with the VAE ${name}, which is not in your library`,
  promptReplaced: 'The prompt was replaced',
  promptReplacedWhat: 'What you had written is in the prompt history.',

  // The library.
  evicted: 'Your models are gone',
  evictedWhat: (count: number) =>
    `The browser has deleted what this page had stored, ${plural(count, { one: 'a model', other: `${number(count)} models` })} ` +
    'among it. Browsers do so when the disk gets full, or when site data is cleared. Import the files again; to keep ' +
    'them for good, press "Ask to keep it", and free some space on the disk.',
};
