// Does a text look like mojibake (UTF-8 read in a wrong encoding)? The heuristic of python-ftfy 6.3.1, ftfy/badness.py:
// sequences of characters that hardly occur in text that was meant.
import { SPACE, WORD } from '../python-text.ts';

// Insides of character classes. Every character that occurs in UTF-8 mojibake falls in one of these.
/** Frequent everywhere: not suspicious by themselves. */
const COMMON = '\\xa0\\xad·´–—―…’';
/** C1 controls, which mean nothing nowadays. */
const C1 = '\\x80-\\x9f';
/** Practically only seen in mojibake. */
const BAD = '¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊\\ufffdªº';
const LAW = '¶§';
const CURRENCY = '¢£¥₧€';
const START = '¡«¿©\\u0384\\u0385‘‚“„•‹\\uf8ff';
const END = '®»˝”›™';
const NUMERIC = '²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№';
/** Letters that faces are made of: (ò_ó). */
const KAOMOJI = 'Ò-ÖÙ-Üò-öø-üŐŌŪŲ°';
const UPPER_ACCENTED = 'À-ÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ';
const LOWER_ACCENTED = 'ßà-ñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґﬁﬂ';
const UPPER_COMMON = 'ÞΑ-ΩΆΈΉΊΌΎΏΪΫЁ-Я';
const LOWER_COMMON = 'α-ωάέήίΰа-џ';
/** Box drawing, without the horizontal line of faces. */
const BOX = '│┌┐┘├┤┬┼═-╬▀▄█▌▐░▒▓';

const ACCENTED = LOWER_ACCENTED + UPPER_ACCENTED;
const SYMBOLS = `${ACCENTED}${BOX}${START}${END}${CURRENCY}${NUMERIC}${LAW}`;

const UNLIKELY = [
  // Kinds that do not follow each other.
  `[${C1}]`,
  `[${BAD}${SYMBOLS}][${BAD}]`,
  `[a-zA-Z][${LOWER_COMMON}${UPPER_COMMON}][${BAD}]`,
  `[${BAD}][${SYMBOLS}]`,
  `[${LOWER_ACCENTED}${LOWER_COMMON}${BOX}${END}${CURRENCY}${NUMERIC}][${UPPER_ACCENTED}]`,
  `[${BOX}${END}${CURRENCY}${NUMERIC}][${LOWER_ACCENTED}]`,
  `[${LOWER_ACCENTED}${BOX}${END}][${CURRENCY}]`,
  `[${SPACE}][${UPPER_ACCENTED}][${CURRENCY}]`,
  `[${UPPER_ACCENTED}${BOX}][${NUMERIC}${LAW}]`,
  `[${ACCENTED}${BOX}${CURRENCY}${END}][${START}][${NUMERIC}]`,
  `[${ACCENTED}${CURRENCY}${NUMERIC}${BOX}${LAW}][${END}][${START}]`,
  `[${CURRENCY}${NUMERIC}${BOX}][${START}]`,
  `[a-z][${UPPER_ACCENTED}][${START}${CURRENCY}]`,
  `[${BOX}][${KAOMOJI}]`,
  `[${ACCENTED}${CURRENCY}${NUMERIC}${START}${END}${LAW}][${BOX}]`,
  `[${BOX}][${END}]`,
  `[${ACCENTED}][${START}${END}][${WORD}]`,
  // The ligature, unless a Latin letter follows; a degree sign after a capital.
  '[Œœ][^A-Za-z]',
  `[${UPPER_ACCENTED}]°`,
  // Windows-1252, of punctuation, of Arabic, of South Asian scripts.
  `[ÂÃÎÐ][€œŠš¢£Ÿž\\xa0\\xad®©°·»${START}${END}–—´]`,
  '×[²³]',
  `(?:[ØÙ][${COMMON}${CURRENCY}${BAD}${NUMERIC}${START}ŸŠ®°µ»]){2}`,
  'à[²µ¹¼½¾]',
  // MacRoman
  '√[±∂†≠®™´≤≥¥µø]',
  '≈[°¢]',
  '‚Ä[ìîïòôúùû†°¢π]',
  '‚[âó][àä°ê]',
  // Windows-1251: of punctuation; of Latin-1 or Cyrillic, three characters at least; of Windows-1252 read as Latin-1.
  'вЂ',
  `[ВГРС][${C1}${BAD}${START}${END}${CURRENCY}°µ][ВГРС]`,
  'ГўВЂВ[^\\n][A-Za-z ]',
  // Windows-1252 of à, á and the no-break space, which often has become a plain space.
  'Ã[\\xa0¡]',
  `[a-z][${SPACE}]?[ÃÂ][ ]`,
  '^[ÃÂ][ ]',
  `[a-z.,?!${END}]Â[ ${START}${END}]`,
  // Windows-1253 of punctuation; of Latin-1 or Greek.
  'β€[™\\xa0Ά\\xad®°]',
  `[ΒΓΞΟ][${C1}${BAD}${START}${END}${CURRENCY}°][ΒΓΞΟ]`,
  // Windows-1257 of punctuation.
  'ā€',
];

const BADNESS = new RegExp(UNLIKELY.join('|'), 'u');

/** Whether the text seems to hold mojibake. Every alternative is of bounded length, so the time is linear. */
export function isBad(text: string): boolean {
  return BADNESS.test(text);
}
