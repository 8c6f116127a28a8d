// Brings a control into view by its name, and gives it the focus: for addresses of settings and for the search.

/** A name as it stands in an address: "Clip skip" is "clip-skip". */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
}

/** The control or section below `root` that is named so; false where there is none. */
export function reveal(root: ParentNode, slug: string): boolean {
  for (const name of root.querySelectorAll<HTMLElement>('label, h3, summary .title')) {
    if (slugOf(ownText(name)) !== slug) continue;
    for (let box = name.closest('details'); box; box = box.parentElement?.closest('details') ?? null)
      box.open = true;
    const control = name instanceof HTMLLabelElement ? name.control : null;
    (control ?? name).scrollIntoView({ block: 'center' });
    control?.focus({ preventScroll: true });
    return true;
  }
  return false;
}

/** Without explanations that stand in the same label. */
function ownText(element: HTMLElement): string {
  const copy = element.cloneNode(true) as HTMLElement;
  for (const remark of copy.querySelectorAll('small, input, select, .visually-hidden')) remark.remove();
  return copy.textContent.trim();
}
