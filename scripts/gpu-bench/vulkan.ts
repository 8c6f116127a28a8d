// Which Vulkan driver to use, and what to say where there is none. Drivers are found by their descriptions (JSON files); where
// a machine has NVIDIA's libraries without them, as containers have, they are written here.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild, self } from './child.ts';
import { readProbe } from './probe-result.ts';
import type { DeviceFacts } from './types.ts';

/** What the machine has, so far as drivers go. */
export interface Machine {
  /** Descriptions of drivers, whole paths. */
  readonly descriptions: readonly string[];
  /** Libraries of drivers that can be described, whole paths. */
  readonly libraries: readonly string[];
  /** Folders of libraries to be searched besides the system's. */
  readonly folders: readonly string[];
  /** Of the devices that drivers open. */
  readonly devices: readonly string[];
}

/** A way to find a driver: what is added to the environment. */
export interface Candidate {
  readonly what: string;
  /** A description to be named, or a library to be described. */
  readonly description: string | null;
  readonly library: string | null;
}

const DESCRIPTIONS = ['/etc', '/usr/share', '/usr/local/share', '/usr/local/etc', '/usr/local/nvidia/share'];
const FOLDERS = [
  '/usr/local/nvidia/lib64',
  '/usr/local/nvidia/lib',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu/nvidia/current',
  '/usr/lib64',
  '/usr/lib',
  '/usr/lib/wsl/lib',
];
/** The first is NVIDIA's usual one, which needs X11's libraries; the second does without. */
const LIBRARIES = ['libGLX_nvidia.so.0', 'libEGL_nvidia.so.0'];
const PROBE_SECONDS = 40;

export function lookAround(env: NodeJS.ProcessEnv): Machine {
  const list = (folder: string) => (existsSync(folder) ? readdirSync(folder).sort() : []);
  const folders = [...(env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean), ...FOLDERS].filter(
    (folder, i, all) => existsSync(folder) && all.indexOf(folder) === i,
  );
  return {
    descriptions: DESCRIPTIONS.flatMap((top) => {
      const folder = join(top, 'vulkan', 'icd.d');
      return list(folder).flatMap((name) => (name.endsWith('.json') ? join(folder, name) : []));
    }),
    libraries: LIBRARIES.flatMap((name) => folders.map((folder) => join(folder, name)).filter(existsSync)),
    folders: folders.filter((folder) => folder.startsWith('/usr/local/nvidia/') || folder.includes('/wsl/')),
    devices: ['/dev/nvidiactl', '/dev/nvidia0', '/dev/dri/renderD128', '/dev/dxg'].filter(existsSync),
  };
}

/** In the order in which to try them. */
export function candidatesOf(machine: Machine): Candidate[] {
  const isNvidia = (path: string) => /nvidia/i.test(path);
  const described = [...machine.descriptions].sort((a, b) => Number(isNvidia(b)) - Number(isNvidia(a)));
  return [
    { what: 'as the system has it', description: null, library: null },
    ...described.map((description) => ({ what: description, description, library: null })),
    ...machine.libraries.map((library) => ({ what: library, description: null, library })),
  ];
}

export interface Driver {
  readonly env: NodeJS.ProcessEnv;
  readonly facts: DeviceFacts;
}

/** A driver of a card; one in software where there is nothing else; or why there is none, in several lines. */
export async function findDriver(
  base: NodeJS.ProcessEnv,
  scratch: string,
  python: string,
): Promise<Driver | { readonly reason: string }> {
  const machine = lookAround(base);
  const libraryPath = [...(base['LD_LIBRARY_PATH'] ?? '').split(':'), ...machine.folders];
  const env = { ...base, LD_LIBRARY_PATH: [...new Set(libraryPath.filter(Boolean))].join(':') };
  let software: Driver | null = null;
  const tried: string[] = [];
  for (const candidate of candidatesOf(machine)) {
    const own = { ...env, ...variablesOf(candidate, scratch) };
    const ended = await runChild(...self('probe'), own, PROBE_SECONDS);
    const facts = readProbe(ended.output);
    if (facts && !facts.software) return { env: own, facts };
    if (facts) software ??= { env: own, facts };
    const outcome = facts ? 'only in software' : ended.code === null ? 'did not answer' : 'no device';
    tried.push(`${candidate.what}: ${outcome}`);
  }
  return software ?? { reason: await explain(machine, env, python, tried) };
}

function variablesOf({ description, library }: Candidate, scratch: string): Record<string, string> {
  let path = description;
  if (library !== null) {
    path = join(scratch, `${library.includes('GLX') ? 'glx' : 'egl'}-driver.json`);
    const ICD = { library_path: library, api_version: '1.3.0' };
    writeFileSync(path, JSON.stringify({ file_format_version: '1.0.0', ICD }));
  }
  // The second is the name that older loaders know.
  return path === null ? {} : { VK_DRIVER_FILES: path, VK_ICD_FILENAMES: path };
}

/** Tries to load what must be there, in Python, which says what is missing. */
const LOAD = `
import ctypes, sys
for name in sys.argv[1:]:
    try:
        ctypes.CDLL(name)
        print(name + ": loads")
    except OSError as error:
        print(name + ": " + str(error))
`;

async function explain(
  machine: Machine,
  env: NodeJS.ProcessEnv,
  python: string,
  tried: readonly string[],
): Promise<string> {
  const loads = async (...names: string[]) =>
    (await runChild(python, ['-c', LOAD, ...names], env, PROBE_SECONDS)).output.trim().split('\n');
  const [loader = ''] = await loads('libvulkan.so.1');
  if (!loader.endsWith(': loads')) {
    return [
      'There is no Vulkan loader (libvulkan.so.1) on this machine.',
      "Bring one: put Debian's libvulkan1_*_amd64.deb, or libvulkan.so.1 itself, into a folder and start again with",
      '--vulkan FOLDER. Where the driver needs them, put libglvnd0, libegl1, libgl1 and libglx0 beside it.',
      `(${loader})`,
    ].join('\n');
  }
  const libraries = machine.libraries.length > 0 ? await loads(...machine.libraries) : [];
  const debug = { ...env, VK_LOADER_DEBUG: 'error,warn' };
  const { output } = await runChild(...self('probe'), debug, PROBE_SECONDS);
  const said = output.split('\n').filter((line) => /error|warn/i.test(line));
  return [
    'The Vulkan loader is there, but no driver gives a device.',
    ...tried.map((line) => `  tried ${line}`),
    `  devices: ${machine.devices.join(', ') || 'none of /dev/nvidia0, /dev/dri/renderD128, /dev/dxg'}`,
    ...libraries.map((line) => `  ${line}`),
    ...said.slice(0, 8).map((line) => `  loader: ${line.trim().slice(0, 200)}`),
    machine.descriptions.length + machine.libraries.length === 0
      ? 'No driver is described under vulkan/icd.d, and no libGLX_nvidia.so.0 was found. In a container, NVIDIA_DRIVER_CAPABILITIES ' +
        'must hold "graphics".'
      : 'A library that a driver lacks can be put beside the loader: --vulkan FOLDER.',
  ].join('\n');
}
