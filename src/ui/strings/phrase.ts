// Sentences with something marked in them. The page draws them with components/Words.svelte.

export interface Marked {
  /** `b`: a name. `code`: what is typed or written in a file. `kbd`: a key. */
  readonly tag: 'b' | 'code' | 'kbd';
  readonly text: string;
}

/** Its parts in the order of the language. */
export type Phrase = readonly (string | Marked)[];

export const bold = (text: string): Marked => ({ tag: 'b', text });
export const code = (text: string): Marked => ({ tag: 'code', text });
export const key = (text: string): Marked => ({ tag: 'kbd', text });
