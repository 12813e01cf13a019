import { createApp, watch } from "vue";

import App from "./App.vue";
import { sweepDrafts } from "./drafts/drafts";
import { entitle, router } from "./router";
import "./styles.css";
import { language, speakAsBefore } from "./words/language";

sweepDrafts();
void speakAsBefore().finally(() => createApp(App).use(router).mount("#app"));
watch(language, () => entitle(router.currentRoute.value));

if ("serviceWorker" in navigator && import.meta.env.PROD) {
  window.addEventListener("load", () => void navigator.serviceWorker.register("/console/sw.js", { scope: "/console/" }));
}
