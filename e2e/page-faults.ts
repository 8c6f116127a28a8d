// What is wrong with how a page lies before one's eyes, in words: texts over each other, controls without a name or too thin
// to be hit, sideways scrolling, bars over text that cannot be scrolled clear, a focus that cannot be seen.
import type { Page } from '@playwright/test';

/** Faults of what is shown: of the open dialog, or else of the page. */
export async function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate(look);
}

/**
 * Faults of what the Tab key leads to, from the top, at most `most` stops: what has the focus is off the screen, or something
 * lies over it.
 */
export async function focusFaults(page: Page, most = 400): Promise<string[]> {
  const faults: string[] = [];
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    // Where the next Tab goes on from.
    const root = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
    getSelection()?.collapse(root, 0);
    for (const element of document.querySelectorAll('[data-had-focus]'))
      element.removeAttribute('data-had-focus');
  });
  for (let stops = 0; stops < most; stops++) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate(lookAtFocus);
    if (found === 'round') return faults;
    if (found !== null) faults.push(found);
  }
  return faults;
}

/** Runs on the page. */
function look(): string[] {
  interface Box {
    readonly element: Element;
    readonly what: string;
    readonly kind: 'text' | 'field' | 'picture';
    readonly rect: DOMRect;
    /** What is fixed or sticky and holds it: bars lie over what scrolls, on purpose. */
    readonly bar: Element | null;
  }
  const faults = new Set<string>();
  const root = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;

  const shown = (element: Element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !isUnseen(element);

  /** For screen readers only. */
  function isUnseen(element: Element): boolean {
    return element.closest('.visually-hidden') !== null;
  }

  function barOf(element: Element): Element | null {
    for (let at: Element | null = element; at && at !== root; at = at.parentElement) {
      if (/fixed|sticky/.test(getComputedStyle(at).position)) return at;
    }
    return null;
  }

  /** What of it is not cut off by what it lies in. */
  function clipped(element: Element, rect: DOMRect): DOMRect {
    let { left, top, right, bottom } = rect;
    for (let at: Element | null = element; at && at !== document.body; at = at.parentElement) {
      const { overflowX, overflowY, position } = getComputedStyle(at);
      const box = at.getBoundingClientRect();
      if (overflowX !== 'visible') [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
      if (overflowY !== 'visible') [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
      if (position === 'fixed') break;
    }
    return new DOMRect(left, top, Math.max(0, right - left), Math.max(0, bottom - top));
  }

  function boxes(): Box[] {
    const found: Box[] = [];
    const add = (element: Element, what: string, kind: Box['kind'], rects: Iterable<DOMRect>) => {
      const bar = barOf(element);
      for (const whole of rects) {
        const rect = clipped(element, whole);
        if (rect.width >= 2 && rect.height >= 2) found.push({ element, what, kind, rect, bar });
      }
    };
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (walker.nextNode()) {
      const { currentNode: node } = walker;
      const element = node.parentElement;
      const words = node.nodeValue?.trim() ?? '';
      if (!element || words === '' || element.closest('select, textarea') || !shown(element)) continue;
      range.selectNodeContents(node);
      add(element, `"${words.slice(0, 40)}"`, 'text', range.getClientRects());
    }
    for (const element of root.querySelectorAll('input, select, textarea')) {
      if (shown(element)) add(element, nameOf(element), 'field', [element.getBoundingClientRect()]);
    }
    for (const element of root.querySelectorAll('img, canvas')) {
      if (shown(element)) add(element, 'a picture', 'picture', [element.getBoundingClientRect()]);
    }
    return found;
  }

  /** Put over what lies around it on purpose: a mark on a picture, a number in a field. */
  function isPlacedOver(box: Box, other: Box): boolean {
    for (let at: Element | null = box.element; at && !at.contains(other.element); at = at.parentElement) {
      if (getComputedStyle(at).position === 'absolute') return true;
    }
    return false;
  }

  function overlap(a: DOMRect, b: DOMRect): boolean {
    // Line boxes reach over their letters.
    const slack = 0.2 * Math.min(a.height, b.height);
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return width > 2 && height > Math.max(2, slack);
  }

  function nameOf(element: Element): string {
    const byId = element.getAttribute('aria-labelledby')?.split(/\s+/) ?? [];
    const labels = 'labels' in element ? [...((element as HTMLInputElement).labels ?? [])] : [];
    const names = [
      ...byId.map((id) => document.getElementById(id)?.textContent),
      element.getAttribute('aria-label'),
      ...labels.map((label) => label.textContent),
      element.matches('input, select, textarea') ? '' : element.textContent,
      ...[...element.querySelectorAll('img')].map((image) => image.alt),
      element.getAttribute('title'),
    ];
    return names.map((name) => name?.trim().replace(/\s+/g, ' ') ?? '').find((name) => name !== '') ?? '';
  }

  function compareAll(found: readonly Box[]): void {
    const sorted = [...found].sort((a, b) => a.rect.top - b.rect.top);
    for (const [index, a] of sorted.entries()) {
      for (let next = index + 1; next < sorted.length; next++) {
        const b = sorted[next]!;
        if (b.rect.top >= a.rect.bottom) break;
        if (a.element === b.element || a.bar !== b.bar || !overlap(a.rect, b.rect)) continue;
        if (a.kind === 'picture' && b.kind === 'picture') continue;
        if (isPlacedOver(a, b) || isPlacedOver(b, a)) continue;
        faults.add(`overlap: ${a.what} and ${b.what}`);
      }
    }
  }

  /** What a bar at that edge lies over, where nothing can be scrolled any further away from it. */
  function coveredAt(edge: 'top' | 'bottom'): void {
    const found = boxes();
    const bars = new Set(found.flatMap(({ bar }) => bar ?? []));
    for (const bar of bars) {
      // What just happened is told over everything and goes away.
      if (
        bar.querySelector('[role=alert], [role=status]') !== null &&
        bar.querySelector('nav, input') === null
      )
        continue;
      const area = bar.getBoundingClientRect();
      if (area.height > innerHeight / 2) continue;
      if (area.top + area.bottom > innerHeight !== (edge === 'bottom')) continue;
      for (const { element, what, rect, bar: own, kind } of found) {
        if (own !== null || kind === 'picture' || bar.contains(element) || element.contains(bar)) continue;
        if (overlap(rect, area)) faults.add(`covered by the bar at the ${edge}: ${what}`);
      }
    }
  }

  const scrollers = [document.scrollingElement!, ...root.querySelectorAll('*')].filter((element) => {
    const { overflowY } = getComputedStyle(element);
    return (
      element === document.scrollingElement ||
      (/auto|scroll/.test(overflowY) &&
        element.scrollHeight > element.clientHeight &&
        !element.matches('textarea'))
    );
  });

  for (const element of scrollers) element.scrollTop = 0;
  compareAll(boxes());
  coveredAt('top');
  for (const element of root.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=gridcell], [tabindex="0"]',
  )) {
    if (!shown(element) || element.closest('[aria-hidden="true"]')) continue;
    if (nameOf(element) === '') faults.add(`no name: ${element.outerHTML.slice(0, 120)}`);
    const { width, height } = element.getBoundingClientRect();
    if (Math.min(width, height) < 14) faults.add(`too thin: ${nameOf(element)}, ${width} x ${height}`);
  }
  for (const element of new Set([...scrollers, ...root.querySelectorAll('main')])) {
    const by = element.scrollWidth - element.clientWidth;
    if (by > 1) faults.add(`scrolls sideways by ${by}: ${element.tagName} ${element.className}`);
  }
  // Where the page stands still and its parts scroll, something that is led to would take the whole of it along.
  const main = document.querySelector('main');
  const below = document.scrollingElement!.scrollHeight - innerHeight;
  if (main && /auto|hidden/.test(getComputedStyle(main).overflowY) && below > 1)
    faults.add(`the page itself scrolls by ${below}`);
  for (const element of scrollers) element.scrollTop = element.scrollHeight;
  compareAll(boxes());
  coveredAt('bottom');
  for (const element of scrollers) element.scrollTop = 0;
  return [...faults];
}

/** Runs on the page. 'round' when the focus has been there before. */
function lookAtFocus(): string | null {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return 'round';
  if (focused.hasAttribute('data-had-focus')) return 'round';
  focused.setAttribute('data-had-focus', '');
  // What is drawn in place of a box that nobody sees.
  const label = focused.closest('label') ?? (focused as Partial<HTMLInputElement>).labels?.[0];
  const box = focused.matches('.visually-hidden') && label ? label : focused;
  const rect = box.getClientRects()[0];
  const name = `${focused.tagName} "${(focused.ariaLabel ?? label?.textContent ?? focused.textContent).trim().slice(0, 40)}"`;
  if (!rect) return `has the focus and no box: ${name}`;
  const middle = (from: number, to: number, end: number) =>
    to - from > end ? (Math.max(0, from) + Math.min(end, to)) / 2 : (from + to) / 2;
  const x = middle(rect.left, rect.right, innerWidth);
  const y = middle(rect.top, rect.bottom, innerHeight);
  if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return `has the focus off the screen: ${name}`;
  const there = document.elementFromPoint(x, y);
  const own =
    there !== null &&
    (box.contains(there) || (there.contains(box) === (there === label) && label?.contains(there) === true));
  return own ? null : `has the focus below something: ${name}, ${there?.tagName} ${there?.className}`;
}
