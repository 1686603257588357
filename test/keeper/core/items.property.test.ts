import { expect } from "chai";
import fc from "fast-check";

import { type Duty, keyOf } from "../../../keeper/core/duties";
import type { ChainEvent } from "../../../keeper/core/events";
import { rulesFor } from "../../../keeper/core/items";
import type { Item } from "../../../keeper/core/rules";
import { disputeId, leaseId, OTHER_TENANT, OTHER_TOKEN, PROVIDER, SEED, TENANT, TOKEN } from "./facts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const ALLOWANCE = 1_800;
const LEASES = 5;
const OTHER_PROVIDER = "0x00000000000000000000000000000000000000c2";

/** An event before the chain gives it a block. */
type Said = ChainEvent extends infer Event ? (Event extends ChainEvent ? Omit<Event, "block"> : never) : never;
const timeOf = (block: number): number => 1_000_000 + block * 12;

const choices = fc.record({
  lease: fc.integer({ min: 1, max: LEASES - 2 }),
  act: fc.nat(1_000),
  value: fc.integer({ min: 1, max: 20 }),
  flag: fc.boolean(),
  newBlock: fc.boolean(),
});
type Choice = typeof choices extends fc.Arbitrary<infer T> ? T : never;

/** Where a lease of the story stands: only so that the story is one that the contracts could tell. */
interface Standing {
  state: "none" | "pending" | "active" | "ended" | "released";
  order: number;
  fallbacks: number;
  noticed: boolean;
  settled: boolean;
  claims: number;
  dispute: "none" | "Filed" | "Answered" | "Executed";
}

/** Turns random choices into a history. */
function story(steps: readonly Choice[]): ChainEvent[] {
  const events: ChainEvent[] = [];
  let block = 1;
  const say = (event: Said): void => {
    events.push({ ...event, block: { number: block, hash: `block ${block}` } } as ChainEvent);
  };
  say({ type: "TermsPublished", version: 1n, activationWindow: 900 });
  say({ type: "TokenListed", listing: 1n, token: TOKEN, bounty: 50n });
  say({ type: "TokenListed", listing: 2n, token: OTHER_TOKEN, bounty: 70n });
  say({ type: "TermsPublished", version: 2n, activationWindow: 300 });
  const standings = Array.from({ length: LEASES + 1 }, (): Standing => ({
    ...{ state: "none", order: 0, fallbacks: 0, noticed: false, settled: false, claims: 0, dispute: "none" },
  }));
  for (const { lease, act, value, flag, newBlock } of steps) {
    if (newBlock) block += value;
    const id = leaseId(lease);
    const is = standings[lease]!;
    const open = (index: number): void => {
      standings[index]!.state = "pending";
      say({
        type: "LeaseOpened",
        leaseId: leaseId(index),
        tenant: TENANT,
        provider: index % 2 === 1 ? PROVIDER : OTHER_PROVIDER,
        duration: value * HOUR,
        termsVersion: flag ? 1n : 2n,
        listing: BigInt(1 + (value % 2)),
      });
    };
    const moves: (() => void)[] = [];
    if (is.state === "none") moves.push(() => open(lease));
    if (is.state === "pending" || is.state === "active") {
      moves.push(() => {
        const [count, fallbacks] = [1 + (value % 3), value % 2];
        if (is.noticed && fallbacks === 0) return;
        [is.order, is.fallbacks] = [count, fallbacks];
        const period = value * 1_801; // some are short: a lease fails over in a quarter of it, or of its own duration
        say({ type: "OrderPlaced", leaseId: id, period, count, fallbacks, maxBounty: BigInt(value * 5) });
      });
      moves.push(() => {
        if (is.order > 0) say({ type: "OrderCancelled", leaseId: id });
        is.order = 0;
      });
    }
    if (is.state === "pending") {
      const start = (): void => {
        is.state = "active";
        say({ type: "LeaseActivated", leaseId: id, startedAt: timeOf(block) });
      };
      moves.push(start, start, start, () => {
        is.state = "released";
        say({ type: "LeaseCancelled", leaseId: id });
      });
    }
    if (is.state === "active") {
      const renew = (): void => {
        if (is.order === 0 || is.noticed) return;
        is.order -= 1;
        say({ type: "LeaseRenewed", leaseId: id, duration: value * DAY, bounty: BigInt(value * 10) });
      };
      const failOver = (): void => {
        const next = standings.findIndex(({ state }, index) => index > 0 && state === "none");
        if (is.order === 0 || is.fallbacks === 0 || next < 0) return renew();
        open(next);
        [standings[next]!.order, standings[next]!.fallbacks] = [is.order - 1, is.fallbacks];
        is.order = 0;
        say({ type: "OrderFailedOver", leaseId: id, to: leaseId(next), count: standings[next]!.order });
      };
      moves.push(
        renew,
        renew,
        failOver,
        failOver,
        failOver,
        () => say({ type: "LeaseExtended", leaseId: id, duration: value * DAY }),
        () => {
          is.noticed = true;
          say({ type: "NoticeGiven", leaseId: id, duration: value * HOUR });
        },
        () => {
          is.order = 0;
          say({ type: "LeaseTransferred", leaseId: id, tenant: flag ? OTHER_TENANT : TENANT });
        },
        () => say({ type: "LeaseCollected", leaseId: id }),
        () => {
          is.state = "ended";
          say({ type: "LeaseClosed", leaseId: id, endedAt: timeOf(block) });
        },
      );
    }
    if (is.state === "ended") {
      moves.push(
        () => {
          if (is.settled) return;
          is.settled = true;
          say({ type: "LeaseCollected", leaseId: id });
          say({ type: "LeaseSettled", leaseId: id });
        },
        () => {
          if (!is.settled || is.claims > 0) return;
          is.state = "released";
          say({ type: "CollateralReleased", leaseId: id });
        },
        () => {
          // The order of a lease that ended stays in its contract, and may be taken back there.
          if (is.order > 0) say({ type: "OrderCancelled", leaseId: id });
          is.order = 0;
        },
      );
    }
    if (is.state === "active" || is.state === "ended") {
      moves.push(() => {
        is.claims += 1;
        say({ type: "ClaimOpened", leaseId: id });
      });
      moves.push(() => {
        if (is.claims === 0) return;
        is.claims -= 1;
        say({ type: "ClaimEnded", leaseId: id });
      });
    }
    const moveDispute = (): void => {
      const next = { none: "Filed", Filed: "Answered", Answered: "Executed", Executed: "none" } as const;
      is.dispute = next[is.dispute];
      const phase = is.dispute === "none" ? "Settled" : is.dispute;
      say({ type: "DisputeMoved", disputeId: disputeId(lease), phase });
    };
    if (act % 8 === 0 || moves.length === 0) moveDispute();
    else moves[act % moves.length]!();
  }
  return events;
}

/** What a tenant placed, as far as it does not change by being carried out. */
type Placed = Pick<Extract<ChainEvent, { type: "OrderPlaced" }>, "period" | "maxBounty" | "fallbacks">;

/** What is to be done, worked out from all events at once, lease by lease, with nothing remembered. */
function oracle(events: readonly ChainEvent[], serves: boolean): Map<string, Duty> {
  const duties = new Map<string, Duty>();
  const add = (each: Omit<Duty, "key">): void => {
    const key = keyOf(each.kind, each.id);
    duties.set(key, { key, ...each });
  };
  const about = (id: bigint) => events.filter((event) => "leaseId" in event && event.leaseId === id);
  const last = <Type extends ChainEvent["type"]>(id: bigint, ...types: Type[]) =>
    about(id).findLast((event) => (types as string[]).includes(event.type)) as
      Extract<ChainEvent, { type: Type }> | undefined;

  /** The bounty cap and the fallbacks are those of the order that the tenant placed, wherever it moved since. */
  const orderOf = (id: bigint): ({ count: number } & Placed) | undefined => {
    const isOf = (event: ChainEvent): boolean =>
      (event.type === "OrderPlaced" && event.leaseId === id) || (event.type === "OrderFailedOver" && event.to === id);
    const start = events.findLastIndex(isOf);
    const placed = events[start];
    if (placed?.type !== "OrderPlaced" && placed?.type !== "OrderFailedOver") return undefined;
    const since = events.slice(start + 1).filter((event) => "leaseId" in event && event.leaseId === id);
    const voided = ["OrderCancelled", "OrderFailedOver", "LeaseTransferred"];
    if (since.some(({ type }) => voided.includes(type))) return undefined;
    const count = placed.count - since.filter(({ type }) => type === "LeaseRenewed").length;
    if (count === 0) return undefined;
    if (placed.type === "OrderPlaced") return { ...placed, count };
    const origin = oracleOrderAt(events.slice(0, start), placed.leaseId);
    return { ...origin, count };
  };

  for (let index = 1; index <= LEASES; index++) {
    const id = leaseId(index);
    const opened = last(id, "LeaseOpened");
    if (opened === undefined) continue;
    const listing = events.find((event) => event.type === "TokenListed" && event.listing === opened.listing);
    const { token, bounty } = listing as Extract<ChainEvent, { type: "TokenListed" }>;
    const terms = events.find((event) => event.type === "TermsPublished" && event.version === opened.termsVersion);
    const { activationWindow } = terms as Extract<ChainEvent, { type: "TermsPublished" }>;
    const tenant = last(id, "LeaseTransferred")?.tenant ?? opened.tenant;
    const duration = (last(id, "LeaseExtended", "LeaseRenewed", "NoticeGiven") ?? opened).duration;
    const started = last(id, "LeaseActivated");
    const closed = last(id, "LeaseClosed");
    const isCancelled = last(id, "LeaseCancelled") !== undefined;

    if (closed === undefined && !isCancelled) {
      if (started === undefined) {
        const dueAt = timeOf(opened.block.number) + activationWindow + ALLOWANCE;
        add({ kind: "cancelNoShow", id, dueAt, token, bounty, tenant });
      } else {
        const end = started.startedAt + duration;
        add({ kind: "expire", id, dueAt: end, token, bounty, tenant });
        const order = orderOf(id);
        if (order !== undefined) {
          const paid = last(id, "LeaseRenewed")?.bounty ?? bounty;
          const pays = paid < order.maxBounty ? paid : order.maxBounty;
          const isNoticed = last(id, "NoticeGiven") !== undefined;
          const window = (seconds: number) => ({ dueAt: Math.max(end - seconds, started.startedAt), goneAt: end });
          const forWhom = { token, bounty: pays, tenant };
          if (!isNoticed) add({ kind: "renew", id, ...window(HOUR), ...forWhom });
          const first = isNoticed ? {} : { after: keyOf("renew", id) };
          const shorter = Math.min(order.period, duration);
          const quarter = (shorter - (shorter % 4)) / 4;
          if (order.fallbacks > 0)
            add({ kind: "failOver", id, ...window(Math.min(quarter, HOUR)), ...first, ...forWhom });
        }
      }
    }

    if (!serves || opened.provider !== PROVIDER || started === undefined) continue;
    if (last(id, "CollateralReleased") !== undefined) continue;
    const collect = { kind: "collect", id, token, bounty: 0n, tenant, provider: PROVIDER } as const;
    if (closed === undefined) {
      const paid = last(id, "LeaseCollected");
      const dueAt = (paid === undefined ? started.startedAt : timeOf(paid.block.number)) + DAY;
      if (dueAt < started.startedAt + duration) add({ ...collect, dueAt });
    } else if (last(id, "LeaseSettled") === undefined) {
      add({ ...collect, dueAt: closed.endedAt });
    } else {
      const count = (type: string): number => about(id).filter((event) => event.type === type).length;
      const tail = Math.max(HOUR, Math.min(7 * DAY, closed.endedAt - started.startedAt));
      const life = count("ClaimOpened") === count("ClaimEnded") ? 0 : 60 * DAY;
      add({ ...collect, dueAt: closed.endedAt + tail + life });
    }
  }

  for (let index = 1; index <= LEASES; index++) {
    const id = disputeId(index);
    const moved = events.findLast((event) => event.type === "DisputeMoved" && event.disputeId === id);
    if (moved?.type !== "DisputeMoved" || moved.phase === "Settled") continue;
    const since = timeOf(moved.block.number);
    if (moved.phase === "Executed") add({ kind: "settle", id, dueAt: since, bounty: 0n });
    else add({ kind: "execute", id, dueAt: since + (moved.phase === "Filed" ? 4 : 6) * DAY, bounty: 0n });
  }
  return duties;
}

/** The terms of the order that a lease had at the end of these events, followed back to where it was placed. */
function oracleOrderAt(events: readonly ChainEvent[], id: bigint): Placed {
  const start = events.findLastIndex(
    (event) =>
      (event.type === "OrderPlaced" && event.leaseId === id) || (event.type === "OrderFailedOver" && event.to === id),
  );
  const placed = events[start];
  if (placed?.type === "OrderPlaced") return placed;
  if (placed?.type !== "OrderFailedOver") throw new Error("an order moved that nobody had placed");
  return oracleOrderAt(events.slice(0, start), placed.leaseId);
}

describe("rules against a model without memory", () => {
  for (const serves of [false, true]) {
    it(`have the same duties after any history, ${serves ? "collecting for one provider" : "serving nobody"}`, () => {
      const rules = rulesFor({ outageAllowance: ALLOWANCE, serve: serves ? [PROVIDER.toLowerCase()] : [] });
      const seen = new Map<string, number>();
      const property = fc.property(fc.array(choices, { minLength: 1, maxLength: 80, size: "max" }), (steps) => {
        const items = new Map<string, Item>();
        const told: ChainEvent[] = [];
        for (const event of story(steps)) {
          told.push(event);
          seen.set(event.type, (seen.get(event.type) ?? 0) + 1);
          const keys = rules.keysOf(event);
          const checked = (key: string): string => {
            expect(keys, event.type).to.include(key);
            return key;
          };
          rules.reduce(event, {
            get: (key) => items.get(checked(key)),
            set: (key, item) => void items.set(checked(key), JSON.parse(JSON.stringify(item)) as Item),
            delete: (key) => void items.delete(checked(key)),
          });
          for (const key of keys) {
            const item = items.get(key);
            const block = item === undefined ? undefined : rules.untimed(item);
            // Every other block's time comes only after the next event.
            if (item !== undefined && block !== undefined && steps.length % 2 === 0) {
              items.set(key, rules.timed(item, timeOf(block.number)));
            }
          }
        }
        for (const [key, item] of items) {
          const block = rules.untimed(item);
          if (block !== undefined) items.set(key, rules.timed(item, timeOf(block.number)));
        }
        const duties = [...items.values()].flatMap((item) => rules.dutiesOf(item));
        const wanted = oracle(told, serves);
        expect(duties.length, "each once").to.equal(wanted.size);
        for (const duty of duties) expect(duty).to.deep.equal(wanted.get(duty.key));

        // What has ended is forgotten, but for what a served provider has to collect.
        const ended = told.filter(({ type }) => type === "LeaseClosed" || type === "LeaseCancelled").length;
        const opened = told.filter(({ type }) => type === "LeaseOpened").length;
        const leases = [...items.values()].filter((item) => rules.countsAs(item) === "lease").length;
        expect(leases).to.equal(opened - ended);
        if (!serves) expect([...items.keys()].filter((key) => key.startsWith("yield"))).to.deep.equal([]);
      });
      fc.assert(property, { seed: SEED, numRuns: 250 });
      expect(
        [...seen.values()].every((count) => count > 20),
        [...seen].join("; "),
      ).to.equal(true);
      expect(seen.size).to.equal(19);
    });
  }
});
