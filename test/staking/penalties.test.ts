import { expect } from "chai";
import { parseEther, ZeroAddress } from "ethers";

import { deployFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { penaltyParts } from "../helpers/money";
import { DAY, UNBONDING_DELAY } from "../helpers/parameters";
import { at, pass } from "../helpers/time";

const BONDED = parseEther("1000");
const RESERVED = parseEther("300");
/** Not divisible by five: the parts have a remainder. */
const PENALTY = 99n * 10n ** 18n + 4n;

/** Who is named as a payee of a penalty: every combination that there is. */
type Named = "tenant, challenger and treasury" | "tenant and treasury" | "the tenant alone" | "the treasury alone";

/** The payees in the order of `penalise`, zero for those who are not named. */
function payeesOf(
  named: Named,
  { tenant, challenger, treasury }: Record<"tenant" | "challenger" | "treasury", { address: string }>,
): readonly [tenant: string, challenger: string, treasury: string] {
  return [
    named === "the treasury alone" ? ZeroAddress : tenant.address,
    named === "tenant, challenger and treasury" ? challenger.address : ZeroAddress,
    named === "the tenant alone" ? ZeroAddress : treasury.address,
  ];
}

/** `module` reserved 300 of the 1,000 HOLD that `provider` bonded with it. */
async function reservedFixture() {
  const fixture = await loadFixture(deployFixture);
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
    const cases: [bigint, Named, [bigint, bigint, bigint]][] = [
      [0n, "tenant, challenger and treasury", [0n, 0n, 0n]],
      [4n, "tenant, challenger and treasury", [4n, 0n, 0n]],
      [5n, "tenant, challenger and treasury", [3n, 1n, 1n]],
      [9n, "tenant, challenger and treasury", [7n, 1n, 1n]],
      [100n, "tenant, challenger and treasury", [60n, 20n, 20n]],
      [
        2n ** 96n - 1n,
        "tenant, challenger and treasury",
        [((2n ** 96n - 1n) / 5n) * 3n, (2n ** 96n - 1n) / 5n, (2n ** 96n - 1n) / 5n],
      ],
      [0n, "tenant and treasury", [0n, 0n, 0n]],
      [4n, "tenant and treasury", [4n, 0n, 0n]],
      [5n, "tenant and treasury", [4n, 0n, 1n]],
      [100n, "tenant and treasury", [80n, 0n, 20n]],
      [0n, "the tenant alone", [0n, 0n, 0n]],
      [99n, "the tenant alone", [99n, 0n, 0n]],
      [0n, "the treasury alone", [0n, 0n, 0n]],
      [99n, "the treasury alone", [0n, 0n, 99n]],
    ];
    for (const [amount, named, parts] of cases) {
      it(`splits ${amount} wei for ${named}, the remainder to the tenant (INV-STK-2)`, async () => {
        const { staking, tenantA: tenant, keeper: challenger, treasury } = await loadFixture(deployFixture);
        expect(parts.reduce((sum, part) => sum + part)).to.equal(amount);
        const payees = payeesOf(named, { tenant, challenger, treasury });
        expect(await staking.splitOf(amount, ...payees)).to.deep.equal(parts);
      });
    }

    it("goes by who is named, not by whether they are one account", async () => {
      const { staking, tenantA: one } = await loadFixture(deployFixture);
      expect(await staking.splitOf(100n, one, one, one)).to.deep.equal([60n, 20n, 20n]);
      expect(await staking.splitOf(100n, one, ZeroAddress, one)).to.deep.equal([80n, 0n, 20n]);
    });

    it("reverts for payees that no penalty has, whatever the amount", async () => {
      const { staking, tenantA: tenant, keeper: challenger, treasury } = await loadFixture(deployFixture);
      for (const payees of [
        [ZeroAddress, ZeroAddress, ZeroAddress],
        [ZeroAddress, challenger.address, ZeroAddress],
        [ZeroAddress, challenger.address, treasury.address],
        [tenant.address, challenger.address, ZeroAddress],
      ] as const) {
        for (const amount of [0n, 100n]) {
          await expect(staking.splitOf(amount, ...payees))
            .to.be.revertedWithCustomError(staking, "StakingInvalidPayees")
            .withArgs(...payees);
        }
      }
    });
  });

  describe("penalise", () => {
    for (const challenged of [true, false]) {
      it(`seizes, records and announces a penalty ${challenged ? "with" : "without"} a challenger`, async () => {
        const fixture = await loadFixture(reservedFixture);
        const { staking, hold, module, provider, tenant, treasury, penalisedAt, maturesAt } = fixture;
        const challenger = challenged ? fixture.challenger.address : ZeroAddress;
        const penalising = at(penalisedAt, () =>
          staking.connect(module).penalise(provider, PENALTY, tenant, challenger, treasury),
        );
        await expect(penalising)
          .to.emit(staking, "Penalised")
          .withArgs(1n, module, provider, tenant, challenger, treasury, PENALTY, maturesAt);
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
          false,
          treasury.address,
        ]);
        expect(await staking.penaltyCount()).to.equal(1n);
      });
    }

    for (const payee of ["tenant", "treasury"] as const) {
      it(`keeps all of it for the ${payee} that is named alone (INV-STK-2)`, async () => {
        const fixture = await loadFixture(reservedFixture);
        const { staking, hold, module, provider } = fixture;
        const alone = fixture[payee];
        const [tenant, treasury] = payee === "tenant" ? [alone, ZeroAddress] : [ZeroAddress, alone];
        await staking.connect(module).penalise(provider, PENALTY, tenant, ZeroAddress, treasury);
        await pass(UNBONDING_DELAY);
        await expect(staking.connect(alone).claimPenalties([1n], alone)).to.changeTokenBalance(hold, alone, PENALTY);
        await expect(staking.connect(alone).claimPenalties([1n], alone))
          .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
          .withArgs(1n, alone);
        expect(await hold.balanceOf(staking)).to.equal(0n);
      });
    }

    it("reverts for payees of whom one would get a part that nobody can claim", async () => {
      const { staking, module, provider, tenant, challenger, treasury } = await loadFixture(reservedFixture);
      const nobody = ZeroAddress;
      for (const [first, second, third] of [
        [nobody, nobody, nobody],
        [nobody, challenger.address, nobody],
        [nobody, challenger.address, treasury.address],
        [tenant.address, challenger.address, nobody],
      ] as const) {
        await expect(staking.connect(module).penalise(provider, PENALTY, first, second, third))
          .to.be.revertedWithCustomError(staking, "StakingInvalidPayees")
          .withArgs(first, second, third);
      }
      expect(await staking.poolOf(module, provider)).to.deep.equal([BONDED - RESERVED, RESERVED, true]);
    });

    it("takes the votes with it: what staking holds is undelegated", async () => {
      const { staking, hold, module, provider, tenant, treasury } = await loadFixture(reservedFixture);
      await hold.connect(provider).delegate(provider);
      const votes = await hold.getVotes(provider);
      await staking.connect(module).penalise(provider, PENALTY, tenant, ZeroAddress, treasury);
      expect(await hold.getVotes(provider)).to.equal(votes - PENALTY);
      expect(await hold.delegates(staking)).to.equal(ZeroAddress);
      expect(await hold.getVotes(staking)).to.equal(0n);
    });

    it("numbers penalties from 1", async () => {
      const { staking, module, provider, tenant, treasury } = await loadFixture(reservedFixture);
      for (const number of [1n, 2n, 3n]) {
        const penalising = staking.connect(module).penalise.staticCall(provider, 5n, tenant, ZeroAddress, treasury);
        expect(await penalising).to.equal(number);
        await staking.connect(module).penalise(provider, 5n, tenant, ZeroAddress, treasury);
        expect(await staking.penaltyCount()).to.equal(number);
      }
    });

    it("counts on when the delay changes, and leaves the delay as it is", async () => {
      const { staking, admin, module, provider, tenant, treasury } = await loadFixture(penalisedFixture);
      await staking.connect(admin).setUnbondingDelay(60 * DAY);
      expect(await staking.penaltyCount()).to.equal(1n);
      await staking.connect(module).penalise(provider, 5n, tenant, ZeroAddress, treasury);
      expect(await staking.penaltyCount()).to.equal(2n);
      expect(await staking.unbondingDelay()).to.equal(60 * DAY);
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
      for (const payee of [tenant, treasury]) {
        await expect(staking.connect(payee).claimPenalties([1n], payee)).to.changeTokenBalance(hold, payee, 0n);
      }
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

  describe("claimPenalties", () => {
    it("reverts in the last seconds before it matures, for tenant, challenger and treasury (INV-STK-3)", async () => {
      const { staking, tenant, challenger, treasury, maturesAt } = await loadFixture(penalisedFixture);
      for (const [index, payee] of [tenant, challenger, treasury].entries()) {
        const second = maturesAt - 3 + index;
        await expect(at(second, () => staking.connect(payee).claimPenalties([1n], payee)))
          .to.be.revertedWithCustomError(staking, "StakingPenaltyNotMatured")
          .withArgs(1n, maturesAt, second);
      }
    });

    for (const payee of ["tenant", "challenger", "treasury"] as const) {
      it(`pays the ${payee} its part from the second on that it matures, wherever it says`, async () => {
        const fixture = await loadFixture(penalisedFixture);
        const { staking, hold, stranger, maturesAt, parts } = fixture;
        const caller = fixture[payee];
        const claiming = at(maturesAt, () => staking.connect(caller).claimPenalties([1n], stranger));
        await expect(claiming).to.emit(staking, "PenaltyClaimed").withArgs(1n, caller, stranger, parts[payee]);
        await expect(claiming).to.changeTokenBalances(hold, [staking, stranger], [-parts[payee], parts[payee]]);
        const { tenantPaid, challengerPaid, treasuryPaid } = await staking.penaltyOf(1n);
        expect({ tenantPaid, challengerPaid, treasuryPaid }).to.deep.equal({
          tenantPaid: payee === "tenant",
          challengerPaid: payee === "challenger",
          treasuryPaid: payee === "treasury",
        });
      });
    }

    for (const [roles, tenantToo, treasuryToo] of [
      ["tenant and challenger", true, false],
      ["challenger and treasury", false, true],
      ["tenant, challenger and treasury", true, true],
    ] as const) {
      it(`pays who is ${roles} all those parts in one, once`, async () => {
        const { staking, hold, module, provider, tenant, challenger, treasury } = await loadFixture(reservedFixture);
        const parts = penaltyParts(PENALTY, true);
        const payees = [tenantToo ? challenger : tenant, challenger, treasuryToo ? challenger : treasury] as const;
        await staking.connect(module).penalise(provider, PENALTY, ...payees);
        await pass(UNBONDING_DELAY);
        const amount = parts.challenger + (tenantToo ? parts.tenant : 0n) + (treasuryToo ? parts.treasury : 0n);
        expect(await staking.connect(challenger).claimPenalties.staticCall([1n], challenger)).to.equal(amount);
        await expect(staking.connect(challenger).claimPenalties([1n], challenger)).to.changeTokenBalance(
          hold,
          challenger,
          amount,
        );
        await expect(staking.connect(challenger).claimPenalties([1n], challenger))
          .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
          .withArgs(1n, challenger);
      });
    }

    for (const named of ["the tenant alone", "the treasury alone"] as const) {
      it(`pays nobody but ${named}, however often the others ask (INV-STK-3)`, async () => {
        const fixture = await loadFixture(reservedFixture);
        const { staking, module, provider, tenant, challenger, treasury, penalisedAt, maturesAt } = fixture;
        await at(penalisedAt, () =>
          staking.connect(module).penalise(provider, PENALTY, ...payeesOf(named, { tenant, challenger, treasury })),
        );
        const [payee, other] = named === "the tenant alone" ? [tenant, treasury] : [treasury, tenant];
        await expect(at(maturesAt - 1, () => staking.connect(payee).claimPenalties([1n], payee)))
          .to.be.revertedWithCustomError(staking, "StakingPenaltyNotMatured")
          .withArgs(1n, maturesAt, maturesAt - 1);
        for (const caller of [other, challenger, provider]) {
          await expect(staking.connect(caller).claimPenalties([1n], caller))
            .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
            .withArgs(1n, caller);
        }
        await expect(staking.connect(payee).claimPenalties([1n], payee))
          .to.emit(staking, "PenaltyClaimed")
          .withArgs(1n, payee, payee, PENALTY);
      });
    }

    it("pays who is tenant and treasury both parts, where there is no challenger, once", async () => {
      const { staking, hold, module, provider, tenant } = await loadFixture(reservedFixture);
      await staking.connect(module).penalise(provider, PENALTY, tenant, ZeroAddress, tenant);
      await pass(UNBONDING_DELAY);
      await expect(staking.connect(tenant).claimPenalties([1n], tenant)).to.changeTokenBalance(hold, tenant, PENALTY);
      await expect(staking.connect(tenant).claimPenalties([1n], tenant))
        .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
        .withArgs(1n, tenant);
    });

    it("pays nothing for no penalty at all", async () => {
      const { staking, hold, stranger } = await loadFixture(penalisedFixture);
      expect(await staking.connect(stranger).claimPenalties.staticCall([], stranger)).to.equal(0n);
      for (const to of [await staking.getAddress(), await hold.getAddress()]) {
        await expect(staking.connect(stranger).claimPenalties([], to))
          .to.be.revertedWithCustomError(staking, "StakingInvalidRecipient")
          .withArgs(to);
      }
    });

    it("pays four fifths where there is no challenger", async () => {
      const { staking, hold, module, provider, tenant, treasury } = await loadFixture(reservedFixture);
      await staking.connect(module).penalise(provider, PENALTY, tenant, ZeroAddress, treasury);
      await pass(UNBONDING_DELAY);
      await expect(staking.connect(tenant).claimPenalties([1n], tenant)).to.changeTokenBalance(
        hold,
        tenant,
        penaltyParts(PENALTY, false).tenant,
      );
    });

    it("pays many penalties in one transfer", async () => {
      const { staking, hold, module, provider, treasury, challenger } = await loadFixture(penalisedFixture);
      await staking.connect(module).penalise(provider, 5n, provider, ZeroAddress, treasury);
      await staking.connect(module).penalise(provider, 100n, provider, challenger, treasury);
      await pass(UNBONDING_DELAY);
      const amount = penaltyParts(PENALTY, true).treasury + 1n + 20n;
      const claiming = staking.connect(treasury).claimPenalties([3n, 1n, 2n], treasury);
      await expect(claiming).to.emit(hold, "Transfer").withArgs(staking, treasury, amount);
      await expect(claiming).to.emit(staking, "PenaltyClaimed").withArgs(2n, treasury, treasury, 1n);
      await expect(claiming).to.emit(staking, "PenaltyClaimed").withArgs(3n, treasury, treasury, 20n);
    });

    it("pays each part once, in one call too, and all of a call or nothing", async () => {
      const { staking, tenant, challenger, maturesAt } = await loadFixture(penalisedFixture);
      await expect(at(maturesAt, () => staking.connect(tenant).claimPenalties([1n, 1n], tenant)))
        .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
        .withArgs(1n, tenant);
      for (const payee of [tenant, challenger]) {
        await staking.connect(payee).claimPenalties([1n], payee);
        await expect(staking.connect(payee).claimPenalties([1n], payee))
          .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
          .withArgs(1n, payee);
      }
    });

    it("reverts for strangers, for the provider, and for a penalty that does not exist", async () => {
      const { staking, tenant, provider, stranger } = await loadFixture(penalisedFixture);
      for (const caller of [stranger, provider]) {
        await expect(staking.connect(caller).claimPenalties([1n], caller))
          .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
          .withArgs(1n, caller);
      }
      await expect(staking.connect(tenant).claimPenalties([2n], tenant))
        .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
        .withArgs(2n, tenant);
    });

    it("reverts where the HOLD could never leave again", async () => {
      const { staking, hold, tenant, maturesAt } = await loadFixture(penalisedFixture);
      await expect(at(maturesAt, () => staking.connect(tenant).claimPenalties([1n], staking)))
        .to.be.revertedWithCustomError(staking, "StakingInvalidRecipient")
        .withArgs(staking);
      await expect(staking.connect(tenant).claimPenalties([1n], ZeroAddress))
        .to.be.revertedWithCustomError(hold, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
    });

    it("reverts to HOLD itself, where it could never leave again either (ATK-ROL-4)", async () => {
      const { staking, hold, tenant, challenger, treasury, maturesAt } = await loadFixture(penalisedFixture);
      await expect(at(maturesAt, () => staking.connect(tenant).claimPenalties([1n], hold)))
        .to.be.revertedWithCustomError(staking, "StakingInvalidRecipient")
        .withArgs(hold);
      for (const payee of [tenant, challenger, treasury]) await staking.connect(payee).claimPenalties([1n], payee);
      expect([await hold.balanceOf(staking), await hold.balanceOf(hold)]).to.deep.equal([0n, 0n]);
    });
  });

  it("gains no provider any time to punish itself: every part waits as long as unbonding (INV-STK-3)", async () => {
    const { staking, provider, module, maturesAt, penalisedAt } = await loadFixture(reservedFixture);
    const own = staking.connect(provider);
    await own.moveBond(module, provider, 100n);
    await own.tryReserve(provider, 100n);
    await at(penalisedAt, () => own.penalise(provider, 100n, provider, provider, provider));
    await expect(at(maturesAt - 1, () => own.claimPenalties([1n], provider)))
      .to.be.revertedWithCustomError(staking, "StakingPenaltyNotMatured")
      .withArgs(1n, maturesAt, maturesAt - 1);
  });

  it("pays out every wei of a penalty, and holds nothing afterwards (INV-STK-1)", async () => {
    const { staking, hold, tenant, challenger, treasury, maturesAt } = await loadFixture(penalisedFixture);
    for (const [index, payee] of [tenant, challenger, treasury].entries()) {
      await at(maturesAt + index, () => staking.connect(payee).claimPenalties([1n], payee));
    }
    expect(await hold.balanceOf(staking)).to.equal(0n);
  });
});
