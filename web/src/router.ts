import { createRouter, createWebHistory } from "vue-router";

import { session } from "./session/session";

export const router = createRouter({
  history: createWebHistory("/console/"),
  routes: [
    { path: "/", name: "duty", component: () => import("./pages/DutyRoom.vue") },
    { path: "/leads", name: "leads", component: () => import("./pages/Leads.vue") },
    { path: "/leads/:id", name: "lead", component: () => import("./pages/Lead.vue"), props: true },
    { path: "/rounds", name: "rounds", component: () => import("./pages/Rounds.vue") },
    { path: "/issues", name: "issues", component: () => import("./pages/Issues.vue") },
    { path: "/issues/:id", name: "issue", component: () => import("./pages/Issue.vue"), props: true },
    { path: "/registry/:kind?", name: "registry", component: () => import("./pages/Registry.vue"), props: true },
    { path: "/login", name: "login", component: () => import("./pages/Login.vue") },
    { path: "/:rest(.*)*", name: "nowhere", component: () => import("./pages/Nowhere.vue") },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? {} : { top: 0 }),
});

router.beforeEach((to) => {
  if (to.name !== "login" && !session.key.value) return { name: "login", query: { next: to.fullPath } };
  return true;
});
