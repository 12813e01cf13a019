import { gzipSync } from "node:zlib";

/** What a build says of one file of its own; as Rollup and Vite have it. */
export interface Piece {
  type: "chunk" | "asset";
  isEntry?: boolean;
  code?: string;
  source?: string | Uint8Array;
  imports?: readonly string[];
  dynamicImports?: readonly string[];
  viteMetadata?: { importedCss: ReadonlySet<string> };
}

export const MOST_BYTES = 200 * 1024;
/** The largest first view, gzip, by which the console opens on a weak link. */

/**
 * For each page that the entry opens: gzip bytes of all files that must have come before it is seen. Files of the name
 * `alsoNamed` count for every page: the words of a language that is not the first.
 */
export function firstViews(bundle: Readonly<Record<string, Piece>>, alsoNamed?: RegExp): Map<string, number> {
  const sizes = new Map<string, number>();
  const size = (name: string) => {
    const piece = bundle[name];
    const known = sizes.get(name) ?? (piece ? gzipSync(piece.code ?? piece.source ?? "").length : 0);
    sizes.set(name, known);
    return known;
  };
  const words = alsoNamed ? Object.keys(bundle).filter((name) => alsoNamed.test(name)) : [];
  const views = new Map<string, number>();
  for (const [entry, piece] of Object.entries(bundle)) {
    if (!piece.isEntry) continue;
    for (const page of piece.dynamicImports ?? []) {
      const files = filesOf(bundle, [entry, page, ...words]);
      views.set(page, [...files].reduce((sum, name) => sum + size(name), 0));
    }
  }
  return views;
}

/** Files that come with these: what they import, and their styles. */
function filesOf(bundle: Readonly<Record<string, Piece>>, names: readonly string[]): Set<string> {
  const found = new Set<string>();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    waiting.push(...(bundle[name]?.imports ?? []), ...(bundle[name]?.viteMetadata?.importedCss ?? []));
  }
  return found;
}

/** Raises Error when a page is too large for a first view, or when there is none. */
export function checkFirstViews(views: ReadonlyMap<string, number>): void {
  if (!views.size) throw new Error("the build has no pages");
  const large = [...views].filter(([, bytes]) => bytes > MOST_BYTES);
  if (large.length) throw new Error(large.map(([page, bytes]) => `first view of ${page}: ${bytes} bytes gzip, ${MOST_BYTES} are allowed`).join("\n"));
}
