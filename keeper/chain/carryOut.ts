import { type DutyKind, idOf } from "../core/duties";
import type { Action } from "../core/plan";
import type { Executor, Outcome } from "./executor";

/** What became of a part of an action. */
export type Step =
  | { readonly type: "sent"; readonly ids: readonly bigint[]; readonly outcome: Outcome }
  /** Nothing was due any more: somebody else did it. Nothing was sent. */
  | { readonly type: "gone"; readonly ids: readonly bigint[] }
  /** The nonce was used up by a transaction whose receipt is not known here; the next pass sees what it did. */
  | { readonly type: "overtaken"; readonly ids: readonly bigint[] }
  /** The lease or dispute fails by itself, alone. */
  | { readonly type: "poisoned"; readonly id: bigint; readonly reason: string };

/**
 * Carries out one action: simulates, then sends, and waits. A batch whose simulation reverts, or takes more gas than a
 * transaction may, is halved until those at fault stand alone; the others go out all the same.
 */
export async function* carryOut(action: Action, executor: Executor, gasLimit: bigint): AsyncGenerator<Step> {
  const parts = [action.duties.map(idOf)];
  for (let ids = parts.shift(); ids !== undefined; ids = parts.shift()) {
    const step = await attempt(action.kind, ids, executor, gasLimit);
    if (step.type !== "refused") {
      yield step;
    } else if (ids.length > 1) {
      const middle = Math.ceil(ids.length / 2);
      parts.unshift(ids.slice(0, middle), ids.slice(middle));
    } else {
      for (const id of ids) yield { type: "poisoned", id, reason: step.reason };
    }
  }
}

async function attempt(
  kind: DutyKind,
  ids: readonly bigint[],
  executor: Executor,
  gasLimit: bigint,
): Promise<Step | { readonly type: "refused"; readonly reason: string }> {
  const simulation = await executor.simulate(kind, ids);
  if (simulation.type === "reverts") return { type: "refused", reason: simulation.reason };
  if (simulation.done === 0) return { type: "gone", ids };
  if (simulation.gas > gasLimit) {
    return { type: "refused", reason: `takes ${simulation.gas} gas, a transaction may take ${gasLimit}` };
  }
  const ample = (simulation.gas * 5n) / 4n;
  const outcome = await executor.send(kind, ids, ample < gasLimit ? ample : gasLimit);
  return outcome === undefined ? { type: "overtaken", ids } : { type: "sent", ids, outcome };
}
