import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import {
  decide,
  DECISION_WINDOW,
  disputeIdOf,
  EVIDENCE,
  FaultClass,
  fileClaim,
  FILING_FEE,
  Outcome,
  RULING_WINDOW,
  rulesWith,
} from "../helpers/disputes";
import { createOffer } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { anOffer } from "../helpers/orders";
import { UNBONDING_DELAY } from "../helpers/parameters";
import { activeLease } from "../helpers/scene";
import { at, moveTo, now, pass } from "../helpers/time";
import { bondedFixture, POOL, poolOf, ruleAll, ruled, settled } from "./bonded";

describe("Disputes: bonds out of what was bonded with them", () => {
  describe("settle", () => {
    it("releases a counter-bond that returns; the claim bond goes on to the wallet", async () => {
      const f = await loadFixture(bondedFixture);
      const { disputes, staking, hold, providerA, tenantA } = f;
      const { id, filedAt, bond } = await ruled(f, false);
      const { settling } = await settled(f, id);
      await expect(settling).to.emit(staking, "Released").withArgs(disputes, providerA, bond);
      await expect(settling).not.to.emit(staking, "Penalised");
      await expect(settling)
        .to.emit(disputes, "DisputeSettled")
        .withArgs(id, filedAt, 0n, bond, FILING_FEE % 3n, FILING_FEE / 3n);
      await expect(settling).to.changeTokenBalances(hold, [tenantA, providerA, staking], [0n, bond, 0n]);
      expect(await poolOf(f, providerA)).to.deep.equal([POOL, 0n]);
    });

    it("takes a counter-bond that is lost as a penalty, all the claimant's, after one unbonding delay (INV-STK-3)", async () => {
      const f = await loadFixture(bondedFixture);
      const { disputes, staking, hold, providerA, tenantA, treasury } = f;
      const { id, filedAt, bond } = await ruled(f, true);
      const { settling, second, penaltyId } = await settled(f, id);
      const maturesAt = second + UNBONDING_DELAY;
      await expect(settling)
        .to.emit(staking, "Penalised")
        .withArgs(penaltyId, disputes, providerA, tenantA, ZeroAddress, ZeroAddress, bond, maturesAt);
      await expect(settling).not.to.emit(staking, "Released");
      await expect(settling)
        .to.emit(disputes, "DisputeSettled")
        .withArgs(id, filedAt, bond, 0n, FILING_FEE % 3n, FILING_FEE / 3n);
      await expect(settling).to.changeTokenBalances(hold, [tenantA, providerA, staking], [bond, -bond, bond]);
      expect(await poolOf(f, providerA)).to.deep.equal([POOL - bond, 0n]);
      await expect(at(maturesAt - 1, () => staking.connect(tenantA).claimPenalties([penaltyId], tenantA)))
        .to.be.revertedWithCustomError(staking, "StakingPenaltyNotMatured")
        .withArgs(penaltyId, maturesAt, maturesAt - 1);
      for (const other of [treasury, providerA]) {
        await expect(staking.connect(other).claimPenalties([penaltyId], other))
          .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
          .withArgs(penaltyId, other);
      }
      await expect(staking.connect(tenantA).claimPenalties([penaltyId], tenantA)).to.changeTokenBalance(
        hold,
        tenantA,
        bond,
      );
    });

    /** Who appeals what, out of its bond; how it is decided; and whether the appeal bond returns. */
    for (const [appellant, uphold, decision, returns] of [
      ["tenantA", false, Outcome.Upheld, true],
      ["tenantA", false, Outcome.Failed, true],
      ["tenantA", false, Outcome.Rejected, false],
      ["tenantA", false, undefined, false],
      ["providerA", true, Outcome.Rejected, true],
      ["providerA", true, Outcome.Failed, true],
      ["providerA", true, Outcome.Upheld, false],
      ["providerA", true, undefined, false],
    ] as const) {
      const decided =
        decision === undefined ? "nobody decides" : `the decision is ${["", "upheld", "failed", "rejected"][decision]}`;
      it(`${returns ? "releases" : "takes for the other side"} the appeal bond of ${appellant}, where ${decided} (INV-DSP-1)`, async () => {
        const f = await loadFixture(bondedFixture);
        const { disputes, staking, tenantA, providerA } = f;
        const { id, filedAt, bond } = await ruled(f, uphold);
        await disputes.connect(f[appellant]).appeal(id, filedAt, true);
        const appealedAt = await now();
        if (decision !== undefined) await decide(disputes, f.appeals, [id], [decision]);
        else await moveTo(appealedAt + DECISION_WINDOW);
        const other = appellant === "tenantA" ? providerA : tenantA;
        const { settling, second, penaltyId } = await settled(f, id);
        // The counter-bond is reserved, too, and goes by the outcome.
        const answerLost = (decision ?? (uphold ? Outcome.Upheld : Outcome.Rejected)) === Outcome.Upheld;
        const maturesAt = second + UNBONDING_DELAY;
        const appealPenalty = penaltyId + (answerLost ? 1n : 0n);
        if (returns) await expect(settling).to.emit(staking, "Released").withArgs(disputes, f[appellant], bond);
        else {
          await expect(settling)
            .to.emit(staking, "Penalised")
            .withArgs(appealPenalty, disputes, f[appellant], other, ZeroAddress, ZeroAddress, bond, maturesAt);
        }
        const lost = (side: HardhatEthersSigner) =>
          (side === providerA && answerLost ? bond : 0n) + (side === f[appellant] && !returns ? bond : 0n);
        for (const side of [tenantA, providerA]) expect(await poolOf(f, side)).to.deep.equal([POOL - lost(side), 0n]);
        expect(await staking.penaltyCount()).to.equal(penaltyId - 1n + (answerLost ? 1n : 0n) + (returns ? 0n : 1n));
      });
    }

    for (const [how, end, outcome] of [
      ["the claimant gives up after the answer", "withdraw", Outcome.Rejected],
      ["the provider concedes after the answer", "concede", Outcome.Upheld],
      ["the council is silent", "silence", Outcome.Failed],
    ] as const) {
      it(`knows where the counter-bond is, where ${how}`, async () => {
        const f = await loadFixture(bondedFixture);
        const { disputes, hold, providerA, tenantA } = f;
        const { id, filedAt, bond } = await fileClaim(f, f.lease);
        await disputes.connect(providerA).answer(id, filedAt, true);
        const wallet = await hold.balanceOf(providerA);
        if (end === "withdraw") await disputes.connect(tenantA).withdraw(id, filedAt);
        else {
          if (end === "concede") await disputes.connect(providerA).concede(id, filedAt);
          else await pass(RULING_WINDOW);
          await (
            await settled(f, id)
          ).settling;
        }
        expect((await disputes.disputeView(id)).outcome).to.equal(outcome);
        expect(await poolOf(f, providerA)).to.deep.equal([outcome === Outcome.Upheld ? POOL - bond : POOL, 0n]);
        if (outcome === Outcome.Rejected) expect(await hold.balanceOf(providerA)).to.equal(wallet + bond);
        expect(await hold.balanceOf(disputes)).to.equal(0n);
      });
    }

    it("gives who claims against itself nothing faster than unbonding would (INV-STK-3)", async () => {
      const f = await loadFixture(bondedFixture);
      const { disputes, staking, hold, providerA } = f;
      const { id, bond } = await ruled(f, true, providerA);
      const { settling, second, penaltyId } = await settled(f, id);
      const maturesAt = second + UNBONDING_DELAY;
      await expect(settling)
        .to.emit(staking, "Penalised")
        .withArgs(penaltyId, disputes, providerA, providerA, ZeroAddress, ZeroAddress, bond, maturesAt);
      await expect(at(maturesAt - 1, () => staking.connect(providerA).claimPenalties([penaltyId], providerA)))
        .to.be.revertedWithCustomError(staking, "StakingPenaltyNotMatured")
        .withArgs(penaltyId, maturesAt, maturesAt - 1);
      await expect(staking.connect(providerA).claimPenalties([penaltyId], providerA)).to.changeTokenBalance(
        hold,
        providerA,
        bond,
      );
    });

    for (const [decision, returns] of [
      [Outcome.Upheld, true],
      [Outcome.Rejected, false],
    ] as const) {
      it(`${returns ? "releases" : "takes"} the appeal bond of who claims against itself, out of the same pool as the counter-bond`, async () => {
        const f = await loadFixture(bondedFixture);
        const { disputes, providerA } = f;
        const { id, filedAt, bond } = await ruled(f, false, providerA);
        await disputes.connect(providerA).appeal(id, filedAt, true);
        expect(await poolOf(f, providerA)).to.deep.equal([POOL - 2n * bond, 2n * bond]);
        await decide(disputes, f.appeals, [id], [decision]);
        await (
          await settled(f, id)
        ).settling;
        // Upheld: the counter-bond is the claimant's; rejected: the appeal bond is the provider's. Both are penalties.
        expect(await poolOf(f, providerA)).to.deep.equal([POOL - bond, 0n]);
      });
    }

    it("moves nothing of a bond of nothing: a lease without collateral needs no pool", async () => {
      const f = await loadFixture(bondedFixture);
      const { disputes, staking, hold, market, providerA, tenantA } = f;
      const nothing = { cpu: 0n, memoryMiB: 0n, diskGiB: 0n, bandwidthMbps: 0n };
      const draft = anOffer({
        token: await f.usd6.getAddress(),
        slasher: await disputes.getAddress(),
        resources: nothing,
      });
      const lease = await activeLease(f, { offer: await createOffer(market, providerA, draft) });
      for (const side of [providerA, tenantA]) await staking.connect(side).moveBond(disputes, market, POOL);
      for (const uphold of [true, false]) {
        const filedAt = (await now()) + 1;
        await at(filedAt, () =>
          disputes.connect(tenantA).file(lease.id, lease.tenant, FaultClass.Unserved, lease.startedAt, EVIDENCE),
        );
        const id = disputeIdOf(lease.id, tenantA);
        await disputes.connect(providerA).answer(id, filedAt, true);
        await ruleAll(f, { id, filedAt }, uphold);
        await disputes.connect(uphold ? providerA : tenantA).appeal(id, filedAt, true);
        await decide(disputes, f.appeals, [id], [uphold ? Outcome.Upheld : Outcome.Rejected]);
        const { settling } = await settled(f, id);
        await expect(settling)
          .to.emit(disputes, "DisputeSettled")
          .withArgs(id, filedAt, 0n, 0n, FILING_FEE % 3n, FILING_FEE / 3n);
        for (const event of ["Released", "Penalised"]) await expect(settling).not.to.emit(staking, event);
        await expect(settling).to.changeTokenBalances(hold, [tenantA, providerA, staking], [0n, 0n, 0n]);
      }
    });

    it("asks for nothing of the last round: the next claim may be answered out of the wallet", async () => {
      const f = await loadFixture(bondedFixture);
      const { disputes, staking, hold, providerA, tenantA } = f;
      const first = await ruled(f, false);
      await (
        await settled(f, first.id)
      ).settling;
      await f.liveness.connect(f.lease.operator).heartbeat(providerA);
      const again = await fileClaim(f, f.lease, { faultStart: await now() });
      await disputes.connect(providerA).answer(again.id, again.filedAt, false);
      await ruleAll(f, again, false);
      const { settling } = await settled(f, again.id);
      await expect(settling).not.to.emit(staking, "Released");
      await expect(settling).to.changeTokenBalances(hold, [tenantA, providerA], [0n, 2n * again.bond]);
      expect(await poolOf(f, providerA)).to.deep.equal([POOL, 0n]);
    });

    it("pays out of the pool of the version of the rules that the claim was filed under", async () => {
      const f = await loadFixture(bondedFixture);
      const { disputes, providerA } = f;
      const { id, filedAt, bond } = await fileClaim(f, f.lease);
      await disputes.connect(f.admin).publishRules(rulesWith(f, { bondFloor: 20_000_000n }));
      expect(await disputes.bondFor(f.lease.collateral)).to.be.greaterThan(bond);
      await disputes.connect(providerA).answer(id, filedAt, true);
      expect(await poolOf(f, providerA)).to.deep.equal([POOL - bond, bond]);
      await disputes.connect(f.tenantA).withdraw(id, filedAt);
      expect(await poolOf(f, providerA)).to.deep.equal([POOL, 0n]);
    });
  });
});
