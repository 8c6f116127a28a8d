// Which Chromium drives the tests and the command line, and the flags that give it WebGPU. The one place for both.
// @ts-check
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { capture, run, runProgram } from './process.js';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

/** Flags every launch needs. */
const COMMON_FLAGS = [
  // Chromium refuses to start as root with its sandbox.
  ...(isRoot ? ['--no-sandbox'] : []),
  // WebGPU on Linux and on software adapters is behind this.
  '--enable-unsafe-webgpu',
  // A shader that takes seconds is normal here; the watchdog would call it a hang and kill the GPU process.
  '--disable-gpu-watchdog',
];

/** WebGPU rendered in software (SwiftShader): the same on every machine, headless, slow. What the tests use. */
export const SOFTWARE_WEBGPU_FLAGS = [...COMMON_FLAGS, '--use-webgpu-adapter=swiftshader'];

/** WebGPU on the machine's graphics card. */
export const HARDWARE_WEBGPU_FLAGS = [
  ...COMMON_FLAGS,
  '--ignore-gpu-blocklist',
  ...(process.platform === 'linux' ? ['--enable-features=Vulkan', '--use-angle=vulkan'] : []),
];

/** Oldest Chromium whose WebGPU suffices. */
const OLDEST_VERSION = 121;

/** Places where browsers are found, best first. */
function* candidates() {
  const named = process.env['CHROME_PATH'];
  if (named !== undefined && named !== '') yield named;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
  const endings = process.platform === 'win32' ? ['.exe'] : [''];
  for (const name of names) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      for (const ending of endings) if (folder !== '') yield join(folder, name + ending);
    }
  }
  if (process.platform === 'darwin') {
    yield '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
    yield '/Applications/Chromium.app/Contents/MacOS/Chromium';
  }
  if (process.platform === 'win32') {
    for (const folder of ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA']) {
      const root = process.env[folder];
      if (root !== undefined) yield join(root, 'Google', 'Chrome', 'Application', 'chrome.exe');
    }
  }
}

/**
 * Whether a file is a Chromium that starts and is new enough. (Ubuntu's `chromium-browser` may be a script that only
 * tells to install a snap.)
 * @param {string} path
 */
async function works(path) {
  if (!existsSync(path) || !statSync(path).isFile()) return false;
  // Windows' chrome.exe opens a window instead of answering.
  if (process.platform === 'win32') return true;
  const { code, output } = await capture(path, ['--version']);
  const version = /(?:Chromium|Chrome)[^\d]*(\d+)\./.exec(output)?.[1];
  return code === 0 && version !== undefined && Number(version) >= OLDEST_VERSION;
}

/** Playwright's own download, where the installed Playwright would look for it. */
async function playwrightsBrowser() {
  try {
    const { chromium } = await import('@playwright/test');
    return chromium.executablePath();
  } catch {
    return null;
  }
}

/** @returns {Promise<string | null>} path of a usable Chromium on this machine */
export async function findBrowser() {
  for (const path of candidates()) if (await works(path)) return path;
  const downloaded = await playwrightsBrowser();
  return downloaded !== null && (await works(downloaded)) ? downloaded : null;
}

/**
 * Finds a Chromium or installs one: the distribution's package where we may (Debian and its kin, as root), else the
 * build that Playwright downloads. Needs the dependencies installed. Throws when nothing works.
 * @returns {Promise<string>} its path
 */
export async function ensureBrowser() {
  const found = await findBrowser();
  if (found !== null) return found;
  if (isRoot && existsSync('/usr/bin/apt-get')) {
    console.log("Installing the distribution's chromium ...");
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env });
    const installed = await findBrowser();
    if (installed !== null) return installed;
  }
  console.log("Installing Playwright's chromium ...");
  await runProgram('@playwright/test', ['install', ...(isRoot ? ['--with-deps'] : []), 'chromium']);
  const installed = await findBrowser();
  if (installed !== null) return installed;
  throw new Error(
    'No Chromium was found and none could be installed. Install Chrome or Chromium (version ' +
      `${String(OLDEST_VERSION)} or newer) and set CHROME_PATH to its program.`,
  );
}
