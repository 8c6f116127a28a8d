// Where the cursor is, or was last, in the prompts: what is chosen elsewhere goes in there.
import type { PromptAt } from '../add-on-words.ts';

export type PromptFieldName = 'prompt' | 'negativePrompt';

export class PromptCursor {
  /** The field that had the focus last. */
  field: PromptFieldName = 'prompt';
  readonly #areas = new Map<PromptFieldName, HTMLTextAreaElement>();

  entered(field: PromptFieldName, area: HTMLTextAreaElement): void {
    this.field = field;
    this.#areas.set(field, area);
  }

  /** At the end, where the field never had the focus. */
  of(field: PromptFieldName, text: string): PromptAt {
    const area = this.#areas.get(field);
    return { text, cursor: area?.value === text ? area.selectionEnd : text.length };
  }

  /** Once the field shows what the cursor is to stand in. */
  move(field: PromptFieldName, cursor: number): void {
    const area = this.#areas.get(field);
    if (area) requestAnimationFrame(() => area.setSelectionRange(cursor, cursor));
  }
}
