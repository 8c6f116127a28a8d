import { describe, expect, it } from 'vitest';
import { embeddingsFromText, embeddingsToText } from './embeddings-text.ts';

describe('TI hashes', () => {
  it('are written as A1111 does, and read back', () => {
    const embeddings = [
      { name: 'EasyNegative', hash: 'c74b4e810b03' },
      { name: 'bad: hands, v4', hash: '0123456789ab' },
    ];
    const { 'TI hashes': text } = embeddingsToText(embeddings);
    expect(text).toBe('EasyNegative: c74b4e810b03, bad hands v4: 0123456789ab');
    expect(embeddingsFromText(String(text))).toEqual([
      embeddings[0],
      { name: 'bad hands v4', hash: '0123456789ab' },
    ]);
  });

  it('are not written without an embedding, and nothing else is taken for one', () => {
    expect(embeddingsToText([])).toEqual({});
    expect(embeddingsFromText('nothing, here: at all, ,')).toEqual([]);
  });

  it('of SDXL stand there once for each text encoder', () => {
    expect(embeddingsFromText('a: c74b4e810b03, a: c74b4e810b03')).toHaveLength(1);
  });
});
