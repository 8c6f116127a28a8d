// Finds a Vulkan driver with shader-f16, to run float16 graphs in Node: a graphics card's, or Mesa's software driver
// (lavapipe) from version 24. Where the system has neither but is Debian or its kin, Mesa is unpacked into .cache:
// nothing of the system changes, and root is not needed.
// @ts-check
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT, capture } from './process.js';

const FOLDER = join(ROOT, '.cache', 'lavapipe');
const DOWNLOAD_TIMEOUT = 180_000;

/** Prints the adapter's name when it has shader-f16. Dawn crashes rather than fails with some drivers. The flag: FLOAT16_FLAG of tests/ort-dawn.ts, which plain Node cannot import. */
const PROBE = `
import { create } from 'webgpu';
const adapter = await create(['enable-dawn-features=vulkan_enable_f16_on_nvidia']).requestAdapter();
if (adapter?.features.has('shader-f16')) console.log('adapter=' + adapter.info.description);
process.exit(0);
`;

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | null>} the adapter's name, or null when there is none with shader-f16
 */
async function probe(env) {
  const { output } = await capture(process.execPath, ['--input-type=module', '-e', PROBE], { env });
  return /^adapter=(.*)$/m.exec(output)?.[1] ?? null;
}

/**
 * Environment in which Dawn finds a float16 device, or why there is none.
 * @returns {Promise<{ env: NodeJS.ProcessEnv, adapter: string } | { reason: string }>}
 */
export async function float16Driver() {
  const base = {
    ...process.env,
    // Compiling shaders takes minutes; the compiled ones are kept.
    MESA_SHADER_CACHE_DIR: join(ROOT, '.cache', 'mesa-shaders'),
    XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? tmpdir(),
  };
  const native = await probe(base);
  if (native !== null) return { env: base, adapter: native };
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) {
    return { reason: 'no WebGPU device with shader-f16, and Mesa is fetched only on Debian and its kin' };
  }
  if (lavapipeEnv(base) === null) {
    const problem = await unpackMesa();
    if (problem !== null) return { reason: problem };
  }
  const env = lavapipeEnv(base);
  const adapter = env === null ? null : await probe(env);
  if (env === null || adapter === null)
    return { reason: "this system's Mesa has no shader-f16 (it needs 24 or newer)" };
  return { env, adapter };
}

/**
 * @param {NodeJS.ProcessEnv} base
 * @returns {NodeJS.ProcessEnv | null} null while nothing is unpacked
 */
function lavapipeEnv(base) {
  const top = join(FOLDER, 'root', 'usr', 'lib');
  const folder = existsSync(top)
    ? readdirSync(top)
        .map((name) => join(top, name))
        .find((path) => existsSync(join(path, 'libvulkan_lvp.so')))
    : undefined;
  if (folder === undefined) return null;
  // The packaged description of the driver names it without its folder.
  const description = join(FOLDER, 'lvp_icd.json');
  const icd = { library_path: join(folder, 'libvulkan_lvp.so'), api_version: '1.3.0' };
  writeFileSync(description, JSON.stringify({ file_format_version: '1.0.0', ICD: icd }));
  return {
    ...base,
    VK_ICD_FILENAMES: description,
    VK_DRIVER_FILES: description,
    LD_LIBRARY_PATH: [folder, base['LD_LIBRARY_PATH'] ?? ''].filter(Boolean).join(delimiter),
  };
}

/**
 * Downloads Mesa's Vulkan drivers and what they need that is not installed, with the system's own sources (Debian 12's
 * Mesa is too old: there its backports are added), into folders of our own, and unpacks them.
 * @returns {Promise<string | null>} what went wrong
 */
async function unpackMesa() {
  console.log("Fetching Mesa's software Vulkan driver for the float16 tests ...");
  const folder = (/** @type {string[]} */ ...names) => {
    const path = join(FOLDER, ...names);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const sources = folder('sources');
  if (existsSync('/etc/apt/sources.list.d')) cpSync('/etc/apt/sources.list.d', sources, { recursive: true });
  const { output } = await capture('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI) $(CODENAME) $(COMPONENT)',
  ]);
  const debian12 = /^(\S+) bookworm main$/m.exec(output)?.[1];
  const release = debian12 === undefined ? [] : ['-t', 'bookworm-backports'];
  if (debian12 !== undefined) {
    const key = '/usr/share/keyrings/debian-archive-keyring.gpg';
    const signed = existsSync(key) ? `[signed-by=${key}] ` : '';
    writeFileSync(join(sources, 'backports.list'), `deb ${signed}${debian12} bookworm-backports main\n`);
  }
  folder('lists', 'partial');
  const archives = folder('cache', 'archives');
  folder('cache', 'archives', 'partial');
  const options = {
    'Dir::Etc::SourceParts': sources,
    'Dir::State::Lists': folder('lists'),
    'Dir::Cache': folder('cache'),
    'Debug::NoLocking': 'true',
    // As root, apt downloads as a user that may not write here.
    'APT::Sandbox::User': 'root',
  };
  const apt = (/** @type {string[]} */ ...args) =>
    capture(
      'apt-get',
      [...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]), ...args],
      {
        timeout: DOWNLOAD_TIMEOUT,
      },
    );
  await apt('update');
  const wanted = ['--download-only', '-y', '--no-install-recommends', 'mesa-vulkan-drivers', 'libvulkan1'];
  const download = await apt('install', ...wanted, ...release);
  const packages = readdirSync(archives).filter((name) => name.endsWith('.deb'));
  if (download.code !== 0 || packages.length === 0) return "Mesa's packages could not be downloaded";
  for (const name of packages) {
    const { code } = await capture('dpkg-deb', ['-x', join(archives, name), folder('root')]);
    if (code !== 0) return `${name} could not be unpacked`;
  }
  for (const name of ['cache', 'lists', 'sources'])
    rmSync(join(FOLDER, name), { recursive: true, force: true });
  return null;
}
