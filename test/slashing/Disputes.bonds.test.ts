import { expect } from "chai";

import { fileClaim, Outcome, Phase } from "../helpers/disputes";
import { loadFixture } from "../helpers/loadFixture";
import { bondedFixture, POOL, poolOf, ruled, settled } from "./bonded";

describe("Disputes: bonds out of what was bonded with them", () => {
  describe("answer", () => {
    it("reserves as much as the claim bond of it, and takes nothing out of the wallet", async () => {
      const f = await loadFixture(bondedFixture);
      const { disputes, staking, hold, providerA } = f;
      const { id, filedAt, bond } = await fileClaim(f, f.lease);
      await hold.connect(providerA).approve(disputes, 0n);
      const answering = disputes.connect(providerA).answer(id, filedAt, true);
      await expect(answering).to.emit(disputes, "DisputeAnswered").withArgs(id, 5, true);
      await expect(answering).to.emit(staking, "Reserved").withArgs(disputes, providerA, bond);
      await expect(answering).to.changeTokenBalances(hold, [providerA, disputes, staking], [0n, 0n, 0n]);
      expect(await poolOf(f, providerA)).to.deep.equal([POOL - bond, bond]);
      expect((await disputes.disputeView(id)).phase).to.equal(Phase.Answered);
    });

    it("lets a provider with all its HOLD bonded with the market defend itself, by moving some over", async () => {
      const f = await loadFixture(bondedFixture);
      const { disputes, staking, hold, market, providerA } = f;
      const { id, filedAt, bond } = await fileClaim(f, f.lease);
      await staking
        .connect(providerA)
        .bond(market, (await hold.balanceOf(providerA)) - (await hold.lockedOf(providerA)));
      await staking.connect(providerA).moveBond(disputes, market, POOL);
      expect((await hold.balanceOf(providerA)) - (await hold.lockedOf(providerA))).to.equal(0n);
      await expect(disputes.connect(providerA).answer(id, filedAt, false))
        .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
        .withArgs(providerA, 0n, bond);
      await expect(disputes.connect(providerA).answer(id, filedAt, true))
        .to.be.revertedWithCustomError(disputes, "DisputesBondShort")
        .withArgs(providerA, 0n, bond);
      await staking.connect(providerA).moveBond(market, disputes, bond - 1n);
      await expect(disputes.connect(providerA).answer(id, filedAt, true))
        .to.be.revertedWithCustomError(disputes, "DisputesBondShort")
        .withArgs(providerA, bond - 1n, bond);
      expect((await disputes.disputeView(id)).phase).to.equal(Phase.Filed);
      await staking.connect(providerA).moveBond(market, disputes, 1n);
      await disputes.connect(providerA).answer(id, filedAt, true);
      expect(await poolOf(f, providerA)).to.deep.equal([0n, bond]);
    });

    it("keeps what it reserved from leaving, and from a second dispute (INV-STK-3, INV-STK-4)", async () => {
      const f = await loadFixture(bondedFixture);
      const { disputes, staking, market, providerA, stranger } = f;
      const { id, filedAt, bond } = await fileClaim(f, f.lease);
      const other = await fileClaim(f, f.lease, { claimant: stranger });
      await disputes.connect(providerA).answer(id, filedAt, true);
      const free = POOL - bond;
      for (const leaving of [
        () => staking.connect(providerA).startUnbonding(disputes, free + 1n),
        () => staking.connect(providerA).moveBond(disputes, market, free + 1n),
      ]) {
        await expect(leaving())
          .to.be.revertedWithCustomError(staking, "StakingInsufficientFree")
          .withArgs(disputes, providerA, free, free + 1n);
      }
      await staking.connect(providerA).startUnbonding(disputes, free - bond + 1n);
      await expect(disputes.connect(providerA).answer(other.id, other.filedAt, true))
        .to.be.revertedWithCustomError(disputes, "DisputesBondShort")
        .withArgs(providerA, bond - 1n, bond);
    });

    it("reserves it where too few members end the case at once, too, and gives it back", async () => {
      const f = await loadFixture(bondedFixture);
      const { disputes, staking, council, providerA } = f;
      for (const member of [f.memberC, f.memberD, f.memberE]) await council.connect(f.admin).unseat(member);
      const { id, filedAt, bond } = await fileClaim(f, f.lease);
      await expect(disputes.connect(providerA).answer(id, filedAt, true))
        .to.emit(disputes, "DisputeDecided")
        .withArgs(id, Outcome.Failed);
      expect(await poolOf(f, providerA)).to.deep.equal([POOL - bond, bond]);
      const { settling } = await settled(f, id);
      await expect(settling).to.emit(staking, "Released").withArgs(disputes, providerA, bond);
      expect(await poolOf(f, providerA)).to.deep.equal([POOL, 0n]);
    });
  });

  describe("appeal", () => {
    for (const [side, uphold, outcome] of [
      ["tenantA", false, Outcome.Rejected],
      ["providerA", true, Outcome.Upheld],
    ] as const) {
      it(`reserves as much of the bond of ${side}, which lost`, async () => {
        const f = await loadFixture(bondedFixture);
        const { disputes, staking, hold } = f;
        const { id, filedAt, bond } = await ruled(f, uphold);
        const appellant = f[side];
        const [free, reserved] = await poolOf(f, appellant);
        const appealing = disputes.connect(appellant).appeal(id, filedAt, true);
        await expect(appealing).to.emit(disputes, "DisputeAppealed").withArgs(id, appellant, outcome, true);
        await expect(appealing).to.emit(staking, "Reserved").withArgs(disputes, appellant, bond);
        await expect(appealing).to.changeTokenBalances(hold, [appellant, disputes], [0n, 0n]);
        expect(await poolOf(f, appellant)).to.deep.equal([free - bond, reserved + bond]);
      });

      it(`reverts for ${side} with one wei too little free there, and the outcome can still be appealed`, async () => {
        const f = await loadFixture(bondedFixture);
        const { disputes, staking, market } = f;
        const { id, filedAt, bond } = await ruled(f, uphold);
        const appellant = f[side];
        const [free] = await poolOf(f, appellant);
        await staking.connect(appellant).moveBond(disputes, market, free - bond + 1n);
        await expect(disputes.connect(appellant).appeal(id, filedAt, true))
          .to.be.revertedWithCustomError(disputes, "DisputesBondShort")
          .withArgs(appellant, bond - 1n, bond);
        expect((await disputes.disputeView(id)).phase).to.equal(Phase.Decided);
        await staking.connect(appellant).moveBond(market, disputes, 1n);
        await disputes.connect(appellant).appeal(id, filedAt, true);
      });
    }

    it("takes the bond of whoever appeals, not of the other side", async () => {
      const f = await loadFixture(bondedFixture);
      const { disputes, staking, market, providerA } = f;
      const { id, filedAt, bond } = await ruled(f, true);
      const [free] = await poolOf(f, providerA);
      await staking.connect(providerA).moveBond(disputes, market, free);
      expect((await poolOf(f, f.tenantA))[0]).to.equal(POOL);
      await expect(disputes.connect(providerA).appeal(id, filedAt, true))
        .to.be.revertedWithCustomError(disputes, "DisputesBondShort")
        .withArgs(providerA, 0n, bond);
    });
  });
});
