import type { Log } from "ethers";

import { Market__factory } from "../../typechain-types";
import type {
  LeaseActivatedEvent,
  LeaseCancelledEvent,
  LeaseClosedEvent,
  LeaseExtendedEvent,
  LeaseOpenedEvent,
  LeaseRenewedEvent,
  LeaseTransferredEvent,
  NoticeGivenEvent,
  TermsPublishedEvent,
  TokenListedEvent,
} from "../../typechain-types/contracts/market/Market";
import type { MarketEvent } from "../core/leases";

const market = Market__factory.createInterface();

/** What the keeper reads of the market's log. A resize is not among it: it moves neither end nor bounty. */
const READ = [
  "TermsPublished",
  "TokenListed",
  "LeaseOpened",
  "LeaseActivated",
  "LeaseExtended",
  "LeaseRenewed",
  "NoticeGiven",
  "LeaseTransferred",
  "LeaseClosed",
  "LeaseCancelled",
] as const;

/** First topics of the events that the keeper reads. */
export const TOPICS: readonly string[] = READ.map((name) => market.getEvent(name).topicHash);

/** A log of the market as the keeper understands it; undefined for events that it does not read. */
export function decodeEvent(log: Log): MarketEvent | undefined {
  const block = { number: log.blockNumber, hash: log.blockHash };
  const parsed = market.parseLog(log);
  switch (parsed?.name) {
    case "TermsPublished": {
      const { version, terms } = parsed.args as unknown as TermsPublishedEvent.OutputObject;
      return { type: "TermsPublished", block, version, activationWindow: Number(terms.activationWindow) };
    }
    case "TokenListed": {
      const { listing, token, bounty } = parsed.args as unknown as TokenListedEvent.OutputObject;
      return { type: "TokenListed", block, listing, token, bounty };
    }
    case "LeaseOpened": {
      const args = parsed.args as unknown as LeaseOpenedEvent.OutputObject;
      const { leaseId, tenant, duration, termsVersion, listing } = args;
      return { type: "LeaseOpened", block, leaseId, tenant, duration: Number(duration), termsVersion, listing };
    }
    case "LeaseActivated": {
      const { leaseId, startedAt } = parsed.args as unknown as LeaseActivatedEvent.OutputObject;
      return { type: "LeaseActivated", block, leaseId, startedAt: Number(startedAt) };
    }
    case "LeaseExtended":
    case "LeaseRenewed":
    case "NoticeGiven": {
      const { leaseId, duration } = parsed.args as unknown as MoveOutput;
      return { type: "LeaseEndMoved", block, leaseId, duration: Number(duration) };
    }
    case "LeaseTransferred": {
      const { leaseId, to } = parsed.args as unknown as LeaseTransferredEvent.OutputObject;
      return { type: "LeaseTransferred", block, leaseId, tenant: to };
    }
    case "LeaseClosed":
    case "LeaseCancelled": {
      const { leaseId } = parsed.args as unknown as EndOutput;
      return { type: "LeaseEnded", block, leaseId };
    }
    default:
      return undefined;
  }
}

type MoveOutput = LeaseExtendedEvent.OutputObject | LeaseRenewedEvent.OutputObject | NoticeGivenEvent.OutputObject;
type EndOutput = LeaseClosedEvent.OutputObject | LeaseCancelledEvent.OutputObject;

/** A lease that a transaction ended, and what its caller got, in base units. */
export interface Ended {
  readonly leaseId: bigint;
  readonly bounty: bigint;
}

/** The leases that the transaction behind these logs ended for `caller`. Logs of other contracts are passed over. */
export function endedBy(caller: string, marketAddress: string, logs: readonly Log[]): Ended[] {
  return logs.flatMap((log) => {
    if (log.address !== marketAddress) return [];
    const parsed = market.parseLog(log);
    if (parsed?.name !== "LeaseClosed" && parsed?.name !== "LeaseCancelled") return [];
    const { leaseId, by, bounty } = parsed.args as unknown as EndOutput;
    return by === caller ? [{ leaseId, bounty }] : [];
  });
}
