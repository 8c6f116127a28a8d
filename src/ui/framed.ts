// Whether the page stands inside of another page. Such a page could lay itself over buttons and have the person press them:
// the library is not opened there. (A policy in the page cannot forbid it; a server's header can, see scripts/serve.js.)

export function isFramed(): boolean {
  return window.top !== window;
}
