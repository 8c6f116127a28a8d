// Memory of a browser's processes on Linux, sampled while something goes on.
import { browserProcesses, readProc, type ProcessKind } from './browser-processes.ts';

/**
 * Bytes (PSS: shared pages counted in part), by kind of process; several of a kind are added up. `together`: of all; its peak
 * is less than the sum of the kinds' peaks, which come at different times.
 */
export type Memory = Readonly<Record<ProcessKind | 'together', number>>;

const NONE: Memory = { renderer: 0, gpu: 0, browser: 0, together: 0 };

const SAMPLE_EVERY_MS = 200;

/** Watches all processes below this one that run a Chromium. */
export class MemoryWatch {
  #peak = { ...NONE };
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.now(), SAMPLE_EVERY_MS);
  }

  now(): Memory {
    const memory = { ...NONE };
    for (const { pid, kind } of browserProcesses()) {
      const bytes = pss(pid);
      memory[kind] += bytes;
      memory.together += bytes;
    }
    for (const kind of Object.keys(memory) as (keyof Memory)[]) {
      this.#peak[kind] = Math.max(this.#peak[kind], memory[kind]);
    }
    return memory;
  }

  /** The highest of each since the watch began or was last asked. */
  takePeak(): Memory {
    const peak = this.#peak;
    this.#peak = { ...NONE };
    return peak;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function pss(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readProc(pid, 'smaps_rollup'))?.[1] ?? 0) * 1024;
}

/** Seconds that the same processes have kept a core busy, since each began. */
export function processorSeconds(): number {
  let ticks = 0;
  for (const { pid } of browserProcesses()) {
    // utime and stime; the name before them may hold anything.
    const fields = readProc(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  // USER_HZ, on every Linux that runs a Chromium.
  return ticks / 100;
}
