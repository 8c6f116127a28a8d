// Starting other programs, the same way in every script. Plain JavaScript without dependencies: it runs before
// anything is installed.
// @ts-check
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's top folder. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Runs a program with its output shown.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, shell?: boolean }} [options]
 * @returns {Promise<number>} its exit code; 128 when a signal ended it, 127 when it could not start
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
    // Ctrl+C reaches the child too; what that means is for the child to decide.
    const ignore = () => undefined;
    process.on('SIGINT', ignore);
    const end = (/** @type {number} */ code) => {
      process.off('SIGINT', ignore);
      resolve(code);
    };
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      end(127);
    });
    child.on('exit', (code) => end(code ?? 128));
  });
}

/**
 * Runs a program and collects what it prints.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, timeout?: number }} [options] `timeout` in milliseconds, half a minute by default
 * @returns {Promise<{ code: number, output: string }>} `output`: standard output and error, at most 1 MB
 */
export function capture(command, args, { env = process.env, timeout = 30_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], timeout, env });
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      if (output.length < 1e6) output += chunk.toString('utf8');
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', () => resolve({ code: 127, output }));
    child.on('close', (code) => resolve({ code: code ?? 128, output }));
  });
}

/**
 * The npm that started us, else the one on PATH.
 * @param {readonly string[]} args
 */
export function npm(args) {
  const script = process.env['npm_execpath'];
  if (script !== undefined && /npm-cli\.c?js$/.test(script)) return run(process.execPath, [script, ...args]);
  // On Windows npm is a batch file, which only a shell starts. The arguments are ours, not the person's.
  return run('npm', args, { shell: process.platform === 'win32' });
}

/** Programs that are not named like their package. @type {Readonly<Record<string, string>>} */
const PROGRAMS = { '@playwright/test': 'playwright', typescript: 'tsc' };

/**
 * An installed package's program, without the shell wrappers of node_modules/.bin.
 * @param {string} name of the package
 * @returns {string} path of its JavaScript file
 */
export function programOf(name) {
  const program = PROGRAMS[name] ?? name;
  const folder = join(ROOT, 'node_modules', name);
  /** @type {{ bin?: string | Record<string, string> }} */
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin?.[program];
  if (file === undefined) throw new Error(`The package ${name} has no program ${program}.`);
  return join(folder, file);
}

/**
 * Runs an installed package's program.
 * @param {string} name
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env] added to ours
 */
export function runProgram(name, args, env = {}) {
  return run(process.execPath, [programOf(name), ...args], { env: { ...process.env, ...env } });
}
