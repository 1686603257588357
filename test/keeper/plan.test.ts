import { expect } from "chai";
import fc from "fast-check";

import { DISPUTE_DUTIES, type Duty, idOf, LEASE_DUTIES, type LeaseDuty } from "../../keeper/core/duties";
import type { GasModel } from "../../keeper/core/gas";
import { plan, type Policy, type Snapshot } from "../../keeper/core/plan";
import { disputeDuty, disputeId, duty, leaseId, OTHER_TOKEN, SEED, TENANT, TOKEN } from "./fakes";

const GAS: GasModel = {
  base: 50_000n,
  perItem: { expire: 20_000n, cancelNoShow: 150_000n, execute: 200_000n, settle: 80_000n },
};
const ALWAYS: Policy = { minProfit: 0n, patience: 0, prices: new Map(), disputes: true };
/** A base unit of TOKEN is worth ten million wei. */
const PRICES = new Map([[TOKEN, { weiPerToken: 10_000_000n, decimals: 0 }]]);

const snapshot = (duties: Duty[], choices: Partial<Snapshot> = {}): Snapshot => ({
  duties,
  held: new Map(),
  gas: GAS,
  gasLimit: 15_000_000n,
  feePerGas: 1_000n,
  ...choices,
});
const ids = (duties: readonly Duty[]): bigint[] => duties.map(idOf);

describe("plan", () => {
  it("does a duty from the very second on that it is due", () => {
    const due = snapshot([duty(1, 1_000)]);
    expect(plan(due, 999, ALWAYS)).to.deep.equal({ actions: [], skipped: [], nextDueAt: 1_000 });
    const { actions, nextDueAt } = plan(due, 1_000, ALWAYS);
    expect(actions.map(({ kind, duties }) => [kind, ids(duties)])).to.deep.equal([["expire", [leaseId(1)]]]);
    expect(nextDueAt).to.equal(undefined);
  });

  it("puts what was due first into the first transaction", () => {
    const duties = [duty(1, 300), duty(2, 100), duty(3, 200), duty(4, 50)];
    const { actions } = plan(snapshot(duties, { gasLimit: 90_000n }), 1_000, ALWAYS);
    expect(actions.map(({ duties: batch }) => ids(batch))).to.deep.equal([
      [leaseId(2), leaseId(4)],
      [leaseId(1), leaseId(3)],
    ]);
  });

  it("puts what the market settles together side by side: by token, then tenant", () => {
    const other = "0x00000000000000000000000000000000000000B0";
    const duties = [
      duty(1, 1, { token: OTHER_TOKEN }),
      duty(2, 2),
      duty(3, 3, { tenant: other, token: OTHER_TOKEN }),
      duty(4, 4),
    ];
    const [action] = plan(snapshot(duties), 1_000, ALWAYS).actions;
    const leases = action?.duties.flatMap((each) => ("tenant" in each ? [each] : [])) ?? [];
    expect(leases.map(({ token, tenant }) => [token, tenant])).to.deep.equal([
      [TOKEN, TENANT],
      [TOKEN, TENANT],
      [OTHER_TOKEN, other],
      [OTHER_TOKEN, TENANT],
    ]);
  });

  it("fills a transaction up to the gas limit and not beyond", () => {
    const duties = Array.from({ length: 11 }, (_, index) => duty(index + 1, 1));
    const sizes = (gasLimit: bigint): number[] =>
      plan(snapshot(duties, { gasLimit }), 1_000, ALWAYS).actions.map(({ duties: batch }) => batch.length);
    expect(sizes(150_000n)).to.deep.equal([5, 5, 1]);
    expect(sizes(149_999n)).to.deep.equal([4, 4, 3]);
    expect(sizes(1n)).to.deep.equal(new Array(11).fill(1)); // one cannot be split
  });

  it("keeps kinds apart and orders transactions by what is due first", () => {
    const duties = [duty(1, 300), duty(2, 200, { kind: "cancelNoShow" })];
    const { actions } = plan(snapshot(duties), 1_000, ALWAYS);
    expect(actions.map(({ kind }) => kind)).to.deep.equal(["cancelNoShow", "expire"]);
  });

  it("tells what a transaction takes, costs and earns", () => {
    const [action] = plan(snapshot([duty(1, 5), duty(2, 9)]), 1_000, { ...ALWAYS, prices: PRICES }).actions;
    expect(action).to.include({ dueAt: 5, gas: 90_000n, cost: 90_000_000n, earns: 20_000_000_000n });
  });

  it("leaves a lease that failed in peace until its pause is over", () => {
    const held = new Map([[leaseId(1), 1_500]]);
    const both = snapshot([duty(1, 100), duty(2, 100)], { held });
    const before = plan(both, 1_499, ALWAYS);
    expect(before.actions.map(({ duties }) => ids(duties))).to.deep.equal([[leaseId(2)]]);
    expect(before.skipped).to.deep.equal([{ duty: duty(1, 100), reason: "held", until: 1_500 }]);
    expect(plan(both, 1_500, ALWAYS).skipped).to.deep.equal([]);
  });

  it("waits with what does not pay until the operator's patience ends", () => {
    const policy: Policy = { ...ALWAYS, patience: 600 };
    const due = snapshot([duty(1, 1_000)]);
    const waiting = { duty: duty(1, 1_000), reason: "unprofitable" as const, until: 1_600 };
    expect(plan(due, 1_599, policy)).to.deep.equal({ actions: [], skipped: [waiting] });
    expect(plan(due, 1_600, policy).actions).to.have.lengthOf(1);
  });

  it("sends as soon as a transaction earns the least profit over its cost, to the wei", () => {
    const policy: Policy = { ...ALWAYS, minProfit: 930_000_000n, patience: 600, prices: PRICES };
    const due = snapshot([duty(1, 1_000, { bounty: 100n })]); // earns 1,000,000,000, costs 70,000,000
    expect(plan(due, 1_000, policy).actions).to.have.lengthOf(1);
    expect(plan(due, 1_000, { ...policy, minProfit: 930_000_001n }).actions).to.deep.equal([]);
  });

  it("does not let a duty that pays carry one that does not", () => {
    const policy: Policy = { ...ALWAYS, patience: 600, prices: PRICES };
    const { actions, skipped } = plan(snapshot([duty(1, 1_000), duty(2, 1_000, { bounty: 1n })]), 1_000, policy);
    expect(actions.map(({ duties }) => ids(duties))).to.deep.equal([[leaseId(1)]]);
    expect(ids(skipped.map((each) => each.duty))).to.deep.equal([leaseId(2)]);
  });

  it("sends nothing above the fee that its operator allows (ATK-KPR-6)", () => {
    const policy: Policy = { ...ALWAYS, maxFeePerGas: 1_000n };
    expect(plan(snapshot([duty(1, 1)]), 1_000, policy).actions).to.have.lengthOf(1);
    const { actions, skipped } = plan(snapshot([duty(1, 1)], { feePerGas: 1_001n }), 1_000, policy);
    expect(actions).to.deep.equal([]);
    expect(skipped).to.deep.equal([{ duty: duty(1, 1), reason: "fee above the cap" }]);
  });

  describe("of disputes", () => {
    it("executes one from the very second on that it is ripe, and settles one that is executed", () => {
      const due = snapshot([disputeDuty(1, 1_000), disputeDuty(2, 1_001, "settle")]);
      expect(plan(due, 999, ALWAYS)).to.deep.equal({ actions: [], skipped: [], nextDueAt: 1_000 });
      expect(plan(due, 1_000, ALWAYS)).to.deep.equal({
        actions: [
          {
            kind: "execute",
            duties: [disputeDuty(1, 1_000)],
            dueAt: 1_000,
            gas: 250_000n,
            cost: 250_000_000n,
            earns: 0n,
          },
        ],
        skipped: [],
        nextDueAt: 1_001,
      });
      expect(plan(due, 1_001, ALWAYS).actions.map(({ kind }) => kind)).to.deep.equal(["execute", "settle"]);
    });

    it("gives each a transaction of its own, whatever fits into one", () => {
      const due = snapshot([disputeDuty(1, 7), disputeDuty(2, 5), disputeDuty(3, 6, "settle"), disputeDuty(4, 5)]);
      const { actions } = plan(due, 1_000, ALWAYS);
      expect(actions.map(({ duties }) => ids(duties))).to.deep.equal([2, 4, 3, 1].map((index) => [disputeId(index)]));
    });

    it("puts them after all leases, which lose money while they wait", () => {
      const due = snapshot([disputeDuty(1, 1), duty(2, 900), duty(3, 800, { kind: "cancelNoShow" })]);
      const { actions } = plan(due, 1_000, ALWAYS);
      expect(actions.map(({ kind }) => kind)).to.deep.equal(["cancelNoShow", "expire", "execute"]);
    });

    it("does ten at once, those that were ripe first, so that a lease that falls due meanwhile does not wait long", () => {
      const due = Array.from({ length: 12 }, (_, index) => disputeDuty(index + 1, 100 - index));
      const { actions, skipped } = plan(snapshot(due), 1_000, ALWAYS);
      expect(actions.map(({ dueAt }) => dueAt)).to.deep.equal([89, 90, 91, 92, 93, 94, 95, 96, 97, 98]);
      expect(skipped).to.deep.equal([
        { duty: disputeDuty(2, 99), reason: "after others" },
        { duty: disputeDuty(1, 100), reason: "after others" },
      ]);
    });

    it("asks no profit of them, for nobody is paid", () => {
      const dear: Policy = { ...ALWAYS, minProfit: 10n ** 18n, patience: 1_000_000, prices: PRICES };
      const { actions, skipped } = plan(snapshot([disputeDuty(1, 1), duty(2, 1)]), 1_000, dear);
      expect(actions.map(({ kind, earns }) => [kind, earns])).to.deep.equal([["execute", 0n]]);
      expect(skipped.map(({ reason }) => reason)).to.deep.equal(["unprofitable"]);
    });

    it("leaves them to others, and says so, where its operator switched them off", () => {
      const off: Policy = { ...ALWAYS, disputes: false };
      const due = snapshot([disputeDuty(1, 1), disputeDuty(2, 2, "settle"), disputeDuty(3, 5_000), duty(4, 6_000)]);
      expect(plan(due, 1_000, off)).to.deep.equal({
        actions: [],
        skipped: [
          { duty: disputeDuty(1, 1), reason: "switched off" },
          { duty: disputeDuty(2, 2, "settle"), reason: "switched off" },
        ],
        nextDueAt: 6_000,
      });
    });

    it("leaves one that failed in peace until its pause is over, and does the others", () => {
      const both = snapshot([disputeDuty(1, 1), disputeDuty(2, 1)], { held: new Map([[disputeId(1), 1_500]]) });
      const before = plan(both, 1_499, ALWAYS);
      expect(before.actions.map(({ duties }) => ids(duties))).to.deep.equal([[disputeId(2)]]);
      expect(before.skipped).to.deep.equal([{ duty: disputeDuty(1, 1), reason: "held", until: 1_500 }]);
      expect(plan(both, 1_500, ALWAYS).actions).to.have.lengthOf(2);
    });

    it("sends nothing for them above the fee that its operator allows (ATK-KPR-6)", () => {
      const policy: Policy = { ...ALWAYS, maxFeePerGas: 1_000n };
      expect(plan(snapshot([disputeDuty(1, 1)]), 1_000, policy).actions).to.have.lengthOf(1);
      const { actions, skipped } = plan(snapshot([disputeDuty(1, 1)], { feePerGas: 1_001n }), 1_000, policy);
      expect(actions).to.deep.equal([]);
      expect(skipped).to.deep.equal([{ duty: disputeDuty(1, 1), reason: "fee above the cap" }]);
    });
  });

  it("agrees with a naive oracle on any snapshot (ATK-KPR-9)", () => {
    const anyDuty = fc.record({
      kind: fc.constantFrom(...LEASE_DUTIES, ...DISPUTE_DUTIES),
      index: fc.nat(1_000),
      dueAt: fc.integer({ min: 0, max: 60 }),
      bounty: fc.bigInt(0n, 40n),
      token: fc.constantFrom(TOKEN, OTHER_TOKEN),
      heldUntil: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
    });
    const scene = fc.record({
      duties: fc.uniqueArray(anyDuty, { maxLength: 40, selector: ({ index }) => index }),
      now: fc.integer({ min: 0, max: 60 }),
      gasLimit: fc.bigInt(40_000n, 600_000n),
      feePerGas: fc.bigInt(0n, 20_000n),
      minProfit: fc.bigInt(0n, 2_000_000_000n),
      patience: fc.integer({ min: 0, max: 60 }),
      maxFeePerGas: fc.option(fc.bigInt(0n, 20_000n), { nil: undefined }),
      disputes: fc.boolean(),
    });
    fc.assert(
      fc.property(scene, ({ duties, now, gasLimit, feePerGas, minProfit, patience, maxFeePerGas, disputes }) => {
        const all = duties.map(({ kind, index, dueAt, bounty, token }) =>
          kind === "execute" || kind === "settle"
            ? disputeDuty(index, dueAt, kind)
            : duty(index, dueAt, { kind, bounty, token }),
        );
        const held = new Map(
          duties.flatMap(({ heldUntil }, index): [bigint, number][] =>
            heldUntil === undefined ? [] : [[idOf(all[index]!), heldUntil]],
          ),
        );
        const cap = maxFeePerGas !== undefined && { maxFeePerGas };
        const policy: Policy = { minProfit, patience, prices: PRICES, disputes, ...cap };
        const given = snapshot(all, { held, gasLimit, feePerGas });
        const result = plan(given, now, policy);

        const batches = result.actions.map(({ duties: batch }) => ids(batch).map(String).sort());
        expect(batches.map(String).sort()).to.deep.equal(oracle(given, now, policy).map(String).sort());
        // Everything that is due is in exactly one place, and nothing else is anywhere.
        const placed = [
          ...result.actions.flatMap((action) => ids(action.duties)),
          ...ids(result.skipped.map((s) => s.duty)),
        ];
        expect(placed.map(String).sort()).to.deep.equal(
          ids(all.filter(({ dueAt }) => dueAt <= now))
            .map(String)
            .sort(),
        );
        const order = result.actions.map(({ kind, dueAt }) => dueAt + (ofDispute(kind) ? 1_000 : 0));
        expect(order).to.deep.equal([...order].sort((a, b) => a - b));
        const wanted = all.filter(({ kind }) => disputes || !ofDispute(kind));
        const later = wanted.filter(({ dueAt }) => dueAt > now).map(({ dueAt }) => dueAt);
        expect(result.nextDueAt).to.equal(later.length === 0 ? undefined : Math.min(...later));
      }),
      { numRuns: 1_000, seed: SEED },
    );
  });
});

const ofDispute = (kind: string): boolean => kind === "execute" || kind === "settle";

/** The batches that should go out, found one duty at a time. */
function oracle(given: Snapshot, now: number, policy: Policy): bigint[][] {
  if (policy.maxFeePerGas !== undefined && given.feePerGas > policy.maxFeePerGas) return [];
  const worth = ({ token, bounty }: LeaseDuty): bigint => (token === TOKEN ? bounty * 10_000_000n : 0n);
  const overdue = ({ dueAt }: LeaseDuty): boolean => now - dueAt >= policy.patience;
  const able = [...given.duties].filter((one) => one.dueAt <= now && !((given.held.get(idOf(one)) ?? -1) > now));
  const sent: bigint[][] = [];
  for (const one of able) {
    if (!("disputeId" in one) || !policy.disputes) continue;
    const before = able.filter((other) => {
      const isEarlier = other.dueAt < one.dueAt || (other.dueAt === one.dueAt && idOf(other) < one.disputeId);
      return "disputeId" in other && isEarlier;
    });
    if (before.length < 10) sent.push([one.disputeId]);
  }
  for (const kind of LEASE_DUTIES) {
    const each = GAS.perItem[kind];
    const left = new Set(
      able
        .flatMap((one) => ("leaseId" in one ? [one] : []))
        .filter((one) => one.kind === kind && (overdue(one) || worth(one) >= each * given.feePerGas)),
    );
    while (left.size > 0) {
      const batch: LeaseDuty[] = [];
      let gas = GAS.base;
      while (left.size > 0 && (batch.length === 0 || gas + each <= given.gasLimit)) {
        let first: LeaseDuty | undefined;
        for (const one of left) {
          const earlier =
            first === undefined ||
            one.dueAt < first.dueAt ||
            (one.dueAt === first.dueAt && one.leaseId < first.leaseId);
          if (earlier) first = one;
        }
        batch.push(first!);
        left.delete(first!);
        gas += each;
      }
      const profit = batch.reduce((sum, one) => sum + worth(one), 0n) - gas * given.feePerGas;
      if (profit >= policy.minProfit || batch.some(overdue)) sent.push(ids(batch).sort((a, b) => (a < b ? -1 : 1)));
    }
  }
  return sent;
}
