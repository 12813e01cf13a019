import { createRouter, createWebHistory, type RouteLocationNormalized } from "vue-router";

import { resume } from "./session/enter";
import { session } from "./session/session";
import { phrase, type Key } from "./words/language";

declare module "vue-router" {
  interface RouteMeta {
    title?: Key;
    /** Opens without a network, for whoever was here last. */
    offline?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory("/console/"),
  routes: [
    { path: "/", name: "duty", component: () => import("./pages/DutyRoom.vue"), meta: { title: "any.dutyRoom" } },
    { path: "/leads", name: "leads", component: () => import("./pages/Leads.vue"), meta: { title: "any.leads" } },
    { path: "/leads/:id", name: "lead", component: () => import("./pages/Lead.vue"), props: true, meta: { title: "app.leadInDetail" } },
    { path: "/rounds", name: "rounds", component: () => import("./pages/Rounds.vue"), meta: { title: "any.rounds" } },
    { path: "/rounds/:id", name: "round", component: () => import("./pages/Round.vue"), props: true, meta: { title: "app.roundInDetail" } },
    { path: "/letters", name: "letters", component: () => import("./pages/CityLetters.vue"), meta: { title: "any.cityLetters" } },
    { path: "/letters/:id", name: "letter", component: () => import("./pages/CityLetter.vue"), props: true, meta: { title: "app.cityLetterInDetail" } },
    { path: "/changes", name: "changes", component: () => import("./pages/Changes.vue"), meta: { title: "any.changes" } },
    { path: "/plans", name: "plans", component: () => import("./pages/Plans.vue"), meta: { title: "any.plans" } },
    { path: "/plans/:id", name: "plan", component: () => import("./pages/Plan.vue"), props: true, meta: { title: "app.planInDetail" } },
    { path: "/issues", name: "issues", component: () => import("./pages/Issues.vue"), meta: { title: "any.issueLedger" } },
    { path: "/issues/:id", name: "issue", component: () => import("./pages/Issue.vue"), props: true, meta: { title: "app.issueInDetail" } },
    { path: "/registry/:kind?", name: "registry", component: () => import("./pages/Registry.vue"), props: true, meta: { title: "any.registry" } },
    { path: "/registry/:kind/:id", name: "entity", component: () => import("./pages/Entity.vue"), props: true, meta: { title: "app.registryEntry" } },
    { path: "/rules", name: "rules", component: () => import("./pages/Rules.vue"), meta: { title: "any.rules" } },
    { path: "/reports", name: "reports", component: () => import("./pages/Reports.vue"), meta: { title: "any.reports" } },
    { path: "/operations", name: "operations", component: () => import("./pages/Operations.vue"), meta: { title: "any.operations" } },
    { path: "/team", name: "team", component: () => import("./team/Team.vue"), meta: { title: "any.myTasks", offline: true } },
    { path: "/team/queue", name: "queue", component: () => import("./team/Queue.vue"), meta: { title: "any.waitingToBeSent", offline: true } },
    { path: "/team/:id", name: "visit", component: () => import("./team/Visit.vue"), props: true, meta: { title: "app.inspectionOnSite", offline: true } },
    { path: "/enterprise", name: "enterprise", component: () => import("./pages/Enterprise.vue"), meta: { title: "any.myEnterprise" } },
    { path: "/account", name: "account", component: () => import("./pages/Account.vue"), meta: { title: "any.myAccount" } },
    { path: "/login", name: "login", component: () => import("./pages/Login.vue"), meta: { title: "any.signIn", offline: true } },
    { path: "/:rest(.*)*", name: "nowhere", component: () => import("./pages/Nowhere.vue"), meta: { title: "any.thereIsNoSuchPage" } },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? {} : { top: 0 }),
});

/** Whether a page may open: signed in, or without one where it works offline for who was here last. */
function mayOpen(to: RouteLocationNormalized): boolean {
  return session.signed.value || to.name === "login" || Boolean(to.meta.offline && session.me.value);
}

router.beforeEach(async (to) => {
  // In a basement nothing answers: pages that work offline do not wait for it.
  if (to.meta.offline && session.me.value) void resume();
  else await resume();
  if (session.duties.value.length && to.name !== "account" && to.name !== "login") return { name: "account" };
  if (mayOpen(to)) return true;
  return { name: "login", query: { next: to.fullPath } };
});

/** The window's title in the language shown. */
export function entitle(to: RouteLocationNormalized) {
  document.title = phrase("app.windowTitle", { title: phrase(to.meta.title ?? "any.lantian") });
}

router.afterEach((to) => {
  entitle(to);
});

// A new build has other file names: a page that can no longer be loaded is asked for anew, once.
router.onError((error, to) => {
  if (!/dynamically imported module|Importing a module/.test(String(error)) || !navigator.onLine) return;
  const again = "lantian.reloaded";
  if (sessionStorage.getItem(again) === to.fullPath) return;
  sessionStorage.setItem(again, to.fullPath);
  window.location.assign(router.resolve(to).href);
});

/** Where a role begins. */
export function home(role: string): string {
  if (role === "enterprise") return "/enterprise";
  if (role === "city-team" && window.matchMedia("(max-width: 48rem)").matches) return "/team";
  return "/";
}
