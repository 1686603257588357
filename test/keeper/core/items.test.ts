import { expect } from "chai";

import type { ChainEvent } from "../../../keeper/core/events";
import { GapError } from "../../../keeper/core/gap";
import { nameOfRules, rulesFor } from "../../../keeper/core/items";
import type { Item } from "../../../keeper/core/rules";
import { disputeId, leaseId, OTHER_TENANT, PROVIDER, TENANT, TOKEN } from "./facts";

const block = { number: 7, hash: "hash 7" };
const TERMS: ChainEvent = { type: "TermsPublished", block, version: 1n, activationWindow: 900 };
const LISTING: ChainEvent = { type: "TokenListed", block, listing: 1n, token: TOKEN, bounty: 1_000n };
const OPENED: ChainEvent = {
  ...{ type: "LeaseOpened", block, leaseId: leaseId(1), tenant: TENANT, provider: PROVIDER },
  ...{ duration: 7_200, termsVersion: 1n, listing: 1n },
};
const ACTIVATED: ChainEvent = { type: "LeaseActivated", block, leaseId: leaseId(1), startedAt: 10_000 };
const placed = (maxBounty: bigint, fallbacks = 0, period = 86_400): ChainEvent => ({
  ...{ type: "OrderPlaced", block, leaseId: leaseId(1), period, count: 2, maxBounty, fallbacks },
});

/** Items as a store holds them: by key, as text. */
class Kept {
  readonly items = new Map<string, string>();
  readonly rules;

  constructor(serve: readonly string[] = []) {
    this.rules = rulesFor({ outageAllowance: 1_800, serve });
  }

  hear(...events: ChainEvent[]): this {
    for (const event of events) {
      this.rules.reduce(event, {
        get: (key) => {
          const text = this.items.get(key);
          return text === undefined ? undefined : (JSON.parse(text) as Item);
        },
        set: (key, item) => void this.items.set(key, JSON.stringify(item)),
        delete: (key) => void this.items.delete(key),
      });
    }
    return this;
  }

  all(): Item[] {
    return [...this.items.values()].map((text) => JSON.parse(text) as Item);
  }

  due(): string[] {
    return this.all()
      .flatMap((item) => this.rules.dutiesOf(item))
      .map(
        ({ key, dueAt, goneAt, bounty }) =>
          `${key} at ${dueAt}${goneAt === undefined ? "" : `-${goneAt}`} for ${bounty}`,
      );
  }

  after(): (string | undefined)[] {
    return this.all().flatMap((item) => this.rules.dutiesOf(item).map(({ after }) => after));
  }

  time(key: string, timestamp: number): this {
    const item = JSON.parse(this.items.get(key) ?? "null") as Item;
    this.items.set(key, JSON.stringify(this.rules.timed(item, timestamp)));
    return this;
  }

  awaited(): (string | undefined)[] {
    return this.all().flatMap((item) => this.rules.untimed(item)?.hash ?? []);
  }
}

describe("rules", () => {
  const lease = (...events: ChainEvent[]): Kept => new Kept().hear(TERMS, LISTING, OPENED, ...events);

  it("ask for the time of a pending lease's block, and for no other's", () => {
    const kept = lease();
    expect(kept.awaited()).to.deep.equal(["hash 7"]);
    expect(kept.due()).to.deep.equal([]);
    expect(kept.time("lease 1-1", 5_000).due()).to.deep.equal(["cancelNoShow 1-1 at 7700 for 1000"]);
    expect(kept.awaited()).to.deep.equal([]);
    expect(kept.hear(ACTIVATED).due()).to.deep.equal(["expire 1-1 at 17200 for 1000"]);
    expect(lease(ACTIVATED).awaited(), "activated before anybody asked").to.deep.equal([]);
  });

  it("pay for a renewal what the last one paid, at most what the order allows", () => {
    const renewal = (...events: ChainEvent[]): string | undefined =>
      lease(ACTIVATED, ...events)
        .due()
        .find((text) => text.startsWith("renew"));
    expect(renewal(placed(5_000n))).to.equal("renew 1-1 at 13600-17200 for 1000");
    expect(renewal(placed(10n))).to.equal("renew 1-1 at 13600-17200 for 10");
    const renewed = { type: "LeaseRenewed", block, leaseId: leaseId(1), duration: 9_000, bounty: 1_500n } as const;
    expect(renewal(placed(5_000n), renewed)).to.equal("renew 1-1 at 15400-19000 for 1500");
    expect(renewal(placed(5_000n), renewed, renewed), "used up").to.equal(undefined);
  });

  it("renew a lease of less than an hour from its start on", () => {
    const short: ChainEvent = { ...OPENED, duration: 60 } as ChainEvent;
    expect(new Kept().hear(TERMS, LISTING, short, ACTIVATED, placed(5_000n, 1)).due()).to.deep.equal([
      "expire 1-1 at 10060 for 1000",
      "renew 1-1 at 10000-10060 for 1000",
      "failOver 1-1 at 10045-10060 for 1000",
    ]);
  });

  it("fail over in the last quarter of the order's period or of the lease, at most in the last hour", () => {
    const failover = (period: number, duration: number): string | undefined =>
      new Kept()
        .hear(TERMS, LISTING, { ...OPENED, duration } as ChainEvent, ACTIVATED, placed(5_000n, 1, period))
        .due()
        .find((text) => text.startsWith("failOver"));
    for (const [period, duration, window] of [
      [3_600, 86_400, 900],
      [3_603, 86_400, 900],
      [14_396, 86_400, 3_599],
      [14_400, 86_400, 3_600],
      [86_400, 86_400, 3_600],
      [86_400, 7_200, 1_800],
      [86_400, 7_203, 1_800],
      [7_200, 7_204, 1_800],
    ] as const) {
      const end = 10_000 + duration;
      expect(failover(period, duration)).to.equal(`failOver 1-1 at ${end - window}-${end} for 1000`);
    }
  });

  it("renew no lease after a notice; it fails over where its order names a fallback, and tries nothing first", () => {
    const noticed: ChainEvent = { type: "NoticeGiven", block, leaseId: leaseId(1), duration: 7_000 };
    expect(lease(ACTIVATED, placed(5_000n), noticed).due()).to.deep.equal(["expire 1-1 at 17000 for 1000"]);
    for (const events of [
      [placed(5_000n, 1), noticed],
      [noticed, placed(5_000n, 1)],
    ]) {
      const kept = lease(ACTIVATED, ...events);
      expect(kept.due()).to.deep.equal(["expire 1-1 at 17000 for 1000", "failOver 1-1 at 15250-17000 for 1000"]);
      expect(kept.after()).to.deep.equal([undefined, undefined]);
    }
    expect(lease(ACTIVATED, placed(5_000n, 1)).after()).to.deep.equal([undefined, undefined, "renew 1-1"]);
  });

  it("release collateral once no claim is open, or none can be any more", () => {
    const at = { block, leaseId: leaseId(1) };
    const served = new Kept([PROVIDER]).hear(TERMS, LISTING, OPENED, ACTIVATED, { type: "ClaimOpened", ...at });
    served.hear({ type: "LeaseClosed", ...at, endedAt: 12_000 }, { type: "LeaseSettled", ...at });
    expect(served.due()).to.deep.equal([`collect 1-1 at ${15_600 + 60 * 86_400} for 0`]);
    served.hear({ type: "ClaimEnded", ...at });
    expect(served.due()).to.deep.equal(["collect 1-1 at 15600 for 0"]);
  });

  it("keep terms and bounty of a lease as they were when it was opened (INV-LSE-9)", () => {
    const later: ChainEvent[] = [
      { type: "TermsPublished", block, version: 2n, activationWindow: 300 },
      { type: "TokenListed", block, listing: 2n, token: TOKEN, bounty: 1n },
    ];
    expect(
      lease(...later)
        .time("lease 1-1", 5_000)
        .due(),
    ).to.deep.equal(["cancelNoShow 1-1 at 7700 for 1000"]);
  });

  it("forget a lease at its end, but what a served provider has in it", () => {
    const closed: ChainEvent = { type: "LeaseClosed", block, leaseId: leaseId(1), endedAt: 12_000 };
    expect([...lease(ACTIVATED, closed).items.keys()]).to.deep.equal(["terms 1", "listing 1"]);
    const served = new Kept([PROVIDER]).hear(TERMS, LISTING, OPENED, ACTIVATED);
    expect(served.due()).to.deep.equal(["expire 1-1 at 17200 for 1000"]); // it ends before a day has passed
    expect(served.hear(closed).due()).to.deep.equal(["collect 1-1 at 12000 for 0"]);
    expect(served.all().map((item) => served.rules.countsAs(item))).to.deep.equal([undefined, undefined, undefined]);
    served.hear({ type: "LeaseSettled", block, leaseId: leaseId(1) });
    expect(served.due()).to.deep.equal(["collect 1-1 at 15600 for 0"]);
    served.hear({ type: "CollateralReleased", block, leaseId: leaseId(1) });
    expect([...served.items.keys()]).to.deep.equal(["terms 1", "listing 1"]);
  });

  it("wait for the time of the payment before they collect again, and for none after the end", () => {
    const paid: ChainEvent = { type: "LeaseCollected", block, leaseId: leaseId(1) };
    const long: ChainEvent = { type: "LeaseExtended", block, leaseId: leaseId(1), duration: 1_000_000 };
    const served = new Kept([PROVIDER]).hear(TERMS, LISTING, OPENED, ACTIVATED, long);
    const expiry = "expire 1-1 at 1010000 for 1000";
    expect(served.due()).to.deep.equal([expiry, "collect 1-1 at 96400 for 0"]);
    served.hear(paid);
    expect([served.due(), served.awaited()]).to.deep.equal([[expiry], ["hash 7"]]);
    expect(served.time("yield 1-1", 50_000).due()).to.deep.equal([expiry, "collect 1-1 at 136400 for 0"]);
    served.hear({ type: "LeaseClosed", block, leaseId: leaseId(1), endedAt: 60_000 }, paid);
    expect([served.due(), served.awaited()]).to.deep.equal([["collect 1-1 at 60000 for 0"], []]);
  });

  it("serve a provider by whatever case its address is written in, and no other", () => {
    for (const serve of [PROVIDER, PROVIDER.toLowerCase(), PROVIDER.toUpperCase().replace("0X", "0x")]) {
      expect([...new Kept([serve]).hear(TERMS, LISTING, OPENED).items.keys()]).to.include("yield 1-1");
    }
    expect([...new Kept([TENANT]).hear(TERMS, LISTING, OPENED).items.keys()]).not.to.include("yield 1-1");
  });

  it("notice that events are missing (ATK-KPR-2)", () => {
    const renewed = { type: "LeaseRenewed", block, leaseId: leaseId(1), duration: 9_000, bounty: 1n } as const;
    const missing: [string, ChainEvent[]][] = [
      ["terms", [LISTING, OPENED]],
      ["listing", [TERMS, OPENED]],
      ["opening", [TERMS, LISTING, ACTIVATED]],
      ["opening", [{ type: "LeaseTransferred", block, leaseId: leaseId(1), tenant: OTHER_TENANT }]],
      ["opening", [{ type: "LeaseCancelled", block, leaseId: leaseId(1) }]],
      ["opening", [placed(1n)]],
      ["start", [TERMS, LISTING, OPENED, { type: "LeaseClosed", block, leaseId: leaseId(1), endedAt: 10_500 }]],
      ["order", [TERMS, LISTING, OPENED, ACTIVATED, renewed]],
      [
        "opening of the new lease",
        [
          TERMS,
          LISTING,
          OPENED,
          ACTIVATED,
          placed(1n, 1),
          { type: "OrderFailedOver", block, leaseId: leaseId(1), to: leaseId(2), count: 1 },
        ],
      ],
      ["filing", [{ type: "DisputeMoved", block, disputeId: disputeId(1), phase: "Answered" }]],
    ];
    for (const [what, events] of missing) expect(() => new Kept().hear(...events), what).to.throw(GapError);
  });

  it("take no notice of the order of an ended lease being taken back: the contract allows it", () => {
    const closed: ChainEvent = { type: "LeaseClosed", block, leaseId: leaseId(1), endedAt: 12_000 };
    const kept = lease(ACTIVATED, placed(1n), closed, { type: "OrderCancelled", block, leaseId: leaseId(1) });
    expect(kept.due()).to.deep.equal([]);
  });

  it("ask the chain again where the store holds what is no item (ATK-KPR-10)", () => {
    const { rules } = new Kept();
    for (const item of [{}, { type: "lease" }, { type: "lease", id: "1", tenant: 3 }, { type: "other" }]) {
      expect(() => rules.dutiesOf(item)).to.throw(GapError, "the store holds something that is no item");
    }
    const kept = lease();
    kept.items.set("lease 1-1", kept.items.get("terms 1") ?? "");
    expect(() => kept.hear(ACTIVATED)).to.throw(GapError, "a terms where a lease should be");
  });

  it("have another name where they would lead to other items", () => {
    const name = (outageAllowance: number, ...serve: string[]): string => nameOfRules({ outageAllowance, serve });
    expect(name(1_800, TENANT, PROVIDER)).to.equal(name(1_800, PROVIDER.toLowerCase(), TENANT));
    expect(new Set([name(1_800), name(1_801), name(1_800, TENANT), name(1_800, PROVIDER)]).size).to.equal(4);
  });
});
