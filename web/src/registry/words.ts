import { table } from "../words/language";

export const ENTITY_WORDS = table("ENTITY_WORDS");

export const VALUE_WORDS = table("VALUE_WORDS");
