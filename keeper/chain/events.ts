import type { LogParams } from "ethers";

import type { DisputePhase } from "../../sdk/disputes";
import { Disputes__factory, Market__factory, StandingOrders__factory } from "../../typechain-types";
import type { BlockRef, ChainEvent, MarketEvent, OrderEvent } from "../core/events";
import { LogFields } from "./logFields";

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
export type RawLog = Pick<LogParams, "address" | "topics" | "data" | "blockNumber" | "blockHash">;

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
type MoveOfDispute = keyof typeof PHASES;
const MOVES = Object.keys(PHASES) as MoveOfDispute[];

/** An event that is read: of which contract, and how its logs are. */
type Read =
  | { readonly of: "market"; readonly name: (typeof OF_MARKET)[number]; readonly fields: LogFields }
  | { readonly of: "orders"; readonly name: (typeof OF_ORDERS)[number]; readonly fields: LogFields }
  | { readonly of: "disputes"; readonly name: MoveOfDispute; readonly fields: LogFields };

const READ: ReadonlyMap<string, Read> = new Map(
  [
    ...OF_MARKET.map((name): Read => ({ of: "market", name, fields: new LogFields(market.getEvent(name)) })),
    ...OF_ORDERS.map((name): Read => ({ of: "orders", name, fields: new LogFields(orders.getEvent(name)) })),
    ...MOVES.map((name): Read => ({ of: "disputes", name, fields: new LogFields(disputes.getEvent(name)) })),
  ].map((read) => [read.fields.topic, read]),
);

/** First topics of the events that the keeper reads. */
export const TOPICS: readonly string[] = [...READ.keys()];

/** The addresses whose logs are asked for. */
export function addressesOfSources({ market, orders, disputes }: Sources): readonly string[] {
  return [market, orders, disputes];
}

/** Which event of the protocol a log is; undefined for other logs, and for events that are not read. */
export function readOf(log: RawLog, sources: Sources): Read | undefined {
  const read = READ.get(log.topics[0]?.toLowerCase() ?? "");
  return read !== undefined && isSameAddress(log.address, sources[read.of]) ? read : undefined;
}

/** Whether two texts are one address; nodes write them in capitals, or not. */
export function isSameAddress(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase();
}

/** A log as the keeper understands it; undefined for events that it does not read. Fails where a log does not decode. */
export function decodeEvent(log: RawLog, sources: Sources): ChainEvent | undefined {
  const read = readOf(log, sources);
  if (read === undefined) return undefined;
  const block = { number: log.blockNumber, hash: log.blockHash };
  switch (read.of) {
    case "market":
      return decodeMarket(read.name, read.fields, log, block);
    case "orders":
      return decodeOrder(read.name, read.fields, log, block);
    case "disputes":
      return {
        type: "DisputeMoved",
        block,
        disputeId: read.fields.natural(log, "disputeId"),
        phase: PHASES[read.name],
      };
  }
}

function decodeOrder(
  type: (typeof OF_ORDERS)[number],
  fields: LogFields,
  log: RawLog,
  block: BlockRef,
): OrderEvent | undefined {
  switch (type) {
    case "OrderPlaced":
      return {
        type,
        block,
        leaseId: fields.natural(log, "leaseId"),
        period: fields.number(log, "period"),
        count: fields.number(log, "count"),
        maxBounty: fields.natural(log, "maxBounty"),
        fallbacks: fields.count(log, "fallbacks"),
      };
    case "OrderCancelled":
      return { type, block, leaseId: fields.natural(log, "leaseId") };
    case "OrderFailedOver":
      return {
        type,
        block,
        leaseId: fields.natural(log, "from"),
        to: fields.natural(log, "to"),
        count: fields.number(log, "count"),
      };
  }
}

function decodeMarket(type: (typeof OF_MARKET)[number], fields: LogFields, log: RawLog, block: BlockRef): MarketEvent {
  const leaseId = (): bigint => fields.natural(log, "leaseId");
  switch (type) {
    case "TermsPublished": {
      const activationWindow = fields.number(log, "terms.activationWindow");
      return { type, block, version: fields.natural(log, "version"), activationWindow };
    }
    case "TokenListed": {
      const [listing, bounty] = [fields.natural(log, "listing"), fields.natural(log, "bounty")];
      return { type, block, listing, token: fields.address(log, "token"), bounty };
    }
    case "LeaseOpened":
      return {
        type,
        block,
        leaseId: leaseId(),
        tenant: fields.address(log, "tenant"),
        provider: fields.address(log, "provider"),
        duration: fields.number(log, "duration"),
        termsVersion: fields.natural(log, "termsVersion"),
        listing: fields.natural(log, "listing"),
      };
    case "LeaseActivated":
      return { type, block, leaseId: leaseId(), startedAt: fields.number(log, "startedAt") };
    case "LeaseExtended":
    case "NoticeGiven":
      return { type, block, leaseId: leaseId(), duration: fields.number(log, "duration") };
    case "LeaseRenewed": {
      const [duration, bounty] = [fields.number(log, "duration"), fields.natural(log, "bounty")];
      return { type, block, leaseId: leaseId(), duration, bounty };
    }
    case "LeaseTransferred":
      return { type, block, leaseId: leaseId(), tenant: fields.address(log, "to") };
    case "LeaseClosed":
      return { type, block, leaseId: leaseId(), endedAt: fields.number(log, "endedAt") };
    case "LeaseCancelled":
    case "LeaseCollected":
    case "LeaseSettled":
    case "CollateralReleased":
    case "ClaimOpened":
    case "ClaimEnded":
      return { type, block, leaseId: leaseId() };
  }
}
