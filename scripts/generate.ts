// `npm run generate`: makes pictures from a terminal, with the same app that the browser shows, in a headless Chromium.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { MemoryOptions } from '../src/generation/run/memory-options.ts';
import { parseSeed } from '../src/generation/request/seeds.ts';
import {
  DEFAULT_PARAMETERS,
  DEFAULT_REFINER,
  type GenerationParameters,
  type NamedCheckpoint,
} from '../src/generation/request/request.ts';
import { validateParameters } from '../src/generation/request/validate.ts';
import { upscalersAmong } from '../src/library/upscaler-choice.ts';
import { vaeTitle } from '../src/library/vae-choice.ts';
import type { KernelSetting } from '../src/runtime/kernel-choice.ts';
import { App, type Processor } from './app.ts';
import { HIRES_HELP, HIRES_OPTIONS, readHires } from './hires-arguments.ts';
import { IMG2IMG_HELP, IMG2IMG_OPTIONS, readImg2Img, readPictureFile } from './img2img-arguments.ts';
import { ROOT } from './process.js';
import { ProgressLine } from './progress-line.ts';
import { UsageError } from './usage-error.ts';

const HELP = `npm run generate -- --model FILE --prompt TEXT --out FILE.png [options]

Files
  --model FILE         checkpoint (.safetensors, .ckpt); imported once, then recognised
  --yaml FILE          its configuration; default: FILE with the ending .yaml, where that exists
  --vae FILE           a VAE in a file of its own, in place of the checkpoint's
  --out FILE           the picture; further ones become FILE-2.png, FILE-3.png ...

What to paint
  --prompt TEXT        what the picture shows
  --negative TEXT      what it does not
  --steps N            sampling steps (${DEFAULT_PARAMETERS.steps})
  --sampler NAME       "Euler a", "DDIM" ... (${DEFAULT_PARAMETERS.sampler})
  --scheduler NAME     "Karras", "Uniform" ... (${DEFAULT_PARAMETERS.scheduler})
  --cfg N              CFG scale (${DEFAULT_PARAMETERS.cfgScale})
  --width N, --height N  pixels, 64 to 4096 in steps of 8 (${DEFAULT_PARAMETERS.width}; with --init-image, about its size)
  --seed N             -1 = random (${DEFAULT_PARAMETERS.seed})
  --batch-size N       pictures made at once (${DEFAULT_PARAMETERS.batchSize})
  --batch-count N      how often (${DEFAULT_PARAMETERS.batchCount})
  --clip-skip N        layers of the text encoder to stop before the end, 1 = none (${DEFAULT_PARAMETERS.clipSkip})
  --rng NAME           source of noise: GPU, CPU or NV (${DEFAULT_PARAMETERS.rng})
  --ensd N             eta noise seed delta (${DEFAULT_PARAMETERS.ensd})
  --tiling             opposite edges continue each other

${IMG2IMG_HELP}
${HIRES_HELP}

How to run
  --lowvram            text encoder, UNet and VAE are loaded one at a time
  --tiled-vae          the VAE decodes in tiles at any size
  --gpu-memory N       GB that the graphics card has: decides both of these where they are not given
  --kernels NAME       on the graphics card: "auto" (for each network what was measured to be faster), "onnxruntime" or
                       "own" (auto)
  --software           WebGPU rendered in software, without a graphics card: slow, but the same everywhere
  --cpu                no WebGPU at all
  --profile DIR        where the browser keeps imported models (.cache/profile)
  --quiet              no progress
  --help               this text

Needs a graphics card that Chrome can use for WebGPU; without one it renders in software. Ctrl+C keeps what is there.
Exit codes: 0 done, 1 failed, 2 wrong arguments, 130 interrupted.
`;

const KERNELS = ['auto', 'onnxruntime', 'own'] as const satisfies readonly KernelSetting[];

interface Request {
  readonly model: string;
  readonly sidecar: string | null;
  readonly vae: string | null;
  /** An upscaler's file, for Hires. fix. */
  readonly upscaler: string | null;
  /** Files of further checkpoints. */
  readonly secondModel: string | null;
  readonly refiner: { readonly file: string; readonly switchAt: number } | null;
  readonly out: string;
  readonly parameters: GenerationParameters;
  readonly memory: MemoryOptions;
  readonly kernels: KernelSetting;
  readonly processor: Processor;
  readonly profile: string;
  readonly quiet: boolean;
}

/** Reads the arguments; null when only help was asked for. Rejects with UsageError. */
async function readArguments(args: readonly string[]): Promise<Request | null> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: joinNegativeNumbers(args),
      options: {
        model: text,
        yaml: text,
        vae: text,
        prompt: text,
        negative: text,
        out: text,
        steps: text,
        sampler: text,
        scheduler: text,
        cfg: text,
        width: text,
        height: text,
        seed: text,
        'batch-size': text,
        'batch-count': text,
        'clip-skip': text,
        rng: text,
        ensd: text,
        tiling: flag,
        ...IMG2IMG_OPTIONS,
        ...HIRES_OPTIONS,
        lowvram: flag,
        'tiled-vae': flag,
        'gpu-memory': text,
        kernels: text,
        software: flag,
        cpu: flag,
        profile: text,
        quiet: flag,
        help: flag,
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help === true) return null;

  // npm runs scripts in the repository; paths are meant from where the person is.
  const at = (path: string): string => resolve(process.env['INIT_CWD'] ?? process.cwd(), path);
  const { prompt, out } = values;
  const model = values.model === undefined ? undefined : at(values.model);
  if (model === undefined || prompt === undefined || out === undefined) {
    throw new UsageError('--model, --prompt and --out are needed.');
  }
  if (!existsSync(model)) throw new UsageError(`There is no file ${model}.`);
  const sidecar = values.yaml === undefined ? sidecarOf(model) : at(values.yaml);
  if (sidecar !== null && !existsSync(sidecar)) throw new UsageError(`There is no file ${sidecar}.`);

  const vae = values.vae === undefined ? null : at(values.vae);
  if (vae !== null && !existsSync(vae)) throw new UsageError(`There is no file ${vae}.`);

  const number = (name: string, value: string | undefined, fallback: number): number => {
    if (value === undefined) return fallback;
    const result = value.trim() === '' ? NaN : Number(value);
    if (!Number.isFinite(result)) throw new UsageError(`--${name} takes a number, not "${value}".`);
    return result;
  };
  const defaults = DEFAULT_PARAMETERS;
  const rng = values.rng?.toUpperCase() ?? defaults.rng;
  if (rng !== 'GPU' && rng !== 'CPU' && rng !== 'NV') throw new UsageError('--rng takes GPU, CPU or NV.');
  const seed = parseSeed(values.seed ?? defaults.seed);
  if (seed === null) throw new UsageError(`--seed takes a whole number of 64 bits, not "${values.seed}".`);
  const img2img = await readImg2Img(values, { at, number });
  const firstPass =
    values['hires-image'] === undefined ? null : await readPictureFile(at(values['hires-image']));
  const ownHires = readHires(values, number);
  const hires = ownHires && { ...ownHires, checkpoint: null, firstPass };
  const upscaler = hires && existsSync(at(hires.upscaler)) ? at(hires.upscaler) : null;
  const [secondModel, refiner] = [values['hires-model'], values.refiner].map((file) => {
    if (file !== undefined && !existsSync(at(file))) throw new UsageError(`There is no file ${at(file)}.`);
    return file === undefined ? null : at(file);
  });
  if (refiner == null && values['refiner-switch'] !== undefined)
    throw new UsageError('--refiner-switch goes with --refiner.');
  const switchAt = number('refiner-switch', values['refiner-switch'], DEFAULT_REFINER.switchAt);
  const size = img2img?.source.size ?? firstPass?.size ?? { width: defaults.width, height: defaults.height };
  const parameters: GenerationParameters = {
    ...defaults,
    prompt,
    negativePrompt: values.negative ?? defaults.negativePrompt,
    steps: number('steps', values.steps, defaults.steps),
    sampler: values.sampler ?? defaults.sampler,
    scheduler: values.scheduler ?? defaults.scheduler,
    cfgScale: number('cfg', values.cfg, defaults.cfgScale),
    width: number('width', values.width, wholeCells(size.width)),
    height: number('height', values.height, wholeCells(size.height)),
    seed,
    batchSize: number('batch-size', values['batch-size'], defaults.batchSize),
    batchCount: number('batch-count', values['batch-count'], defaults.batchCount),
    clipSkip: number('clip-skip', values['clip-skip'], defaults.clipSkip),
    rng,
    ensd: number('ensd', values.ensd, defaults.ensd),
    settings: { ...defaults.settings, tiling: values.tiling === true },
    img2img,
    hires,
  };
  const memory = number('gpu-memory', values['gpu-memory'], 0);
  if (memory < 0) throw new UsageError('--gpu-memory takes a number of GB.');
  const kernels = KERNELS.find((name) => name === (values.kernels ?? 'auto'));
  if (!kernels) throw new UsageError('--kernels takes auto, onnxruntime or own.');
  const problems = validateParameters(parameters);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return {
    model,
    sidecar,
    vae,
    upscaler,
    secondModel: secondModel ?? null,
    refiner: refiner == null ? null : { file: refiner, switchAt },
    out: at(out),
    parameters,
    memory: {
      lowVram: values.lowvram === true ? 'on' : 'auto',
      tiledVae: values['tiled-vae'] === true ? 'on' : 'auto',
      gpuMemory: memory === 0 ? null : memory * 1e9,
    },
    kernels,
    processor: values.cpu === true ? 'cpu' : values.software === true ? 'software' : 'auto',
    profile: values.profile === undefined ? join(ROOT, '.cache', 'profile') : at(values.profile),
    quiet: values.quiet ?? false,
  };
}

/** The configuration beside a checkpoint; null where there is none. */
function sidecarOf(file: string): string | null {
  const beside = `${file.slice(0, file.length - extname(file).length)}.yaml`;
  return existsSync(beside) ? beside : null;
}

/** Pixels of a side, down to a multiple of 8. */
function wholeCells(side: number): number {
  return side - (side % 8);
}

/** parseArgs takes "-1" for an option; "--seed=-1" it understands. */
function joinNegativeNumbers(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const last = joined.at(-1);
    if (/^-\d/.test(arg) && last !== undefined && /^--[a-z-]+$/.test(last))
      joined[joined.length - 1] = `${last}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** "out.png", "out-2.png", "out-3.png" ... */
function pathOf(out: string, index: number): string {
  if (index === 0) return out;
  const ending = extname(out);
  return `${out.slice(0, out.length - ending.length)}-${String(index + 1)}${ending}`;
}

async function generate(request: Request): Promise<number> {
  const line = new ProgressLine(request.quiet);
  mkdirSync(dirname(request.out), { recursive: true });
  const app = await App.open(request.profile, request.processor);
  let interrupts = 0;
  const onInterrupt = (): void => {
    if (++interrupts > 1) process.exit(130);
    line.say('Stopping after this step; Ctrl+C again stops at once.');
    void app.interrupt();
  };
  process.on('SIGINT', onInterrupt);
  try {
    line.say(
      `Running on ${app.device.adapter || 'the CPU'}${app.device.software ? ' (in software: slow)' : ''}`,
    );
    const { model } = await app.importFile(request.model, request.sidecar, (progress) => {
      line.show(`Importing ${String(Math.floor((100 * progress.done) / Math.max(1, progress.total)))} %`);
    });
    line.say(`Model ${model.name} (${model.sha256.slice(0, 10)}), ${model.detection.label}`);
    const parameters = await withFiles(app, request);
    await app.setMemory(request.memory);
    await app.useKernels(request.kernels);
    let pictures = 0;
    const outcome = await app.generate(
      model.sha256,
      parameters,
      (event) => {
        if (event.type === 'status') line.show(event.message);
        if (event.type === 'loading')
          line.show(`${workOf(event.what)} ${String(Math.floor(100 * event.fraction))} %`);
        if (event.type === 'warning') line.say(`Warning: ${event.message}`);
        if (event.type === 'step') {
          const left =
            event.remainingMs === null ? '' : `, ${String(Math.ceil(event.remainingMs / 1000))} s left`;
          const batch =
            event.batchCount > 1 ? `Batch ${String(event.batch + 1)}/${String(event.batchCount)}, ` : '';
          line.show(`${batch}step ${String(event.step)}/${String(event.steps)}${left}`);
        }
      },
      (picture) => {
        const path = pathOf(request.out, pictures++);
        writeFileSync(path, picture.png);
        line.say(`${path} (seed ${picture.seed})`);
      },
    );
    for (const { what, instead } of await app.loadedNetworks())
      if (instead !== null) line.say(`Warning: onnxruntime computed the ${what}. ${instead}`);
    return outcome.status === 'finished' ? 0 : 130;
  } finally {
    line.clear();
    process.off('SIGINT', onInterrupt);
    await app.close();
  }
}

/** Networks are named; what is done with them says so itself. */
function workOf(what: string): string {
  return /^(Decoding|Upscaling) /.test(what) ? what : `Loading ${what}`;
}

/** The parameters with what the other files are for: they are imported unless they are known. */
async function withFiles(app: App, request: Request): Promise<GenerationParameters> {
  const { parameters, vae, secondModel, refiner, upscaler } = request;
  const { hires } = parameters;
  const checkpoint = async (file: string): Promise<NamedCheckpoint> => {
    const { sha256, name } = (await app.importFile(file, sidecarOf(file), () => undefined)).model;
    return { sha256, name };
  };
  const complete = {
    ...parameters,
    hires: hires && {
      ...hires,
      ...(secondModel !== null && { checkpoint: await checkpoint(secondModel) }),
      ...(upscaler !== null && { upscaler: await upscalerOf(app, upscaler) }),
    },
    refiner: refiner && { checkpoint: await checkpoint(refiner.file), switchAt: refiner.switchAt },
  };
  return vae === null ? complete : withVae(app, vae, complete);
}

async function upscalerOf(app: App, file: string): Promise<string> {
  const { model } = await app.importFile(file, null, () => undefined);
  const [upscaler] = upscalersAmong([model]);
  if (!upscaler)
    throw new UsageError(`${file} is no upscaler, but a file of this kind: ${model.detection.label}.`);
  return upscaler.name;
}

async function withVae(
  app: App,
  file: string,
  parameters: GenerationParameters,
): Promise<GenerationParameters> {
  const { model } = await app.importFile(file, null, () => undefined);
  const { kind, label } = model.detection;
  if (kind !== 'vae') throw new UsageError(`${file} is no VAE, but a file of this kind: ${label}.`);
  return { ...parameters, settings: { ...parameters.settings, sdVae: vaeTitle(model) } };
}

try {
  const request = await readArguments(process.argv.slice(2));
  if (request === null) console.log(HELP);
  else process.exitCode = await generate(request);
} catch (error) {
  const usage = error instanceof UsageError;
  console.error(
    error instanceof Error
      ? error.message.replace(/^page\.evaluate: |^elementHandle\.evaluate: /, '')
      : error,
  );
  if (usage) console.error('See npm run generate -- --help');
  process.exitCode = usage ? 2 : 1;
}
