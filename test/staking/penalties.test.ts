import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { parseEther, ZeroAddress } from "ethers";

import { deployFixture } from "../helpers/fixture";
import { penaltyParts } from "../helpers/money";
import { DAY, UNBONDING_DELAY } from "../helpers/parameters";
import { at, pass } from "../helpers/time";

const BONDED = parseEther("1000");
const RESERVED = parseEther("300");
/** Not divisible by five: the parts have a remainder. */
const PENALTY = 99n * 10n ** 18n + 4n;

/** `module` reserved 300 of the 1,000 HOLD that `provider` bonded with it. */
async function reservedFixture() {
  const fixture = await deployFixture();
  const { staking, providerA: provider, tenantA: tenant, keeper: challenger, module } = fixture;
  await staking.connect(provider).bond(module, BONDED);
  await staking.connect(module).tryReserve(provider, RESERVED);
  const penalisedAt = (await pass(10)) + 10;
  return { ...fixture, provider, tenant, challenger, penalisedAt, maturesAt: penalisedAt + UNBONDING_DELAY };
}

/** Penalty 1, for tenant and challenger, was taken. */
async function penalisedFixture() {
  const fixture = await reservedFixture();
  const { staking, module, provider, tenant, challenger, treasury, penalisedAt } = fixture;
  await at(penalisedAt, () => staking.connect(module).penalise(provider, PENALTY, tenant, challenger, treasury));
  return { ...fixture, parts: penaltyParts(PENALTY, true) };
}

describe("Staking: penalties", () => {
  describe("splitOf", () => {
    const cases: [bigint, boolean, [bigint, bigint, bigint]][] = [
      [0n, true, [0n, 0n, 0n]],
      [4n, true, [4n, 0n, 0n]],
      [5n, true, [3n, 1n, 1n]],
      [9n, true, [7n, 1n, 1n]],
      [100n, true, [60n, 20n, 20n]],
      [0n, false, [0n, 0n, 0n]],
      [4n, false, [4n, 0n, 0n]],
      [5n, false, [4n, 0n, 1n]],
      [100n, false, [80n, 0n, 20n]],
    ];
    for (const [amount, challenged, parts] of cases) {
      it(`splits ${amount} wei ${challenged ? "with" : "without"} a challenger, the remainder to the tenant (INV-STK-2)`, async () => {
        const { staking } = await loadFixture(deployFixture);
        expect(await staking.splitOf(amount, challenged)).to.deep.equal(parts);
      });
    }
  });

  describe("penalise", () => {
    for (const challenged of [true, false]) {
      it(`seizes, records and announces a penalty ${challenged ? "with" : "without"} a challenger`, async () => {
        const fixture = await loadFixture(reservedFixture);
        const { staking, hold, module, provider, tenant, treasury, penalisedAt, maturesAt } = fixture;
        const challenger = challenged ? fixture.challenger.address : ZeroAddress;
        const parts = penaltyParts(PENALTY, challenged);
        const penalising = at(penalisedAt, () =>
          staking.connect(module).penalise(provider, PENALTY, tenant, challenger, treasury),
        );
        await expect(penalising)
          .to.emit(staking, "Penalised")
          .withArgs(1n, module, provider, tenant, challenger, treasury, PENALTY, parts.treasury, maturesAt);
        await expect(penalising)
          .to.emit(hold, "Seized")
          .withArgs(staking, provider, staking, PENALTY, BONDED - PENALTY);
        await expect(penalising).to.changeTokenBalances(hold, [provider, staking], [-PENALTY, PENALTY]);
        expect(await staking.poolOf(module, provider)).to.deep.equal([BONDED - RESERVED, RESERVED - PENALTY, true]);
        expect(await staking.penaltyOf(1n)).to.deep.equal([
          tenant.address,
          PENALTY,
          challenger,
          maturesAt,
          false,
          false,
        ]);
        expect(await staking.penaltyCount()).to.equal(1n);
        expect(await staking.treasuryDue(treasury)).to.equal(parts.treasury);
      });
    }

    it("takes the votes with it: what staking holds is undelegated", async () => {
      const { staking, hold, module, provider, tenant, treasury } = await loadFixture(reservedFixture);
      await hold.connect(provider).delegate(provider);
      const votes = await hold.getVotes(provider);
      await staking.connect(module).penalise(provider, PENALTY, tenant, ZeroAddress, treasury);
      expect(await hold.getVotes(provider)).to.equal(votes - PENALTY);
      expect(await hold.delegates(staking)).to.equal(ZeroAddress);
      expect(await hold.getVotes(staking)).to.equal(0n);
    });

    it("adds up what each treasury is due", async () => {
      const { staking, module, provider, tenant, treasury, stranger } = await loadFixture(reservedFixture);
      await staking.connect(module).penalise(provider, 14n, tenant, ZeroAddress, treasury);
      await staking.connect(module).penalise(provider, 10n, tenant, ZeroAddress, treasury);
      await staking.connect(module).penalise(provider, 5n, tenant, ZeroAddress, stranger);
      expect(await staking.treasuryDue(treasury)).to.equal(4n);
      expect(await staking.treasuryDue(stranger)).to.equal(1n);
      expect(await staking.penaltyCount()).to.equal(3n);
    });

    it("keeps the ready time that it had when the delay changes later", async () => {
      const { staking, admin, maturesAt } = await loadFixture(penalisedFixture);
      await staking.connect(admin).setUnbondingDelay(60 * DAY);
      expect((await staking.penaltyOf(1n)).maturesAt).to.equal(maturesAt);
    });
  });

  describe("ATK-STK-3 penalties of nothing, of all, of an empty bond, and twice", () => {
    it("records a penalty of nothing that pays nothing", async () => {
      const { staking, hold, module, provider, tenant, treasury } = await loadFixture(reservedFixture);
      await expect(
        staking.connect(module).penalise(provider, 0n, tenant, ZeroAddress, treasury),
      ).to.changeTokenBalances(hold, [provider, staking], [0n, 0n]);
      await pass(UNBONDING_DELAY);
      await expect(staking.connect(tenant).claimPenalty(1n, tenant)).to.changeTokenBalance(hold, tenant, 0n);
      await expect(staking.connect(treasury).claimTreasury(treasury))
        .to.be.revertedWithCustomError(staking, "StakingNothingForTreasury")
        .withArgs(treasury);
    });

    it("takes all that is reserved, and not the free bond", async () => {
      const { staking, module, provider, tenant, treasury } = await loadFixture(reservedFixture);
      await staking.connect(module).penalise(provider, RESERVED, tenant, ZeroAddress, treasury);
      expect(await staking.poolOf(module, provider)).to.deep.equal([BONDED - RESERVED, 0n, true]);
    });

    it("reverts for one wei more than is reserved", async () => {
      const { staking, module, provider, tenant, treasury } = await loadFixture(reservedFixture);
      await expect(staking.connect(module).penalise(provider, RESERVED + 1n, tenant, ZeroAddress, treasury))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientReserved")
        .withArgs(module, provider, RESERVED, RESERVED + 1n);
    });

    it("reverts for a provider that bonded nothing", async () => {
      const { staking, module, providerB, tenant, treasury } = await loadFixture(reservedFixture);
      await expect(staking.connect(module).penalise(providerB, 1n, tenant, ZeroAddress, treasury))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientReserved")
        .withArgs(module, providerB, 0n, 1n);
    });

    for (const [first, second] of [
      [100n, 200n],
      [200n, 100n],
    ] as const) {
      it(`takes ${first} and then ${second} HOLD out of 300, and not one wei more`, async () => {
        const { staking, hold, module, provider, tenant, treasury } = await loadFixture(reservedFixture);
        for (const amount of [first, second]) {
          await staking.connect(module).penalise(provider, amount * 10n ** 18n, tenant, ZeroAddress, treasury);
        }
        await expect(staking.connect(module).penalise(provider, 1n, tenant, ZeroAddress, treasury))
          .to.be.revertedWithCustomError(staking, "StakingInsufficientReserved")
          .withArgs(module, provider, 0n, 1n);
        expect(await hold.balanceOf(staking)).to.equal(RESERVED);
      });
    }

    it("takes nothing that was released before", async () => {
      const { staking, module, provider, tenant, treasury } = await loadFixture(reservedFixture);
      await staking.connect(module).release(provider, RESERVED);
      await expect(staking.connect(module).penalise(provider, 1n, tenant, ZeroAddress, treasury))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientReserved")
        .withArgs(module, provider, 0n, 1n);
    });
  });

  describe("ATK-STK-8 a module that takes what it did not reserve", () => {
    it("reaches no provider that never bonded with it, however the provider is bonded elsewhere", async () => {
      const { staking, otherModule, provider, tenant, treasury } = await loadFixture(reservedFixture);
      expect(await staking.connect(otherModule).tryReserve.staticCall(provider, 1n)).to.equal(false);
      await expect(staking.connect(otherModule).penalise(provider, 1n, tenant, ZeroAddress, treasury))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientReserved")
        .withArgs(otherModule, provider, 0n, 1n);
      await expect(staking.connect(otherModule).release(provider, 1n))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientReserved")
        .withArgs(otherModule, provider, 0n, 1n);
    });

    it("is not let in by a gift of a stranger", async () => {
      const { staking, hold, otherModule, provider, stranger } = await loadFixture(reservedFixture);
      await hold.connect(stranger).approve(staking, 1n);
      await expect(staking.connect(stranger).bondFor(otherModule, provider, 1n))
        .to.be.revertedWithCustomError(staking, "StakingPoolNotOpened")
        .withArgs(otherModule, provider);
    });

    it("is not let in by governance: no role reserves or takes", async () => {
      const { staking, admin, provider, tenant, treasury } = await loadFixture(reservedFixture);
      await expect(staking.connect(admin).penalise(provider, 1n, tenant, ZeroAddress, treasury))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientReserved")
        .withArgs(admin, provider, 0n, 1n);
    });
  });

  describe("claimPenalty", () => {
    it("reverts in the last seconds before it matures, for tenant and challenger (INV-STK-3)", async () => {
      const { staking, tenant, challenger, maturesAt } = await loadFixture(penalisedFixture);
      let second = maturesAt - 2;
      for (const payee of [tenant, challenger]) {
        const asked = second;
        await expect(at(asked, () => staking.connect(payee).claimPenalty(1n, payee)))
          .to.be.revertedWithCustomError(staking, "StakingPenaltyNotMatured")
          .withArgs(1n, maturesAt, asked);
        second += 1;
      }
    });

    it("pays the tenant from the second on that it matures, wherever it says", async () => {
      const { staking, hold, tenant, stranger, maturesAt, parts } = await loadFixture(penalisedFixture);
      const claiming = at(maturesAt, () => staking.connect(tenant).claimPenalty(1n, stranger));
      await expect(claiming).to.emit(staking, "PenaltyClaimed").withArgs(1n, tenant, stranger, parts.tenant);
      await expect(claiming).to.changeTokenBalances(hold, [staking, stranger], [-parts.tenant, parts.tenant]);
      const { tenantPaid, challengerPaid } = await staking.penaltyOf(1n);
      expect([tenantPaid, challengerPaid]).to.deep.equal([true, false]);
    });

    it("pays the challenger, before or after the tenant", async () => {
      const { staking, hold, tenant, challenger, maturesAt, parts } = await loadFixture(penalisedFixture);
      await expect(at(maturesAt + 1, () => staking.connect(challenger).claimPenalty(1n, challenger)))
        .to.emit(staking, "PenaltyClaimed")
        .withArgs(1n, challenger, challenger, parts.challenger);
      const { tenantPaid, challengerPaid } = await staking.penaltyOf(1n);
      expect([tenantPaid, challengerPaid]).to.deep.equal([false, true]);
      await expect(staking.connect(tenant).claimPenalty(1n, tenant)).to.changeTokenBalance(hold, tenant, parts.tenant);
    });

    it("pays who is tenant and challenger both parts in one", async () => {
      const { staking, hold, module, provider, tenant, treasury } = await loadFixture(reservedFixture);
      await staking.connect(module).penalise(provider, PENALTY, tenant, tenant, treasury);
      const parts = penaltyParts(PENALTY, true);
      await pass(UNBONDING_DELAY);
      await expect(staking.connect(tenant).claimPenalty(1n, tenant)).to.changeTokenBalance(
        hold,
        tenant,
        parts.tenant + parts.challenger,
      );
      await expect(staking.connect(tenant).claimPenalty(1n, tenant))
        .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
        .withArgs(1n, tenant);
    });

    it("pays four fifths where there is no challenger", async () => {
      const { staking, hold, module, provider, tenant, treasury } = await loadFixture(reservedFixture);
      await staking.connect(module).penalise(provider, PENALTY, tenant, ZeroAddress, treasury);
      await pass(UNBONDING_DELAY);
      await expect(staking.connect(tenant).claimPenalty(1n, tenant)).to.changeTokenBalance(
        hold,
        tenant,
        penaltyParts(PENALTY, false).tenant,
      );
    });

    it("pays each payee once", async () => {
      const { staking, tenant, challenger, maturesAt } = await loadFixture(penalisedFixture);
      for (const [index, payee] of [tenant, challenger].entries()) {
        await at(maturesAt + index, () => staking.connect(payee).claimPenalty(1n, payee));
      }
      for (const payee of [tenant, challenger]) {
        await expect(staking.connect(payee).claimPenalty(1n, payee))
          .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
          .withArgs(1n, payee);
      }
    });

    it("reverts for strangers, for the provider and the treasury, and for a penalty that does not exist", async () => {
      const { staking, tenant, provider, treasury, stranger } = await loadFixture(penalisedFixture);
      for (const caller of [stranger, provider, treasury]) {
        await expect(staking.connect(caller).claimPenalty(1n, caller))
          .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
          .withArgs(1n, caller);
      }
      await expect(staking.connect(tenant).claimPenalty(2n, tenant))
        .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
        .withArgs(2n, tenant);
    });

    it("reverts where the HOLD could never leave again", async () => {
      const { staking, hold, tenant, maturesAt } = await loadFixture(penalisedFixture);
      await expect(at(maturesAt, () => staking.connect(tenant).claimPenalty(1n, staking)))
        .to.be.revertedWithCustomError(staking, "StakingInvalidRecipient")
        .withArgs(staking);
      await expect(staking.connect(tenant).claimPenalty(1n, ZeroAddress))
        .to.be.revertedWithCustomError(hold, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
    });
  });

  describe("claimTreasury", () => {
    it("pays what is due so far, once, wherever the treasury says", async () => {
      const { staking, hold, treasury, stranger, parts } = await loadFixture(penalisedFixture);
      const claiming = staking.connect(treasury).claimTreasury(stranger);
      await expect(claiming).to.emit(staking, "TreasuryClaimed").withArgs(treasury, stranger, parts.treasury);
      await expect(claiming).to.changeTokenBalances(hold, [staking, stranger], [-parts.treasury, parts.treasury]);
      expect(await staking.treasuryDue(treasury)).to.equal(0n);
      await expect(staking.connect(treasury).claimTreasury(stranger))
        .to.be.revertedWithCustomError(staking, "StakingNothingForTreasury")
        .withArgs(treasury);
    });

    it("reverts for whom nothing is due", async () => {
      const { staking, tenant } = await loadFixture(penalisedFixture);
      await expect(staking.connect(tenant).claimTreasury(tenant))
        .to.be.revertedWithCustomError(staking, "StakingNothingForTreasury")
        .withArgs(tenant);
    });

    it("reverts where the HOLD could never leave again", async () => {
      const { staking, treasury } = await loadFixture(penalisedFixture);
      await expect(staking.connect(treasury).claimTreasury(staking))
        .to.be.revertedWithCustomError(staking, "StakingInvalidRecipient")
        .withArgs(staking);
    });
  });

  it("pays out every wei of a penalty, and holds nothing afterwards (INV-STK-1)", async () => {
    const { staking, hold, tenant, challenger, treasury, maturesAt } = await loadFixture(penalisedFixture);
    await at(maturesAt, () => staking.connect(tenant).claimPenalty(1n, tenant));
    await staking.connect(challenger).claimPenalty(1n, challenger);
    await staking.connect(treasury).claimTreasury(treasury);
    expect(await hold.balanceOf(staking)).to.equal(0n);
  });
});
