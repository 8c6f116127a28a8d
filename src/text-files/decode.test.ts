import { describe, expect, it } from 'vitest';
import { decodeFatal } from './decode-fatal.ts';
import { decodeText, decodeTextAs, TextEncodingError } from './decode.ts';
import { ENCODINGS, type EncodingLabel } from './encodings.ts';

/** Encodes by trying all sequences of one and two bytes: Node writes none of these encodings itself. */
function encode(text: string, label: EncodingLabel): Uint8Array {
  const bytes: number[] = [];
  const table = tableOf(label);
  for (const character of text) {
    const code = character.charCodeAt(0);
    const sequence = code < 0x80 ? [code] : table.get(character);
    if (sequence === undefined) throw new Error(`${character} is not in ${label}`);
    bytes.push(...sequence);
  }
  return Uint8Array.from(bytes);
}

const tables = new Map<EncodingLabel, Map<string, number[]>>();
function tableOf(label: EncodingLabel): Map<string, number[]> {
  let table = tables.get(label);
  if (table) return table;
  table = new Map();
  const decode = (bytes: number[]): string => {
    try {
      return decodeFatal(Uint8Array.from(bytes), label);
    } catch {
      return '';
    }
  };
  for (let first = 0x80; first < 0x100; first++) {
    const single = decode([first]);
    if (single.length === 1 && !table.has(single)) table.set(single, [first]);
    for (let second = 0x40; second < 0x100; second++) {
      const pair = decode([first, second]);
      if (pair.length === 1 && !table.has(pair)) table.set(pair, [first, second]);
    }
  }
  tables.set(label, table);
  return table;
}

function utf16(text: string, littleEndian: boolean, mark: boolean): Uint8Array {
  const codes = [...(mark ? '\ufeff' : ''), ...text].map((character) => character.charCodeAt(0));
  const view = new DataView(new ArrayBuffer(2 * codes.length));
  codes.forEach((code, i) => view.setUint16(2 * i, code, littleEndian));
  return new Uint8Array(view.buffer);
}

function refusal(bytes: Uint8Array): TextEncodingError {
  try {
    decodeText(bytes);
  } catch (error) {
    if (error instanceof TextEncodingError) return error;
    throw error;
  }
  throw new Error('It was read.');
}

describe('decodeText', () => {
  it('reads UTF-8 with and without a byte order mark', () => {
    const text = 'name,prompt\r\nCafé,"夜, 😀"\n';
    expect(decodeText(new TextEncoder().encode(text))).toBe(text);
    expect(decodeText(new TextEncoder().encode(`\ufeff${text}`))).toBe(text);
    expect(decodeText(new Uint8Array())).toBe('');
  });

  it.each<[EncodingLabel, string]>([
    ['windows-1252', 'name,prompt,negative_prompt\nCafé,café noir…,flou\n'],
    ['windows-1252', 'Mädchen im Grünen – „schön“, Straße\n'],
    ['windows-1252', 'à la manière de Vermeer, lumière d’été, forêt'],
    ['windows-1250', 'żółty, zielony, czerwień, świt, łąka, błękit, różowy'],
    ['windows-1251', 'красный закат, море, высокое качество\nсиний'],
    ['shift_jis', '赤い花\n青い空、きれいな夕焼け\nカメラ目線'],
    ['shift_jis', 'red\nブルー\ngreen'],
    ['euc-jp', '赤い花\n青い空、きれいな夕焼け\nカメラ目線'],
    ['gb18030', '红色\n蓝色的天空,高质量,杰作\n一个女孩'],
    ['gb18030', 'name,prompt,negative_prompt\n水墨,水墨画,模糊'],
    ['big5', '紅色\n藍色的天空,高品質,傑作\n一個女孩在森林裡'],
    ['euc-kr', '빨간색\n푸른 하늘, 고품질, 걸작\n소녀'],
  ])('refuses %s, names it, and reads it when told to: %s', (label, text) => {
    const bytes = encode(text, label);
    const error = refusal(bytes);
    expect(error.likely[0]).toBe(label);
    expect(error.message).toContain(ENCODINGS[label]);
    expect(decodeTextAs(bytes, label)).toBe(text);
  });

  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('names UTF-16, little-endian %s, with a mark %s', (littleEndian, mark) => {
    const bytes = utf16('name,prompt\nRed,a red fox\n', littleEndian, mark);
    const label = littleEndian ? 'utf-16le' : 'utf-16be';
    expect(refusal(bytes).likely[0]).toBe(label);
    expect(decodeTextAs(bytes, label)).toBe('name,prompt\nRed,a red fox\n');
  });

  it('finds no encoding for what is no text', () => {
    const bytes = Uint8Array.from({ length: 4096 }, (_, i) => (i * i * 31 + (i >> 3)) & 0xff);
    const error = refusal(bytes);
    expect(error.likely).toEqual([]);
    expect(error.message).toBe('This is not a text file.');
  });

  it('refuses an encoding that the bytes are not in', () => {
    expect(() => decodeTextAs(Uint8Array.of(0x61, 0xff, 0xff), 'shift_jis')).toThrow(TextEncodingError);
  });
});
