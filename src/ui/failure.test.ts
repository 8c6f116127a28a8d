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
