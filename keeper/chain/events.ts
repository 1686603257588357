import type { LogDescription } from "ethers";

import type { DisputePhase } from "../../sdk/disputes";
import { Disputes__factory, Market__factory, StandingOrders__factory } from "../../typechain-types";
import type {
  LeaseActivatedEvent,
  LeaseClosedEvent,
  LeaseExtendedEvent,
  LeaseOpenedEvent,
  LeaseRenewedEvent,
  LeaseTransferredEvent,
  TermsPublishedEvent,
  TokenListedEvent,
} from "../../typechain-types/contracts/market/Market";
import type { OrderFailedOverEvent, OrderPlacedEvent } from "../../typechain-types/contracts/orders/StandingOrders";
import type { DisputeExecutedEvent } from "../../typechain-types/contracts/slashing/Disputes";
import type { BlockRef, ChainEvent, MarketEvent, OrderEvent } from "../core/events";

const market = Market__factory.createInterface();
const orders = StandingOrders__factory.createInterface();
const disputes = Disputes__factory.createInterface();

/** Addresses of the contracts whose logs the keeper reads. */
export interface Sources {
  readonly market: string;
  readonly orders: string;
  readonly disputes: string;
}

/** A log, as far as decoding needs it: a node's answer, or one of ethers. */
export interface RawLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly blockHash: string;
}

/** What the keeper reads of the market's log. Resizes are not among it: they move neither end nor bounty. */
const OF_MARKET = [
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
  "LeaseCollected",
  "LeaseSettled",
  "CollateralReleased",
  "ClaimOpened",
  "ClaimEnded",
] as const satisfies readonly MarketEvent["type"][];

const OF_ORDERS = ["OrderPlaced", "OrderCancelled", "OrderFailedOver"] as const satisfies readonly OrderEvent["type"][];

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
  ...OF_MARKET.map((name) => market.getEvent(name).topicHash),
  ...OF_ORDERS.map((name) => orders.getEvent(name).topicHash),
  ...Object.keys(PHASES)
    .filter(isMove)
    .map((name) => disputes.getEvent(name).topicHash),
];

/** The addresses whose logs are asked for. */
export function addressesOfSources({ market, orders, disputes }: Sources): readonly string[] {
  return [market, orders, disputes];
}

/** Which of the contracts a log is of; nodes write addresses in capitals, or not. */
export function sourceOf(log: Pick<RawLog, "address">, sources: Sources): keyof Sources | undefined {
  const address = log.address.toLowerCase();
  return (["market", "orders", "disputes"] as const).find((name) => sources[name].toLowerCase() === address);
}

/** A log of the protocol, with its name and arguments; undefined for other logs, and for events unknown here. */
export function parseLog(
  log: RawLog,
  sources: Sources,
): { readonly source: keyof Sources; readonly parsed: LogDescription } | undefined {
  const source = sourceOf(log, sources);
  if (source === undefined) return undefined;
  const parsed = { market, orders, disputes }[source].parseLog({ topics: [...log.topics], data: log.data });
  return parsed === null ? undefined : { source, parsed };
}

/** A log as the keeper understands it; undefined for events that it does not read. Fails where a log does not decode. */
export function decodeEvent(log: RawLog, sources: Sources): ChainEvent | undefined {
  const found = parseLog(log, sources);
  if (found === undefined) return undefined;
  const block = { number: log.blockNumber, hash: log.blockHash };
  switch (found.source) {
    case "market":
      return decodeMarket(found.parsed, block);
    case "orders":
      return decodeOrder(found.parsed, block);
    case "disputes":
      return decodeDispute(found.parsed, block);
  }
}

function decodeDispute({ name, args }: LogDescription, block: BlockRef): ChainEvent | undefined {
  if (!isMove(name)) return undefined;
  const { disputeId } = args as unknown as MoveOfDispute;
  return { type: "DisputeMoved", block, disputeId, phase: PHASES[name] };
}

function decodeOrder({ name, args }: LogDescription, block: BlockRef): OrderEvent | undefined {
  switch (name) {
    case "OrderPlaced": {
      const { leaseId, count, maxBounty, fallbacks } = args as unknown as OrderPlacedEvent.OutputObject;
      return { type: name, block, leaseId, count: Number(count), maxBounty, fallbacks: fallbacks.length };
    }
    case "OrderCancelled":
      return { type: name, block, ...leaseOf(args) };
    case "OrderFailedOver": {
      const { from, to, count } = args as unknown as OrderFailedOverEvent.OutputObject;
      return { type: name, block, leaseId: from, to, count: Number(count) };
    }
    default:
      return undefined;
  }
}

function decodeMarket({ name, args }: LogDescription, block: BlockRef): MarketEvent | undefined {
  switch (name) {
    case "TermsPublished": {
      const { version, terms } = args as unknown as TermsPublishedEvent.OutputObject;
      return { type: name, block, version, activationWindow: Number(terms.activationWindow) };
    }
    case "TokenListed": {
      const { listing, token, bounty } = args as unknown as TokenListedEvent.OutputObject;
      return { type: name, block, listing, token, bounty };
    }
    case "LeaseOpened": {
      const opened = args as unknown as LeaseOpenedEvent.OutputObject;
      const { leaseId, tenant, provider, duration, termsVersion, listing } = opened;
      return { type: name, block, leaseId, tenant, provider, duration: Number(duration), termsVersion, listing };
    }
    case "LeaseActivated": {
      const { leaseId, startedAt } = args as unknown as LeaseActivatedEvent.OutputObject;
      return { type: name, block, leaseId, startedAt: Number(startedAt) };
    }
    case "LeaseExtended":
    case "NoticeGiven": {
      const { leaseId, duration } = args as unknown as Pick<LeaseExtendedEvent.OutputObject, "leaseId" | "duration">;
      return { type: name, block, leaseId, duration: Number(duration) };
    }
    case "LeaseRenewed": {
      const { leaseId, duration, bounty } = args as unknown as LeaseRenewedEvent.OutputObject;
      return { type: name, block, leaseId, duration: Number(duration), bounty };
    }
    case "LeaseTransferred": {
      const { leaseId, to } = args as unknown as LeaseTransferredEvent.OutputObject;
      return { type: name, block, leaseId, tenant: to };
    }
    case "LeaseClosed": {
      const { leaseId, endedAt } = args as unknown as LeaseClosedEvent.OutputObject;
      return { type: name, block, leaseId, endedAt: Number(endedAt) };
    }
    case "LeaseCancelled":
    case "LeaseCollected":
    case "LeaseSettled":
    case "CollateralReleased":
    case "ClaimOpened":
    case "ClaimEnded":
      return { type: name, block, ...leaseOf(args) };
    default:
      return undefined;
  }
}

function leaseOf(args: unknown): { leaseId: bigint } {
  const { leaseId } = args as { leaseId: bigint };
  return { leaseId };
}

/** Every event of PHASES names its dispute. */
type MoveOfDispute = Pick<DisputeExecutedEvent.OutputObject, "disputeId">;
