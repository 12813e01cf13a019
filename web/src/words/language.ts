// The language of the console: Chinese is there from the start, English comes when somebody chooses it.
import { ref, shallowRef } from "vue";

import * as zh from "./zh";

export type Language = "zh" | "en";
export type Key = keyof typeof zh.phrases;
export type Tables = { [Name in keyof typeof zh.tables]: Readonly<Record<keyof (typeof zh.tables)[Name], string>> };
export interface Dictionary {
  phrases: Readonly<Record<Key, string>>;
  tables: Tables;
}
/** A pair of the service: the same said in both languages. */
export interface Pair {
  zh?: string;
  en?: string;
}

const KEPT = "lantian.language";
/** For `lang`, and for Intl. */
export const TAGS: Record<Language, string> = { zh: "zh-CN", en: "en" };
/** Each language is named in itself: whoever can not read the one shown finds the other. */

export const NAMES: Record<Language, string> = { zh: zh.OWN_NAME, en: "English" };

const spoken = ref<Language>("zh");
const dictionary = shallowRef<Dictionary>(zh);

/** The language shown now. */
export function language(): Language {
  return spoken.value;
}

/** Of the language shown. */
export function languageTag(): string {
  return TAGS[spoken.value];
}

/** Shows a language and keeps the choice in this browser. Throws when its words can not be loaded: the shown one stays. */
export async function speak(wanted: Language) {
  dictionary.value = wanted === "en" ? await import("./en") : zh;
  spoken.value = wanted;
  if (typeof document !== "undefined") document.documentElement.lang = TAGS[wanted];
  try {
    localStorage.setItem(KEPT, wanted);
  } catch {
    // the choice lasts as long as the page
  }
}

/** Begins with the language that was chosen in this browser; Chinese where none was. */
export async function speakAsBefore() {
  try {
    if (localStorage.getItem(KEPT) === "en") await speak("en");
  } catch {
    // no storage, or no network and no copy: Chinese
  }
}

/**
 * A phrase of the dictionary with its values: `{name}` is the value, `{name|day|days}` the word that the number asks for.
 */
export function phrase(key: Key, values: Readonly<Record<string, unknown>> = {}): string {
  return dictionary.value.phrases[key].replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_whole, name: string, one?: string, many?: string) => {
    const value = values[name];
    if (one !== undefined) return (Number(value) === 1 ? one : many) ?? "";
    return value === undefined || value === null ? "" : String(value);
  });
}

/** Words by code in the language shown; may be kept, looked into and spread like any record. */
export function table<Name extends keyof Tables>(name: Name): Readonly<Record<string | number, string>> {
  const now = () => dictionary.value.tables[name] as Readonly<Record<string, string>>;
  return new Proxy<Record<string, string>>({}, {
    get: (_target, code) => (typeof code === "string" && Object.hasOwn(now(), code) ? now()[code] : undefined),
    has: (_target, code) => Object.hasOwn(now(), code),
    ownKeys: () => Reflect.ownKeys(now()),
    getOwnPropertyDescriptor: (_target, code) => {
      const found = Object.getOwnPropertyDescriptor(now(), code);
      return found && { ...found, configurable: true, writable: false };
    },
  });
}

/** What the service says in both languages, in the one shown; in the other where it has only that. */
export function either(pair: Pair | null | undefined): string {
  return (spoken.value === "en" ? pair?.en || pair?.zh : pair?.zh || pair?.en) ?? "";
}
