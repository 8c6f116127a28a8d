import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { assemble, codePart, type Pieces } from './single-file.ts';
import { decodeBase64 } from '../src/single-file/base64.ts';

/** The source page with the two lines that Vite adds. */
const PAGE = readFileSync('index.html', 'utf8')
  .replace('</head>', '<link rel="stylesheet" crossorigin href="./assets/style.css">\n</head>')
  .replace('src="./src/main.ts"', 'crossorigin src="./assets/index.js"');

const pieces: Pieces = {
  page: PAGE,
  firstPaint: 'paint()',
  script: 'const icon = "./icons/darkroom.svg"; "$&"',
  style: 'a{}',
  icon: 'data:image/svg+xml;base64,AA==',
  parts: [
    ['engine', codePart('"</script>"')],
    ['wasm', 'H4sI'],
  ],
};

it('leaves nothing in the page that would have to be fetched', () => {
  const html = assemble(pieces);
  const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
  expect(new Set(addresses)).toEqual(new Set([pieces.icon]));
  expect(html).not.toContain('./icons/');
  expect(html).toContain('"$&"');
  // Whatever uses the parts comes after them.
  expect(html.indexOf('id="part-wasm"')).toBeLessThan(html.indexOf('const icon'));
});

it('allows its own scripts, and only those', () => {
  const html = assemble(pieces);
  expect(html.match(/'sha256-/g)).toHaveLength(3);
  expect(html).toContain("connect-src 'none'");
  // Four scripts: two that run, two that are data.
  expect(html.match(/<\/script>/g)).toHaveLength(4);
});

it('refuses a script that would end early', () => {
  expect(() => assemble({ ...pieces, script: 'a = "</script>"' })).toThrow(/script tag/);
  expect(() => assemble({ ...pieces, script: 'a = "<!--"; b = "<script"' })).toThrow(/script tag/);
});

it('says when the page is not the one it knows', () => {
  expect(() => assemble({ ...pieces, page: '<html></html>' })).toThrow(/<head>/);
});

it('carries code and bytes through the page unharmed', () => {
  const code = 'if (a <b) "</script><!--\\u2028"';
  expect(codePart(code)).not.toContain('<');
  expect(JSON.parse(codePart(code))).toBe(code);
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 255);
  expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toEqual(bytes);
});
