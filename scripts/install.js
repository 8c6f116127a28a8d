// Installs the dependencies when they are missing or older than the lock file.
// @ts-check
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, npm } from './process.js';

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean, link?: boolean }} LockedPackage */

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage> | null}
 */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages ?? null;
  } catch {
    return null;
  }
}

/** Whether every package of the lock file that this machine needs is installed in the locked version. */
export function dependenciesInstalled() {
  const wanted = lockedPackages('package-lock.json');
  const there = lockedPackages('node_modules/.package-lock.json');
  if (wanted === null || there === null) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    // Optional packages are for other platforms more often than not.
    if (path === '' || entry.optional === true || entry.devOptional === true) return true;
    return there[path]?.version === entry.version;
  });
}

/** Installs what the lock file names. Throws when npm fails. */
export async function ensureDependencies() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Darkroom needs Node 20.19 or newer; this is ${process.versions.node}.`);
  }
  if (dependenciesInstalled()) return;
  console.log('Installing dependencies ...');
  const code = await npm(['ci', '--no-audit', '--no-fund']);
  if (code !== 0) throw new Error(`npm ci failed with exit code ${String(code)}; its messages are above.`);
}
