import type { Executor } from "../chain/executor";
import type { Duty } from "../core/duties";
import type { Action } from "../core/plan";

/** What becomes of a part of an action before anything is sent. */
export type Part =
  /** It works: to be sent with this gas limit. */
  | { readonly type: "ready"; readonly duties: readonly Duty[]; readonly gasLimit: bigint }
  /** Nothing of it can be done now: somebody else did it, or it is not possible (any more). */
  | { readonly type: "gone"; readonly duties: readonly Duty[] }
  /** It ran out of gas, although it should not have. */
  | { readonly type: "short"; readonly duties: readonly Duty[] }
  /** It fails by itself, alone. */
  | { readonly type: "poisoned"; readonly duty: Duty; readonly reason: string };

/**
 * Simulates an action. A batch that reverts is halved until those at fault stand alone; the others are ready all the same.
 * A batch that runs out of gas is left: what its kind costs is learnt, and it is planned anew, in parts that fill blocks;
 * it is halved like any other where that has been tried (`mayHalve`).
 * @param most gas that one transaction may take.
 */
export async function* prepare(
  { kind, duties, gasLimit }: Pick<Action, "kind" | "duties" | "gasLimit">,
  executor: Pick<Executor, "simulate">,
  most: bigint,
  mayHalve: boolean,
): AsyncGenerator<Part> {
  const parts = [{ duties, gas: gasLimit }];
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const { duties: those, gas } = part;
    const ids = those.map(({ id }) => id);
    const simulation = await executor.simulate(kind, ids, gas);
    const [first, ...others] = those;
    if (first === undefined) continue;
    const isShort = simulation.type === "outOfGas";
    if (simulation.type === "works") {
      yield simulation.done > 0 ? { type: "ready", duties: those, gasLimit: gas } : { type: "gone", duties: those };
    } else if (isShort && others.length > 0 && !mayHalve) {
      yield { type: "short", duties: those };
    } else if (isShort && others.length === 0 && gas < most) {
      parts.unshift({ duties: those, gas: most });
    } else if (others.length > 0) {
      const middle = Math.ceil(those.length / 2);
      parts.unshift({ duties: those.slice(0, middle), gas }, { duties: those.slice(middle), gas });
    } else {
      const reason = simulation.type === "reverts" ? simulation.reason : `it needs more than ${most} gas`;
      yield { type: "poisoned", duty: first, reason };
    }
  }
}
