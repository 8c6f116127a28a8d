import { describe, expect, test } from 'vitest';
import { compareVersions, parseVersion } from './version.ts';

describe('versions', () => {
  test('are ordered as PEP 440 orders them', () => {
    // The example of PEP 440, "Summary of permitted suffixes and relative ordering", with git describe's forms.
    const ordered = [
      '1.dev0',
      '1.0.dev456',
      '1.0a1',
      '1.0a2.dev456',
      '1.0a12',
      '1.0b1.dev456',
      '1.0b2',
      '1.0rc1',
      '1.0',
      'v1.0-5-gabcdef',
      '1.0.post456.dev34',
      '1.0.post456',
      '1.0.15',
      '1.1.dev1',
      'v1.10.1',
      '1!0.1',
    ];
    for (let i = 0; i < ordered.length; i += 1) {
      for (let j = 0; j < ordered.length; j += 1) {
        const order = compareVersions(parseVersion(ordered[i])!, parseVersion(ordered[j])!);
        expect(Math.sign(order), `${ordered[i]} against ${ordered[j]}`).toBe(Math.sign(i - j));
      }
    }
  });

  test.each([
    ['1.0', 'v1.0.0'],
    ['1.0-225', '1.0.post225'],
    ['1.0RC', '1.0rc0'],
    ['1.0-alpha.3', '1.0a3'],
    ['1.0+local.7', '1.0'],
  ])('%s is %s', (a, b) => expect(compareVersions(parseVersion(a)!, parseVersion(b)!)).toBe(0));

  test.each([
    '',
    'nonsense',
    'f0.0.17v1.8.0rc-latest-276-g29be1da7',
    'darkroom-v0.1.0',
    '1.0.',
    '9'.repeat(300),
    undefined,
  ])('%s is none', (text) => expect(parseVersion(text)).toBeNull());
});
