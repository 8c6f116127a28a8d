// A word at a field about what was just made of what the person typed. It goes by itself.

/** Milliseconds that it stands: long enough to be read twice. */
const SHOWN = 5000;

export class BriefNote {
  text = $state('');
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(text: string): void {
    clearTimeout(this.#timer);
    this.text = text;
    if (text !== '') this.#timer = setTimeout(() => (this.text = ''), SHOWN);
  }
}
