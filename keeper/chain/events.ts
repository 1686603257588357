import type { Log } from "ethers";

import type { DisputePhase } from "../../sdk/disputes";
import { Disputes__factory, Market__factory } from "../../typechain-types";
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
import type { DisputeExecutedEvent } from "../../typechain-types/contracts/slashing/Disputes";
import type { BlockRef, ChainEvent, MarketEvent } from "../core/events";

const market = Market__factory.createInterface();
const disputes = Disputes__factory.createInterface();

/** Addresses of the contracts whose logs the keeper reads. */
export interface Sources {
  readonly market: string;
  readonly disputes: string;
}

/** What the keeper reads of the market's log. Resizes and claims are not among it: they move neither end nor bounty. */
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

/** The phase that each event about a dispute moves it into. */
const PHASES = {
  DisputeFiled: "Filed",
  DisputeAnswered: "Answered",
  DisputeDecided: "Decided",
  DisputeAppealed: "Appealed",
  AppealDecided: "Final",
  DisputeConceded: "Final",
  DisputeWithdrawn: "Final",
  DisputeExecuted: "Executed",
  DisputeSettled: "Settled",
} as const satisfies Partial<Record<Parameters<typeof disputes.getEvent>[0], DisputePhase>>;
const isMove = (name: string): name is keyof typeof PHASES => name in PHASES;

/** First topics of the events that the keeper reads. */
export const TOPICS: readonly string[] = [
  ...READ.map((name) => market.getEvent(name).topicHash),
  ...Object.keys(PHASES)
    .filter(isMove)
    .map((name) => disputes.getEvent(name).topicHash),
];

/** A log as the keeper understands it; undefined for events that it does not read. */
export function decodeEvent(log: Log, sources: Sources): ChainEvent | undefined {
  if (log.address === sources.market) return decodeMarket(log);
  return log.address === sources.disputes ? decodeDispute(log) : undefined;
}

function blockOf(log: Log): BlockRef {
  return { number: log.blockNumber, hash: log.blockHash };
}

function decodeDispute(log: Log): ChainEvent | undefined {
  const parsed = disputes.parseLog(log);
  if (parsed === null || !isMove(parsed.name)) return undefined;
  const { disputeId } = parsed.args as unknown as MoveOfDispute;
  return { type: "DisputeMoved", block: blockOf(log), disputeId, phase: PHASES[parsed.name] };
}

function decodeMarket(log: Log): MarketEvent | undefined {
  const block = blockOf(log);
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
/** Every event of PHASES names its dispute. */
type MoveOfDispute = Pick<DisputeExecutedEvent.OutputObject, "disputeId">;
type EndOutput = LeaseClosedEvent.OutputObject | LeaseCancelledEvent.OutputObject;

/** A lease that a transaction ended, or a dispute that it executed or settled, and what its caller got. */
export interface Done {
  readonly id: bigint;
  /** Base units of the lease's token; nothing for a dispute. */
  readonly bounty: bigint;
}

/** What the transaction behind these logs did for `caller`, who sent it. Logs of other contracts are passed over. */
export function doneBy(caller: string, sources: Sources, logs: readonly Log[]): Done[] {
  return logs.flatMap((log) => {
    if (log.address === sources.market) {
      const parsed = market.parseLog(log);
      if (parsed?.name !== "LeaseClosed" && parsed?.name !== "LeaseCancelled") return [];
      const { leaseId, by, bounty } = parsed.args as unknown as EndOutput;
      return by === caller ? [{ id: leaseId, bounty }] : [];
    }
    if (log.address !== sources.disputes) return [];
    const parsed = disputes.parseLog(log);
    if (parsed?.name !== "DisputeExecuted" && parsed?.name !== "DisputeSettled") return [];
    const { disputeId } = parsed.args as unknown as MoveOfDispute;
    return [{ id: disputeId, bounty: 0n }];
  });
}
