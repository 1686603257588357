import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import fc from "fast-check";

import {
  ANSWER_WINDOW,
  APPEAL_WINDOW,
  decide,
  DECISION_WINDOW,
  fileClaim,
  type FiledDispute,
  FILING_FEE,
  Outcome,
  RULING_WINDOW,
} from "../helpers/disputes";
import { loadFixture } from "../helpers/loadFixture";
import { UNBONDING_DELAY } from "../helpers/parameters";
import { holds } from "../helpers/property";
import { moveTo, now, pass } from "../helpers/time";
import { type Bonded, bondedFixture, POOL, poolOf } from "./bonded";

const CLAIMANTS = ["tenantA", "stranger", "providerA"] as const;
type Side = "claimant" | "provider";

/** What everybody does about one claim; what does not fit then is left out. */
const course = fc.record({
  answer: fc.constantFrom("not at all", "out of the wallet", "out of the bond", "out of the bond"),
  council: fc.constantFrom("upholds", "rejects", "is silent"),
  givesUp: fc.constantFrom<Side | "nobody">("nobody", "nobody", "nobody", "nobody", "claimant", "provider"),
  appeals: fc.constantFrom<Side | "nobody">("claimant", "provider", "nobody"),
  appealFromBond: fc.boolean(),
  decision: fc.constantFrom(Outcome.None, Outcome.Upheld, Outcome.Failed, Outcome.Rejected),
});

/** A claim on its way, and which bond is whose in the end by the rules alone. */
interface Case extends FiledDispute {
  drawn: typeof course extends fc.Arbitrary<infer T> ? T : never;
  answered: boolean;
  outcome: number;
  over: boolean;
  appellant?: Side;
  appealBondTo?: Side;
}

/** Bonds and fees that came to disputes and left them again, and those reserved with staking, released or taken, wei. */
async function flows({ disputes, hold, staking }: Bonded): Promise<{ came: bigint; left: bigint }> {
  const sum = (amounts: readonly bigint[]) => amounts.reduce((all, amount) => all + amount, 0n);
  const came = [
    ...(await hold.queryFilter(hold.filters.Transfer(undefined, disputes))).map(({ args }) => args.value),
    ...(await staking.queryFilter(staking.filters.Reserved(disputes))).map(({ args }) => args.amount),
  ];
  const left = [
    ...(await hold.queryFilter(hold.filters.Transfer(disputes))).map(({ args }) => args.value),
    ...(await staking.queryFilter(staking.filters.Released(disputes))).map(({ args }) => args.amount),
    ...(await staking.queryFilter(staking.filters.Penalised(undefined, disputes))).map(({ args }) => args.amount),
  ];
  return { came: sum(came), left: sum(left) };
}

/** What came and did not leave is here, or reserved. */
async function expectBalanced(f: Bonded): Promise<void> {
  const { came, left } = await flows(f);
  let kept = await f.hold.balanceOf(f.disputes);
  for (const name of CLAIMANTS) kept += (await poolOf(f, f[name]))[1];
  expect(came - left).to.equal(kept);
}

/** The side that an appellant acts for: who is both is the claimant. */
const acts = (one: Case, side: Side, provider: HardhatEthersSigner): Side =>
  side === "provider" && one.claimant.address === provider.address ? "claimant" : side;

async function appeal(f: Bonded, one: Case): Promise<void> {
  const { appeals, appealFromBond, decision } = one.drawn;
  if (one.over || appeals === "nobody") return;
  const side = acts(one, appeals, f.providerA);
  const best = side === "claimant" ? Outcome.Upheld : Outcome.Rejected;
  if (one.outcome === best) return;
  const caller = side === "claimant" ? one.claimant : f.providerA;
  await f.disputes.connect(caller).appeal(one.id, one.filedAt, appealFromBond);
  const other = side === "claimant" ? "provider" : "claimant";
  one.appellant = side;
  one.appealBondTo = other;
  if (decision === Outcome.None) return;
  await decide(f.disputes, f.appeals, [one.id], [decision]);
  // Outcomes are numbered from the claimant's best to its worst.
  const better = side === "claimant" ? decision < one.outcome : decision > one.outcome;
  if (better) one.appealBondTo = side;
  one.outcome = decision;
}

describe("Disputes of random courses", () => {
  it("pay out what came in, no more and no less, out of wallets and bonds, to whom the rules give it (INV-DSP-1)", async () => {
    const courses = fc.tuple(course, course, course);
    const property = fc.asyncProperty(courses, fc.boolean(), async (drawn, few) => {
      const f = await loadFixture(bondedFixture);
      const { disputes, hold, staking, providerA, treasury } = f;
      if (few) for (const member of [f.memberC, f.memberD, f.memberE]) await f.council.connect(f.admin).unseat(member);
      const cases: Case[] = [];
      for (const [index, name] of CLAIMANTS.entries()) {
        const filed = await fileClaim(f, f.lease, { claimant: f[name] });
        cases.push({ ...filed, drawn: drawn[index]!, answered: false, outcome: Outcome.None, over: false });
      }
      await expectBalanced(f);

      for (const one of cases) {
        const { answer, council, givesUp } = one.drawn;
        const [id, filedAt] = [one.id, one.filedAt];
        if (answer !== "not at all") {
          await disputes.connect(providerA).answer(id, filedAt, answer === "out of the bond");
          one.answered = true;
        }
        if (few && one.answered) one.outcome = Outcome.Failed;
        else if (givesUp === "claimant") {
          await disputes.connect(one.claimant).withdraw(id, filedAt);
          [one.outcome, one.over] = [one.answered ? Outcome.Rejected : Outcome.Failed, true];
        } else if (givesUp === "provider") {
          await disputes.connect(providerA).concede(id, filedAt);
          [one.outcome, one.over] = [Outcome.Upheld, true];
        } else if (one.answered && council !== "is silent") {
          const seatedOnes = [f.memberA, f.memberB, f.memberC];
          for (const member of seatedOnes) await disputes.connect(member).rule(id, filedAt, council === "upholds");
          one.outcome = council === "upholds" ? Outcome.Upheld : Outcome.Rejected;
        }
        if (one.outcome !== Outcome.None) await appeal(f, one);
        await expectBalanced(f);
      }
      const begun = await now();
      await moveTo(begun + ANSWER_WINDOW);
      for (const one of cases.filter(({ outcome, answered }) => outcome === Outcome.None && !answered)) {
        one.outcome = Outcome.Upheld;
        await appeal(f, one);
      }
      await moveTo(begun + RULING_WINDOW);
      for (const one of cases.filter(({ outcome }) => outcome === Outcome.None)) {
        one.outcome = Outcome.Failed;
        await appeal(f, one);
      }
      await pass(APPEAL_WINDOW + DECISION_WINDOW);
      await expectBalanced(f);

      for (const one of cases) {
        const withdrawn = one.over && one.outcome !== Outcome.Upheld;
        const view = await disputes.disputeView(one.id);
        expect(view.outcome).to.equal(one.outcome);
        if (withdrawn) continue;
        await disputes.connect(f.keeper).execute(one.id);
        const own = one.claimant.address === providerA.address;
        const [fromAnswer, fromAppeal] = [one.drawn.answer === "out of the bond", one.drawn.appealFromBond];
        /** Each bond: who posted it, who gets it, whether it is reserved. */
        const bonds: [Side, Side, boolean][] = [
          ["claimant", one.outcome === Outcome.Rejected ? "provider" : "claimant", false],
        ];
        if (one.answered)
          bonds.push(["provider", one.outcome === Outcome.Upheld ? "claimant" : "provider", fromAnswer]);
        if (one.appellant !== undefined) bonds.push([one.appellant, one.appealBondTo!, fromAppeal]);
        const held = bonds.filter(([, , reserved]) => !reserved);
        const lost = bonds.filter(([poster, to, reserved]) => reserved && poster !== to);
        const outOf = (side: Side) => BigInt(lost.filter(([poster]) => poster === side).length) * one.bond;
        const into = (side: Side) => BigInt(held.filter(([, to]) => to === side).length) * one.bond;
        const gains = {
          claimant: into("claimant") - outOf("claimant"),
          provider: into("provider") - outOf("provider"),
        };
        const voters = !few && one.answered && !one.over && one.drawn.council !== "is silent" ? 3n : 0n;
        const rest = voters === 0n ? FILING_FEE : FILING_FEE % voters;
        const settling = disputes.connect(f.keeper).settle(one.id);
        const moves: [HardhatEthersSigner, bigint][] = own
          ? [[providerA, gains.claimant + gains.provider]]
          : [
              [one.claimant, gains.claimant],
              [providerA, gains.provider],
            ];
        await expect(settling).to.changeTokenBalances(
          hold,
          [...moves.map(([account]) => account), treasury, staking],
          [...moves.map(([, gain]) => gain), rest, outOf("claimant") + outOf("provider")],
        );
        const penalties = await staking.queryFilter(
          staking.filters.Penalised(undefined, disputes),
          await latest(settling),
        );
        const payees = penalties.map(({ args }) => [args.tenant, args.challenger, args.treasury, args.amount]);
        const nobody = `0x${"0".repeat(40)}`;
        const addressOf = (side: Side) => (side === "claimant" ? one.claimant : providerA).address;
        expect(payees).to.deep.equal(lost.map(([, to]) => [addressOf(to), nobody, nobody, one.bond]));
        for (const member of voters === 0n ? [] : [f.memberA, f.memberB, f.memberC]) {
          await disputes.connect(member).collectFee(one.id, one.filedAt, member);
        }
        await expectBalanced(f);
      }

      // Nothing is left: not here, not reserved; what was lost is paid in full once it matured.
      expect(await hold.balanceOf(disputes)).to.equal(0n);
      let bonded = 0n;
      for (const name of CLAIMANTS) {
        const [free, reserved] = await poolOf(f, f[name]);
        expect(reserved).to.equal(0n);
        bonded += free;
      }
      const taken = await staking.queryFilter(staking.filters.Penalised(undefined, disputes));
      const amounts = taken.map(({ args }) => args.amount);
      expect(bonded + amounts.reduce((all, amount) => all + amount, 0n)).to.equal(3n * POOL);
      await pass(UNBONDING_DELAY);
      for (const { args } of taken) {
        const payee = [f.tenantA, f.stranger, providerA].find(({ address }) => address === args.tenant)!;
        await expect(staking.connect(payee).claimPenalties([args.penaltyId], payee)).to.changeTokenBalance(
          hold,
          payee,
          args.amount,
        );
      }
    });
    await holds(property, 25);
  });
});

/** The block that a transaction was mined in. */
async function latest(sent: Promise<{ blockNumber: number | null }>): Promise<number> {
  const { blockNumber } = await sent;
  if (blockNumber === null) throw new Error("The transaction is not mined yet");
  return blockNumber;
}
