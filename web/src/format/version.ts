const SETS_OF_A_VERSION = 1000;

/** A rule's version as leads bear it: 2 stays 2, set 1 of version 2 (2001) is 2.1. */
export function versionText(version: number): string {
  return version < SETS_OF_A_VERSION ? String(version) : `${Math.floor(version / SETS_OF_A_VERSION)}.${version % SETS_OF_A_VERSION}`;
}
