import { createApp } from "vue";

import App from "./App.vue";
import { sweepDrafts } from "./drafts/drafts";
import { router } from "./router";
import "./styles.css";

sweepDrafts();
createApp(App).use(router).mount("#app");

if ("serviceWorker" in navigator && import.meta.env.PROD) {
  window.addEventListener("load", () => void navigator.serviceWorker.register("/console/sw.js", { scope: "/console/" }));
}
