// Child processes with a deadline: a wedged graphics card holds up nothing but its own measurement.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../process.js';

export interface Ended {
  /** How it ended: 0 is well; null where it was ended at its deadline. */
  readonly code: number | null;
  /** Of standard output and error, the last 64 kB. */
  readonly output: string;
}

const KEPT = 65_536;
/** How long an ended process may take to be gone: one that waits for a driver may stay for ever, and is left behind. */
const PATIENCE = 5_000;

const running = new Set<number>();

/** Ends whatever still runs. */
export function endChildren(): void {
  for (const pid of running) kill(pid);
}

/** `seconds`: after which it is killed, with the processes it started. */
export function runChild(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  seconds: number,
): Promise<Ended> {
  return new Promise((resolve) => {
    let output = '';
    // A group of its own, so that what it starts ends with it.
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const { pid } = child;
    if (pid !== undefined) running.add(pid);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (pid !== undefined) kill(pid);
      setTimeout(() => end(null), PATIENCE).unref();
    }, 1000 * seconds);
    const end = (code: number | null) => {
      clearTimeout(timer);
      if (pid !== undefined) running.delete(pid);
      resolve({ code: late ? null : code, output });
    };
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-KEPT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      output += error.message;
      end(127);
    });
    child.on('close', (code, signal) => {
      if (signal !== null && !late) output += `\nended by ${signal}`;
      end(code ?? 128);
    });
  });
}

function kill(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

const OWN_PATH = fileURLToPath(import.meta.url);

/** Whether this is the one file that pack-gpu-bench makes. */
export function isPacked(): boolean {
  return OWN_PATH.endsWith('.mjs');
}

/** This program as a child process. */
export function self(...args: readonly string[]): readonly [command: string, args: readonly string[]] {
  const script = isPacked()
    ? [OWN_PATH]
    : [join(ROOT, 'scripts', 'run.js'), join(ROOT, 'scripts', 'gpu-bench', 'main.ts')];
  return [process.execPath, [...script, ...args]];
}

/** The line that says most of why a process failed. */
export function reasonIn({ code, output }: Ended): string {
  if (code === null) return 'it did not end in its time';
  const lines = output.split('\n').map((line) => line.trim());
  const said =
    lines.findLast((line) =>
      /^(\w*Error|Error \[|Exception|.*error:|.*out of memory|ended by )/i.test(line),
    ) ?? lines.findLast((line) => line !== '' && !/^(at |Node\.js v|\^+$|[})\]])/.test(line));
  return (said ?? `it ended with ${code}`).slice(0, 300);
}
