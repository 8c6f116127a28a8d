// Positions to be tried, as a person writes them, and the tags in a prompt whose weights they are.

/** How many may be asked for at once. */
export const MOST_POSITIONS = 24;

/** "0, 0.5, 1" in rising order, each once; null for anything else. */
export function parsePositions(text: string): readonly number[] | null {
  const parts = text.split(/[,;\s]+/).filter((part) => part !== '');
  const numbers = [...new Set(parts.map(Number))].sort((a, b) => a - b);
  const fits = numbers.length > 0 && numbers.length <= MOST_POSITIONS && numbers.every(Number.isFinite);
  return fits ? numbers : null;
}

/** A tag of an add-on in a prompt. */
export interface AddOnTag {
  readonly name: string;
  /** From where to where it stands. */
  readonly start: number;
  readonly end: number;
  /** The prompt with another weight in it, for the text encoders and the UNet alike. */
  withWeight(weight: number): string;
}

/** A1111's tags of LoRAs and their kin, and of hypernetworks (modules/extra_networks.py). */
const TAG = /<(lora|lyco|hypernet):([^:>]+)((?::[^:>]*)*)>/g;

export function addOnTags(prompt: string): readonly AddOnTag[] {
  return [...prompt.matchAll(TAG)].map((found) => {
    const [tag, kind, name = '', rest = ''] = found;
    const [start, end] = [found.index, found.index + tag.length];
    // What is named stays ("dyn=4"), but for the weights themselves.
    const named = rest.split(':').filter((part) => /^\s*(?!te|unet)\w+\s*=/.test(part));
    return {
      ...{ name, start, end },
      withWeight: (weight) =>
        `${prompt.slice(0, start)}<${[kind, name, String(weight), ...named].join(':')}>${prompt.slice(end)}`,
    };
  });
}
