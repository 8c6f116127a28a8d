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
/** Bytes. Far above any picture, far below what would fill a disk. */
const MAX_SIZE = 500e6;

/** In the service worker: answers the share's POST. `scope` is the page's address, ending with `/`. */
export async function receiveShare(request: Request, scope: string): Promise<Response> {
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
