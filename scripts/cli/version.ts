import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";

import { PROGRAM } from "../../sdk/version";

/** The commit of a program that runs from its repository; changes that are not committed are said. */
function commitOf(root: string): string | undefined {
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", root, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    // A program that is installed in another project is not of that project's commit.
    if (realpathSync(git("rev-parse", "--show-toplevel")) !== realpathSync(root)) return undefined;
    return git("describe", "--always", "--dirty", "--exclude=*", "--abbrev=12");
  } catch {
    return undefined;
  }
}

/** Which program this is: its version, and the commit that it was built of or runs from. */
export function versionOf(root: string): { version: string; commit: string } {
  const { version, commit } = PROGRAM;
  return { version, commit: commit === "source" ? (commitOf(root) ?? "unknown commit") : commit };
}
