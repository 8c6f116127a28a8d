// The Settings tab, but for what is said of A1111's settings themselves (options.ts).
import { number, plural } from '../locale.ts';
import { code, key, type Phrase } from '../phrase.ts';

export const settings = {
  settings: 'Settings',
  search: 'Search settings',
  programs: 'Let scripts of this page use Darkroom (window.darkroom)',
  programsHelp:
    'For what you write in the console, and for user scripts: they may then see and delete everything in the library. Off unless you need it.',
  /** By these the search and addresses find them. */
  titles: {
    appearance: 'Appearance',
    theme: 'Theme',
    graphics: 'Graphics',
    paintOn: 'Paint on',
    kernels: 'GPU kernels',
    memory: 'Graphics memory',
    benchmark: 'Benchmark',
    notifications: 'Notifications',
    programs: 'Interface for programs',
    saving: 'Saving images',
    keyboard: 'Keyboard',
    keys: 'Keys',
    stableDiffusion: 'Stable Diffusion',
    wildcards: 'Wildcards and variants',
    about: 'About',
  },

  keepSources: 'Save init images when using img2img',
  keepSourcesHelp:
    'With their masks, once each, in this browser alone: reading the parameters of a picture then brings back what it was painted over, or enlarged from. They go with the last picture that was.',
  fileFormatHelp:
    'Of downloads and of pictures in a zip, each with its parameters in it. The library keeps PNGs. A text that is too long for a JPEG leaves its picture a PNG.',
  filenamePatternHelp:
    'Behind a number: [seed], [prompt_spaces], [prompt_words], [steps], [cfg], [sampler], [model_name], [width], [height], [date], [datetime<%H-%M>], [hasprompt<cat|no cat>] and the others of A1111.',

  themes: { auto: 'Same as the system', light: 'Light', dark: 'Dark' },

  device: 'Device',
  processor: 'Processor (CPU)',
  unknown: 'unknown',
  arithmetic: 'Arithmetic',
  bits16: '16 bit floating point',
  bits32: '32 bit floating point (no shader-f16)',
  bits32OnLinux:
    '32 bit floating point, which takes twice the memory. Chrome on Linux hides the 16 bit one of NVIDIA cards: start it with ' +
    '--enable-dawn-features=vulkan_enable_f16_on_nvidia',
  subgroups: 'Subgroups',
  inUse: 'in use',
  notUsed: 'not used',
  largestBuffer: 'Largest buffer',
  notStarted: 'The engine starts with the first picture; what it found is then listed here.',
  paintOn: { auto: 'Automatic: the faster one', gpu: 'Graphics card (WebGPU)', cpu: 'Processor (CPU)' },
  processorHelp:
    'The processor needs no graphics card, and is slower than one. A browser lets it use 4 GB of memory at most: with a checkpoint of several GB, or a large picture, that may not be enough, and painting fails.',
  kernels: { auto: 'Automatic', onnxruntime: 'onnxruntime', own: 'Darkroom’s own' },
  kernelsHelp:
    'Who computes a model’s networks on the graphics card. Automatic takes, for each network, what was measured to be faster on this card, and onnxruntime where nothing was measured.',
  loadedNetworks: 'Loaded',
  freeMemory: 'Free the GPU’s memory',
  memoryNotFreed: 'The memory could not be freed',

  gpuMemory: 'Memory of your GPU',
  gpuMemoryUnknown: (gigabytes: number) => `Not known (${gigabytes} GB assumed)`,
  gigabytes: (gigabytes: number) => `${gigabytes} GB`,
  lowVram: 'Low VRAM mode (--lowvram)',
  lowVramHelp:
    'Text encoder, UNet and VAE are loaded one at a time: needs less memory, and some seconds more for each batch.',
  tiledVae: 'Tiled VAE',
  tiledVaeHelp:
    'Pictures are decoded in tiles, without seams: needs less memory for large pictures, and takes longer. Automatic does it where the memory would not suffice otherwise.',
  switches: { auto: 'Automatic', on: 'On', off: 'Off' },

  benchmarkWhat: (model: string | null, width: number, height: number, batchSize: number) =>
    `Loads ${model ?? 'the chosen checkpoint'} anew and measures each stage at ${width} x ${height}, ` +
    `batch size ${batchSize}, as set in txt2img. No picture is kept.`,
  benchmarkFailed: 'The benchmark failed',
  benchmarkNotStopped: 'The benchmark could not be stopped',
  starting: 'Starting',
  stoppingAfterRun: 'Stopping after this run',
  runBenchmark: 'Run the benchmark',
  benchmarkReport: 'Report of the benchmark',
  copyReport: 'Copy report',

  keysHelp: ['Every key can be seen and changed. ', key('?'), ' shows them anywhere.'] as Phrase,
  twoPlaces: 'These stand beside txt2img’s controls, too: one value in two places.',

  // Wildcards.
  expand: 'Expand them in prompts',
  expandHelp: [
    code('__colour__'),
    ' becomes a line of the list “colour”, ',
    code('{red|blue}'),
    ' one of its alternatives, as with Dynamic Prompts. Every picture draws its own, by its seed.',
  ] as Phrase,
  curlyBraces:
    '“Curly braces lower emphasis” is on too: braces with a bar in them are a choice, those without one lower emphasis.',
  wildcardLists: 'Wildcard lists',
  lines: (count: number) => plural(count, { one: 'one line', other: `${number(count)} lines` }),
  editList: (name: string) => `Edit list ${name}`,
  deleteList: (name: string) => `Delete list ${name}`,
  moreNotAdded: (count: number) =>
    plural(count, {
      one: 'One more file could not be added.',
      other: `${number(count)} more files could not be added.`,
    }),
  wildcardFiles: 'Wildcard files',
  addTextFiles: 'Add files',
  wildcardFolder: 'Folder of wildcard files',
  addFolder: 'Add a folder',
  inCollection: (count: number) =>
    plural(count, { one: 'one list in it', other: `${number(count)} lists in it` }),
  newList: 'New list',
  wildcardList: 'Wildcard list',
  listName: 'Name of the list',
  /** Where nothing is typed yet. */
  listNameExample: 'name',
  inPrompts: (name: string) => `In prompts: __${name}__`,
  collectionHelp:
    'A collection in JSON: its keys are the names of lists, in prompts __key__ or __key/key below__.',
  listNameRule: 'Letters, digits, - . / and single _ only.',
  oneALine: 'One alternative a line',
  saveList: 'Save list',

  // About.
  about:
    'Darkroom runs Stable Diffusion in this browser, on this computer. It sends nothing anywhere: checkpoints, prompts and pictures stay in the browser’s storage until you delete them.',
  licence:
    'Free software under the MIT licence. The licence of each checkpoint is its author’s: see where you got it.',
  box: 'In the box: R-ESRGAN AnimeVideo, an upscaler by Xintao Wang and others (Real-ESRGAN, BSD 3-Clause), and a face detector by yeephycho (Apache 2.0), Vincent Mühler and Vladimir Mandic (face-api, MIT). Each is fetched when it is first used.',
  /** By the form of Darkroom that is open: what it does, and what the browser keeps from it. */
  copies: {
    site: {
      summary:
        'Darkroom keeps itself in the browser: after one visit it opens without a network, and after its first use it paints without one. Install it from the browser’s address bar or menu, and .safetensors, .ckpt and PNG files can be opened with it.',
      limits: [] as readonly string[],
    },
    single: {
      summary: 'This is Darkroom in one file. It needs no server and no network, and connects to nothing.',
      limits: [
        'It cannot be installed as an app, nor be offered files and pictures by other programs.',
        'It does not update itself: a newer file replaces it.',
        'Browsers share what they keep for pages opened from disk: every copy of this file sees the same library, and the browser may refuse to protect it from being cleared.',
        'Painting on the processor uses one core.',
      ],
    },
  },
  offlineReady: (size: string) => `Ready to work offline: everything is kept in this browser (${size}).`,
  offlineWithoutDemo: (size: string) => `Ready to work offline, except for the demo model (${size}).`,
  offlinePage: (size: string) =>
    `Opens without a network. Importing and painting need ${size} more, which come with their first use and are kept then.`,
  keepAll: (size: string) => `Keep everything for offline use (${size})`,
  keeping: (left: string) => `Fetching: ${left} left`,
  notAllKept: 'Not everything is kept',
  licences: 'Licences',
  readingLicences: 'Reading the licences …',
  licencesOf: 'Licences of what Darkroom is made of',
  licencesNotRead:
    'The licences could not be read. Connect to the network, or open licences.txt beside the page.',

  // A1111's settings.
  generation: 'Generation settings',
  generationWhat:
    'What decides a picture, with AUTOMATIC1111’s names and defaults. What differs is written into every picture and read back from it.',
  changedOnly: (count: number) => `Changed only (${number(count)})`,
  resetAll: 'Reset all',
  reset: 'Reset',
  resetNamed: (name: string) => `Reset ${name}`,
  allDefault: 'Everything is at its default.',
};
