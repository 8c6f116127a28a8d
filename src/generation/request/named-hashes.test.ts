import { describe, expect, it } from 'vitest';
import { EMBEDDINGS_KEY, hashesFromText, hashesToText, LORAS_KEY } from './named-hashes.ts';

describe('Lora hashes and TI hashes', () => {
  it('are written as A1111 does, and read back', () => {
    const embeddings = [
      { name: 'EasyNegative', hash: 'c74b4e810b03' },
      { name: 'bad: hands, v4', hash: '0123456789ab' },
    ];
    const { 'TI hashes': text } = hashesToText(EMBEDDINGS_KEY, embeddings);
    expect(text).toBe('EasyNegative: c74b4e810b03, bad hands v4: 0123456789ab');
    expect(hashesFromText(String(text))).toEqual([
      embeddings[0],
      { name: 'bad hands v4', hash: '0123456789ab' },
    ]);
  });

  it('are not written where nothing is named, and nothing else is taken for them', () => {
    expect(hashesToText(LORAS_KEY, [])).toEqual({});
    expect(hashesFromText('nothing, here: at all, ,')).toEqual([]);
  });

  it('of SDXL stand there once for each text encoder', () => {
    expect(hashesFromText('a: c74b4e810b03, a: c74b4e810b03')).toHaveLength(1);
  });
});
