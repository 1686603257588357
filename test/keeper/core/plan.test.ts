import { expect } from "chai";

import type { Duty } from "../../../keeper/core/duties";
import { keyOf } from "../../../keeper/core/duties";
import { type Plan, plan, type Snapshot } from "../../../keeper/core/plan";
import type { Policy } from "../../../keeper/core/worth";
import { ALWAYS, duty, GAS, leaseId, OTHER_TENANT, OTHER_TOKEN, PRICES, snapshot, TENANT, TOKEN } from "./facts";

const NOW = 1_000;
const keys = (duties: readonly Duty[]): string[] => duties.map(({ key }) => key);
const batches = ({ actions }: Plan): string[][] => actions.map(({ duties }) => keys(duties));
const expiry = (index: number): string => keyOf("expire", leaseId(index));
const many = (count: number, dueAt = 1): Duty[] => Array.from({ length: count }, (_, index) => duty(index + 1, dueAt));
const reasons = ({ skipped }: Plan): [string, string, number | undefined][] =>
  skipped.map(({ duty: { key }, reason, until }) => [key, reason, until]);
const planned = (duties: readonly Duty[], choices: Partial<Snapshot> = {}, policy: Partial<Policy> = {}): Plan =>
  plan(snapshot(duties, choices), NOW, { ...ALWAYS, ...policy });

describe("plan", () => {
  it("does a duty from the very second on that it is due (ATK-KPR-7)", () => {
    expect(plan(snapshot([duty(1, NOW)]), NOW - 1, ALWAYS)).to.deep.equal({ actions: [], skipped: [] });
    expect(batches(planned([duty(1, NOW)]))).to.deep.equal([[expiry(1)]]);
  });

  it("leaves what is gone alone from that second on", () => {
    const renewal = duty(1, 1, { kind: "renew", goneAt: NOW });
    expect(plan(snapshot([renewal]), NOW - 1, ALWAYS).actions).to.have.length(1);
    expect(reasons(planned([renewal]))).to.deep.equal([[renewal.key, "too late", undefined]]);
  });

  describe("order", () => {
    it("puts what was due first into the first transaction, of one second the most valuable", () => {
      const duties = [duty(1, 300), duty(2, 100), duty(3, 200), duty(4, 200, { bounty: 2_000n }), duty(5, 50)];
      const cut = { gasLimit: 90_000n, blockGasLimit: 180_000n };
      expect(batches(planned(duties, cut, { prices: PRICES }))).to.deep.equal([
        [expiry(2), expiry(5)],
        [expiry(3), expiry(4)],
        [expiry(1)],
      ]);
    });

    it("puts what the market settles together side by side: by token, then tenant", () => {
      const duties = [
        duty(1, 1, { token: OTHER_TOKEN }),
        duty(2, 2),
        duty(3, 3, { tenant: OTHER_TENANT, token: OTHER_TOKEN }),
        duty(4, 4),
      ];
      const [action] = planned(duties).actions;
      expect(action?.duties.map(({ token, tenant }) => [token, tenant])).to.deep.equal([
        [TOKEN, TENANT],
        [TOKEN, TENANT],
        [OTHER_TOKEN, TENANT],
        [OTHER_TOKEN, OTHER_TENANT],
      ]);
    });

    it("sends what will be gone within minutes first, then leases, then what failed, then collecting, then disputes", () => {
      const duties = [
        duty(1, 1, { kind: "execute" }),
        duty(2, 2, { kind: "collect" }),
        duty(3, 3),
        duty(4, 4),
        duty(5, 5, { kind: "cancelNoShow" }),
        duty(6, 6, { kind: "renew", goneAt: NOW + 600 }),
        duty(7, 7, { kind: "settle" }),
      ];
      const { actions } = planned(duties, { failedBefore: new Set([expiry(3)]) });
      expect(actions.map(({ kind, dueAt }) => [kind, dueAt])).to.deep.equal([
        ["renew", 6],
        ["expire", 4],
        ["cancelNoShow", 5],
        ["expire", 3],
        ["collect", 2],
        ["execute", 1],
        ["settle", 7],
      ]);
    });

    it("gives the only free place to the renewal that will be gone soon, and of expiries to the most valuable", () => {
      const one = { slots: 1, gasLimit: 80_000n, blockGasLimit: 160_000n };
      const late = duty(1, 1, { kind: "renew", goneAt: NOW + 3_000 });
      const pressing = duty(2, 900, { kind: "renew", goneAt: NOW + 60 });
      expect(batches(planned([late, pressing], one))).to.deep.equal([[pressing.key]]);
      const rich = duty(4, 200, { bounty: 2_000n });
      expect(batches(planned([duty(3, 200), rich], one, { prices: PRICES }))).to.deep.equal([[rich.key]]);
      // In one second, together in the first transaction: by value, though cut differently by number.
      const pair = { slots: 1, gasLimit: 90_000n, blockGasLimit: 180_000n };
      const [first] = batches(
        planned([duty(5, 7), duty(6, 7), duty(7, 7, { bounty: 9_000n })], pair, { prices: PRICES }),
      );
      expect(first).to.deep.equal([expiry(5), expiry(7)]);
    });

    it("keeps what will be gone soon in a batch that the account cannot pay for as a whole (ATK-KPR-8)", () => {
      const late = duty(1, 1, { kind: "renew", goneAt: NOW + 3_000 });
      const pressing = duty(2, 900, { kind: "renew", goneAt: NOW + 60 });
      const { actions, skipped } = planned([late, pressing], { budget: 87_500n * 2_000n });
      expect(actions.map(({ duties }) => keys(duties))).to.deep.equal([[pressing.key]]);
      expect(skipped).to.deep.equal([{ duty: late, reason: "account empty" }]);
    });

    it("lets a renewal wait its turn while there is time", () => {
      const duties = [duty(1, 5), duty(2, 6, { kind: "renew", goneAt: NOW + 601 })];
      expect(planned(duties).actions.map(({ kind }) => kind)).to.deep.equal(["expire", "renew"]);
    });
  });

  describe("batches", () => {
    const sizes = (gasLimit: bigint, duties = many(11)): number[] =>
      planned(duties, { gasLimit, blockGasLimit: 2n * gasLimit }).actions.map(({ duties: batch }) => batch.length);

    it("fill a transaction up to the gas limit and not beyond", () => {
      expect(sizes(150_000n)).to.deep.equal([5, 5, 1]);
      expect(sizes(149_999n)).to.deep.equal([4, 4, 3]);
      expect(sizes(1_000n)).to.deep.equal(new Array(11).fill(1)); // one cannot be split
    });

    it("count the tenants whose funds they settle, and the headroom", () => {
      const gas = { ...GAS, perAccount: { ...GAS.perAccount, expire: 20_000n } };
      const each = Array.from({ length: 5 }, (_, index) => duty(index + 1, 1, { tenant: `0x${index}` }));
      const at = { gas, gasLimit: 130_000n, blockGasLimit: 260_000n };
      expect(planned(each, at).actions.map(({ duties }) => duties.length)).to.deep.equal([2, 2, 1]);
      expect(planned(many(5), at).actions.map(({ duties }) => duties.length)).to.deep.equal([3, 2]);
    });

    it("leave out what failed before, which goes alone, and what the contracts do one by one (ATK-LSE-3)", () => {
      const failedBefore = new Set([expiry(2), expiry(4)]);
      expect(batches(planned(many(4), { failedBefore }))).to.deep.equal([
        [expiry(1), expiry(3)],
        [expiry(2)],
        [expiry(4)],
      ]);
      const blocked = new Map(
        [1, 2].map((index) => [keyOf("renew", leaseId(index)), { reason: "held", until: NOW + 60 } as const]),
      );
      const failovers = [1, 2].map((index) => duty(index, 1, { kind: "failOver", goneAt: NOW + 3_000 }));
      expect(planned(failovers, { blocked }).actions).to.have.length(2);
    });

    it("have a gas limit a quarter above their need, within what fills the block, and a transaction's", () => {
      const limits = (count: number, gasLimit: bigint): bigint[] =>
        planned(many(count), { gasLimit, blockGasLimit: 2n * gasLimit }).actions.map((action) => action.gasLimit);
      expect(limits(5, 1_000_000n)).to.deep.equal([187_500n]);
      expect(limits(5, 160_000n)).to.deep.equal([160_000n]);
      expect(limits(1, 60_000n)).to.deep.equal([60_000n]);
    });
  });

  describe("pay", () => {
    const patient = { patience: 3_600, prices: PRICES };

    it("tells what a transaction takes, costs and earns, the L1 fee included", () => {
      const [action] = planned([duty(1, 5), duty(2, 9)], { l1Fee: { base: 7n, perItem: 20n } }, patient).actions;
      expect(action).to.include({ dueAt: 5, gas: 90_000n, cost: 90_000_047n, earns: 20_000_000_000n });
    });

    it("waits for patience to end with what does not pay its own gas (ATK-KPR-6)", () => {
      const poor = duty(1, 500, { bounty: 1n });
      const dear = { feePerGas: 501n };
      expect(reasons(planned([poor], dear, patient))).to.deep.equal([[poor.key, "does not pay", 4_100]]);
      const later = plan(snapshot([poor], dear), 4_100, { ...ALWAYS, ...patient });
      expect(batches(later)).to.deep.equal([[poor.key]]);
    });

    it("counts what publishing it costs with each lease: it waits alone, and does not spoil a batch", () => {
      const [rich, poor] = [duty(1, 500), duty(2, 500, { bounty: 1n })];
      // A lease takes 20,000 gas.
      const at = (perItem: bigint) => planned([rich, poor], { feePerGas: 400n, l1Fee: { base: 0n, perItem } }, patient);
      expect(batches(at(2_000_000n))).to.deep.equal([[rich.key, poor.key]]);
      expect(batches(at(2_000_001n))).to.deep.equal([[rich.key]]);
      expect(reasons(at(2_000_001n))).to.deep.equal([[poor.key, "does not pay", 4_100]]);
    });

    it("waits with a transaction that does not pay for its base, the L1 fee and the profit asked for", () => {
      // Ten earn 10 x 10,000,000,000 wei and take 250,000 gas.
      const cost = 250_000n * 100_000n;
      const profit = 100_000_000_000n - cost;
      const at = (l1Fee: bigint, minProfit: bigint) =>
        planned(many(10), { feePerGas: 100_000n, l1Fee: { base: l1Fee, perItem: 0n } }, { ...patient, minProfit })
          .actions.length;
      expect(at(0n, profit)).to.equal(1);
      expect(at(0n, profit + 1n)).to.equal(0);
      expect(at(profit, 0n)).to.equal(1);
      expect(at(profit + 1n, 0n)).to.equal(0);
    });

    it("gives up the profit, not the cost, for what will be gone soon", () => {
      const renewal = (goneAt: number) => duty(1, 1, { kind: "renew", goneAt });
      const asked = { ...patient, minProfit: 10n ** 18n };
      expect(planned([renewal(NOW + 601)], {}, asked).actions).to.have.length(0);
      expect(planned([renewal(NOW + 600)], {}, asked).actions).to.have.length(1);
      // It takes 70,000 gas and earns 10,000,000,000 wei.
      const at = (base: bigint) =>
        planned([renewal(NOW + 600)], { feePerGas: 142_857n, l1Fee: { base, perItem: 0n } }, asked).actions;
      expect(at(10_000n)).to.have.length(1);
      expect(at(10_001n)).to.have.length(0);
    });

    it("asks neither disputes nor collecting to pay", () => {
      const duties = [duty(1, 999, { kind: "execute" }), duty(2, 999, { kind: "collect", bounty: 0n })];
      expect(planned(duties, {}, patient).actions).to.have.length(2);
    });

    it("counts a token without a price as worth nothing", () => {
      const other = duty(1, 999, { token: OTHER_TOKEN });
      expect(reasons(planned([other], {}, patient))).to.deep.equal([[other.key, "does not pay", 4_599]]);
    });
  });

  describe("left undone", () => {
    it("what failed, or is claimed by another keeper, until that ends (ATK-KPR-5)", () => {
      const blocked = new Map([
        [expiry(1), { reason: "held", until: NOW + 1 } as const],
        [expiry(2), { reason: "claimed", until: NOW + 5 } as const],
        [expiry(3), { reason: "held", until: NOW } as const],
      ]);
      const result = planned(many(3), { blocked });
      expect(batches(result)).to.deep.equal([[expiry(3)]]);
      expect(reasons(result)).to.deep.equal([
        [expiry(1), "failed, left in peace for a while", NOW + 1],
        [expiry(2), "claimed by another keeper", NOW + 5],
      ]);
    });

    it("everything while the fee is above the cap (ATK-KPR-6)", () => {
      const capped = (feePerGas: bigint) => planned([duty(1, 1)], { feePerGas }, { maxFeePerGas: 1_000n });
      expect(capped(1_000n).actions).to.have.length(1);
      expect(reasons(capped(1_001n))).to.deep.equal([[expiry(1), "fee above the cap", undefined]]);
    });

    it("disputes that are switched off", () => {
      const dispute = duty(1, 1, { kind: "settle" });
      expect(reasons(planned([dispute], {}, { disputes: false }))).to.deep.equal([
        [dispute.key, "switched off", undefined],
      ]);
    });

    it("a failover until the renewal of its lease failed", () => {
      const failover = duty(1, 1, { kind: "failOver", goneAt: NOW + 3_000 });
      const renewal = duty(1, 1, { kind: "renew", goneAt: NOW + 3_000 });
      const tried = planned([failover, renewal]);
      expect(batches(tried)).to.deep.equal([[renewal.key]]);
      expect(reasons(tried)).to.deep.equal([[failover.key, "its renewal is tried first", undefined]]);
      const by = (reason: "held" | "claimed") =>
        planned([failover, renewal], { blocked: new Map([[renewal.key, { reason, until: NOW + 60 }]]) });
      expect(batches(by("held"))).to.deep.equal([[failover.key]]);
      expect(batches(by("claimed"))).to.deep.equal([]);
    });

    it("no failover of a lease that is never renewed: it waits for nothing", () => {
      const { after: _after, ...failover } = duty(1, 1, { kind: "failOver", goneAt: NOW + 3_000 });
      expect(batches(planned([failover]))).to.deep.equal([[failover.key]]);
    });

    it("what finds no free place among the transactions under way; disputes take at most half of them", () => {
      const disputes = Array.from({ length: 30 }, (_, index) => duty(index + 1, 1, { kind: "execute" }));
      const count = (slots: number, duties: readonly Duty[]): number => planned(duties, { slots }).actions.length;
      expect([0, 1, 2, 5, 16, 100].map((slots) => count(slots, disputes))).to.deep.equal([0, 1, 1, 3, 8, 10]);
      expect(planned(disputes, { slots: 4 }).skipped[0]?.reason).to.equal("too many transactions under way");
      expect(planned([...disputes, duty(99, 5)], { slots: 1 }).actions[0]?.kind).to.equal("expire");
    });

    it("what would be more than a block of a kind that was never measured (ATK-KPR-9)", () => {
      const at = { gasLimit: 150_000n, blockGasLimit: 300_000n };
      const guessed = planned(many(16), { ...at, gas: { ...GAS, sure: new Set<never>() } });
      expect(guessed.actions.map(({ duties }) => duties.length)).to.deep.equal([5, 5, 1]);
      expect(guessed.skipped.map(({ reason }) => reason)).to.deep.equal(
        new Array(5).fill("waits until a batch is measured"),
      );
      expect(planned(many(16), at).actions).to.have.length(4);
    });

    it("what the account cannot pay for; a batch is made smaller first (ATK-KPR-8)", () => {
      // Five take 150,000 gas, so at most 187,500, at 2,000 wei.
      const at = (budget: bigint, choices: Partial<Snapshot> = {}) => planned(many(5), { budget, ...choices });
      expect(batches(at(375_000_000n))).to.have.length(1);
      expect(at(375_000_000n).skipped).to.deep.equal([]);
      const less = at(374_999_999n);
      expect(less.actions.map(({ duties }) => duties.length)).to.deep.equal([4]);
      expect(reasons(less)).to.deep.equal([[expiry(5), "account empty", undefined]]);
      expect(at(0n)).to.deep.equal({
        actions: [],
        skipped: many(5).map((each) => ({ duty: each, reason: "account empty" })),
      });
      expect(at(375_000_000n, { l1Fee: { base: 0n, perItem: 1n } }).actions[0]?.duties).to.have.length(4);
    });

    it("cuts batches so that none can cost more than a transaction may, down to one duty (ATK-KPR-16)", () => {
      // Five take 150,000 gas, so at most 187,500, at 2,000 wei: 375,000,000. One alone takes at most 87,500.
      const at = (maxTransactionCost: bigint, choices: Partial<Snapshot> = {}) =>
        planned(many(5), choices, { maxTransactionCost });
      const sizes = (result: Plan): number[] => result.actions.map(({ duties }) => duties.length);
      expect(sizes(at(375_000_000n))).to.deep.equal([5]);
      expect(sizes(at(374_999_999n))).to.deep.equal([4, 1]);
      expect(sizes(at(175_000_000n))).to.deep.equal([1, 1, 1, 1, 1]);
      expect(at(374_999_999n).skipped).to.deep.equal([]);
      // A base fee that is a thousand times as high, without a cap on it: nothing is sent.
      const dear = at(175_000_000n, { feePerGas: 1_000_000n, mostFeePerGas: 2_000_000n });
      expect(dear.actions).to.deep.equal([]);
      expect(dear.skipped.map(({ reason }) => reason)).to.deep.equal(
        new Array(5).fill("dearer than a transaction may be"),
      );
    });

    it("counts what a rollup takes for publishing into what a transaction may cost (ATK-KPR-16)", () => {
      const at = (maxTransactionCost: bigint) =>
        planned(many(5), { l1Fee: { base: 100_000_000n, perItem: 20_000_000n } }, { maxTransactionCost });
      const sizes = (result: Plan): number[] => result.actions.map(({ duties }) => duties.length);
      expect(sizes(at(575_000_000n))).to.deep.equal([5]);
      expect(sizes(at(574_999_999n))).to.deep.equal([4, 1]);
      expect(sizes(at(295_000_000n))).to.deep.equal([1, 1, 1, 1, 1]);
      expect(at(294_999_999n).actions).to.deep.equal([]);
    });

    it("does not send a smaller batch that does not pay", () => {
      const at = { feePerGas: 150_000n, mostFeePerGas: 150_000n };
      const patient = { patience: 3_600, prices: PRICES };
      expect(planned(many(5), { ...at, budget: 10n ** 18n }, patient).actions).to.have.length(1);
      const less = planned(many(5), { ...at, budget: 90_000n * 150_000n }, patient);
      expect(less.actions).to.deep.equal([]);
      expect(less.skipped.map(({ reason }) => reason)).to.deep.equal(new Array(5).fill("account empty"));
    });
  });
});
