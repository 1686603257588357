import { expect } from "chai";
import { Interface } from "ethers";
import { artifacts } from "hardhat";

import { EndReason, MisfitReason } from "../helpers/leases";
import { campaign, DEFAULT_RUNS, DEFAULT_STEPS, planned, type Verdict } from "./driver/campaign";
import { summaryOf } from "./driver/summary";
import type { PromiseId } from "./promises/broken";

/** Contracts, and what the cast calls them. */
const CONTRACTS = {
  Hold: "hold",
  Escrow: "escrow",
  Staking: "staking",
  Liveness: "liveness",
  ProviderRecords: "records",
  Market: "market",
  StandingOrders: "orders",
  Council: "council",
  Disputes: "disputes",
};

/** Of the governor, which is OpenZeppelin's but for this: the rest has unit tests. */
const OF_GOVERNOR = ["governor.proposeAppeal"];

/** Not called: permits and what only joins other calls have unit tests; nothing replaces the authority. */
const LEFT_OUT = ["delegateBySig", "depositWithPermit", "openFunded", "permit", "setAuthority"];

/** What must happen, although no call and no error tells of it: see `World.met`. */
const EVENTS = [
  ...["2 replicas", "service credit", "shortened by notice", "noticed for its end"],
  ...["extended by its tenant", "extended by somebody else", "grown", "shrunk", "resized for more", "resized for less"],
  ...["transferred", "renewal: changed hands", "renewal: too early", "renewal: too late"],
  ...["renewal: prolonged", "renewal: restarted", "renewed for more"],
  ...["failed over from a dark provider", "failed over from a retired offer", "failed over from a lease with notice"],
  ...["failed over to a later fallback", "caught up with a shrink", "released when every claim has lapsed"],
];

/** The same, of disputes: how they went, and what else happened to their leases meanwhile. */
const DISPUTES = [
  ...["claim by the tenant", "claim by a challenger", "claim by the provider"],
  ...["upheld by the council", "upheld by silence", "upheld by concession", "rejected by the council"],
  ...["failed: no majority", "failed: a silent council", "failed: too few may rule"],
  ...["appeal: reversed", "appeal: upheld", "appeal: worse", "appeal: not heard"],
  ...["withdrawn before the answer", "withdrawn after the answer"],
  ...["overlap: the difference", "overlap: nothing more", "penalty that leaves a quarter"],
  ...["a bond reserved", "a reserved bond lost", "a fault that counts on less collateral"],
  ...["vote: asked for by who appealed", "vote: asked for by the other side", "vote: asked for by both sides"],
  ...["vote: on several appeals"],
  ...["ended a claim that was over", "upheld a claim that had lapsed", "earnings held by a tenant that is the module"],
  ...["earnings held", "held earnings returned", "held earnings paid on", "held earnings returned to a former tenant"],
  ...["transferred during a dispute", "not released during a dispute", "released after an upheld claim"],
];

const plan = planned(DEFAULT_RUNS, DEFAULT_STEPS);

describe(`random actors against an exact model (MODEL_SEED=${plan.seed})`, () => {
  let verdict: Verdict;

  before(async function () {
    this.timeout(3_600_000);
    verdict = await campaign(plan);
  });

  after(() => {
    if (plan.show) console.log(summaryOf(verdict.numbers));
    const { steps, facts, errors } = verdict.numbers;
    const speed = Math.round(steps / verdict.seconds);
    console.log(`      ${steps} calls, ${errors.size} errors, ${facts} facts compared; ${speed} calls a second`);
  });

  const kept = (promise: PromiseId) => (): void => {
    if (verdict.failure?.what === promise) expect.fail(verdict.failure.report);
    if (verdict.failure === undefined) expect(verdict.numbers.checks.get(promise) ?? 0).to.be.above(0);
  };

  it("goes through every call as the model says, with the same errors, and finds the same values in storage", () => {
    if (verdict.failure !== undefined) expect.fail(verdict.failure.report);
  });

  it("has the escrow hold exactly what it owes, per token, after every step (INV-ESC-1)", kept("INV-ESC-1"));
  it(
    "accounts for deposits by withdrawals and liabilities, per token, after every step (INV-ESC-2)",
    kept("INV-ESC-2"),
  );
  it("lowers a free balance only by its owner's call or within what it approved (INV-ESC-3)", kept("INV-ESC-3"));
  it("lets everybody withdraw everything when nobody has a role any more (INV-ESC-4)", kept("INV-ESC-4"));
  it("bills no more than live seconds and those missing to the minimum (INV-LSE-1)", kept("INV-LSE-1"));
  it("accounts for all that was ever locked for each lease, to the base unit (INV-LSE-2)", kept("INV-LSE-2"));
  it("pays in many settlements what one would have paid (INV-LSE-3)", kept("INV-LSE-3"));
  it("accrues nothing while pending, dark, after the end or after closing (INV-LSE-4)", kept("INV-LSE-4"));
  it("moves every lease along the graph and ends it once (INV-LSE-5)", kept("INV-LSE-5"));
  it("counts as used the units of open leases, within the capacity when they opened (INV-LSE-6)", kept("INV-LSE-6"));
  it("lets a stranger end everything that is due when nobody has a role any more (INV-LSE-7)", kept("INV-LSE-7"));
  it("returns no more to whoever leases from itself than went in (INV-LSE-8)", kept("INV-LSE-8"));
  it("leaves open leases as they were whatever is changed (INV-LSE-9)", kept("INV-LSE-9"));
  it(
    "keeps a quarter of the collateral for the service credit until a lease is settled (INV-LSE-10)",
    kept("INV-LSE-10"),
  );
  it("lets everybody leave in any order, and then holds nothing (INV-LSE-11)", kept("INV-LSE-11"));
  it("renews only what was ordered, within the caps of the order (INV-ORD-1)", kept("INV-ORD-1"));
  it("lets records grow only, by what became of the leases (INV-REC-1)", kept("INV-REC-1"));
  it("holds exactly the HOLD that is free, reserved, unbonding and unpaid (INV-STK-1)", kept("INV-STK-1"));
  it("takes penalties within the collateral and splits them exactly (INV-STK-2)", kept("INV-STK-2"));
  it("lets nothing leave staking before its delay (INV-STK-3)", kept("INV-STK-3"));
  it("backs one obligation with each wei (INV-STK-4)", kept("INV-STK-4"));
  it("finds the collateral, less earlier penalties, for every claim filed in time (INV-STK-5)", kept("INV-STK-5"));
  it("pays out the bonds and fees that came in, and ends every dispute in time (INV-DSP-1)", kept("INV-DSP-1"));
  it("holds what open claims hold, and pays it to those it is of alone (INV-DSP-2)", kept("INV-DSP-2"));
  it("lets members vote who were seated before and are no party (INV-DSP-3)", kept("INV-DSP-3"));
  it("pays out of held earnings what joined them, per lease and claimant (INV-DSP-4)", kept("INV-DSP-4"));
  it("lets either side of an appeal put it to the vote, once, and nobody else (INV-DSP-5)", kept("INV-DSP-5"));
  it("lets an operator's key move no bond but to the treasury, and no payment token (INV-OPR-1)", kept("INV-OPR-1"));
  it("locks no HOLD of whoever never locked any with that locker (INV-TOK-1)", kept("INV-TOK-1"));
  it("counts every vote of the supply once (INV-GOV-1)", kept("INV-GOV-1"));
  it("answers for past seconds the same whenever it is asked (INV-LIV-1)", kept("INV-LIV-1"));

  if (plan.runs * plan.steps >= DEFAULT_RUNS * DEFAULT_STEPS) {
    it("makes every call that changes state, and has it succeed", async () => {
      if (verdict.failure !== undefined) return;
      const calls = new Set<string>(OF_GOVERNOR);
      for (const [contract, name] of Object.entries(CONTRACTS)) {
        new Interface((await artifacts.readArtifact(contract)).abi).forEachFunction(({ name: fn, constant }) => {
          if (!constant && !LEFT_OUT.includes(fn)) calls.add(`${name}.${fn}`);
        });
      }
      expect([...calls].filter((call) => !verdict.numbers.done.has(call))).to.deep.equal([]);
    });

    it("ends leases for every reason, is refused for every misfit and with most errors", () => {
      if (verdict.failure !== undefined) return;
      const { errors, misfits, endings } = verdict.numbers;
      const without = (reasons: object, seen: ReadonlyMap<bigint, number>): string[] =>
        Object.entries(reasons).flatMap(([name, reason]) =>
          name === "None" || seen.has(reason as bigint) ? [] : [name],
        );
      expect(without(EndReason, endings)).to.deep.equal([]);
      // Opening refuses the whole order for a token that is not listed; only the lens says it of an offer.
      expect(without(MisfitReason, misfits)).to.deep.equal(["TokenNotListed"]);
      expect(errors.size).to.be.at.least(50);
    });

    it("decides disputes in every way, whatever happens to their leases meanwhile", () => {
      if (verdict.failure !== undefined) return;
      expect(DISPUTES.filter((what) => !verdict.numbers.met.has(what))).to.deep.equal([]);
      expect(verdict.numbers.errors.has("DisputesPartyCannotRule")).to.equal(true);
    });

    it("changes running leases in every way, and renews them or not for all the reasons that there are", () => {
      if (verdict.failure !== undefined) return;
      expect(EVENTS.filter((what) => !verdict.numbers.met.has(what))).to.deep.equal([]);
    });
  }
});
