import { explainError, revertDataOf } from "../../sdk/errors";
import { Disputes__factory, Market__factory, StandingOrders__factory } from "../../typechain-types";
import type { DutyKind } from "../core/duties";
import type { CallRequest } from "./api";
import { DisagreementError } from "./ask";
import type { Sources } from "./events";
import { CallRefusedError } from "./rpcErrors";

const market = Market__factory.createInterface();
const orders = StandingOrders__factory.createInterface();
const disputes = Disputes__factory.createInterface();

/** What a transaction would do now. */
export type Simulation =
  /** `done`: how many leases or disputes. None: nothing would change. */
  | { readonly type: "works"; readonly done: number }
  | { readonly type: "reverts"; readonly reason: string }
  /** It needs more gas than it was given; or the node gives no call that much. */
  | { readonly type: "outOfGas" }
  /** The nodes refuse this very call without telling what it would do: too long, too dear, or a fault of theirs. */
  | { readonly type: "refused"; readonly reason: string }
  /** They contradict each other about it. */
  | { readonly type: "disputed"; readonly reason: string };

/** A call of the protocol, not sent yet. */
export interface Call {
  readonly to: string;
  readonly data: string;
}

/** Who can try a call without sending it. Fails with an error that carries the `data` of a revert where it reverts. */
export interface Simulator {
  call(request: CallRequest): Promise<string>;
}

/** Errors of a single one that say that somebody was first, or that the world has moved on: nothing is left to do. */
const OVER: ReadonlySet<string> = new Set([
  "DisputesWrongPhase",
  "OrdersNoOrder",
  "OrdersNoFallback",
  "MarketWrongStatus",
  "MarketLeaseEnded",
  "MarketLeaseNoticed",
]);

/** Says how the protocol is asked to do duties, and tries it: leases in batches, failovers and disputes one by one. */
export class Executor {
  constructor(
    private readonly sources: Sources,
    /** Who will send it. */
    private readonly account: string,
    private readonly simulator: Simulator,
  ) {}

  /** The call that does these duties; one id only, where the kind is done one by one. */
  encode(kind: DutyKind, ids: readonly bigint[]): Call {
    switch (kind) {
      case "expire":
        return { to: this.sources.market, data: market.encodeFunctionData("expire", [[...ids]]) };
      case "cancelNoShow":
        return { to: this.sources.market, data: market.encodeFunctionData("cancelNoShows", [[...ids]]) };
      case "collect":
        return { to: this.sources.market, data: market.encodeFunctionData("collect", [[...ids]]) };
      case "renew":
        return { to: this.sources.orders, data: orders.encodeFunctionData("renew", [[...ids]]) };
      case "failOver":
        return { to: this.sources.orders, data: orders.encodeFunctionData("failOver", [only(ids)]) };
      case "execute":
        return { to: this.sources.disputes, data: disputes.encodeFunctionData("execute", [only(ids)]) };
      case "settle":
        return { to: this.sources.disputes, data: disputes.encodeFunctionData("settle", [only(ids)]) };
    }
  }

  /** Tries it with so much gas, in one request. Fails where too few nodes answer at all: that is not about the duties. */
  async simulate(kind: DutyKind, ids: readonly bigint[], gasLimit: bigint): Promise<Simulation> {
    const call = this.encode(kind, ids);
    try {
      const answer = await this.simulator.call({ from: this.account, ...call, gas: gasLimit });
      return meaningOf(kind, ids.length, answer);
    } catch (error) {
      return explain(error);
    }
  }
}

/** What a call that went through would do; it says nothing about that where the answer cannot be the contract's. */
function meaningOf(kind: DutyKind, asked: number, answer: string): Simulation {
  const senseless: Simulation = { type: "refused", reason: `a node answers ${answer.slice(0, 66)} to the call` };
  try {
    const done = doneOf(kind, answer);
    return done <= asked ? { type: "works", done } : senseless;
  } catch {
    return senseless;
  }
}

/** Fails where that cannot be read in the answer: a node without the contract's code says nothing. */
function doneOf(kind: DutyKind, answer: string): number {
  switch (kind) {
    case "execute":
    case "settle":
      return 1; // these return nothing
    case "failOver":
      return orders.decodeFunctionResult("failOver", answer).length;
    case "renew":
      return Number(orders.decodeFunctionResult("renew", answer)[0]);
    case "expire":
      return Number(market.decodeFunctionResult("expire", answer)[0]);
    case "collect":
      return Number(market.decodeFunctionResult("collect", answer)[0]);
    case "cancelNoShow":
      return Number(market.decodeFunctionResult("cancelNoShows", answer)[0]);
  }
}

function explain(error: unknown): Simulation {
  const data = revertDataOf(error);
  const explained = explainError(error);
  // The protocol gives a reason for every revert. One without was refused further down, where the gas had run out.
  if (explained !== undefined && data !== undefined && data !== "0x") {
    return OVER.has(explained.name) ? { type: "works", done: 0 } : { type: "reverts", reason: explained.sentence };
  }
  if (explained !== undefined) return { type: "outOfGas" };
  if (error instanceof CallRefusedError) return { type: "refused", reason: error.message };
  if (error instanceof DisagreementError) return { type: "disputed", reason: error.message };
  throw error;
}

function only(ids: readonly bigint[]): bigint {
  const [id, ...others] = ids;
  if (id === undefined || others.length > 0) throw new Error(`done one by one, not ${ids.length} at once`);
  return id;
}
