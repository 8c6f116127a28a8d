// The service worker: keeps every file of this version of Darkroom, so that it opens without a network, and takes
// pictures that other programs share.
//
// A new version is fetched beside the old one and then waits. It takes over when no page of Darkroom is open any more,
// or when the only open page asks for it; a page never finds files of another version than its own.
import { clientsClaim } from 'workbox-core';
import { precacheAndRoute, type PrecacheEntry } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { isUpdateRequest, type UpdateAnswer } from '../src/ui/launch/update-protocol.ts';
import { receiveShare, SHARE_PATH } from '../src/ui/launch/shared-picture.ts';

declare const self: ServiceWorkerGlobalScope & {
  /** Filled in by the build. */
  readonly __WB_MANIFEST: readonly (PrecacheEntry | string)[];
};

// The first visit's page can go on without a network, too.
clientsClaim();

// The page's address carries what it is launched with; it is the same page.
precacheAndRoute([...self.__WB_MANIFEST], { ignoreURLParametersMatching: [/./] });

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
