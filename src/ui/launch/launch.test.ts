import { expect, it } from 'vitest';
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
