import { createRouter, createWebHistory, type RouteLocationNormalized } from "vue-router";

import { resume } from "./session/enter";
import { session } from "./session/session";

declare module "vue-router" {
  interface RouteMeta {
    title?: string;
    /** Opens without a network, for whoever was here last. */
    offline?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory("/console/"),
  routes: [
    { path: "/", name: "duty", component: () => import("./pages/DutyRoom.vue"), meta: { title: "值班室" } },
    { path: "/leads", name: "leads", component: () => import("./pages/Leads.vue"), meta: { title: "线索" } },
    { path: "/leads/:id", name: "lead", component: () => import("./pages/Lead.vue"), props: true, meta: { title: "线索详情" } },
    { path: "/rounds", name: "rounds", component: () => import("./pages/Rounds.vue"), meta: { title: "轮次" } },
    { path: "/rounds/:id", name: "round", component: () => import("./pages/Round.vue"), props: true, meta: { title: "轮次详情" } },
    { path: "/issues", name: "issues", component: () => import("./pages/Issues.vue"), meta: { title: "问题台账" } },
    { path: "/issues/:id", name: "issue", component: () => import("./pages/Issue.vue"), props: true, meta: { title: "问题详情" } },
    { path: "/registry/:kind?", name: "registry", component: () => import("./pages/Registry.vue"), props: true, meta: { title: "登记库" } },
    { path: "/registry/:kind/:id", name: "entity", component: () => import("./pages/Entity.vue"), props: true, meta: { title: "登记项" } },
    { path: "/rules", name: "rules", component: () => import("./pages/Rules.vue"), meta: { title: "规则" } },
    { path: "/reports", name: "reports", component: () => import("./pages/Reports.vue"), meta: { title: "报表" } },
    { path: "/operations", name: "operations", component: () => import("./pages/Operations.vue"), meta: { title: "运行" } },
    { path: "/team", name: "team", component: () => import("./team/Team.vue"), meta: { title: "我的任务", offline: true } },
    { path: "/team/queue", name: "queue", component: () => import("./team/Queue.vue"), meta: { title: "待发送", offline: true } },
    { path: "/team/:id", name: "visit", component: () => import("./team/Visit.vue"), props: true, meta: { title: "现场核查", offline: true } },
    { path: "/enterprise", name: "enterprise", component: () => import("./pages/Enterprise.vue"), meta: { title: "我的企业" } },
    { path: "/account", name: "account", component: () => import("./pages/Account.vue"), meta: { title: "我的账号" } },
    { path: "/login", name: "login", component: () => import("./pages/Login.vue"), meta: { title: "登录", offline: true } },
    { path: "/:rest(.*)*", name: "nowhere", component: () => import("./pages/Nowhere.vue"), meta: { title: "没有这一页" } },
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

router.afterEach((to) => {
  document.title = `${to.meta.title ?? "蓝天"} · 蓝天`;
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
