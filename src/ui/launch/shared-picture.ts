// A picture that another program shares with the installed Darkroom: the service worker receives it and lays it down in
// a cache of its own, the page that then opens takes it from there.

/** Where manifest.webmanifest's share_target sends it, relative to the page. */
export const SHARE_PATH = 'share';
/** The field of the form, as the manifest names it. */
const FIELD = 'picture';
/** The page's search parameter that says a picture lies ready. */
export const SHARED_PARAMETER = 'shared';

const CACHE = 'darkroom-shared';
const ENTRY = 'shared-picture';
const NAME_HEADER = 'x-darkroom-name';
/** Bytes. More than any picture has, and little enough to lie around: any web site can send a form. */
export const MAX_SIZE = 64e6;

/** In the service worker: answers the share's POST. `scope` is the page's address, ending with `/`. */
export async function receiveShare(request: Request, scope: string): Promise<Response> {
  // Of the system's share there is no page that it comes from; a form of another site usually has one.
  if (isElsewhere(request.referrer, scope)) return Response.redirect(new URL('./', scope).href, 303);
  const page = new URL(`./?${SHARED_PARAMETER}`, scope).href;
  try {
    const picture = (await request.formData()).getAll(FIELD).find((field) => field instanceof File);
    if (picture && picture.size <= MAX_SIZE) {
      const cache = await caches.open(CACHE);
      const headers = { 'content-type': picture.type, [NAME_HEADER]: encodeURIComponent(picture.name) };
      await cache.put(new URL(ENTRY, scope), new Response(picture, { headers }));
    }
  } catch {
    // The page finds nothing and says so.
  }
  return Response.redirect(page, 303);
}

function isElsewhere(referrer: string, scope: string): boolean {
  return /^https?:/.test(referrer) && !referrer.startsWith(scope);
}

/** In the page: forgets a picture that nobody took. Never rejects. */
export async function dropShared(): Promise<void> {
  try {
    await caches.delete(CACHE);
  } catch {
    // Blocked storage, and the single file, have no caches.
  }
}

/** In the page: the shared picture, once; null when there is none. */
export async function takeShared(scope: string): Promise<File | null> {
  const response = await (await caches.open(CACHE)).match(new URL(ENTRY, scope));
  if (!response) return null;
  const blob = await response.blob();
  const name = decodeURIComponent(response.headers.get(NAME_HEADER) ?? 'shared');
  const file = new File([blob], name, { type: blob.type });
  await caches.delete(CACHE);
  return file;
}
