import { expect, it } from 'vitest';
import { singleFilePolicy, SITE_POLICY } from './content-security-policy.ts';

const directives = (policy: string) =>
  new Map(policy.split('; ').map((part) => [part.split(' ')[0]!, part.split(' ').slice(1)]));

it('lets the site connect to its own files and nowhere else', () => {
  const policy = directives(SITE_POLICY);
  expect(policy.get('connect-src')).toEqual(["'self'"]);
  for (const name of ['default-src', 'object-src', 'base-uri', 'form-action']) {
    expect(policy.get(name), name).toEqual(["'none'"]);
  }
  expect(policy.get('require-trusted-types-for')).toEqual(["'script'"]);
  policy.delete('require-trusted-types-for');
  policy.delete('trusted-types');
  for (const [name, sources] of policy) {
    for (const source of sources) {
      // Extensions' workers are of no origin, and live under this policy.
      if (name === 'worker-src' && source === 'data:') continue;
      expect(source, name).toMatch(/^(?:'none'|'self'|'wasm-unsafe-eval'|blob:)$/);
    }
  }
});

it('lets the single file run what is in it, and connect to nothing', () => {
  const policy = directives(singleFilePolicy(['alert(1)'], ['a{}']));
  expect(policy.get('connect-src')).toEqual(["'none'"]);
  // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
  expect(policy.get('script-src')).toEqual([
    "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='",
    "'wasm-unsafe-eval'",
  ]);
  expect(policy.get('style-src')).toHaveLength(1);
});
