// A long press of a finger, where browsers make no right click of it (Safari).

/** Milliseconds, as Android has it. */
const LONG = 500;
/** Pixels that a finger trembles. */
const TREMBLE = 10;

/** Svelte action: `onlong` is called once the finger has rested; the click at its end is swallowed. */
export function longPress(element: HTMLElement, onlong: (event: PointerEvent) => void): { destroy(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start: PointerEvent | null = null;
  let swallow = false;

  const stop = () => clearTimeout(timer);
  const down = (event: PointerEvent) => {
    stop();
    swallow = false;
    if (event.pointerType !== 'touch') return;
    start = event;
    timer = setTimeout(() => {
      swallow = true;
      onlong(event);
    }, LONG);
  };
  const move = (event: PointerEvent) => {
    if (start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > TREMBLE) stop();
  };
  const click = (event: MouseEvent) => {
    if (!swallow) return;
    swallow = false;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const ends = ['pointerup', 'pointercancel', 'pointerleave'] as const;
  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  for (const end of ends) element.addEventListener(end, stop);
  element.addEventListener('click', click, true);
  return {
    destroy() {
      stop();
      element.removeEventListener('pointerdown', down);
      element.removeEventListener('pointermove', move);
      for (const end of ends) element.removeEventListener(end, stop);
      element.removeEventListener('click', click, true);
    },
  };
}
