import { describe, expect, it } from 'vitest';
import type { Detection } from '../models/types.ts';
import { embeddingsFor, partOf, type NamedEmbedding } from './embedding-choice.ts';

const file = (name: string, widths: readonly number[], sha256 = name): NamedEmbedding => ({
  sha256,
  name,
  detection: {
    kind: 'embedding',
    supported: true,
    embedding: { vectors: 1, widths },
  } as unknown as Detection,
});
const SD1 = [{ type: 'clip', width: 768 }] as const;
const SD2 = [{ type: 'open-clip', width: 1024 }] as const;
const SDXL = [
  { type: 'clip', width: 768 },
  { type: 'open-clip', width: 1280 },
] as const;
const REFINER = [{ type: 'open-clip', width: 1280 }] as const;

describe('embeddings', () => {
  it('go with checkpoints whose text encoders are as wide', () => {
    const files = [file('one', [768]), file('two', [1024]), file('xl', [768, 1280])];
    const names = (encoders: Parameters<typeof embeddingsFor>[1]) =>
      embeddingsFor(files, encoders).map(({ name }) => name);
    expect(names(SD1)).toEqual(['one']);
    expect(names(SD2)).toEqual(['two']);
    expect(names(SDXL)).toEqual(['xl']);
    expect(names(REFINER)).toEqual(['xl']);
    expect(partOf([768, 1280], SDXL, 1)).toBe(1);
    expect(partOf([768, 1280], REFINER, 0)).toBe(1);
  });

  it('of one name are the newest that goes with the checkpoint', () => {
    const files = [file('style', [1024], 'a'), file('style', [768], 'b'), file('style', [768], 'c')];
    expect(embeddingsFor(files, SD1).map(({ sha256 }) => sha256)).toEqual(['b']);
  });
});
