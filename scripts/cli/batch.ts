import { existsSync, writeFileSync } from "node:fs";

import { type BatchCall, formatSafeBatch, safeBatch } from "../../sdk/safeBatch";
import { Failure } from "./failure";
import type { Session } from "./session";

/** Fails where a batch cannot be written: before anything is simulated for it. */
export function requireBatchable(session: Session, file: string): void {
  if (session.config.from === undefined) {
    throw new Failure("configuration", "a batch is made for a Safe: name it with --from <address of the Safe>");
  }
  if (existsSync(file)) throw new Failure("usage", `${file} exists: name a file that does not, or move it away`);
}

/** A call, and what it does, for people. */
type Labelled = BatchCall & { readonly label: string };

/** Writes the calls of a command for the Safe Transaction Builder. */
export async function writeBatch(session: Session, file: string, calls: readonly Labelled[]): Promise<void> {
  const [{ chainId }, safe] = await Promise.all([session.connection(), session.account()]);
  const clock = session.outside.clock ?? Date.now;
  const batch = safeBatch(calls, {
    chainId,
    safe,
    name: calls.length === 1 ? (calls[0]?.label ?? "Leasehold") : `Leasehold: ${calls.length} calls`,
    description: calls.map(({ label }) => label).join("; "),
    createdAt: clock(),
  });
  try {
    writeFileSync(file, formatSafeBatch(batch), { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure("usage", `${file} cannot be written (${code ?? "unknown reason"}): name another file`);
  }
}
