import { formatEther, formatUnits } from "ethers";
import type { Logger } from "pino";

import type { Verdict } from "../chain/api";
import type { ConnectOptions } from "../chain/connect";
import type { QueueEvent } from "../chain/queueApi";
import type { SyncEvent } from "../chain/sync";
import type { L1Fee } from "../core/fees";
import type { Meter } from "./meter";

/** What follows from a refusal, besides another offer. */
const ADVICE: Partial<Record<Verdict, string>> = {
  insufficientFunds: ": send native coin to the account",
  rejected: ", for fewer duties",
};

/** What endpoints are up to, for the log and the meter. */
export function listenersOf(log: Logger, meter: Meter): Pick<ConnectOptions, "onRequest" | "onOddity" | "onHead"> {
  return {
    onRequest: ({ endpoint, outcome, ms }) => meter.requested(endpoint, outcome, ms / 1_000),
    onOddity: ({ endpoint, kind, what, detail, isNew }) => {
      meter.odd(endpoint, kind);
      log[isNew ? "warn" : "debug"]({ endpoint, kind, what, detail }, "an endpoint is odd");
    },
    onHead: ({ number }, endpoints) => {
      for (const one of endpoints) {
        if (one.number !== undefined) meter.lagging(one.endpoint, Math.max(0, number - one.number));
      }
      meter.agreement(endpoints.filter(({ agrees }) => agrees).length, endpoints.length, true);
    },
  };
}

/** What stands for a fee that the rollup's contract does not tell. */
export function tellL1Fees(log: Logger, meter: Meter): (reason: string, fee: L1Fee) => void {
  return (reason, { base, perItem }) => {
    meter.guessedL1Fee();
    const facts = { reason, coins: formatEther(base), coinsPerItem: formatEther(perItem) };
    log.error(facts, "the L1 fee oracle does not tell what publishing costs: a high guess is used");
  };
}

/** What happens on the way to the head. */
export function tellSync(log: Logger, meter: Meter): (event: SyncEvent) => void {
  return (event) => {
    switch (event.type) {
      case "fork":
        meter.forked(event.depth);
        return log.warn({ from: event.from, to: event.to, depth: event.depth }, "fork: events taken back");
      case "rescan":
        meter.rescanned("all");
        return log.warn({ reason: event.reason }, "everything is read anew");
      case "gap":
        return log.error({ block: event.block, reason: event.reason }, "logs are left out for good: passed over");
      case "audit":
        meter.rescanned("recent");
        return log.warn({ block: event.block, to: event.to }, "logs were not what they had been: they are read anew");
    }
  };
}

/** What happens to transactions on their way. */
export function tellQueue(log: Logger, meter: Meter): (event: QueueEvent) => void {
  return (event) => {
    if (event.type === "strangers") {
      const { nonce, pending } = event;
      return log.warn(
        { nonce, pending },
        "transactions of this account wait that are unknown here: nothing is sent yet",
      );
    }
    const { hash, nonce, duties, fees } = event.attempt;
    const facts = { hash, nonce, duties: duties.map(({ key }) => key), gwei: formatUnits(fees.maxFeePerGas, "gwei") };
    switch (event.type) {
      case "signed":
      case "sent":
        return log.debug(facts, event.type);
      case "raised":
        meter.bumped();
        return log.info({ ...facts, before: formatUnits(event.before.maxFeePerGas, "gwei") }, "not mined: fee raised");
      case "refused": {
        const { verdict, reason } = event;
        return log.warn({ ...facts, verdict, reason }, `no node took it, it is offered again${ADVICE[verdict] ?? ""}`);
      }
    }
  };
}
