/** What the service worker does with a request: `file` of the build, `page`, or nothing at all. Pure. */
export function decide(method: string, mode: string, url: URL, origin: string): "file" | "page" | "network" {
  if (method !== "GET" || url.origin !== origin || !url.pathname.startsWith("/console/")) return "network";
  if (mode === "navigate") return "page";
  return url.pathname === "/console/sw.js" ? "network" : "file";
}
