import type { Executor } from "../chain/executor";
import type { Duty } from "../core/duties";
import { min } from "../core/extremes";
import type { Action } from "../core/plan";

/** What becomes of a part of an action before anything is sent. */
export type Part =
  /** It works, all of it: to be sent with this gas limit. */
  | { readonly type: "ready"; readonly duties: readonly Duty[]; readonly gasLimit: bigint }
  /** Nothing of it can be done now: somebody else did it, or it is not possible (any more). */
  | { readonly type: "gone"; readonly duties: readonly Duty[] }
  /** It ran out of gas, although it should not have. */
  | { readonly type: "short"; readonly duties: readonly Duty[] }
  /** It fails by itself, alone. */
  | { readonly type: "poisoned"; readonly duty: Duty; readonly reason: string }
  /** The nodes refuse to simulate it, even alone: nothing is known about it. */
  | { readonly type: "refused"; readonly duty: Duty; readonly reason: string }
  /** The nodes contradict each other about these, or were asked often enough: the next pass looks again. */
  | { readonly type: "unknown"; readonly duties: readonly Duty[]; readonly reason: string };

/** Simulations of one action, after which a part of which only some can be done is sent as it is. */
const MOST_SIMULATIONS = 64;
/** Single duties that the nodes do not tell about, while they told of nothing else, after which the rest is left alone. */
const MOST_UNTOLD = 3;

/**
 * Simulates an action. A batch that reverts, or of which only a part can be done, is halved until those at fault stand
 * alone; all others make one transaction. A batch that runs out of gas is left: what its kind costs is learnt, and it is
 * planned anew, in parts that fill blocks; it is halved like any other where that has been tried (`mayHalve`). One alone gets
 * half as much again until it works: nodes may refuse what asks for all the gas that there is.
 *
 * What the nodes do not tell about (see `Simulation`) is halved, too, each half with less gas, which is what the nodes may
 * object to. One alone is a part of its own: all others go on. Where every one that stands alone is refused, the rest is left.
 * @param most gas that one transaction may take.
 */
export async function prepare(
  { kind, duties, gasLimit }: Pick<Action, "kind" | "duties" | "gasLimit">,
  executor: Pick<Executor, "simulate">,
  most: bigint,
  mayHalve: boolean,
): Promise<readonly Part[]> {
  const ready: (Part & { readonly type: "ready" })[] = [];
  const others: Part[] = [];
  const queue = [{ duties, gas: gasLimit }];
  let simulations = 0;
  let told = 0;
  let untold = 0;
  for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
    const { duties: those, gas } = part;
    const [first] = those;
    if (first === undefined) continue;
    if ((told === 0 && untold >= MOST_UNTOLD) || (untold > 0 && simulations >= MOST_SIMULATIONS)) {
      others.push({ type: "unknown", duties: those, reason: "the nodes told nothing about others like it" });
      continue;
    }
    simulations++;
    const simulation = await executor.simulate(
      kind,
      those.map(({ id }) => id),
      gas,
    );
    const isAlone = those.length === 1;
    const middle = Math.ceil(those.length / 2);
    const halvesWith = (each: bigint): typeof queue => [
      { duties: those.slice(0, middle), gas: each },
      { duties: those.slice(middle), gas: each },
    ];
    const halves = halvesWith(gas);
    if (simulation.type === "refused" || simulation.type === "disputed") {
      if (!isAlone) {
        queue.unshift(...halvesWith(simulation.type === "refused" ? (gas * 3n) / 4n : gas));
        continue;
      }
      untold++;
      const { reason } = simulation;
      if (simulation.type === "refused") others.push({ type: "refused", duty: first, reason });
      else others.push({ type: "unknown", duties: those, reason });
      continue;
    }
    told++;
    if (simulation.type === "works") {
      const isWhole = simulation.done >= those.length || simulations >= MOST_SIMULATIONS;
      if (simulation.done === 0) others.push({ type: "gone", duties: those });
      else if (isWhole) ready.push({ type: "ready", duties: those, gasLimit: gas });
      else queue.unshift(...halves);
    } else if (simulation.type === "outOfGas" && gas < gasLimit) {
      queue.unshift({ duties: those, gas: gasLimit });
    } else if (simulation.type === "outOfGas" && !isAlone && !mayHalve) {
      others.push({ type: "short", duties: those });
    } else if (simulation.type === "outOfGas" && isAlone && gas < most) {
      queue.unshift({ duties: those, gas: min((gas * 3n) / 2n, most) });
    } else if (!isAlone) {
      queue.unshift(...halves);
    } else {
      const reason = simulation.type === "reverts" ? simulation.reason : `it needs more than ${most} gas`;
      others.push({ type: "poisoned", duty: first, reason });
    }
  }
  return [...(await joined(ready)), ...others];

  /** The ready parts as one, if that works, too. */
  async function joined(parts: readonly (Part & { readonly type: "ready" })[]): Promise<readonly Part[]> {
    if (parts.length < 2 || parts.some((part) => part.gasLimit > gasLimit)) return parts;
    const all = parts.flatMap((part) => part.duties);
    const simulation = await executor.simulate(
      kind,
      all.map(({ id }) => id),
      gasLimit,
    );
    const works = simulation.type === "works" && simulation.done === all.length;
    return works ? [{ type: "ready", duties: all, gasLimit }] : parts;
  }
}
