// How long pictures take: of the work there is, and how fast this device did the like of it before, or does it now.
import type { GenerationEvent } from '../generation/run/events.ts';
import type { GenerationParameters } from '../generation/request/request.ts';
import { pictureSize } from '../generation/request/hires.ts';
import { passesOf, picturesOf } from '../generation/request/passes.ts';
import { runSteps } from '../generation/request/run-steps.ts';
import type { QueuedJob } from '../library/queue.ts';
import { computedEvaluations } from '../sampling/forecast.ts';
import { findSampler, totalSteps } from '../sampling/registry.ts';

/** Measured on one device with one kind of model. */
export interface Speed {
  /** Milliseconds for one pixel of one picture, in one call of the UNet for the prompt or for the negative prompt. */
  readonly step: number;
  /** Milliseconds for one pixel to be decoded and kept. */
  readonly picture: number;
}

type Work = Pick<
  GenerationParameters,
  'steps' | 'sampler' | 'cfgScale' | 'width' | 'height' | 'batchSize' | 'batchCount'
> &
  Partial<Pick<GenerationParameters, 'settings' | 'img2img' | 'hires' | 'script'>>;

/** Pixels times calls of the UNet of what is left of a job: about what it costs on one GPU with one model. */
export function workOf({ requests, position }: Pick<QueuedJob, 'requests' | 'position'>): number {
  const whole = requests.slice(position.request).reduce((sum, request) => sum + costOf(request), 0);
  const request = requests[position.request];
  if (!request) return whole;
  return whole - (costOf(request) * position.pictures) / picturesOf(request);
}

/**
 * Milliseconds until all of `waiting` are done as well. `running`: the job under way, how long it still takes and what
 * part of it that is (0..1). Null while its speed is not known.
 */
export function queueTimeLeft(
  running: Pick<QueuedJob, 'requests'> | null,
  remaining: { readonly ms: number | null; readonly fraction: number | null },
  waiting: readonly Pick<QueuedJob, 'requests' | 'position'>[],
): number | null {
  if (!running || remaining.ms === null || remaining.fraction === null || remaining.fraction >= 1)
    return null;
  const all = running.requests.reduce((sum, request) => sum + costOf(request), 0);
  const msPerWork = remaining.ms / (all * (1 - remaining.fraction));
  return remaining.ms + msPerWork * waiting.reduce((sum, job) => sum + workOf(job), 0);
}

/** Milliseconds that a request takes at a speed, once the model is loaded. */
export function runTime(request: Work, { step, picture }: Speed): number {
  return costOf(request) * step + picturePixels(request) * request.batchCount * picture;
}

/** Measures the speed of a request from its events, as they come. */
export class SpeedMeter {
  readonly #steps: number[] = [];
  readonly #pictures: number[] = [];
  #last: { readonly at: number; readonly batch: number | null } | null = null;

  constructor(
    private readonly request: Work,
    private readonly now: () => number = () => performance.now(),
  ) {}

  receive(event: GenerationEvent): void {
    const at = this.now();
    if (event.type === 'step') {
      const follows = this.#last !== null && this.#last.batch === event.batch;
      // The first one compiles shaders; what is only repeated after a loss takes no time. Neither tells what is left.
      if (follows && event.remainingMs !== null) this.#steps.push(at - this.#last!.at);
      this.#last = { at, batch: event.batch };
    } else if (event.type === 'image') {
      if (this.#last && !event.interrupted) this.#pictures.push(at - this.#last.at);
      this.#last = { at, batch: null };
    } else if (event.type === 'loading') this.#last = null;
  }

  /** Null where too little was seen. */
  get speed(): Speed | null {
    const [step, picture] = [median(this.#steps), median(this.#pictures)];
    // Between a script's steps and its pictures lies more than that.
    const { request } = this;
    if (step === null || picture === null || request.script) return null;
    // Steps that are forecast take no time.
    if (request.settings?.spectrumWindow) return null;
    const pixels = picturePixels(request);
    return {
      step: (step * runSteps(request) * request.batchCount) / costOf(request),
      picture: (picture * request.batchSize) / pixels,
    };
  }
}

/** Of a batch, at its first size. */
function pixelsOf({ width, height, batchSize }: Pick<Work, 'width' | 'height' | 'batchSize'>): number {
  return width * height * batchSize;
}

/** Of its finished pictures. */
function picturePixels(request: Work): number {
  return pixelsOf({ ...pictureSize(request), batchSize: request.batchSize });
}

function costOf(request: Work): number {
  if (request.script) return scriptCost(request);
  const { hires = null, ...first } = request;
  if (!hires) return passCost(first);
  const second = {
    ...pictureSize(request),
    steps: hires.steps || request.steps,
    sampler: hires.sampler ?? request.sampler,
    cfgScale: hires.cfgScale ?? request.cfgScale,
    ...(request.settings && { settings: request.settings }),
    ...{ batchSize: request.batchSize, batchCount: request.batchCount },
  };
  return (hires.firstPass ? 0 : passCost(first)) + passCost(second);
}

function passCost(pass: Omit<Work, 'hires' | 'script'>): number {
  return stepsCost(pass, runSteps(pass)) * pixelsOf(pass) * pass.batchCount;
}

function scriptCost(request: Work): number {
  const { batches, passes } = passesOf(request);
  return batches * passes.reduce((sum, pass) => sum + stepsCost(request, pass.steps) * pixelsOf(pass), 0);
}

/** Calls of the UNet for a pixel, prompt and negative prompt apart. */
function stepsCost(
  { sampler, cfgScale, settings }: Pick<Work, 'sampler' | 'cfgScale' | 'settings'>,
  steps: number,
): number {
  const known = findSampler(sampler);
  const evaluations = known ? totalSteps(known, steps) : steps;
  // At 1 the negative prompt is not asked.
  return computedEvaluations(evaluations, settings?.spectrumWindow ?? 0) * (cfgScale === 1 ? 1 : 2);
}

function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}
