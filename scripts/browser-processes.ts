// The processes of a Chromium that this one started, on Linux.
import { readdirSync, readFileSync } from 'node:fs';

export type ProcessKind = 'renderer' | 'gpu' | 'browser';

export interface BrowserProcess {
  readonly pid: number;
  readonly kind: ProcessKind;
}

/** Those below this process. Empty where there is no /proc. */
export function browserProcesses(): BrowserProcess[] {
  return descendants(process.pid).flatMap((pid) => {
    const kind = kindOf(pid);
    return kind === null ? [] : [{ pid, kind }];
  });
}

/** A file of /proc/PID; empty when the process has ended meanwhile. */
export function readProc(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of listProc()) {
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

function listProc(): string[] {
  try {
    return readdirSync('/proc');
  } catch {
    return [];
  }
}

function kindOf(pid: number): ProcessKind | null {
  const command = readProc(pid, 'cmdline');
  if (!/chrom/i.test(command.split('\0')[0] ?? '')) return null;
  if (command.includes('--type=renderer')) return 'renderer';
  if (command.includes('--type=gpu-process')) return 'gpu';
  return command.includes('--type=') ? null : 'browser';
}
