// How much of a long grid is in sight, whatever scrolls it: for grids of which only the lines in sight exist.
import type { Attachment } from 'svelte/attachments';

export class Viewport {
  /** Pixels of the grid. */
  width = $state(0);
  /** Pixels of the grid above the window; negative while it begins below its top. */
  above = $state(0);
  /** Pixels of the window's height. */
  height = $state(0);

  /** For the grid's element. */
  readonly measured: Attachment<HTMLElement> = (element) => {
    const measure = (): void => {
      const box = element.getBoundingClientRect();
      this.width = box.width;
      this.above = -box.top;
      this.height = innerHeight;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    observer.observe(document.body);
    // Of whatever scrolls: scrolling does not bubble.
    addEventListener('scroll', measure, { passive: true, capture: true });
    addEventListener('resize', measure);
    return () => {
      observer.disconnect();
      removeEventListener('scroll', measure, { capture: true });
      removeEventListener('resize', measure);
    };
  };
}
