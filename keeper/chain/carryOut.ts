import type { DutyKind } from "../core/leases";
import type { Action } from "../core/plan";
import type { Executor, Outcome } from "./market";

/** What became of a part of an action. */
export type Step =
  | { readonly type: "sent"; readonly leaseIds: readonly bigint[]; readonly outcome: Outcome }
  /** Nothing was due any more: somebody else did it. Nothing was sent. */
  | { readonly type: "gone"; readonly leaseIds: readonly bigint[] }
  /** The nonce was used up by a transaction whose receipt is not known here; the next pass sees what it did. */
  | { readonly type: "overtaken"; readonly leaseIds: readonly bigint[] }
  /** The lease fails by itself, alone. */
  | { readonly type: "poisoned"; readonly leaseId: bigint; readonly reason: string };

/**
 * Carries out one action: simulates, then sends, and waits. A batch whose simulation reverts, or takes more gas than a
 * transaction may, is halved until the leases at fault stand alone; the others go out all the same.
 */
export async function* carryOut(action: Action, executor: Executor, gasLimit: bigint): AsyncGenerator<Step> {
  const parts = [action.duties.map(({ leaseId }) => leaseId)];
  for (let leaseIds = parts.shift(); leaseIds !== undefined; leaseIds = parts.shift()) {
    const step = await attempt(action.kind, leaseIds, executor, gasLimit);
    if (step.type !== "refused") {
      yield step;
    } else if (leaseIds.length > 1) {
      const middle = Math.ceil(leaseIds.length / 2);
      parts.unshift(leaseIds.slice(0, middle), leaseIds.slice(middle));
    } else {
      for (const leaseId of leaseIds) yield { type: "poisoned", leaseId, reason: step.reason };
    }
  }
}

async function attempt(
  kind: DutyKind,
  leaseIds: readonly bigint[],
  executor: Executor,
  gasLimit: bigint,
): Promise<Step | { readonly type: "refused"; readonly reason: string }> {
  const simulation = await executor.simulate(kind, leaseIds);
  if (simulation.type === "reverts") return { type: "refused", reason: simulation.reason };
  if (simulation.done === 0) return { type: "gone", leaseIds };
  if (simulation.gas > gasLimit) {
    return { type: "refused", reason: `takes ${simulation.gas} gas, a transaction may take ${gasLimit}` };
  }
  const ample = (simulation.gas * 5n) / 4n;
  const outcome = await executor.send(kind, leaseIds, ample < gasLimit ? ample : gasLimit);
  return outcome === undefined ? { type: "overtaken", leaseIds } : { type: "sent", leaseIds, outcome };
}
