import type { ChainReader, Head } from "../../keeper/chain/reader";
import type { OpenPhase } from "../../keeper/core/disputes";
import { type DisputeDuty, type Duty, idOf, type LeaseDuty } from "../../keeper/core/duties";
import type { ChainEvent } from "../../keeper/core/events";

/** Of random tests: one's own by FC_SEED, else always the same. A failure prints it. */
export const SEED = Number(process.env["FC_SEED"] ?? "20261121");

/** Addresses, so that tests read. */
export const TOKEN = "0x00000000000000000000000000000000000000A1";
export const OTHER_TOKEN = "0x00000000000000000000000000000000000000A2";
export const TENANT = "0x00000000000000000000000000000000000000B1";
export const OTHER_TENANT = "0x00000000000000000000000000000000000000B2";

export const leaseId = (index: number | bigint): bigint => (1n << 32n) | BigInt(index);

export function duty(index: number, dueAt: number, choices: Partial<LeaseDuty> = {}): LeaseDuty {
  return {
    kind: "expire",
    leaseId: leaseId(index),
    dueAt,
    tenant: TENANT,
    token: TOKEN,
    bounty: 1_000n,
    ...choices,
  };
}

/** The tenant's dispute about a lease. */
export const disputeId = (index: number | bigint): bigint => (leaseId(index) << 160n) | BigInt(TENANT);

export const disputeDuty = (index: number, dueAt: number, kind: DisputeDuty["kind"] = "execute"): DisputeDuty => ({
  kind,
  disputeId: disputeId(index),
  dueAt,
});

/** An event before the chain gives it a block. */
export type Said = ChainEvent extends infer Event ? (Event extends ChainEvent ? Omit<Event, "block"> : never) : never;

export const TERMS: Said = { type: "TermsPublished", version: 1n, activationWindow: 900 };
export const LISTING: Said = { type: "TokenListed", listing: 1n, token: TOKEN, bounty: 1_000n };

export const opened = (index: number, duration = 3_600): Extract<Said, { type: "LeaseOpened" }> => ({
  type: "LeaseOpened",
  leaseId: leaseId(index),
  tenant: TENANT,
  duration,
  termsVersion: 1n,
  listing: 1n,
});
export const activated = (index: number, startedAt: number): Said => ({
  type: "LeaseActivated",
  leaseId: leaseId(index),
  startedAt,
});
export const moved = (index: number, duration: number): Said => ({
  type: "LeaseEndMoved",
  leaseId: leaseId(index),
  duration,
});
export const transferred = (index: number, tenant: string): Said => ({
  type: "LeaseTransferred",
  leaseId: leaseId(index),
  tenant,
});
export const ended = (index: number): Said => ({ type: "LeaseEnded", leaseId: leaseId(index) });
export const dispute = (index: number, phase: OpenPhase | "Settled"): Said => ({
  type: "DisputeMoved",
  disputeId: disputeId(index),
  phase,
});

interface FakeBlock extends Head {
  readonly events: readonly ChainEvent[];
}

/** A chain in memory that can fork, and counts what is asked of it. */
export class FakeChain implements ChainReader {
  private readonly blocks: FakeBlock[] = [];
  private made = 0;
  calls = 0;

  constructor(...genesis: Said[]) {
    this.mine(...genesis);
  }

  get height(): number {
    return this.blocks.length - 1;
  }

  /** Makes a block, 12 seconds after the last. */
  mine(...said: Said[]): Head {
    this.made += 1;
    const number = this.blocks.length;
    const block = { number, hash: `hash ${number}, the ${this.made}th made` };
    const events = said.map((event) => ({ ...event, block }));
    const parentHash = this.blocks.at(-1)?.hash ?? "none";
    const head = { ...block, parentHash, timestamp: number * 12, gasLimit: 30_000_000n, events };
    this.blocks.push(head);
    return head;
  }

  /** Forgets the newest blocks. */
  drop(count: number): void {
    this.blocks.splice(this.blocks.length - count, count);
  }

  /** All events of the chain as it is. */
  all(): ChainEvent[] {
    return this.blocks.flatMap(({ events }) => events);
  }

  head(): Promise<Head> {
    return this.block(this.height) as Promise<Head>;
  }

  block(tag: number | string): Promise<Head | undefined> {
    this.calls += 1;
    return Promise.resolve(this.blocks.find(({ number, hash }) => number === tag || hash === tag));
  }

  events(from: number, to: number): Promise<ChainEvent[]> {
    this.calls += 1;
    return Promise.resolve(this.blocks.slice(from, to + 1).flatMap(({ events }) => events));
  }

  eventsOf(blockHash: string): Promise<ChainEvent[]> {
    this.calls += 1;
    const block = this.blocks.find(({ hash }) => hash === blockHash);
    return block === undefined ? Promise.reject(new Error("unknown block")) : Promise.resolve([...block.events]);
  }
}

/** Duties as text, in an order of their own: for comparing. */
export function described(duties: Iterable<Duty>): string[] {
  return [...duties]
    .map((each) => `${each.kind} ${idOf(each)}${"tenant" in each ? ` of ${each.tenant}` : ""} at ${each.dueAt}`)
    .sort();
}
