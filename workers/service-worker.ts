// The service worker: keeps the page from the first visit on, so that it opens without a network, and the other files of
// this version from their first use; and takes pictures that other programs share.
//
// A new version is fetched beside the old one and then waits. It takes over when no page of Darkroom is open any more,
// or when the only open page asks for it; a page never finds files of another version than its own.
import { clientsClaim } from 'workbox-core';
import { precacheAndRoute } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { isMetered } from '../src/ui/launch/connection.ts';
import { KeptFiles } from '../src/ui/launch/kept-files.ts';
import { isKeepRequest, partOf, type KeepAnswer, type SiteFile } from '../src/ui/launch/site-files.ts';
import { isUpdateRequest, type UpdateAnswer } from '../src/ui/launch/update-protocol.ts';
import { receiveShare, SHARE_PATH } from '../src/ui/launch/shared-picture.ts';

declare const self: ServiceWorkerGlobalScope & {
  /** Filled in by the build. */
  readonly __WB_MANIFEST: readonly SiteFile[];
};

// The first visit's page can go on without a network, too.
clientsClaim();

// The page's address carries what it is launched with; it is the same page.
const files = [...self.__WB_MANIFEST];
precacheAndRoute(
  files.filter(({ url }) => partOf(url) === 'page').map(({ url, revision }) => ({ url, revision })),
  { ignoreURLParametersMatching: [/./] },
);

const kept = new KeptFiles(files, self.registration.scope);

registerRoute(
  ({ url }) => kept.has(url),
  ({ request, event }) =>
    kept.respond(
      request,
      (work) => event.waitUntil(work),
      () => void self.registration.update().catch(() => undefined),
    ),
);

self.addEventListener('install', (event) => {
  // Where that fails they come with their next use.
  if (!isMetered()) event.waitUntil(kept.renew().catch(() => undefined));
});

self.addEventListener('activate', (event) => event.waitUntil(kept.clean()));

self.addEventListener('message', (event) => {
  const port = event.ports[0];
  if (!isKeepRequest(event.data) || !port) return;
  const { parts } = event.data;
  const tell = async (done: boolean) => {
    const answer: KeepAnswer = { ...(await kept.status()), done };
    port.postMessage(answer);
  };
  // What is still missing then says that it failed.
  const keeping = kept.keep(parts, () => tell(false)).catch(() => undefined);
  event.waitUntil(keeping.then(() => tell(true)));
});

// What a page had to say through the browser's notifications, clicked.
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const show = async () => {
    const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
    const page = windows.find(({ url }) => url.startsWith(self.registration.scope));
    await (page ? page.focus() : self.clients.openWindow(self.registration.scope));
  };
  event.waitUntil(show());
});

registerRoute(
  ({ url }) => url.href === new URL(SHARE_PATH, self.registration.scope).href,
  ({ request }) => receiveShare(request, self.registration.scope),
  'POST',
);

self.addEventListener('message', (event) => {
  const port = event.ports[0];
  if (!isUpdateRequest(event.data) || !port) return;
  const answer = async () => {
    // Other pages of the same server are none of Darkroom's.
    const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
    const pages = windows.filter(({ url }) => url.startsWith(self.registration.scope));
    const reply: UpdateAnswer = pages.length > 1 ? 'other-tabs' : 'applied';
    if (reply === 'applied') await self.skipWaiting();
    port.postMessage(reply);
  };
  event.waitUntil(answer());
});
