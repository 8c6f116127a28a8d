// Which encoding a text that is no UTF-8 may be in, by what its bytes would mean: the characters that people write most
// stand close together in each of the encodings, and seldom come out of bytes that mean something else.
import { decodeFatal } from './decode-fatal.ts';
import type { EncodingLabel } from './encodings.ts';

/** Bytes that are looked at. */
const SAMPLE = 64 * 1024;

/** Encodings the bytes are sound texts in, the likeliest first. */
export function guessEncodings(bytes: Uint8Array): EncodingLabel[] {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return readable(bytes, ['utf-16le']);
  if (first === 0xfe && second === 0xff) return readable(bytes, ['utf-16be']);
  const sample = bytes.subarray(0, SAMPLE);
  // Western texts in UTF-16 have a zero in every other byte; no other encoding of text has any.
  const zeros = [0, 0];
  sample.forEach((byte, i) => byte === 0 && zeros[i % 2]!++);
  if (zeros[0]! + zeros[1]! > 0) {
    return readable(bytes, zeros[1]! >= zeros[0]! ? ['utf-16le', 'utf-16be'] : ['utf-16be', 'utf-16le']);
  }
  const scores: [EncodingLabel, number][] = [
    ...DOUBLE_BYTE.map((encoding): [EncodingLabel, number] => [
      encoding.label,
      doubleByteScore(sample, encoding),
    ]),
    ...singleByteScores(sample),
  ];
  scores.sort((a, b) => b[1] - a[1]);
  return readable(
    bytes,
    scores.map(([label]) => label),
  );
}

/** Those that the bytes are sound texts in: no undefined sequences, no control characters. */
function readable(bytes: Uint8Array, labels: readonly EncodingLabel[]): EncodingLabel[] {
  return labels.filter((label) => {
    try {
      const text = decodeFatal(bytes, label);
      // eslint-disable-next-line no-control-regex -- what is looked for
      return !/[\0-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/.test(text);
    } catch {
      return false;
    }
  });
}

interface DoubleByte {
  readonly label: EncodingLabel;
  /** Whether a byte begins a pair. */
  readonly leads: (byte: number) => boolean;
  readonly trails: (byte: number) => boolean;
  /** How much a pair speaks for the encoding: the letters and signs that fill most texts, 0 to 1. */
  readonly weight: (lead: number, trail: number) => number;
}

const within = (byte: number, low: number, high: number): boolean => byte >= low && byte <= high;

const DOUBLE_BYTE: readonly DoubleByte[] = [
  {
    label: 'shift_jis',
    leads: (byte) => within(byte, 0x81, 0x9f) || within(byte, 0xe0, 0xfc),
    trails: (byte) => within(byte, 0x40, 0xfc) && byte !== 0x7f,
    // Kana, then the first level of kanji.
    weight: (lead, trail) =>
      (lead === 0x82 && trail >= 0x9f) || lead === 0x83
        ? 1
        : within(lead, 0x88, 0x97) || lead === 0x81
          ? 0.7
          : 0,
  },
  {
    label: 'euc-jp',
    leads: (byte) => byte === 0x8e || within(byte, 0xa1, 0xfe),
    trails: (byte) => within(byte, 0xa1, 0xfe),
    weight: (lead) =>
      lead === 0xa4 || lead === 0xa5 ? 1 : within(lead, 0xb0, 0xcf) ? 0.5 : lead === 0xa1 ? 0.4 : 0,
  },
  {
    label: 'gb18030',
    leads: (byte) => within(byte, 0x81, 0xfe),
    trails: (byte) => within(byte, 0x40, 0xfe) && byte !== 0x7f,
    // The first level of GB 2312: 3755 characters.
    weight: (lead, trail) =>
      trail < 0xa1 ? 0 : within(lead, 0xb0, 0xd7) ? 0.8 : lead === 0xa1 || lead === 0xa3 ? 0.5 : 0,
  },
  {
    label: 'big5',
    leads: (byte) => within(byte, 0x81, 0xfe),
    trails: (byte) => within(byte, 0x40, 0x7e) || within(byte, 0xa1, 0xfe),
    // Its first level: 5401 characters. Half of their second bytes are ASCII, which GB 2312 never has.
    weight: (lead) => (within(lead, 0xa4, 0xc6) ? 0.75 : lead === 0xa1 ? 0.5 : 0),
  },
  {
    label: 'euc-kr',
    leads: (byte) => within(byte, 0x81, 0xfe),
    trails: (byte) => within(byte, 0x41, 0xfe),
    weight: (lead, trail) => (trail >= 0xa1 && within(lead, 0xb0, 0xc8) ? 0.85 : 0),
  },
];

/** The mean weight of the pairs; -1 where the bytes are not made of pairs at all. */
function doubleByteScore(sample: Uint8Array, { leads, trails, weight }: DoubleByte): number {
  let pairs = 0;
  let sum = 0;
  for (let i = 0; i < sample.length; i++) {
    const lead = sample[i]!;
    if (lead < 0x80) continue;
    const trail = sample[i + 1];
    if (!leads(lead) || trail === undefined || !trails(trail)) {
      // Half-width kana are single bytes in Shift-JIS; elsewhere this is a fault, but for a pair that the sample cuts.
      pairs++;
      continue;
    }
    sum += weight(lead, trail);
    pairs++;
    i++;
  }
  return pairs === 0 ? -1 : sum / pairs;
}

/**
 * Single bytes: in Western and Central European texts letters beyond ASCII stand alone among ASCII ones, in Cyrillic words
 * they stand side by side.
 */
function singleByteScores(sample: Uint8Array): [EncodingLabel, number][] {
  let high = 0;
  let alone = 0;
  let cyrillic = 0;
  let central = 0;
  for (let i = 0; i < sample.length; i++) {
    const byte = sample[i]!;
    if (byte < 0x80) continue;
    high++;
    const beside = (sample[i - 1] ?? 0) >= 0x80 || (sample[i + 1] ?? 0) >= 0x80;
    if (!beside) alone++;
    else if (byte >= 0xc0) cyrillic++;
    // Letters of Polish, Czech, Hungarian that are signs in Windows-1252.
    if (CENTRAL.has(byte) && isLetter(sample[i + 1] ?? 0)) central++;
  }
  if (high === 0) return [['windows-1252', 0]];
  const western = (0.9 * alone) / high;
  return [
    ['windows-1252', western],
    // Above the Western one only where a good part of the letters says so.
    ['windows-1250', western - 0.05 + (central / high > 0.25 ? 0.1 : 0)],
    ['windows-1251', (0.78 * cyrillic) / high],
  ];
}

const CENTRAL: ReadonlySet<number> = new Set([
  0x9c, 0x9f, 0xb3, 0xb9, 0xbf, 0x9a, 0x9e, 0x9d, 0xbe, 0xa3, 0xa5, 0xaf,
]);

function isLetter(byte: number): boolean {
  return within(byte, 0x41, 0x5a) || within(byte, 0x61, 0x7a) || byte >= 0xc0;
}
