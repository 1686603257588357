import { expect } from "chai";
import { parseEther, ZeroAddress } from "ethers";
import { ethers } from "hardhat";

import { deployFixture, PROVIDER_HOLD } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, UNBONDING_DELAY } from "../helpers/parameters";
import { at, pass } from "../helpers/time";

const BONDED = parseEther("1000");
const LEAVING = parseEther("400");

/** `provider` bonded 1,000 HOLD with `module`, and 400 of it unbond since `started`. */
async function unbondingFixture() {
  const fixture = await loadFixture(deployFixture);
  const { staking, providerA: provider, module } = fixture;
  await staking.connect(provider).bond(module, BONDED);
  const started = (await pass(10)) + 10;
  await at(started, () => staking.connect(provider).startUnbonding(module, LEAVING));
  return { ...fixture, provider, started, readyAt: started + UNBONDING_DELAY };
}

describe("Staking: unbonding", () => {
  describe("constructor", () => {
    it("takes a delay of 10 to 60 days, and announces it", async () => {
      const { authority, hold } = await loadFixture(deployFixture);
      for (const delay of [10 * DAY, 60 * DAY]) {
        const staking = await ethers.deployContract("Staking", [authority, hold, delay]);
        await expect(staking.deploymentTransaction()).to.emit(staking, "UnbondingDelaySet").withArgs(delay);
        expect(await staking.unbondingDelay()).to.equal(delay);
        expect(await staking.authority()).to.equal(authority);
      }
    });

    it("reverts for one second less or more", async () => {
      const { authority, hold } = await loadFixture(deployFixture);
      const factory = await ethers.getContractFactory("Staking");
      for (const delay of [10 * DAY - 1, 60 * DAY + 1]) {
        await expect(factory.deploy(authority, hold, delay))
          .to.be.revertedWithCustomError(factory, "StakingDelayOutOfBounds")
          .withArgs(delay, 10 * DAY, 60 * DAY);
      }
    });
  });

  describe("MIN_UNBONDING_DELAY and MAX_UNBONDING_DELAY", () => {
    it("tell the bounds of the delay", async () => {
      const { staking } = await loadFixture(deployFixture);
      expect([await staking.MIN_UNBONDING_DELAY(), await staking.MAX_UNBONDING_DELAY()]).to.deep.equal([
        10n * BigInt(DAY),
        60n * BigInt(DAY),
      ]);
    });
  });

  describe("startUnbonding", () => {
    it("takes out of the free bond, and freezes when it will be ready", async () => {
      const { staking, hold, provider, module, readyAt } = await loadFixture(unbondingFixture);
      expect(await staking.poolOf(module, provider)).to.deep.equal([BONDED - LEAVING, 0n, true]);
      expect(await staking.unbondingOf(provider)).to.deep.equal([LEAVING, readyAt]);
      expect(await hold.lockOf(staking, provider)).to.equal(BONDED);
    });

    it("joins what unbonds already, and starts the delay of all of it anew", async () => {
      const { staking, provider, module, readyAt } = await loadFixture(unbondingFixture);
      const second = readyAt - 1;
      await expect(at(second, () => staking.connect(provider).startUnbonding(module, 1n)))
        .to.emit(staking, "UnbondingStarted")
        .withArgs(module, provider, 1n, LEAVING + 1n, second + UNBONDING_DELAY);
      expect(await staking.unbondingOf(provider)).to.deep.equal([LEAVING + 1n, second + UNBONDING_DELAY]);
    });

    it("has one bucket, whatever pool the bond comes out of", async () => {
      const { staking, provider, otherModule, readyAt } = await loadFixture(unbondingFixture);
      await staking.connect(provider).bond(otherModule, 7n);
      await expect(at(readyAt - 1, () => staking.connect(provider).startUnbonding(otherModule, 7n)))
        .to.emit(staking, "UnbondingStarted")
        .withArgs(otherModule, provider, 7n, LEAVING + 7n, readyAt - 1 + UNBONDING_DELAY);
    });

    for (const late of [0, DAY]) {
      it(`pays out what is ready for ${late} s, and starts the new request alone`, async () => {
        const { staking, hold, provider, module, readyAt } = await loadFixture(unbondingFixture);
        const second = readyAt + late;
        const starting = at(second, () => staking.connect(provider).startUnbonding(module, 1n));
        await expect(starting).to.emit(staking, "Unbonded").withArgs(provider, LEAVING);
        await expect(starting)
          .to.emit(hold, "Unlocked")
          .withArgs(staking, provider, LEAVING, BONDED - LEAVING);
        await expect(starting)
          .to.emit(staking, "UnbondingStarted")
          .withArgs(module, provider, 1n, 1n, second + UNBONDING_DELAY);
        expect(await staking.unbondingOf(provider)).to.deep.equal([1n, second + UNBONDING_DELAY]);
        expect(await staking.poolOf(module, provider)).to.deep.equal([BONDED - LEAVING - 1n, 0n, true]);

        await at(second + 1, () => staking.connect(provider).startUnbonding(module, BONDED - LEAVING - 1n));
        await at(second + 1 + UNBONDING_DELAY, () => staking.connect(provider).finishUnbonding());
        expect(await hold.lockOf(staking, provider)).to.equal(0n);
      });
    }

    it("pays out nothing where all that was ready was put back", async () => {
      const { staking, hold, provider, module, readyAt } = await loadFixture(unbondingFixture);
      await at(readyAt, () => staking.connect(provider).cancelUnbonding(module, LEAVING));
      const starting = at(readyAt + 1, () => staking.connect(provider).startUnbonding(module, 1n));
      await expect(starting).not.to.emit(staking, "Unbonded");
      await expect(starting).not.to.emit(hold, "Unlocked");
      expect(await staking.unbondingOf(provider)).to.deep.equal([1n, readyAt + 1 + UNBONDING_DELAY]);
    });

    it("pays out nothing where the free bond is too small for the new request", async () => {
      const { staking, provider, module, readyAt } = await loadFixture(unbondingFixture);
      const free = BONDED - LEAVING;
      await expect(at(readyAt, () => staking.connect(provider).startUnbonding(module, free + 1n)))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientFree")
        .withArgs(module, provider, free, free + 1n);
      expect(await staking.unbondingOf(provider)).to.deep.equal([LEAVING, readyAt]);
    });

    it("reverts for nothing, and moves no date", async () => {
      const { staking, provider, module, readyAt } = await loadFixture(unbondingFixture);
      for (const second of [readyAt - 1, readyAt]) {
        await expect(
          at(second, () => staking.connect(provider).startUnbonding(module, 0n)),
        ).to.be.revertedWithCustomError(staking, "StakingZeroAmount");
      }
      expect(await staking.unbondingOf(provider)).to.deep.equal([LEAVING, readyAt]);
    });

    it("reverts for one wei more than is free", async () => {
      const { staking, provider, module } = await loadFixture(unbondingFixture);
      const free = BONDED - LEAVING;
      await expect(staking.connect(provider).startUnbonding(module, free + 1n))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientFree")
        .withArgs(module, provider, free, free + 1n);
    });
  });

  describe("cancelUnbonding", () => {
    it("puts a part back; the rest goes on as it was", async () => {
      const { staking, provider, module, readyAt } = await loadFixture(unbondingFixture);
      await expect(staking.connect(provider).cancelUnbonding(module, 100n))
        .to.emit(staking, "UnbondingCancelled")
        .withArgs(module, provider, 100n, LEAVING - 100n);
      expect(await staking.unbondingOf(provider)).to.deep.equal([LEAVING - 100n, readyAt]);
      expect(await staking.poolOf(module, provider)).to.deep.equal([BONDED - LEAVING + 100n, 0n, true]);
    });

    it("puts all of it back, after it became ready too, and nothing is left to finish", async () => {
      const { staking, provider, module, readyAt } = await loadFixture(unbondingFixture);
      await at(readyAt + 1, () => staking.connect(provider).cancelUnbonding(module, LEAVING));
      expect(await staking.poolOf(module, provider)).to.deep.equal([BONDED, 0n, true]);
      await expect(staking.connect(provider).finishUnbonding())
        .to.be.revertedWithCustomError(staking, "StakingNothingUnbonding")
        .withArgs(provider);
    });

    it("reverts for nothing, and opens no pool", async () => {
      const { staking, provider, otherModule } = await loadFixture(unbondingFixture);
      await expect(staking.connect(provider).cancelUnbonding(otherModule, 0n)).to.be.revertedWithCustomError(
        staking,
        "StakingZeroAmount",
      );
      expect(await staking.poolOf(otherModule, provider)).to.deep.equal([0n, 0n, false]);
    });

    it("opens the pool of another module", async () => {
      const { staking, provider, otherModule } = await loadFixture(unbondingFixture);
      await staking.connect(provider).cancelUnbonding(otherModule, 100n);
      expect(await staking.poolOf(otherModule, provider)).to.deep.equal([100n, 0n, true]);
    });

    it("reverts for one wei more than unbonds", async () => {
      const { staking, provider, module } = await loadFixture(unbondingFixture);
      await expect(staking.connect(provider).cancelUnbonding(module, LEAVING + 1n))
        .to.be.revertedWithCustomError(staking, "StakingInsufficientUnbonding")
        .withArgs(provider, LEAVING, LEAVING + 1n);
    });
  });

  describe("finishUnbonding", () => {
    it("reverts in the last second of the delay (INV-STK-3)", async () => {
      const { staking, provider, readyAt } = await loadFixture(unbondingFixture);
      await expect(at(readyAt - 1, () => staking.connect(provider).finishUnbonding()))
        .to.be.revertedWithCustomError(staking, "StakingStillUnbonding")
        .withArgs(provider, readyAt, readyAt - 1);
    });

    for (const late of [0, 1]) {
      it(`frees everything ${late} s after the delay, and it can be sent away`, async () => {
        const { staking, hold, provider, stranger, readyAt } = await loadFixture(unbondingFixture);
        const finishing = at(readyAt + late, () => staking.connect(provider).finishUnbonding());
        await expect(finishing).to.emit(staking, "Unbonded").withArgs(provider, LEAVING);
        await expect(finishing)
          .to.emit(hold, "Unlocked")
          .withArgs(staking, provider, LEAVING, BONDED - LEAVING);
        expect(await staking.unbondingOf(provider)).to.deep.equal([0n, 0n]);
        await hold.connect(provider).transfer(stranger, PROVIDER_HOLD - BONDED + LEAVING);
      });
    }

    it("reverts a second time, and for whom nothing unbonds", async () => {
      const { staking, provider, stranger, readyAt } = await loadFixture(unbondingFixture);
      await at(readyAt, () => staking.connect(provider).finishUnbonding());
      for (const caller of [provider, stranger]) {
        await expect(staking.connect(caller).finishUnbonding())
          .to.be.revertedWithCustomError(staking, "StakingNothingUnbonding")
          .withArgs(caller);
      }
    });
  });

  describe("setUnbondingDelay", () => {
    it("sets the delay of what starts unbonding from now on, and leaves what unbonds alone", async () => {
      const { staking, admin, provider, module, started, readyAt } = await loadFixture(unbondingFixture);
      await expect(staking.connect(admin).setUnbondingDelay(60 * DAY))
        .to.emit(staking, "UnbondingDelaySet")
        .withArgs(60 * DAY);
      expect(await staking.unbondingDelay()).to.equal(60 * DAY);
      expect(await staking.unbondingOf(provider)).to.deep.equal([LEAVING, readyAt]);
      const second = started + DAY;
      await at(second, () => staking.connect(provider).startUnbonding(module, 1n));
      expect(await staking.unbondingOf(provider)).to.deep.equal([LEAVING + 1n, second + 60 * DAY]);
    });

    it("reverts for anyone without the role", async () => {
      const { staking, stranger } = await loadFixture(deployFixture);
      await expect(staking.connect(stranger).setUnbondingDelay(20 * DAY))
        .to.be.revertedWithCustomError(staking, "AccessManagedUnauthorized")
        .withArgs(stranger);
    });

    describe("ATK-STK-2 a delay of nothing or of for ever", () => {
      for (const delay of [0, 10 * DAY - 1, 60 * DAY + 1, 2 ** 32 - 1]) {
        it(`reverts for ${delay} s, whoever asks`, async () => {
          const { staking, admin } = await loadFixture(deployFixture);
          await expect(staking.connect(admin).setUnbondingDelay(delay))
            .to.be.revertedWithCustomError(staking, "StakingDelayOutOfBounds")
            .withArgs(delay, 10 * DAY, 60 * DAY);
          expect(await staking.unbondingDelay()).to.equal(UNBONDING_DELAY);
        });
      }

      it("lets a bond leave by its frozen ready time after the delay was raised and every role was lost", async () => {
        const { staking, authority, admin, provider, readyAt } = await loadFixture(unbondingFixture);
        await staking.connect(admin).setUnbondingDelay(60 * DAY);
        await authority.connect(admin).setTargetClosed(staking, true);
        await authority.connect(admin).renounceRole(0n, admin);
        await expect(at(readyAt, () => staking.connect(provider).finishUnbonding()))
          .to.emit(staking, "Unbonded")
          .withArgs(provider, LEAVING);
      });
    });
  });

  describe("ATK-STK-1 a slash outrun by unbonding", () => {
    const RESERVED = parseEther("600");

    it("keeps what is reserved within reach until the verdict, however the provider moves before it (INV-STK-3)", async () => {
      const { staking, hold, provider, module, otherModule, tenantA, treasury } = await loadFixture(unbondingFixture);
      await staking.connect(module).tryReserve(provider, RESERVED);
      for (const escape of [
        () => staking.connect(provider).startUnbonding(module, 1n),
        () => staking.connect(provider).moveBond(module, otherModule, 1n),
      ]) {
        await expect(escape())
          .to.be.revertedWithCustomError(staking, "StakingInsufficientFree")
          .withArgs(module, provider, 0n, 1n);
      }
      await expect(hold.connect(provider).transfer(otherModule, PROVIDER_HOLD - BONDED + 1n))
        .to.be.revertedWithCustomError(hold, "ERC20LocksInsufficientUnlocked")
        .withArgs(provider, PROVIDER_HOLD - BONDED, PROVIDER_HOLD - BONDED + 1n);
      await expect(
        staking.connect(module).penalise(provider, RESERVED, tenantA, ZeroAddress, treasury),
      ).to.changeTokenBalances(hold, [provider, staking], [-RESERVED, RESERVED]);
    });

    it("takes nothing of what unbonds, and what unbonds leaves in time", async () => {
      const { staking, hold, provider, module, tenantA, treasury, readyAt } = await loadFixture(unbondingFixture);
      await staking.connect(module).tryReserve(provider, RESERVED);
      await staking.connect(module).penalise(provider, RESERVED, tenantA, ZeroAddress, treasury);
      await at(readyAt, () => staking.connect(provider).finishUnbonding());
      expect(await hold.lockOf(staking, provider)).to.equal(0n);
      expect(await hold.balanceOf(provider)).to.equal(PROVIDER_HOLD - RESERVED);
    });

    it("does not shorten the delay by cancelling and asking again", async () => {
      const { staking, provider, module, readyAt } = await loadFixture(unbondingFixture);
      await at(readyAt - 2, () => staking.connect(provider).cancelUnbonding(module, LEAVING));
      await at(readyAt - 1, () => staking.connect(provider).startUnbonding(module, LEAVING));
      await expect(at(readyAt, () => staking.connect(provider).finishUnbonding()))
        .to.be.revertedWithCustomError(staking, "StakingStillUnbonding")
        .withArgs(provider, readyAt - 1 + UNBONDING_DELAY, readyAt);
    });
  });
});
