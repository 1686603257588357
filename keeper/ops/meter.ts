import type { OddityKind } from "../chain/oddities";
import type { FailureKind } from "../chain/rpcErrors";
import type { VainCause } from "../core/backoff";
import type { DutyKind } from "../core/duties";
import type { Left } from "./undone";

/** A block's number and time, seconds of the chain. */
export interface BlockTime {
  readonly number: number;
  readonly timestamp: number;
}

/** What a pass sees of the chain and of its store. */
export interface Look {
  readonly head: BlockTime;
  /** Leases that have not ended, and disputes that are not settled. */
  readonly leases: number;
  readonly disputes: number;
  /** Duties that are due, whoever can or should do them. */
  readonly due: number;
}

/** What the queue has on its way. */
export interface Outstanding {
  readonly transactions: number;
  /** Blocks since the oldest of them was sent first; 0 without any. */
  readonly oldestBlocks: number;
}

/** How a request to an endpoint ended: answered, answered with an error, or why there was no answer. */
export type RequestOutcome = "answered" | "refused" | FailureKind;
/** How a transaction of the keeper ended. `empty`: it was mined and did nothing. `filled`: it was to do nothing. */
export type TransactionOutcome = "mined" | "empty" | "reverted" | "filled" | "foreign";

/**
 * Where the parts of a keeper report what happens, to be measured. An endpoint is named by its label, never by its URL.
 * Nothing here fails, waits, or decides anything.
 */
export interface Meter {
  /** Once a pass. */
  looked(look: Look): void;
  /** A duty that this keeper did, in the block that it was mined in. */
  did(kind: DutyKind, dueAt: number, block: BlockTime): void;
  /** A duty that failed alone. */
  failed(kind: DutyKind): void;
  /** What is due and not done at a block, by reason, and what of it is this keeper's to do. */
  left(left: Pick<Left, "byReason" | "backlog">, head: BlockTime): void;
  /** A duty that the nodes refused to simulate, alone. */
  refusedSimulation(kind: DutyKind): void;
  /** A rollup's contract did not tell what publishing costs: a guess was used. */
  guessedL1Fee(): void;

  /** A transaction was sent for the first time. */
  sent(): void;
  /** It was sent again for a higher fee. */
  bumped(): void;
  /** Its nonce is used up; the fee that it cost, wei. */
  settled(outcome: TransactionOutcome, feePaid: bigint): void;
  /** A transaction did nothing, and why; the gas and the fee, wei, that it cost all the same. */
  vain(cause: VainCause, gasUsed: bigint, feePaid: bigint): void;
  /** A bounty came in, base units of the token. */
  earned(token: string, amount: bigint): void;
  outstanding(outstanding: Outstanding): void;
  /** Of the keeper's account, wei. */
  balance(wei: bigint): void;

  /** A fork took back so many blocks of what was known. */
  forked(depth: number): void;
  /** All was forgotten, to be read again; or recent blocks, whose logs turned out to be others. */
  rescanned(what: "all" | "recent"): void;

  /** One request, batched or not, to an endpoint. */
  requested(endpoint: string, outcome: RequestOutcome, seconds: number): void;
  /** An endpoint did what others did not, or what none should do. */
  odd(endpoint: string, kind: OddityKind): void;
  /** How far an endpoint is behind the agreed head, blocks. */
  lagging(endpoint: string, blocks: number): void;
  /** How many endpoints agree on the head, of those configured; fewer than are needed when `isEnough` is false. */
  agreement(agreeing: number, configured: number, isEnough: boolean): void;

  /** A pass ended well, or badly, after so many seconds of the machine. */
  passed(seconds: number): void;
  passFailed(seconds: number): void;
}

const nothing = (): void => undefined;

/** Measures nothing: for commands that only look, and for tests. */
export const NO_METER: Meter = {
  looked: nothing,
  did: nothing,
  failed: nothing,
  left: nothing,
  refusedSimulation: nothing,
  guessedL1Fee: nothing,
  sent: nothing,
  bumped: nothing,
  settled: nothing,
  vain: nothing,
  earned: nothing,
  outstanding: nothing,
  balance: nothing,
  forked: nothing,
  rescanned: nothing,
  requested: nothing,
  odd: nothing,
  lagging: nothing,
  agreement: nothing,
  passed: nothing,
  passFailed: nothing,
};
