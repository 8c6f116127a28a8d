// Types for the one module of @xenova/transformers that is used: its own ones come with models, pipelines and runtimes.
declare module '@xenova/transformers/src/tokenizers.js' {
  export interface TokenizerModelJson {
    readonly type: 'BPE';
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly string[];
    readonly unk_token: string;
    readonly end_of_word_suffix: string;
  }

  export interface TokenizerJson {
    readonly normalizer: null;
    readonly pre_tokenizer: {
      readonly type: 'ByteLevel';
      readonly add_prefix_space: boolean;
      readonly use_regex: boolean;
    };
    readonly model: TokenizerModelJson;
    readonly post_processor: null;
    readonly decoder: null;
    readonly added_tokens: readonly {
      readonly id: number;
      readonly content: string;
      readonly special: boolean;
    }[];
  }

  export class CLIPTokenizer {
    constructor(tokenizer: TokenizerJson, config: Readonly<Record<string, unknown>>);
    encode(text: string): number[];
  }
}
