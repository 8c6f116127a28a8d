import { describe, expect, it } from 'vitest';
import { Failure, toFailure } from './failure.ts';

describe('toFailure', () => {
  it('takes the engine’s plain objects', () => {
    const made = toFailure({ code: 'out-of-memory', message: 'The GPU has no room for 2048x2048.' });
    expect(made).toMatchObject({ code: 'out-of-memory', message: 'The GPU has no room for 2048x2048.' });
  });

  it('knows errors by their name, which is what survives a worker boundary', () => {
    const named = (name: string) => toFailure(Object.assign(new Error('message'), { name })).code;
    expect(named('NonFiniteWeightsError')).toBe('non-finite-weights');
    expect(named('CheckpointError')).toBe('bad-file');
    expect(named('StorageFullError')).toBe('storage-full');
    expect(named('OutOfMemoryError')).toBe('out-of-memory');
    expect(named('TypeError')).toBe('internal');
    expect(named('toString')).toBe('internal');
  });

  it('adds what to do where the message cannot know it', () => {
    expect(toFailure(new Error('x is undefined')).hint).toMatch(/reload/);
    expect(toFailure({ code: 'bad-parameters', message: 'Width must be a multiple of 8.' }).hint).toBeNull();
  });

  it('uses the fallback for codes it does not know', () => {
    expect(toFailure({ code: 'constructor', message: 'x' }, 'bad-file').code).toBe('bad-file');
  });

  it.each([undefined, null, '', 0, {}, { message: 7 }])('finds words for %o', (error) => {
    const made = toFailure(error);
    expect(made.message).not.toBe('');
    expect(made.details).not.toBe('');
  });

  it('leaves failures as they are', () => {
    const made = new Failure('worker-died', 'It ended.');
    expect(toFailure(made)).toBe(made);
  });
});

it('has words for a browser that refuses a write without any', () => {
  const failure = toFailure(new DOMException('', 'QuotaExceededError'));
  expect(failure.code).toBe('storage-full');
  expect(failure.message).toMatch(/no room left/);
});

describe('what is not for people stays in the details', () => {
  const broken = undefined as unknown as { open: { (): void } };
  const provoked: [string, () => unknown][] = [
    ['a missing object', () => broken.open()],
    ['no function', () => (({}) as { go: () => void }).go()],
    ['too long a text', () => 'x'.repeat(2 ** 30)],
    ['bad JSON', () => JSON.parse('{') as unknown],
    ['no iterable', () => [...(5 as unknown as string[])]],
    ['a name that is not there', () => (globalThis as { eval: (code: string) => unknown }).eval('nowhere')],
    ['destructuring nothing', () => ((value: { key: string }) => value.key)(null as never)],
    ['what cannot be cloned', () => structuredClone(() => 1)],
    ['a refusal', () => raise(new DOMException('Access is denied for this document.', 'SecurityError'))],
    ['a closed database', () => raise(new DOMException('The connection is closing.', 'InvalidStateError'))],
    ['Svelte', () => raise(new Error('https://svelte.dev/e/each_key_duplicate'))],
    ['onnxruntime', () => raise(new Error("Can't create a session. ERROR_CODE: 6, ERROR_MESSAGE: bad"))],
    ['a plain text', () => raise("Cannot read properties of undefined (reading 'open')")],
  ];

  function raise(error: unknown): never {
    throw error;
  }

  it.each(provoked)('%s', (_, provoke) => {
    for (const fallback of ['internal', 'bad-file', 'storage-full'] as const) {
      let failure: Failure | undefined;
      try {
        provoke();
      } catch (error) {
        failure = toFailure(error, fallback);
        const { message } = typeof error === 'string' ? { message: error } : (error as Error);
        expect(failure.details).toContain(message);
      }
      expect(failure?.message).toMatch(/^[A-Z][a-z].*\.$/);
      expect(failure?.message).not.toMatch(/undefined|null|function|Error|JSON|denied|svelte|session|\(|\[/);
    }
  });

  it('ours are told as they are', () => {
    for (const words of ['A model needs a name.', '"undefined.ckpt" is a picture.']) {
      const error = Object.assign(new Error(words), { name: 'CheckpointError' });
      expect(toFailure(error).message).toBe(words);
    }
  });
});
