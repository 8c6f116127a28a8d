// Memory of a browser's processes, from Linux's /proc.
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessMemory {
  /** "renderer", "gpu-process" ...; "browser" for the main one. */
  readonly type: string;
  /** Bytes resident now, shared pages divided among their users (PSS). */
  readonly proportional: number;
  /** Most bytes that were ever resident, shared pages counted in full (VmHWM). */
  readonly peakResident: number;
}

interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly arguments: readonly string[];
}

/** The processes of the browser that keeps its profile in this folder. Those that end meanwhile are left out. */
export function browserMemory(profile: string): ProcessMemory[] {
  const all = processes();
  const main = all.find(
    ({ arguments: args }) =>
      args.includes(`--user-data-dir=${profile}`) && !args.some((arg) => arg.startsWith('--type=')),
  );
  if (main === undefined) return [];
  const family = new Set([main.pid]);
  // A child's number may be smaller than its parent's once numbers have wrapped around.
  for (let grown = true; grown;) {
    grown = false;
    for (const { pid, parent } of all) {
      if (family.has(parent) && !family.has(pid)) {
        family.add(pid);
        grown = true;
      }
    }
  }
  return all.filter(({ pid }) => family.has(pid)).flatMap((process) => memoryOf(process) ?? []);
}

function memoryOf({ pid, arguments: args }: ProcessInfo): ProcessMemory | null {
  const kilobytes = (file: string, field: string): number => {
    const text = readFileSync(`/proc/${String(pid)}/${file}`, 'utf8');
    return 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  };
  try {
    return {
      type: args.find((arg) => arg.startsWith('--type='))?.slice('--type='.length) ?? 'browser',
      proportional: kilobytes('smaps_rollup', 'Pss'),
      peakResident: kilobytes('status', 'VmHWM'),
    };
  } catch {
    return null;
  }
}

function processes(): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The fourth field, after the name in brackets, which may hold anything.
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        // Chromium's children write their arguments anew, with spaces.
        const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split(/\0| (?=--)/);
        return [{ pid: Number(name), parent, arguments: args }];
      } catch {
        return [];
      }
    });
}
