// `progress`: A1111's state and its share of the work (modules/api/api.py, progressapi).
import type { JsonValue } from './json.ts';

/** Of the work under way. */
export interface JobState {
  /** The request's script; empty where nothing runs. */
  readonly job: string;
  /** Batches; 0 where nothing runs. */
  readonly jobCount: number;
  readonly jobNo: number;
  readonly samplingStep: number;
  readonly samplingSteps: number;
  readonly skipped: boolean;
  readonly interrupted: boolean;
}

export const IDLE: JobState = {
  job: '',
  jobCount: 0,
  jobNo: 0,
  samplingStep: 0,
  samplingSteps: 0,
  skipped: false,
  interrupted: false,
};

/** A1111's formula; where it does not know how many jobs there are it falls below zero, here it stays at what is surely done. */
export function fractionOf({ jobCount, jobNo, samplingStep, samplingSteps }: JobState): number {
  if (jobCount === 0) return 0;
  const begun = 0.01;
  if (jobCount < 0) return begun;
  const step = samplingSteps > 0 ? samplingStep / samplingSteps : 0;
  return Math.min(begun + jobNo / jobCount + step / jobCount, 1);
}

export interface Progress {
  readonly state: JobState;
  /** When it began, and until it ends as far as known, in seconds. */
  readonly started: Date | null;
  readonly remaining: number | null;
  readonly text: string | null;
  /** Base64. */
  readonly picture: string | null;
}

export function progressAnswer({ state, started, remaining, text, picture }: Progress): JsonValue {
  return {
    progress: fractionOf(state),
    eta_relative: remaining ?? 0,
    state: {
      skipped: state.skipped,
      interrupted: state.interrupted,
      stopping_generation: false,
      job: state.job,
      job_count: state.jobCount,
      job_timestamp: started ? timestamp(started) : '0',
      job_no: state.jobNo,
      sampling_step: state.samplingStep,
      sampling_steps: state.samplingSteps,
    },
    current_image: picture,
    textinfo: text,
  };
}

/** "20240131235959" */
function timestamp(date: Date): string {
  return date.toISOString().slice(0, 19).replace(/\D/g, '');
}
