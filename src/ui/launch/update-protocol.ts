// What the page and a waiting service worker say to each other.

/** The page to the service worker that waits, with a port for the answer. */
export const UPDATE_REQUEST = { type: 'darkroom-apply-update' } as const;

/** `other-tabs`: another page of Darkroom is open, which must not lose the files of its version. */
export type UpdateAnswer = 'applied' | 'other-tabs';

export function isUpdateRequest(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === UPDATE_REQUEST.type;
}
