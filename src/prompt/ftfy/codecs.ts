// The encodings that text gets mixed up in: single-byte tables with their holes filled, and forgiving UTF-8.
// Bytes are held as strings of characters U+0000 - U+00FF, so that patterns can be applied to them.

/** What bytes 0x80 - 0xFF mean. Bytes an encoding leaves undefined stand for the code point of the same number. */
const UPPER_HALVES = {
  'windows-1252':
    '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ',
  'windows-1251':
    'ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u0098™љ›њќћџ\u00a0ЎўЈ¤Ґ¦§Ё©Є«¬\u00ad®Ї°±Ііґµ¶·ё№є»јЅѕїАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя',
  'windows-1250':
    '€\u0081‚\u0083„…†‡\u0088‰Š‹ŚŤŽŹ\u0090‘’“”•–—\u0098™š›śťžź\u00a0ˇ˘Ł¤Ą¦§¨©Ş«¬\u00ad®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙',
  'windows-1253':
    '€\u0081‚ƒ„…†‡\u0088‰\u008a‹\u008c\u008d\u008e\u008f\u0090‘’“”•–—\u0098™\u009a›\u009c\u009d\u009e\u009f\u00a0΅Ά£¤¥¦§¨©ª«¬\u00ad®―°±²³΄µ¶·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡÒΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώÿ',
  'windows-1254':
    '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008d\u008e\u008f\u0090‘’“”•–—˜™š›œ\u009d\u009eŸ\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞßàáâãäåæçèéêëìíîïğñòóôõö÷øùúûüışÿ',
  'windows-1257':
    '€\u0081‚\u0083„…†‡\u0088‰\u008a‹\u008c¨ˇ¸\u0090‘’“”•–—\u0098™\u009a›\u009c¯˛\u009f\u00a0¡¢£¤¥¦§Ø©Ŗ«¬\u00ad®Æ°±²³´µ¶·ø¹ŗ»¼½¾æĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽßąįāćäåęēčéźėģķīļšńņóōõö÷ųłśūüżž˙',
  'iso-8859-2':
    '\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009a\u009b\u009c\u009d\u009e\u009f\u00a0Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u00adŽŻ°ą˛ł´ľśˇ¸šşťź˝žżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙',
  macroman:
    'ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u00a0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uf8ffÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ',
  cp437:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0',
};

const LATIN_1 = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => 128 + i));

/** Byte 0x1A (SUBSTITUTE) stands for a character that was lost, U+FFFD, in the encodings that have holes. */
export const LOST = '\x1a';

export class SingleByteEncoding {
  private readonly bytes = new Map<string, string>();

  constructor(
    readonly name: string,
    /** The 128 characters of bytes 0x80 - 0xFF. */
    readonly upperHalf: string,
    /** Whether the encoding has (filled) holes, and takes U+FFFD for byte 0x1A. */
    readonly sloppy: boolean,
  ) {
    for (let byte = 0; byte < 128; byte++) {
      const character = String.fromCharCode(byte);
      this.bytes.set(sloppy && character === LOST ? '\ufffd' : character, character);
    }
    for (let i = 0; i < 128; i++) this.bytes.set(upperHalf.charAt(i), String.fromCharCode(128 + i));
  }

  /** The text as bytes, or null where a character is not of this encoding. */
  encode(text: string): string | null {
    const bytes: string[] = [];
    for (let i = 0; i < text.length; i++) {
      const byte = this.bytes.get(text.charAt(i));
      if (byte === undefined) return null;
      bytes.push(byte);
    }
    return bytes.join('');
  }

  /** The character of one byte. */
  decode(byte: number): string {
    if (byte >= 128) return this.upperHalf.charAt(byte - 128);
    return this.sloppy && byte === 0x1a ? '\ufffd' : String.fromCharCode(byte);
  }
}

export const WINDOWS_1252 = new SingleByteEncoding('windows-1252', UPPER_HALVES['windows-1252'], true);

/** The Latin-1-like encodings whose letters are told apart as parts of broken UTF-8. */
export const LATIN_LIKE: readonly SingleByteEncoding[] = [
  new SingleByteEncoding('latin-1', LATIN_1, false),
  WINDOWS_1252,
  new SingleByteEncoding('windows-1251', UPPER_HALVES['windows-1251'], true),
  new SingleByteEncoding('windows-1250', UPPER_HALVES['windows-1250'], true),
  new SingleByteEncoding('windows-1253', UPPER_HALVES['windows-1253'], true),
  new SingleByteEncoding('windows-1254', UPPER_HALVES['windows-1254'], true),
  new SingleByteEncoding('windows-1257', UPPER_HALVES['windows-1257'], true),
];

/** All encodings that are tried, in this order. */
export const ENCODINGS: readonly SingleByteEncoding[] = [
  ...LATIN_LIKE,
  new SingleByteEncoding('iso-8859-2', UPPER_HALVES['iso-8859-2'], false),
  new SingleByteEncoding('macroman', UPPER_HALVES.macroman, false),
  new SingleByteEncoding('cp437', UPPER_HALVES.cp437, false),
];

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A surrogate pair, each half encoded as three bytes (CESU-8). */
const CESU8_PAIR = /\xed([\xa0-\xaf])([\x80-\xbf])\xed([\xb0-\xbf])([\x80-\xbf])/g;
/** Java's U+0000. The reference takes a 0xC0 before a final line break for one too (`$` matches there). */

const JAVA_NULL = /\xc0(?:\x80|\n(?![^]))/g;

/**
 * Decodes bytes as UTF-8, also as CESU-8 and Java's variant. Null where they are neither.
 * Programs: python-ftfy's codec "utf-8-variants".
 */
export function decodeUtf8(bytes: string): string | null {
  const standard = bytes
    .replace(JAVA_NULL, '\0')
    .replace(CESU8_PAIR, (_, a: string, b: string, c: string, d: string) => {
      const point =
        0x10000 +
        ((a.charCodeAt(0) & 0x0f) << 16) +
        ((b.charCodeAt(0) & 0x3f) << 10) +
        ((c.charCodeAt(0) & 0x0f) << 6) +
        (d.charCodeAt(0) & 0x3f);
      return [
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 0x3f),
        0x80 | ((point >> 6) & 0x3f),
        0x80 | (point & 0x3f),
      ]
        .map((byte) => String.fromCharCode(byte))
        .join('');
    });
  const array = Uint8Array.from({ length: standard.length }, (_, i) => standard.charCodeAt(i));
  try {
    return UTF8.decode(array);
  } catch {
    return null;
  }
}
