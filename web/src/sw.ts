/// <reference lib="webworker" />
// Keeps the console's own files, so that it opens in a basement without a network. Data of the API is never kept here:
// what a team needs lies in the phone's own store, under its account.
import { decide } from "./sw-decide";

declare const self: ServiceWorkerGlobalScope;
declare const FILES: string[];
declare const BUILD: string;

const CACHE = `lantian-${BUILD}`;
const PAGE = "/console/index.html";

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("lantian-") && name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const how = decide(request.method, request.mode, new URL(request.url), self.location.origin);
  if (how === "file") event.respondWith(caches.match(request, { ignoreSearch: true }).then((kept) => kept ?? fetch(request)));
  // The page itself: what is new first, what was kept when nothing answers.
  else if (how === "page") event.respondWith(fetch(request).then((response) => (response.ok ? response : kept(response))).catch(() => kept()));
});

async function kept(instead?: Response): Promise<Response> {
  return (await caches.match(PAGE)) ?? instead ?? Response.error();
}
