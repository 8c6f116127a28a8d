// Text repair: examples of ftfy's documentation and of its rules, one by one.
import { describe, expect, it } from 'vitest';
import { isBad } from './badness.ts';
import { decodeUtf8, ENCODINGS } from './codecs.ts';
import { unescapeAll, unescapeClear } from './entities.ts';
import { fixText } from './index.ts';
import { repairEncoding } from './mojibake.ts';

describe('fixText', () => {
  it.each([
    ['âœ” No problems', '✔ No problems'],
    ['&macr;\\_(ã\x83\x84)_/&macr;', '¯\\_(ツ)_/¯'],
    ['Broken text&hellip; it&#x2019;s ﬂubberiﬁc!', "Broken text… it's flubberific!"],
    ['ＬＯＵＤ　ＮＯＩＳＥＳ', 'LOUD NOISES'],
    ['Ｕﾀｰﾝ', 'Uターン'],
    ['l’humanitÃ©', "l'humanité"],
    ['“quoted” ‘text’', '"quoted" \'text\''],
    ["\x1b[36;44mI'm blue\x1b[0m", "I'm blue"],
    ['one\r\ntwo\rthree\u2028four\u2029five', 'one\ntwo\nthree\nfour\nfive'],
    ['cafe\u0301', 'café'],
    ['\ufeffa\u0000b\u0007c\u206ad\ufffce', 'abcde'],
    ['\ud83d and \udca9\ud83d', '\ufffd and \ufffd\ufffd'],
    ['I\u2019m \x93fine\x94', 'I\'m "fine"'],
    ['Ĳsland, ĳs, ǆ, ﬆ', 'IJsland, ijs, dž, st'],
    ['plain ASCII: (a:1.2), [b], {c}', 'plain ASCII: (a:1.2), [b], {c}'],
    // Not mojibake: accents, prices, faces, quotation marks.
    ['déjà vu', 'déjà vu'],
    ['Ça coûte 3£', 'Ça coûte 3£'],
    ['(ò_ó)', '(ò_ó)'],
    ['«naïve»', '«naïve»'],
    ['', ''],
  ])('repairs %j', (text, fixed) => {
    expect(fixText(text)).toBe(fixed);
  });

  it('takes text for HTML from the first < on, line by line', () => {
    expect(fixText('&amp;\n<html>\n&amp;')).toBe('&\n<html>\n&amp;');
  });

  it('goes on until nothing changes', () => {
    expect(fixText('&amp;amp;amp;')).toBe('&');
    expect(fixText('＆ａｍｐ；ｌｔ；')).toBe('<');
    expect(fixText('&Atilde;&copy;')).toBe('é');
  });

  it('composes marks as ever below the bound, and any number of them', () => {
    const few = `a${'\u0315\u0301'.repeat(500)}`;
    expect(fixText(few)).toBe(few.normalize('NFC'));
    const many = `a${'\u0315\u0301'.repeat(50_000)}`;
    expect(fixText(many).length).toBeGreaterThan(99_990);
  });
});

describe('repairEncoding', () => {
  it.each([
    ['sÃ³', 'só'],
    ['schÃ¶n', 'schön'],
    ['Ð¿Ñ\x80Ð¸Ð²ÐµÑ\x82', 'привет'],
    ['РїСЂРёРІРµС‚', 'привет'],
    ['â€œquotedâ€\x9d', '“quoted”'],
    // Twice over.
    ['sÃƒÂ³', 'só'],
    // Where the last byte was lost.
    ['â€œ like this â€�', '“ like this �'],
    // Only a part is broken, and the rest is in no single-byte encoding.
    ['日本 cafÃ©', '日本 café'],
    // CESU-8.
    ['\xed\xa0\xbd\xed\xb8\x8d', '😍'],
    ['ï»¿', '\ufeff'],
  ])('%j', (text, fixed) => {
    expect(repairEncoding(text)).toBe(fixed);
  });

  it('restores a no-break space that became a space', () => {
    expect(repairEncoding('voilÃ le travail')).toBe('voilà le travail');
    expect(repairEncoding('Ã s vezes')).toBe('às vezes');
  });

  it('leaves alone what does not look broken', () => {
    for (const text of ['naïve', 'Ångström', 'ÄÖÜ', 'señor', '¿Qué?', 'Привет, мир!', 'Ελλάδα']) {
      expect(isBad(text), text).toBe(false);
      expect(repairEncoding(text)).toBe(text);
    }
  });
});

describe('codecs', () => {
  it('give every byte a character, and get it back', () => {
    for (const encoding of ENCODINGS) {
      for (let byte = 0; byte < 256; byte++) {
        expect(encoding.encode(encoding.decode(byte)), `${encoding.name} ${byte}`).toBe(
          String.fromCharCode(byte),
        );
      }
      expect(encoding.encode('猫')).toBeNull();
    }
  });

  it('decode strict UTF-8, CESU-8 and the null of Java', () => {
    expect(decodeUtf8('caf\xc3\xa9')).toBe('café');
    expect(decodeUtf8('\xf0\x9f\x90\xb1')).toBe('🐱');
    expect(decodeUtf8('a\xc0\x80b')).toBe('a\0b');
    for (const broken of ['\xc3', '\xed\xa0\xbd', '\xc0\xaf', '\xff', '\xf5\x80\x80\x80', '\xe0\x80\x80']) {
      expect(decodeUtf8(broken)).toBeNull();
    }
  });
});

describe('unescapeClear', () => {
  it.each([
    ['&lt;tag&gt;', '<tag>'],
    ['&Jscr;ohn &HilbertSpace;ancock', '𝒥ohn ℋancock'],
    ['P&eacute;rez, P&EACUTE;REZ', 'Pérez, PÉREZ'],
    ['BUNDESSTRA&SZLIG;E', 'BUNDESSTRASSE'],
    ['&ntilde; &Ntilde; &NTILDE; &nTILDE;', 'ñ Ñ Ñ &nTILDE;'],
    ['euro &#x80; &EURO;', 'euro € €'],
    [
      'not an entity &#20x6; &notanentity; &constructor;',
      'not an entity &#20x6; &notanentity; &constructor;',
    ],
    ['this is &not html', 'this is &not html'],
    ['&#xffff;|&#xffffffff;|&#0;|&#xd800;|&#65;', '|\ufffd|\ufffd|\ufffd|A'],
    ['&#59; stays', '&#59; stays'],
  ])('%j', (text, unescaped) => {
    expect(unescapeClear(text)).toBe(unescaped);
  });
});

describe('unescapeAll', () => {
  it.each([
    ['&amp &ampx &notit; &notin; &copy2020', '& &x ¬it; ∉ ©2020'],
    ['&#65 &#x41 &#65;', 'A A A'],
    ['&unknown; & &;', '&unknown; & &;'],
  ])('%j', (text, unescaped) => {
    expect(unescapeAll(text)).toBe(unescaped);
  });
});
