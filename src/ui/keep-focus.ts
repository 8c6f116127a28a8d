// Whoever uses the keyboard must not be thrown back to the top of the page because what had the focus is gone: deleted with
// its card, dismissed with its message, disabled, hidden with its tab. Then what stands next to it gets the focus; else
// what had it before; else the tab that is shown.

const FOCUSABLE = 'button, a[href], input, select, textarea, summary, [tabindex]:not([tabindex="-1"])';
/** What the search for a neighbour does not leave. */
const SCOPES = 'dialog, main > section, [role="region"], header, .notices';
/** Elements that are remembered. */
const TRAIL = 30;

/** Watches the document. Returns what ends it. */
export function keepFocus(document: Document): () => void {
  /** What had the focus, the latest last. */
  let trail: HTMLElement[] = [];
  /** The person took it away, by a click on nothing. */
  let left = false;

  const entered = ({ target }: FocusEvent): void => {
    if (!(target instanceof HTMLElement)) return;
    left = false;
    trail = [...trail.filter((other) => other !== target && other.isConnected), target].slice(-TRAIL);
  };
  const gone = ({ target, relatedTarget }: FocusEvent): void => {
    if (relatedTarget || !(target instanceof HTMLElement)) return;
    // An element that is being removed loses it as well.
    queueMicrotask(() => {
      if (isUsable(target) && document.hasFocus()) left = true;
    });
  };
  const observer = new MutationObserver((records) => {
    const last = trail.at(-1);
    const { activeElement } = document;
    const lost = !activeElement || activeElement === document.body || !isUsable(activeElement);
    if (!last || left || !lost || isUsable(last)) return;
    const hidden = last.isConnected && !isVisible(last);
    const near = hidden ? shownTab(document) : neighbourOf(last, records);
    const next = near ?? trail.findLast(isReachable) ?? shownTab(document);
    next?.focus({ preventScroll: true });
  });

  document.addEventListener('focusin', entered);
  document.addEventListener('focusout', gone);
  observer.observe(document.body, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ['hidden', 'disabled'],
  });
  return () => {
    observer.disconnect();
    document.removeEventListener('focusin', entered);
    document.removeEventListener('focusout', gone);
  };
}

/** What stands next to where an element was; null where nothing is near. */
function neighbourOf(element: HTMLElement, records: readonly MutationRecord[]): HTMLElement | null {
  if (element.isConnected) {
    const { parentElement, nextSibling, previousSibling } = element;
    return nearest(parentElement, nextSibling, previousSibling);
  }
  const removal = records.findLast(
    ({ removedNodes, target }) =>
      target.isConnected && [...removedNodes].some((node) => node.contains(element)),
  );
  if (!removal) return null;
  const { target, nextSibling, previousSibling } = removal;
  return nearest(target instanceof Element ? target : null, nextSibling, previousSibling);
}

/** The first that can have the focus after a place, else the last before it: in `scope`, then in what is around it. */
function nearest(scope: Element | null, after: Node | null, before: Node | null): HTMLElement | null {
  if (!scope || scope === scope.ownerDocument.body) return null;
  const found = [...scope.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(isReachable);
  const follows = (node: Node, other: Node): boolean =>
    node.contains(other) || (node.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  const precedes = (node: Node, other: Node): boolean =>
    node.contains(other) || (node.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
  const next =
    (after?.isConnected && found.find((other) => follows(after, other))) ||
    (before?.isConnected && found.findLast((other) => precedes(before, other)));
  if (next) return next;
  if (scope.matches(SCOPES)) return null;
  return nearest(scope.parentElement, scope.nextSibling, scope.previousSibling);
}

function shownTab(document: Document): HTMLElement | null {
  const tab = document.querySelector<HTMLElement>('header [aria-current="page"]');
  return tab && isReachable(tab) ? tab : null;
}

/** Usable, and not behind a window that lies over the page. */
function isReachable(element: HTMLElement): boolean {
  const over = [...element.ownerDocument.querySelectorAll('dialog[open]')].at(-1);
  return isUsable(element) && (!over || over.contains(element));
}

function isUsable(element: Element): boolean {
  return element.isConnected && !element.matches(':disabled') && isVisible(element);
}

function isVisible(element: Element): boolean {
  return element.getClientRects().length > 0;
}
