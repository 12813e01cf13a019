import { ref } from "vue";

// Saved views are addresses with a name; they belong to this browser.
const KEY = "lantian.views.";

export interface View {
  name: string;
  query: Record<string, string>;
}

export function useViews(page: string) {
  const views = ref<View[]>(read());

  function read(): View[] {
    try {
      const found: unknown = JSON.parse(localStorage.getItem(KEY + page) ?? "[]");
      return Array.isArray(found) ? (found as View[]) : [];
    } catch {
      return [];
    }
  }

  function write() {
    try {
      localStorage.setItem(KEY + page, JSON.stringify(views.value));
    } catch {
      // they last as long as the page
    }
  }

  return {
    views,
    save(view: View) {
      views.value = [...views.value.filter((other) => other.name !== view.name), view];
      write();
    },
    remove(name: string) {
      views.value = views.value.filter((other) => other.name !== name);
      write();
    },
  };
}
