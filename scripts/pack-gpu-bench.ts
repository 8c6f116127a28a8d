// Packs bench-gpu for a machine that has a graphics driver and Python, and nothing else: one folder with Node, Dawn,
// onnxruntime and one bundled script, compressed. tools/gpu-bench/README.md, which goes along, says how to run it.
//
//   npm run pack-gpu-bench -- [--out DIR] [--vulkan DIR]
//
// To be run on x86-64 Linux, since its own Node is packed. `--vulkan`: libraries (or Debian packages of them) to put beside.
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { ROOT, capture } from './process.js';

/** Of the folder, in bytes. */
const BUDGET = 48 << 20;
const MINUTES = 60_000;

/** Packs a folder with Python's library, which is what unpacks it: programs shrink by a tenth more with the x86 filter. */
const PACK = `
import lzma, sys, tarfile
filters = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": int(sys.argv[3]), "dict_size": 1 << 26}]
def plain(info):
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    return info
with lzma.open(sys.argv[2], "w", filters=filters) as packed, tarfile.open(fileobj=packed, mode="w") as files:
    files.add(sys.argv[1], ".", filter=plain)
`;

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { out: text, vulkan: text, preset: text } });
const from = process.env['INIT_CWD'] ?? process.cwd();
const out = values.out === undefined ? join(ROOT, 'dist-gpu-bench') : resolve(from, values.out);
if (process.platform !== 'linux' || process.arch !== 'x64') {
  throw new Error('Pack on x86-64 Linux: the Node that runs this is what goes along.');
}
if (existsSync(out) && !existsSync(join(out, 'payload.tar.xz')) && readdirSync(out).length > 0) {
  throw new Error(`${out} is there already and is not what this makes: name another folder with --out.`);
}
const folder = mkdtempSync(join(tmpdir(), 'darkroom-pack-'));
try {
  await fill();
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await program('python3', ['-c', PACK, folder, join(out, 'payload.tar.xz'), values.preset ?? '0']);
  for (const name of ['run.sh', 'start.py', 'README.md']) {
    copyFileSync(join(ROOT, 'tools', 'gpu-bench', name), join(out, name));
  }
  if (values.vulkan !== undefined) {
    cpSync(resolve(from, values.vulkan), join(out, 'vulkan'), { recursive: true, dereference: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const size = sizeOf(out);
console.log(`${out}: ${(size / 2 ** 20).toFixed(1)} MiB`);
if (size > BUDGET) throw new Error(`That is more than ${BUDGET >> 20} MiB.`);

/** The files as in the repository, so that the script finds them where it does there. */
async function fill(): Promise<void> {
  const put = (path: string, to = path) => {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    copyFileSync(resolve(ROOT, path), join(folder, to));
    return join(folder, to);
  };
  await build({
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true },
    build: {
      ssr: join(ROOT, 'scripts', 'gpu-bench', 'main.ts'),
      outDir: join(folder, 'scripts'),
      emptyOutDir: true,
      target: 'node20',
      rollupOptions: {
        external: ['webgpu'],
        output: { entryFileNames: 'bench.mjs', inlineDynamicImports: true },
      },
    },
  });
  for (const name of ['ort.webgpu.bundle.min.mjs', 'ort-wasm-simd-threaded.asyncify.wasm']) {
    put(`node_modules/onnxruntime-web/dist/${name}`);
  }
  const dawn = 'node_modules/webgpu';
  for (const name of ['index.js', 'package.json', 'LICENSE.md']) put(`${dawn}/${name}`);
  const programs = [
    put(`${dawn}/dist/linux-x64.dawn.node`),
    put(realpathSync(process.execPath), 'bin/node'),
    // For machines whose own is missing or older.
    ...(await librariesOf(process.execPath, ['libstdc++.so.6', 'libgcc_s.so.1'])).map((path) =>
      put(realpathSync(path), join('lib', path.split('/').at(-1)!)),
    ),
  ];
  for (const path of programs) {
    await program('strip', [path]);
    chmodSync(path, 0o755);
  }
  for (const name of ['bench.py', 'device.py', 'results.py']) put(`tools/pytorch/${name}`);
  put('tools/demo-model/networks.py');
  put('LICENSE');
}

/** Where the system has these libraries. Throws where the program needs others that a system may lack. */
async function librariesOf(path: string, names: readonly string[]): Promise<string[]> {
  const output = await program('ldd', [path]);
  const needed = [...output.matchAll(/^\s*(\S+) => (\S+)/gm)].map(([, name, found]) => ({
    name: name!,
    found: found!,
  }));
  const usual = /^(libc|libm|libdl|libpthread|librt)\.so/;
  const strange = needed.filter(({ name }) => !usual.test(name) && !names.includes(name));
  if (strange.length > 0) {
    throw new Error(
      `This Node needs ${strange.map(({ name }) => name).join(', ')}: pack with Node from nodejs.org instead.`,
    );
  }
  return needed.filter(({ name }) => names.includes(name)).map(({ found }) => found);
}

/** What it printed. Throws where it fails. */
async function program(command: string, args: readonly string[]): Promise<string> {
  const { code, output } = await capture(command, args, { timeout: 30 * MINUTES });
  if (code === 127) throw new Error(`${command} is needed to pack.`);
  if (code !== 0) throw new Error(`${command} failed: ${output.trim()}`);
  return output;
}

function sizeOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
