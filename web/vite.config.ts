import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

const api = process.env.LANTIAN_TASKS_URL ?? "http://127.0.0.1:18080";

// The service of tasks serves the built console under /console/; the API is at its root.
export default defineConfig({
  base: "/console/",
  plugins: [vue()],
  build: { target: "es2022", modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { proxy: { "/v1": api, "/openapi.json": api } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
