// txt2img: prompts, controls, buttons, the picture, the first visit. A1111's names of controls are in labels.ts.
import type { Advice } from '../../model-advice.ts';
import { number, plural } from '../locale.ts';
import { common } from './common.ts';
import { labels } from './labels.ts';

export const create = {
  madeFor: 'Sizes this model was made for',
  advice: ({ label, change }: Advice) => {
    const { width, height, steps, cfgScale, sampler, scheduler } = change;
    const parts = [
      ...(width === undefined || height === undefined ? [] : [`${width} × ${height}`]),
      ...(steps === undefined ? [] : [`${number(steps)} steps, CFG ${cfgScale}`, `${sampler}, ${scheduler}`]),
    ];
    return `${label ?? 'This model'} is made for ${parts.join(', ')}.`;
  },
  takeAdvice: 'Use it',
  addOns: 'Add-ons',
  // Parts.
  prompts: 'Prompts',
  parameters: 'Parameters',
  result: 'Result',
  side: 'Queue and recent pictures',
  demoPromptsPart: "The demo's prompts",
  toolsPart: 'Styles and history',
  estimatePart: 'What a run takes',
  buttonsPart: 'The buttons that start and stop',
  controlsPart: 'The controls',
  firstStepsPart: 'The first steps',
  queuePart: 'The queue',
  latestPart: 'The latest pictures',

  // Prompts.
  promptExample: 'A lighthouse on a cliff at dusk, long exposure, film grain',
  negativeExample: 'What should not be in the picture',
  readParameters: 'Read parameters',
  readParametersHint:
    'Read generation parameters from the prompt box, or those of the last picture while it is empty, into the controls',
  promptHistory: 'Prompt history',
  history: 'History',
  removeStyle: (name: string) => `Remove style ${name}`,
  removeThisStyle: 'Remove this style',
  styleGone: 'This style was deleted. Click to remove it.',

  // Controls.
  sampling: 'Sampling',
  samplingValue: (sampler: string, steps: number) => `${sampler}, ${steps}`,
  size: 'Size',
  sizeValue: (
    width: number,
    height: number,
    { tiling, faceRestoration }: Partial<Record<'tiling' | 'faceRestoration', boolean>> = {},
  ) =>
    [
      `${width} × ${height}`,
      ...(faceRestoration ? [labels.faceRestoration] : []),
      ...(tiling ? [labels.tiling] : []),
    ].join(', '),
  aspectRatio: 'Aspect ratio',
  swapSize: 'Switch width/height',
  batch: 'Batch',
  guidance: 'Guidance',
  guidanceValue: (cfgScale: number, clipSkip: number) => `CFG ${cfgScale}, clip skip ${clipSkip}`,
  randomValue: 'random',
  extraValue: 'extra',
  randomSeed: 'Random seed',
  randomSeedHint: 'Set seed to -1: a new random one every time',
  reuseSeed: 'Reuse seed',
  reuseSeedHint: 'Reuse seed of the picture shown',
  extraSeed: 'Extra seed',
  randomVariation: 'Random variation seed',
  randomVariationHint: 'Set variation seed to -1: a new random one every time',
  reuseVariation: 'Reuse variation seed',
  reuseVariationHint: 'Reuse variation seed of the picture shown',
  noise: 'Noise',
  noiseValue: (rng: string, ensd: number) => (ensd === 0 ? rng : `${rng}, ENSD ${ensd}`),
  pinned: 'Pinned',
  settingsDiffer: (count: number, names: string) =>
    plural(count, {
      one: `One setting differs from the default: ${names}`,
      other: `${number(count)} settings differ from the default: ${names}`,
    }),
  reset: 'Reset to defaults',

  // RunEstimate.
  takes: (time: string | null, bytes: string, processor: boolean, how: string) =>
    `${time === null ? 'Needs about' : `Takes about ${time} and`} ${bytes} of ` +
    `${processor ? 'memory' : 'GPU memory'}${how === '' ? '' : ` (${how})`}.`,
  each: (time: string) => `${time} for each picture`,
  oneNetwork: 'one network at a time',
  vaeTiles: 'the VAE in tiles',
  tooMuchProcessor:
    'A browser gives the processor 4 GB at most: this will probably fail. Choose a smaller size or batch size.',
  tooMuchUnknown: 'Many GPUs have less: choose a smaller size if it fails.',
  tooMuch: 'That is more than your GPU has to spare: choose a smaller size or batch size.',

  // GenerateButtons.
  generate: 'Generate',
  generateKey: 'Ctrl+Enter',
  interrupt: 'Interrupt',
  interruptHint: 'Stop after this step and keep what is there (Esc)',
  skip: 'Skip',
  skipHint: 'End this batch and go on with the next (Alt+Enter)',
  stopNow: 'Stop now',
  stopNowHint: 'Stop at once: the picture in the making is lost',
  queue: 'Queue',
  queueHint:
    'Add what is set now to the queue (Ctrl+Shift+Enter). Ctrl+Enter interrupts what runs and starts it at once.',
  ways: 'Ways to generate',
  moreWays: 'More ways to make pictures',
  moreWaysHint: 'Forever, several times, front of the queue',
  foreverHint: 'Generating forever: stop it here',
  generatingForever: 'Generating forever',
  stopForever: 'Stop generating forever',
  stopForeverHint: 'The pictures in the making are finished',
  interruptOne: 'Interrupt this one, go on with the next',
  interruptOneHint: 'The button Interrupt ends both',
  forever: 'Generate forever',
  foreverStartHint: 'With new seeds, and what is set then, until you stop it',
  whenQueueDone: 'When the queue is done',
  times: 'Generate N times',
  queueEnd: 'Add to the queue: at the end',
  queueFront: 'Add to the queue: at the front',
  queueFrontHint: 'Next, after what runs now',

  // ResultView.
  thisPicture: 'This picture',
  parametersPart: 'The parameters of this picture',
  openPicture: 'Open this picture',
  open: 'Open',
  generated: (seed: string) => `Generated picture, seed ${seed}`,
  preview: 'Preview',
  placeholder: 'Your picture appears here',
  stoppingAfterStep: 'Stopping after this step',
  stopping: 'Stopping',
  watchPreview: 'Show the preview',
  generation: 'Generation',

  // The job.
  starting: 'Starting',
  generating: 'Generating',
  interrupted: 'Interrupted',
  finished: 'Finished',
  stopped: 'Stopped',
  percentDone: (percent: number) => `${percent} percent`,
  loading: (what: string, percent: string) => `${what} ${percent}`,
  step: (step: number, steps: number) => `Step ${step}/${steps}`,
  partOf: (kind: 'loop' | 'tile' | 'side' | 'detail', index: number, count: number) =>
    `${{ loop: 'Loop', tile: 'Tile', side: 'Side', detail: 'Detailer:' }[kind]} ${index} of ${count}`,
  batchOf: (batch: number, batches: number) => `Batch ${batch}/${batches}`,
  restarting: 'The GPU was lost. Starting it again',
  hopeless: (message: string, losses: number) =>
    `${message} It was tried ${losses} times from the last finished step, and no further step could be made.`,
  trying: {
    cpu: 'Finding the faster way: trying the processor',
    gpu: 'Finding the faster way: trying the GPU in software',
  },

  // PictureDetails, RunGrid, PictureStrip.
  download: 'Download',
  reuseParameters: 'Reuse parameters',
  reuseParametersHint: 'Set the controls as this picture was made',
  copyParameters: 'Copy parameters',
  gridOf: (count: number) => `Grid of ${common.pictures(count)}`,
  downloadGrid: 'Download grid',
  gridFailed: 'The grid could not be made',
  ofThisRun: 'Pictures of this run',
  gridOfRun: 'Grid of this run',
  numbered: (index: number, seed: string) => `Picture ${index}, seed ${seed}`,
  recent: 'Recent pictures',
  all: (count: number) => `All ${number(count)}`,

  // The demo model.
  demoLoading: (percent: number) => `Loading the demo model: ${percent} %`,
  demoPictures: 'Pictures of the demo model: click one to paint it',
  demoPaint: (prompt: string) => `Paint: ${prompt}`,
  demoPrompts: 'Prompts for the demo model',
  demoKnows: 'Prompts that the demo model knows',

  // Welcome.
  welcome: 'Make pictures from words',
  what: 'Stable Diffusion, in this browser. Nothing leaves it.',
  tryDemo: 'Try it with the demo model',
  demoWhat: (size: string) =>
    `Nothing to find first: a small model of our own (${size}) that paints landscapes and simple things.`,
  firstSteps: [
    { title: 'Drop a checkpoint.', text: 'Stable Diffusion 1.x, 2.x or XL: .safetensors or .ckpt.' },
    { title: 'Write a prompt.', text: 'Say what should be in the picture.' },
    { title: 'Press Generate.', text: 'The picture appears step by step.' },
  ],
  chooseFile: 'Choose a checkpoint file',
  orDrop: 'or drop it anywhere on this page',
  privacy: 'Files, prompts and pictures stay on this computer: there is no server and no account.',
};
