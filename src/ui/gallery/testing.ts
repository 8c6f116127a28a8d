// For tests: records of pictures as the library lists them.
import type { ImageRecord } from '../../library/image-record.ts';

interface Made {
  readonly prompt?: string;
  readonly negative?: string;
  readonly sampler?: string;
  readonly schedule?: string;
  readonly model?: string;
  readonly seed?: number;
  readonly favourite?: boolean;
  readonly createdAt?: number;
}

/** A picture called `id`, with an A1111 text. */
export function record(id: string, made: Made = {}): ImageRecord {
  const {
    prompt = '',
    negative = '',
    sampler = 'Euler',
    schedule = 'Automatic',
    model = 'm',
    seed = 1,
  } = made;
  const negativeLine = negative === '' ? '' : `\nNegative prompt: ${negative}`;
  return {
    id,
    createdAt: made.createdAt ?? 0,
    width: 512,
    height: 512,
    seed,
    modelHash: 'abcdef0123',
    parameters:
      `${prompt}${negativeLine}\nSteps: 20, Sampler: ${sampler}, Schedule type: ${schedule}, CFG scale: 7, ` +
      `Seed: ${seed}, Size: 512x512, Model hash: abcdef0123, Model: ${model}`,
    byteLength: 1000,
    favourite: made.favourite ?? false,
    deletedAt: null,
  };
}
