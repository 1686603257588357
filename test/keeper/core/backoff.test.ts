import { expect } from "chai";
import fc from "fast-check";

import {
  chanceOf,
  current,
  judged,
  racesLost,
  type Setback,
  struck,
  suspicion,
  suspicionOfKind,
} from "../../../keeper/core/backoff";
import { plan } from "../../../keeper/core/plan";
import { ALWAYS, duty, OTHER_TENANT, PRICES, SEED, snapshot, TENANT } from "./facts";

const NOW = 1_000;
const DAY = 86_400;
const mine = { key: "renew 1-1", tenant: TENANT };
const mineToo = { key: "renew 1-2", tenant: TENANT };
const other = { key: "renew 1-3", tenant: OTHER_TENANT };
const OWNER = TENANT.toLowerCase();
const OTHER = OTHER_TENANT.toLowerCase();

/** What comes of a transaction about some renewals. */
const became = (
  duties: readonly { key: string; tenant?: string }[],
  done: readonly { key: string }[],
  due: readonly { key: string }[],
  reverted = false,
  before: Readonly<Record<string, Setback>> = {},
) =>
  judged(
    { kind: "renew", duties },
    { done: new Set(done.map(({ key }) => key)), due: new Set(due.map(({ key }) => key)), reverted },
    new Map(Object.entries(before)),
  );

describe("Back-off (ATK-KPR-17)", () => {
  it("believes no pause that is longer than its strikes make it: a fork or a lie set that clock (ATK-KPR-25)", () => {
    const scopes = ["race expire", `reverted renew of ${OWNER}`, "empty collect"];
    const untils = (at: number): number[] => {
      const setbacks = new Map(scopes.map((scope) => [scope, struck(scope, { strikes: 4, until: 0 }, at)]));
      return [...current(setbacks, NOW).values()].map(({ until }) => until - NOW);
    };
    expect(untils(NOW)).to.deep.equal([120, 4_800, 240]);
    expect(untils(NOW + 900)).to.deep.equal([1_020, 5_700, 1_140]);
    expect(untils(NOW + 901)).to.deep.equal([-NOW, -NOW, -NOW]);
  });

  it("takes for a lost race what did nothing and is not due any more", () => {
    for (const reverted of [false, true]) {
      expect(became([mine, other], [], [], reverted)).to.deep.equal({
        outcome: reverted ? "reverted" : "empty",
        cause: "race",
        failed: [],
        struck: ["race renew"],
        cleared: [],
      });
    }
  });

  it("blames every account of which nothing was done, and what is still due of others alone", () => {
    expect(became([mine, mineToo, other], [], [mine, mineToo, other])).to.deep.equal({
      outcome: "empty",
      cause: "empty",
      failed: [other.key],
      struck: ["empty renew", `empty renew of ${OWNER}`, `empty renew of ${OTHER}`],
      cleared: [],
    });
    expect(became([mine, mineToo, other], [mine, other], [mineToo])).to.deep.equal({
      outcome: "mined",
      cause: undefined,
      failed: [mineToo.key],
      struck: [],
      cleared: [
        "race renew",
        ...[OWNER, OTHER].flatMap((owner) => [`empty renew of ${owner}`, `reverted renew of ${owner}`]),
      ],
    });
  });

  it("blames nobody of several for a revert, and one alone", () => {
    expect(became([mine, other], [], [mine, other], true)).to.deep.include({
      cause: "reverted",
      failed: [mine.key, other.key],
      struck: ["reverted renew"],
    });
    expect(became([mine], [], [mine], true).struck).to.deep.equal(["reverted renew", `reverted renew of ${OWNER}`]);
    expect(became([{ key: "execute 1-1" }], [], [{ key: "execute 1-1" }], true).struck).to.deep.equal([
      "reverted renew",
      "reverted renew of execute 1-1",
    ]);
  });

  it("forgets a kind's tries in vain only when one that was suspected is done", () => {
    expect(became([mine], [mine], []).cleared).not.to.include("empty renew");
    const before = { [`empty renew of ${OWNER}`]: { strikes: 3, until: 0 } };
    expect(became([mine], [mine], [], false, before).cleared).to.include.members(["empty renew", "reverted renew"]);
  });

  it("pauses longer with every strike, up to a bound for each cause", () => {
    const pauses = (scope: string, strikes: number): number[] => {
      const found: number[] = [];
      for (let before: Setback | undefined; found.length < strikes;) {
        before = struck(scope, before, NOW);
        found.push(before.until - NOW);
      }
      return found;
    };
    expect(pauses("race expire", 9)).to.deep.equal([0, 0, 30, 60, 120, 240, 480, 900, 900]);
    expect(pauses("empty renew", 10)).to.deep.equal([0, 0, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
    expect(pauses(`empty renew of ${OWNER}`, 12).slice(-3)).to.deep.equal([30_720, 61_440, DAY]);
    expect(pauses("reverted execute of execute 1-1", 10).slice(0, 3)).to.deep.equal([300, 600, 1_200]);
    expect(pauses("reverted execute of execute 1-1", 10).at(-1)).to.equal(DAY);
  });

  it("never pauses a kind for so long that a renewal is gone, nor an account for more than a day", () => {
    const scope = fc.constantFrom("race renew", "empty renew", "reverted renew", `empty renew of ${OWNER}`);
    fc.assert(
      fc.property(scope, fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 1e9 }), (name, strikes, now) => {
        const after = struck(name, { strikes, until: 0 }, now);
        expect(after.strikes).to.equal(strikes + 1);
        const most = name.startsWith("race") ? 900 : name.includes(" of ") ? DAY : 3_600;
        expect(after.until - now).to.be.within(0, most);
      }),
      { seed: SEED },
    );
  });

  it("counts what was in vain for a kind and for an account", () => {
    const setbacks = new Map([
      ["race renew", { strikes: 2, until: 5 }],
      ["empty renew", { strikes: 4, until: 6 }],
      [`empty renew of ${OWNER}`, { strikes: 1, until: 9 }],
      [`reverted renew of ${OWNER}`, { strikes: 3, until: 7 }],
    ]);
    expect(racesLost(setbacks, "renew")).to.deep.equal({ strikes: 2, until: 5 });
    expect(suspicion(setbacks, "renew", mine)).to.deep.equal({ strikes: 3, until: 9 });
    expect(suspicion(setbacks, "renew", other)).to.equal(undefined);
    expect(suspicionOfKind(setbacks, "renew")).to.deep.equal({ strikes: 4, until: 6 });
    expect([chanceOf(setbacks, "renew", mine), chanceOf(setbacks, "renew", other)]).to.deep.equal([166n, 333n]);
    expect(chanceOf(setbacks, "expire", mine)).to.equal(1_000n);
  });
});

describe("Planning after tries in vain (ATK-KPR-17)", () => {
  const renewals = [1, 2, 3].map((index) => duty(index, 1, { kind: "renew", goneAt: NOW + 3_000 }));
  const honest = duty(9, 1, { kind: "renew", goneAt: NOW + 3_000, tenant: OTHER_TENANT });
  const named = (result: ReturnType<typeof plan>): string[][] =>
    result.actions.map(({ duties }) => duties.map(({ key }) => key));
  const left = (result: ReturnType<typeof plan>): [string, number | undefined][] =>
    result.skipped.map(({ reason, until }) => [reason, until]);
  const suspected = (until: number) => new Map([[`empty renew of ${OWNER}`, { strikes: 1, until }]]);

  it("leaves an account in peace during its pause, and tries one of its duties after it, alone", () => {
    const during = plan(snapshot([...renewals, honest], { setbacks: suspected(NOW + 1) }), NOW, ALWAYS);
    expect(named(during)).to.deep.equal([[honest.key]]);
    expect(left(during)).to.deep.equal(new Array(3).fill(["in vain before, left in peace for a while", NOW + 1]));
    const after = plan(snapshot([...renewals, honest], { setbacks: suspected(NOW) }), NOW, ALWAYS);
    expect(named(after)).to.have.deep.members([[honest.key], [renewals[0]?.key]]);
    expect(left(after)).to.deep.equal(new Array(2).fill(["another try comes first", undefined]));
  });

  it("tries none of them while another try is on its way", () => {
    const [first] = renewals;
    const underWay = [{ kind: "renew" as const, duties: [{ key: first!.key, tenant: TENANT }] }];
    const setbacks = suspected(NOW);
    expect(named(plan(snapshot([...renewals.slice(1), honest], { setbacks, underWay }), NOW, ALWAYS))).to.deep.equal([
      [honest.key],
    ]);
  });

  it("leaves a kind to rivals during its pause, but for what will be gone soon", () => {
    const pressing = duty(5, 1, { kind: "renew", goneAt: NOW + 600 });
    const setbacks = new Map([["race renew", { strikes: 5, until: NOW + 60 }]]);
    const result = plan(snapshot([...renewals, pressing], { setbacks }), NOW, ALWAYS);
    expect(named(result)).to.deep.equal([[pressing.key]]);
    expect(left(result)).to.deep.equal(new Array(3).fill(["left to rivals for a while", NOW + 60]));
  });

  it("tries one transaction of a kind in which rivals won again and again", () => {
    const setbacks = new Map([["race expire", { strikes: 5, until: NOW }]]);
    const bounds = { gasLimit: 90_000n, blockGasLimit: 180_000n, setbacks };
    const duties = [1, 2, 3, 4].map((index) => duty(index, 1));
    const result = plan(snapshot(duties, bounds), NOW, ALWAYS);
    expect(result.actions).to.have.length(1);
    expect(left(result)).to.deep.equal(new Array(2).fill(["another try comes first", undefined]));
    const underWay = [{ kind: "expire" as const, duties: [] }];
    expect(plan(snapshot(duties, { ...bounds, underWay }), NOW, ALWAYS).actions).to.deep.equal([]);
  });

  it("asks a bounty to pay for the tries in vain, too", () => {
    // 1,000 base units at ten million wei; 70,000 gas at 100,000 wei cost seven tenths of that.
    const at = (strikes: number): number => {
      const setbacks = new Map([["race expire", { strikes, until: 0 }]]);
      const policy = { ...ALWAYS, prices: PRICES, patience: 4_000 };
      return plan(snapshot([duty(1, 1)], { setbacks, feePerGas: 100_000n, mostFeePerGas: 100_000n }), NOW, policy)
        .actions.length;
    };
    expect([at(0), at(1)]).to.deep.equal([1, 0]);
  });

  it("lets a failover go ahead of a renewal that was in vain", () => {
    const failover = duty(1, 1, { kind: "failOver", goneAt: NOW + 3_000 });
    const result = plan(snapshot([failover], { setbacks: suspected(NOW + 60) }), NOW, ALWAYS);
    expect(named(result)).to.deep.equal([[failover.key]]);
  });
});
