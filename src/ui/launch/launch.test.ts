import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PICTURE_TYPES } from '../dropped-files.ts';
import { readLaunch } from './launch.ts';
import { isUpdateRequest, UPDATE_REQUEST } from './update-protocol.ts';

it('reads what the page is opened for', () => {
  expect(readLaunch('https://example.org/a/?tab=png-info')).toEqual({ tab: 'png-info', shared: false });
  expect(readLaunch('https://example.org/a/?shared')).toEqual({ tab: null, shared: true });
  expect(readLaunch('https://example.org/a/?tab=<script>')).toEqual({ tab: null, shared: false });
  expect(readLaunch('file:///home/darkroom.html')).toEqual({ tab: null, shared: false });
});

it('knows an update request from anything else', () => {
  expect(isUpdateRequest(UPDATE_REQUEST)).toBe(true);
  for (const other of [null, 'x', {}, { type: 'SKIP_WAITING' }]) expect(isUpdateRequest(other)).toBe(false);
});

it('takes the same pictures from the system as on the page', () => {
  const manifest = JSON.parse(readFileSync('public/manifest.webmanifest', 'utf8')) as {
    readonly file_handlers: readonly { readonly accept: Readonly<Record<string, readonly string[]>> }[];
    readonly share_target: {
      readonly params: { readonly files: readonly { readonly accept: readonly string[] }[] };
    };
  };
  const opened = manifest.file_handlers.flatMap(({ accept }) => Object.keys(accept));
  expect(opened.filter((type) => type.startsWith('image/')).join()).toBe(PICTURE_TYPES);
  expect(manifest.share_target.params.files.flatMap(({ accept }) => accept).join()).toBe(PICTURE_TYPES);
});
