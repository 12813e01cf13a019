import { createHash } from "node:crypto";

import vue from "@vitejs/plugin-vue";
import { build, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

import { checkFirstViews, firstViews } from "./bundle";

const api = process.env.LANTIAN_TASKS_URL ?? "http://127.0.0.1:18000";
const ENGLISH = /english-[^/]*\.js$/;
const BASE = "/console/";
const PUBLIC = ["index.html", "icon.svg", "icon-192.png", "icon-512.png", "manifest.webmanifest"];

/** Builds src/sw.ts into sw.js, which knows every file of this build by name. */
function serviceWorker(): Plugin {
  let out = "dist";
  const files: string[] = [];
  return {
    name: "lantian-service-worker",
    apply: "build",
    configResolved(config) {
      out = config.build.outDir;
    },
    writeBundle(_options, bundle) {
      // Curves are looked at with a network; a team's phone does not fetch half a megabyte for them beforehand.
      files.push(...PUBLIC, ...Object.keys(bundle).filter((name) => name.startsWith("assets/") && !/^assets\/(Source|Series|Months|echarts|zrender)/.test(name)));
    },
    async closeBundle() {
      if (!files.length) return;
      const urls = [...new Set(files)].map((name) => BASE + name);
      const name = createHash("sha256").update(urls.join("\n")).digest("hex").slice(0, 12);
      await build({
        configFile: false,
        logLevel: "warn",
        publicDir: false,
        define: { FILES: JSON.stringify(urls), BUILD: JSON.stringify(name) },
        build: { outDir: out, emptyOutDir: false, target: "es2022", lib: { entry: "src/sw.ts", formats: ["iife"], name: "worker", fileName: () => "sw.js" } },
      });
    },
  };
}

/** Ends the build when a page would be too large for a weak link; says the largest. */
function firstView(): Plugin {
  return {
    name: "lantian-first-view",
    apply: "build",
    generateBundle(_options, bundle) {
      const views = firstViews(bundle, ENGLISH);
      checkFirstViews(views);
      this.info(`largest first view: ${Math.ceil(Math.max(...views.values()) / 1024)} KB gzip`);
    },
  };
}

/** The charts' library in two files of its own: they come side by side, and no page waits for them; English in one. */
function part(id: string): string | undefined {
  if (id.includes("/src/words/en/")) return "english";
  const name = /node_modules\/(echarts|zrender|tslib)\//.exec(id)?.[1];
  return name === "tslib" ? "zrender" : name;
}

// The service of tasks serves the built console under /console/; the API is at its root.
export default defineConfig({
  base: BASE,
  plugins: [vue(), firstView(), serviceWorker()],
  build: { target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0, rollupOptions: { output: { manualChunks: part } } },
  server: { proxy: { "/v1": api, "/openapi.json": api, "/version": api } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
