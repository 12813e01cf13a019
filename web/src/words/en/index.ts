import type { Dictionary } from "../language";
import * as answers from "./answers";
import { boards } from "./boards";
import * as divisions from "./divisions";
import { everywhere } from "./everywhere";
import * as ledger from "./ledger";
import { operations } from "./operations";
import { pages } from "./pages";
import * as parameters from "./parameters";
import { parts } from "./parts";
import * as registry from "./registry";
import * as site from "./site";
import { team } from "./team";

export const phrases: Dictionary["phrases"] = { ...boards, ...everywhere, ...operations, ...pages, ...parts, ...team };

export const tables: Dictionary["tables"] = { ...answers, ...divisions, ...ledger, ...parameters, ...registry, ...site };
