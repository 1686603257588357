import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { Children } from "./children";

/** Somebody ended the program: Ctrl-C, a supervisor, or a terminal that was closed. */
export class Interrupted extends Error {}

/** How work ended, and the names of child processes that it left. */
export type Outcome<T> = ({ readonly result: T } | { readonly error: unknown }) & { readonly leftovers: string[] };

/**
 * Does work with child processes and a directory of its own. Both are gone afterwards, whatever the end is; a signal ends
 * it with `Interrupted`.
 */
export async function household<T>(
  name: string,
  work: (children: Children, directory: string) => Promise<T>,
): Promise<Outcome<T>> {
  const children = new Children();
  const directory = mkdtempSync(path.join(tmpdir(), `leasehold-${name}-`));
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => reject(new Interrupted(`interrupted by ${signal}`)));
    }
  });
  process.once("exit", () => children.killAll());
  const ended = await Promise.race([work(children, directory), interrupted]).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  const leftovers = await children.stopAll();
  rmSync(directory, { recursive: true, force: true });
  return { ...ended, leftovers };
}
