// The checkpoints of the library, their import, the room they take.
import { number, plural } from '../locale.ts';
import { bold, code, type Phrase } from '../phrase.ts';

export const models = {
  models: 'Models',
  what: 'Checkpoints imported into this browser. Pictures made with them stay when they go.',
  addDemo: 'Add the demo model',
  add: 'Add a model',
  importFolder: 'Import a folder',
  /** By its name, which is all that tells. */
  vaeFor: (latents: string) => `by its name for ${latents}`,
  vaes: 'VAEs',
  vaesWhat:
    'They turn latents into pictures, in place of a checkpoint\u2019s own. Choose one here or in Settings under "SD VAE"; TAESD, a tiny one, under "VAE type for decode" and "Live preview method".',
  upscalers: 'Upscalers',
  upscalersWhat:
    'They enlarge pictures, in every list of upscalers by their name: Hires. fix, SD upscale, and "Upscaler for img2img" in Settings.',
  colorizers: 'Colorizers',
  colorizersWhat: 'They find colours for grey pictures: Extras, Recolor.',
  annotators: 'Preprocessors',
  annotatorsWhat:
    'They make the maps that ControlNets follow, of any picture: lines, depth, poses. CLIP vision looks at pictures for IP-Adapters.',
  detectors: 'Detectors',
  detectorsWhat: 'They find faces, hands, people and other things in pictures, for the Detailer.',
  loras: 'LoRAs',
  lorasWhat: 'They change what a checkpoint draws: <lora:name:1> in the prompt calls one, with its strength.',
  hypernetworks: 'Hypernetworks',
  hypernetworksWhat:
    'They change how a checkpoint looks at a prompt: <hypernet:name:1> in it calls one, with its strength.',
  embeddings: 'Embeddings',
  embeddingsWhat:
    'Textual inversions: the name of one, anywhere in a prompt, stands for what it has learnt, with checkpoints of its own kind.',
  controlNets: 'ControlNets',
  controlNetsWhat:
    'They steer the composition of a picture by lines, depth, a pose or another picture: ControlNets, Control-LoRAs and T2I-Adapters.',
  faces: 'Faces',
  facesWhat:
    'RetinaFace finds the faces of a picture, GFPGAN and CodeFormer restore them, and ParseNet says which pixels of them are put back.',
  none: 'No models yet.',
  noneWhy: 'Drop a .safetensors or .ckpt file anywhere on this page.',
  theModel: (name: string) => `The model ${name}`,
  storagePart: 'How full the storage is',
  deleteTitle: (name: string) => `Delete ${name}?`,
  deleteMessage: (size: string) =>
    `${size} are freed. The file it came from stays where it is; import it again whenever you like.`,
  deleteModel: 'Delete model',

  // Records that are of no use.
  laterVersion: (name: string | null): Phrase => [
    name === null ? 'A model' : bold(name),
    ' was imported by a newer version of Darkroom. It is kept: reload this page to use that version.',
  ],
  recordDamaged: (name: string | null): Phrase => [
    ...(name === null ? ["A model's record"] : ['The record of ', bold(name)]),
    ' cannot be read any more: it is damaged, or a newer version has made it. Delete it, and drop its file on this page again.',
  ],
  weightsLost: (name: string): Phrase => [
    bold(name),
    ' has lost its weights: drop its file on this page again and it is made whole, or delete it.',
  ],
  damagedRecord: 'the damaged record',
  recordNotDeleted: 'The record could not be deleted',

  // ModelCard.
  newNameOf: (name: string) => `New name of ${name}`,
  rename: 'Rename',
  renameNamed: (name: string) => `Rename ${name}`,
  notRenamed: 'The model could not be renamed',
  kindUnsupported: 'Darkroom does not support this kind yet.',
  hash: 'Hash',
  stored: 'Stored',
  file: 'File',
  added: 'Added',
  prediction: 'Prediction type',
  predictionAutomatic: 'Automatic',
  /** `found`: what the file says; null where it does not. */
  predictionAutomaticAs: (found: string | null) => `Automatic (${found ?? 'found out when loaded'})`,
  positionIds: 'Position ids',
  positionsOfFile: 'Of the file, as in A1111',
  positionsSound: 'Sound (0 to 76)',
  positionsShifted: (count: number) =>
    `The file gives ${plural(count, { one: 'one', other: number(count) })} of the prompt's 77 places to another token, ` +
    "as a merge may do by mistake. A1111 draws with that. Sound ones may follow the prompt better; the picture's " +
    'parameters say so.',
  notFinite: (count: number) =>
    plural(count, {
      one: 'One value was not finite and was replaced: pictures may come out black.',
      other: `${number(count)} values were not finite and were replaced: pictures may come out black.`,
    }),
  mismatched: 'Parts of its file did not have their checksum: it was damaged before it was imported.',
  clamped: (count: number) =>
    plural(count, {
      one: 'One value was beyond float16 and was clamped.',
      other: `${number(count)} values were beyond float16 and were clamped.`,
    }),
  selected: 'Selected',
  use: 'Use',
  useNamed: (name: string) => `Use ${name}`,

  // ModelRemark.
  madeUnknown: (name: string | null) =>
    `The text does not say which model made it${name === null ? '' : `, but calls it ${name}`}.`,
  madeWithYours: (hash: string, name: string): Phrase => [
    'Made with model ',
    code(hash),
    ', which you have: ',
    bold(name),
    '.',
  ],
  sameHash: (names: readonly string[]) =>
    `${names.slice(0, -1).join(', ')} and ${names.at(-1)} have the same old hash`,
  butSameHash: (sameHash: string) => `But ${sameHash}: it may have been another.`,
  cannotDraw: 'Darkroom cannot draw with this kind yet.',
  madeWithMissing: (hash: string, name: string | null): Phrase => [
    'Made with model ',
    code(hash),
    ...(name === null ? [] : [' (', bold(name), ')']),
    ', which you don’t have.',
  ],
  oldHash:
    'This is the old kind of hash, of before 2023. Models imported by earlier versions of Darkroom know theirs once their files are dropped on this page again.',
  importIt: 'Import its file to get the same picture.',

  // StorageMeter.
  storage: 'Storage',
  usedOf: (usage: string, quota: string): Phrase => [bold(usage), ` of ${quota} that the browser allows`],
  usedOfUnknown: (usage: string): Phrase => [
    bold(usage),
    ' stored; the browser does not say how much there is room for',
  ],
  kept: 'Kept until you delete it',
  mayBeCleared: 'The browser may clear this when the disk runs short.',
  declined: 'The browser declined: bookmark or install this page, then ask again.',
  askToKeep: 'Ask to keep it',
  noAnswer: 'The browser did not answer',
  unclaimed: (size: string) =>
    `${size} of it belong to no model: an import was cut short, or a record is gone.`,
  deleteUnclaimed: 'Delete what belongs to no model',
  notDeleted: 'They could not be deleted',
  storageUsed: 'Storage used',

  // Imports.
  import: 'Import',
  imports: 'Imports',
  importOf: (name: string) => `Import of ${name}`,
  importPart: (name: string) => `The import of ${name}`,
  showEach: 'Show each file',
  cancelAll: 'Cancel all imports',
  dismissAll: 'Dismiss all',
  dismissNamed: (name: string) => `Dismiss ${name}`,
  cancelImport: (name: string) => `Cancel import of ${name}`,
  stages: { reading: 'Reading', comparing: 'Comparing', converting: 'Importing', finishing: 'Finishing' },
  waiting: 'Waiting',
  opening: 'Opening',
  cancelling: 'Cancelling',
  imported: 'Imported',
  alreadyThere: 'Already in your library',
  unsupported: 'Not supported yet',
  notImported: 'Could not be imported',
  bytesOf: (done: string, total: string) => `${done} of ${total}`,
  withSidecar: (name: string) => `with ${name}`,
  importAnyway: 'Import anyway',
  useIt: 'Use it',
  useItNamed: (name: string) => `Use it: ${name}`,
  readAgain: 'Read it again',
  readAgainNamed: (name: string) => `Read it again: ${name}`,
  details: 'Details',
  detailsOf: (name: string) => `of ${name}`,
  sameFile: 'The same file, byte for byte.',
  knownByName: 'Known by its name, size and date. If its contents have changed since, read it again.',
  // Many in one line.
  importing: (place: number, total: number) => `Importing ${number(place)} of ${number(total)}`,
  importingWhat: (importing: string, parts: string) => `${importing}: ${parts}`,
  countImported: (count: number, total: number) =>
    count === total ? `${number(count)} imported` : `${number(count)} of ${number(total)} imported`,
  countAlreadyThere: (count: number) => `${number(count)} already in your library`,
  countUnused: (count: number) => `${number(count)} not used yet`,
  countBroken: (count: number) => `${number(count)} could not be imported`,
};
