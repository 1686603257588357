import { expect } from "chai";
import fc from "fast-check";

import type { Setback, Try } from "../../../keeper/core/backoff";
import { type Duty, DUTY_KINDS, keyOf } from "../../../keeper/core/duties";
import { type Action, plan, type Snapshot } from "../../../keeper/core/plan";
import type { Policy } from "../../../keeper/core/worth";
import { duty, GAS, OTHER_TENANT, OTHER_TOKEN, SEED, snapshot, TENANT, TOKEN } from "./facts";

const NOW = 10_000;
const LEASE_KINDS = ["expire", "cancelNoShow", "renew", "failOver", "collect"];
const BOUNTY_KINDS = ["expire", "cancelNoShow", "renew", "failOver"];

/** What a transaction is charged and needs, and what a duty is worth, written down once more. */
const charged = (at: Snapshot, { kind, duties }: Pick<Action, "kind" | "duties">): bigint => {
  const tenants = new Set(duties.map(({ token, tenant }) => `${token} ${tenant}`)).size;
  return at.gas.base + at.gas.perItem[kind] * BigInt(duties.length) + at.gas.perAccount[kind] * BigInt(tenants);
};
const needed = (at: Snapshot, action: Pick<Action, "kind" | "duties">): bigint =>
  (charged(at, action) * at.gas.headroom[action.kind]) / 1_000n;
const publishing = ({ l1Fee }: Snapshot, { duties }: Pick<Action, "duties">): bigint =>
  l1Fee === undefined ? 0n : l1Fee.base + BigInt(duties.length) * l1Fee.perItem;
const costs = (at: Snapshot, action: Pick<Action, "kind" | "duties">): bigint =>
  charged(at, action) * at.feePerGas + publishing(at, action);
const worth = ({ token, bounty }: Duty, { prices }: Policy): bigint => {
  const price = prices.get(token ?? "");
  return price === undefined ? 0n : (bounty * price.weiPerToken) / 10n ** BigInt(price.decimals);
};
const isUrgent = ({ dueAt }: Duty, { patience }: Policy): boolean => dueAt + patience <= NOW;
const isPressing = ({ goneAt }: Duty): boolean => goneAt !== undefined && goneAt - NOW <= 600;

/** Tries in vain of one account's duties of this kind, or of the whole kind, written down once more. */
const setbacksOf = ({ setbacks }: Snapshot, causes: readonly string[], scope: string): Setback | undefined => {
  const found = causes.flatMap((cause) => setbacks?.get(`${cause} ${scope}`) ?? []);
  if (found.length === 0) return undefined;
  return {
    strikes: Math.max(...found.map(({ strikes }) => strikes)),
    until: Math.max(...found.map(({ until }) => until)),
  };
};
const suspected = (at: Snapshot, { kind, key, tenant }: Try & Pick<Duty, "kind">): Setback | undefined =>
  setbacksOf(at, ["empty", "reverted"], `${kind} of ${tenant?.toLowerCase() ?? key}`);
const pausedUntil = (at: Snapshot, each: Duty): number => {
  const own = suspected(at, each);
  return own === undefined ? 0 : Math.max(own.until, setbacksOf(at, ["empty", "reverted"], each.kind)?.until ?? 0);
};
const lost = (at: Snapshot, kind: string): Setback | undefined => setbacksOf(at, ["race"], kind);
/** A duty's worth times the chance that a try does something, in whole thousandths. */
const expected = (at: Snapshot, each: Duty, policy: Policy): bigint => {
  const strikes = (lost(at, each.kind)?.strikes ?? 0) + (suspected(at, each)?.strikes ?? 0);
  return (worth(each, policy) * (1_000n / BigInt(strikes + 1))) / 1_000n;
};

/** The oracle's answer to whether a transaction is worth sending. */
function isWorthIt(at: Snapshot, action: Pick<Action, "kind" | "duties">, policy: Policy): boolean {
  if (!BOUNTY_KINDS.includes(action.kind)) return true;
  const profit = action.duties.reduce((sum, each) => sum + expected(at, each, policy), 0n) - costs(at, action);
  if (action.duties.some((each) => isUrgent(each, policy))) return true;
  return profit >= policy.minProfit || (profit >= 0n && action.duties.some(isPressing));
}

const duties = fc
  .uniqueArray(
    fc.record({
      index: fc.integer({ min: 1, max: 40 }),
      kind: fc.constantFrom(...DUTY_KINDS),
      dueAt: fc.oneof(fc.integer({ min: NOW - 5_000, max: NOW + 5 }), fc.constantFrom(NOW - 1, NOW, NOW + 1)),
      window: fc.constantFrom(0, 1, 599, 600, 601, 3_600, 9_000),
      bounty: fc.bigInt(0n, 5_000n),
      tenant: fc.constantFrom(TENANT, OTHER_TENANT),
      token: fc.constantFrom(TOKEN, OTHER_TOKEN),
      noticed: fc.boolean(),
    }),
    { maxLength: 80, size: "max", selector: ({ index, kind }) => `${kind} ${index}` },
  )
  .map((chosen) =>
    chosen.map(({ index, kind, dueAt, window, bounty, tenant, token, noticed }): Duty => {
      if (kind === "execute" || kind === "settle") return duty(index, dueAt, { kind });
      const ends = kind === "renew" || kind === "failOver" ? { goneAt: dueAt + window } : {};
      const made = duty(index, dueAt, { kind, tenant, token, ...ends, bounty: kind === "collect" ? 0n : bounty });
      const { after, ...alone } = made;
      return noticed || after === undefined ? alone : made;
    }),
  );

const OWNED = [TENANT, OTHER_TENANT].flatMap((tenant) =>
  LEASE_KINDS.map((kind) => `${kind} of ${tenant.toLowerCase()}`),
);

const scene = duties.chain((all) => {
  const keys = all.map(({ key }) => key);
  return fc.record({
    all: fc.constant(all),
    blocked: fc.uniqueArray(
      fc.record({
        key: fc.constantFrom("none", ...keys, ...all.map(({ id }) => keyOf("renew", id))),
        reason: fc.constantFrom("held" as const, "claimed" as const),
        until: fc.integer({ min: NOW - 5, max: NOW + 100 }),
      }),
      { maxLength: 10, selector: ({ key }) => key },
    ),
    failedBefore: fc.subarray(keys, { maxLength: Math.min(6, keys.length) }),
    gasLimit: fc.constantFrom(100_000n, 300_000n, 1_000_000n, 15_000_000n),
    blocks: fc.constantFrom(2n, 3n, 4n),
    feePerGas: fc.bigInt(0n, 400n),
    bid: fc.constantFrom(1n, 2n),
    l1Fee: fc.constantFrom(undefined, { base: 1_000_000n, perItem: 0n }, { base: 300_000n, perItem: 200_000n }),
    budget: fc.oneof(fc.constant(10n ** 18n), fc.bigInt(0n, 500_000_000n)),
    slots: fc.integer({ min: 0, max: 20 }),
    headroom: fc.constantFrom(1_000n, 1_100n, 1_300n),
    sure: fc.boolean(),
    minProfit: fc.constantFrom(0n, 5_000_000n),
    patience: fc.constantFrom(0, 500, 4_000, 1_000_000),
    disputes: fc.boolean(),
    cap: fc.constantFrom(undefined, 200n),
    most: fc.oneof(fc.constant(undefined), fc.bigInt(0n, 200_000_000n)),
    setbacks: fc.uniqueArray(
      fc.tuple(
        fc.oneof(
          fc.constantFrom(...DUTY_KINDS.flatMap((kind) => [`race ${kind}`, `empty ${kind}`, `reverted ${kind}`])),
          fc.constantFrom(...OWNED.map((scope) => `empty ${scope}`), ...OWNED.map((scope) => `reverted ${scope}`)),
        ),
        fc.record({ strikes: fc.integer({ min: 1, max: 5 }), until: fc.integer({ min: NOW - 50, max: NOW + 50 }) }),
      ),
      { maxLength: 8, selector: ([scope]) => scope },
    ),
    underWay: fc.array(
      fc.record({ kind: fc.constantFrom(...DUTY_KINDS), tenant: fc.constantFrom(TENANT, OTHER_TENANT) }),
      { maxLength: 2 },
    ),
  });
});

describe("the planner against an oracle", () => {
  it("does or explains every due duty once, within gas, money, places, pay and order (ATK-KPR-5, ATK-KPR-6, ATK-KPR-8, ATK-KPR-9)", () => {
    const seen = new Set<string>();
    const property = fc.property(scene, (choices) => {
      const { all, feePerGas, cap, minProfit, patience, disputes, headroom, blocks, gasLimit, most } = choices;
      const perKind = <T>(value: T): Record<Duty["kind"], T> =>
        Object.fromEntries(DUTY_KINDS.map((kind) => [kind, value])) as Record<Duty["kind"], T>;
      const at = snapshot(all, {
        blocked: new Map(choices.blocked.map(({ key, reason, until }) => [key, { reason, until }])),
        failedBefore: new Set(choices.failedBefore),
        gas: {
          ...GAS,
          perAccount: perKind(7_000n),
          headroom: perKind(headroom),
          sure: new Set(choices.sure ? DUTY_KINDS : []),
        },
        gasLimit,
        blockGasLimit: gasLimit * blocks,
        feePerGas,
        mostFeePerGas: feePerGas * choices.bid,
        l1Fee: choices.l1Fee,
        budget: choices.budget,
        slots: choices.slots,
        setbacks: new Map(choices.setbacks),
        underWay: choices.underWay.map(({ kind, tenant }) => ({ kind, duties: [{ key: "another", tenant }] })),
      });
      const prices = new Map([[TOKEN, { weiPerToken: 1_000_000n, decimals: 2 }]]);
      const policy = {
        minProfit,
        patience,
        prices,
        disputes,
        ...(cap !== undefined && { maxFeePerGas: cap }),
        ...(most !== undefined && { maxTransactionCost: most }),
      };
      const { actions, skipped } = plan(at, NOW, policy);

      // Nothing is lost, nothing is there twice, nothing is early.
      const due = all.filter(({ dueAt }) => dueAt <= NOW).map(({ key }) => key);
      const told = [...actions.flatMap(({ duties: those }) => those), ...skipped.map(({ duty: each }) => each)];
      expect(told.map(({ key }) => key).sort()).to.deep.equal([...due].sort());

      // What is sent may be sent.
      for (const action of actions) {
        const { kind, duties: those } = action;
        expect(action.gas).to.equal(charged(at, action));
        expect(action.cost).to.equal(costs(at, action));
        expect(action.earns).to.equal(those.reduce((sum, each) => sum + worth(each, policy), 0n));
        expect(action.dueAt).to.equal(Math.min(...those.map(({ dueAt }) => dueAt)));
        expect(action.gasLimit <= gasLimit).to.equal(true);
        if (those.length > 1) {
          expect(needed(at, action) <= action.gasLimit).to.equal(true);
          expect(those.some(({ key }) => at.failedBefore.has(key))).to.equal(false);
          expect(["expire", "cancelNoShow", "renew", "collect"]).to.include(kind);
        }
        expect(isWorthIt(at, action, policy)).to.equal(true);
        const atWorst = action.gasLimit * at.mostFeePerGas + publishing(at, action);
        expect(most === undefined || atWorst <= most).to.equal(true);
        expect(cap === undefined || feePerGas <= cap).to.equal(true);
        for (const each of those) {
          expect(each.kind).to.equal(kind);
          expect(each.goneAt === undefined || NOW < each.goneAt).to.equal(true);
          expect((at.blocked.get(each.key)?.until ?? 0) <= NOW).to.equal(true);
          if (each.after !== undefined) {
            const renewal = { ...each, kind: "renew", key: keyOf("renew", each.id) } as const;
            expect(at.blocked.get(renewal.key)?.reason === "held" || suspected(at, renewal) !== undefined).to.equal(
              true,
            );
          }
          expect(pausedUntil(at, each)).to.be.at.most(NOW);
          if (!isPressing(each)) expect(lost(at, kind)?.until ?? 0).to.be.at.most(NOW);
          if (suspected(at, each) !== undefined) expect(those.length).to.equal(1);
        }
        if (!LEASE_KINDS.includes(kind)) expect(disputes).to.equal(true);
      }
      const promised = actions.reduce((sum, each) => sum + each.gasLimit * at.mostFeePerGas + publishing(at, each), 0n);
      expect(promised <= at.budget).to.equal(true);
      expect(actions.length).to.be.at.most(at.slots);
      const ofDisputes = actions.filter(({ kind }) => !LEASE_KINDS.includes(kind)).length;
      expect(ofDisputes).to.be.at.most(Math.min(10, Math.ceil(at.slots / 2)));

      // What was in vain is tried by one transaction of its kind at a time.
      for (const kind of DUTY_KINDS) {
        const tries = [...actions, ...at.underWay!].filter((each) => each.kind === kind);
        const suspects = tries.filter((each) =>
          each.duties.some((one) => suspected(at, { ...one, kind }) !== undefined),
        );
        const isMine = (each: (typeof tries)[number]): boolean => "gas" in each;
        expect(suspects.filter(isMine).length).to.be.at.most(suspects.every(isMine) ? 1 : 0);
        const calm = actions.filter((each) => each.kind === kind && !each.duties.some(isPressing));
        if ((lost(at, kind)?.strikes ?? 0) > 2 && calm.length > 0) {
          expect(calm.length).to.equal(1);
          expect(at.underWay!.some((each) => each.kind === kind)).to.equal(false);
        }
      }

      // In order.
      const ranks = actions.map((action) => rankOf(action, at));
      expect(ranks).to.deep.equal([...ranks].sort((a, b) => a - b));
      for (const [index, next] of actions.entries()) {
        const before = actions[index - 1];
        if (before === undefined || ranks[index - 1] !== ranks[index]) continue;
        if (ranks[index] === 0) expect(before.earns >= next.earns).to.equal(true);
        // A batch that was made smaller for want of money may have lost the duty that was due first, none of the others.
        else if (choices.budget === 10n ** 18n) expect(before.dueAt).to.be.at.most(next.dueAt);
      }

      // What is not sent has that reason.
      const left = at.budget - promised;
      for (const { duty: each, reason, until } of skipped) {
        seen.add(reason);
        const blocked = at.blocked.get(each.key);
        const alone = { kind: each.kind, duties: [each] };
        if (until !== undefined) expect(until).to.be.greaterThan(NOW);
        switch (reason) {
          case "too late":
            expect(each.goneAt).to.be.at.most(NOW);
            break;
          case "switched off":
            expect(disputes || LEASE_KINDS.includes(each.kind)).to.equal(false);
            break;
          case "failed, left in peace for a while":
            expect([blocked?.reason, blocked?.until]).to.deep.equal(["held", until]);
            break;
          case "claimed by another keeper":
            expect([blocked?.reason, blocked?.until]).to.deep.equal(["claimed", until]);
            break;
          case "fee above the cap":
            expect(feePerGas > (cap ?? feePerGas)).to.equal(true);
            break;
          case "dearer than a transaction may be":
            expect(needed(at, alone) * at.mostFeePerGas * 5n + 4n * publishing(at, alone) > (most ?? 0n) * 4n).to.equal(
              true,
            );
            break;
          case "in vain before, left in peace for a while":
            expect(pausedUntil(at, each)).to.equal(until);
            break;
          case "left to rivals for a while":
            expect(lost(at, each.kind)?.until).to.equal(until);
            expect(isPressing(each)).to.equal(false);
            break;
          case "another try comes first": {
            const tries = [...actions, ...at.underWay!].filter(({ kind }) => kind === each.kind);
            const isRaced = (lost(at, each.kind)?.strikes ?? 0) > 2 && tries.length > 0;
            expect(isRaced || suspected(at, each) !== undefined).to.equal(true);
            break;
          }
          case "its renewal is tried first":
            expect(each.after).to.equal(keyOf("renew", each.id));
            expect(at.blocked.get(keyOf("renew", each.id))?.reason).not.to.equal("held");
            break;
          case "does not pay":
            expect(until).to.equal(each.dueAt + patience);
            expect(isWorthIt(at, alone, policy)).to.equal(false);
            break;
          case "too many transactions under way":
            if (LEASE_KINDS.includes(each.kind)) expect(actions.length).to.equal(at.slots);
            else
              expect(actions.length === at.slots || ofDisputes === Math.min(10, Math.ceil(at.slots / 2))).to.equal(
                true,
              );
            break;
          case "waits until a batch is measured": {
            expect(choices.sure).to.equal(false);
            const before = actions.filter(({ kind, duties: those }) => kind === each.kind && those.length > 1);
            expect(before.length).to.be.greaterThan(0);
            break;
          }
          case "account empty":
            // Any batch costs at most its gas limit, so all that is left would not have paid for a full one of them all.
            expect(left < gasLimit * at.mostFeePerGas + publishing(at, { duties: all })).to.equal(true);
            break;
        }
      }
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
    expect(seen.size, [...seen].join(", ")).to.be.at.least(13);
  });

  it("does everything that can be done where money, places and patience do not limit it", () => {
    const property = fc.property(duties, (all) => {
      const possible = all.filter(
        ({ dueAt, goneAt, after }) => dueAt <= NOW && after === undefined && (goneAt === undefined || NOW < goneAt),
      );
      const at = snapshot(all, { slots: 1_000, budget: 10n ** 30n, gasLimit: 200_000n, blockGasLimit: 400_000n });
      const { actions } = plan(at, NOW, { minProfit: 0n, patience: 0, prices: new Map(), disputes: true });
      const done = actions.flatMap(({ duties: those }) => those);
      const leases = possible.filter(({ kind }) => LEASE_KINDS.includes(kind));
      const disputes = possible.length - leases.length;
      expect(done.length).to.equal(leases.length + Math.min(disputes, 10));
      // Full: no two batches of a kind could have been one.
      for (const kind of ["expire", "renew", "cancelNoShow", "collect"] as const) {
        const batches = actions.filter((action) => action.kind === kind).map(({ duties: those }) => those);
        const fits = Number((200_000n - GAS.base) / GAS.perItem[kind]) || 1;
        expect(batches.length).to.equal(Math.ceil(leases.filter((each) => each.kind === kind).length / fits));
      }
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
  });

  it("is blind to the order in which the duties come", () => {
    const shuffled = duties.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    const property = fc.property(shuffled, ([all, others]) => {
      const at = (those: readonly Duty[]) => snapshot(those, { slots: 4, gasLimit: 200_000n, blockGasLimit: 600_000n });
      const policy = { minProfit: 0n, patience: 0, prices: new Map(), disputes: true };
      expect(plan(at(others), NOW, policy).actions).to.deep.equal(plan(at(all), NOW, policy).actions);
    });
    fc.assert(property, { seed: SEED, numRuns: 200 });
  });
});

function rankOf({ kind, duties: those }: Action, at: Snapshot): number {
  if (!LEASE_KINDS.includes(kind)) return 4;
  if (kind === "collect") return 3;
  if (those.some(({ key }) => at.failedBefore.has(key))) return 2;
  return those.some(isPressing) ? 0 : 1;
}
