// Memory of a browser's processes on Linux, sampled while something goes on.
import { readdirSync, readFileSync } from 'node:fs';

export type ProcessKind = 'renderer' | 'gpu' | 'browser';

/** Bytes (PSS: shared pages counted in part), by kind of process; several of a kind are added up. */
export type Memory = Readonly<Record<ProcessKind, number>>;

const SAMPLE_EVERY_MS = 200;

/** Watches all processes below this one that run a Chromium. */
export class MemoryWatch {
  #peak: Record<ProcessKind, number> = { renderer: 0, gpu: 0, browser: 0 };
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.now(), SAMPLE_EVERY_MS);
  }

  now(): Memory {
    const memory: Record<ProcessKind, number> = { renderer: 0, gpu: 0, browser: 0 };
    for (const pid of descendants(process.pid)) {
      const kind = kindOf(pid);
      if (kind) memory[kind] += pss(pid);
    }
    for (const kind of Object.keys(memory) as ProcessKind[]) {
      this.#peak[kind] = Math.max(this.#peak[kind], memory[kind]);
    }
    return memory;
  }

  /** The highest of each since the watch began or was last asked. */
  takePeak(): Memory {
    const peak = this.#peak;
    this.#peak = { renderer: 0, gpu: 0, browser: 0 };
    return peak;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = Number(/^PPid:\s+(\d+)/m.exec(readProc(entry, 'status'))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found: number[] = [];
  for (const waiting = [root]; waiting.length > 0;) {
    const next = children.get(waiting.pop()!) ?? [];
    found.push(...next);
    waiting.push(...next);
  }
  return found;
}

function kindOf(pid: number): ProcessKind | null {
  const command = readProc(pid, 'cmdline');
  if (!/chrom/i.test(command.split('\0')[0] ?? '')) return null;
  if (command.includes('--type=renderer')) return 'renderer';
  if (command.includes('--type=gpu-process')) return 'gpu';
  return command.includes('--type=') ? null : 'browser';
}

function pss(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readProc(pid, 'smaps_rollup'))?.[1] ?? 0) * 1024;
}

/** Empty when the process has ended meanwhile. */
function readProc(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
