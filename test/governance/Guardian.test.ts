import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { FunctionFragment, ZeroAddress } from "ethers";
import { ethers } from "hardhat";

import { GUARDIAN_ROLE } from "../helpers/deployment";
import { callsOf, carryEach, carryOut, govern, type Governed, governedFixture } from "../helpers/governance";
import { openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { anOffer, anOrder } from "../helpers/orders";
import { DAY } from "../helpers/parameters";
import { at, moveTo, now } from "../helpers/time";
import { deploySecondMarket, twoMarketsFixture } from "./secondMarket";

const MOST_PAUSE = 7 * DAY;

/** Pauses the market in the next second; returns when that ends. */
async function pauseFor(f: Governed, duration: number): Promise<number> {
  const second = (await now()) + 1;
  await at(second, () => f.guardianship.connect(f.guardian).pause([f.market], duration));
  return second + duration;
}

/** Opens a lease with a provider that is live. */
async function open({ market, liveness, usd6, offerB, providerB, operatorB }: Governed, tenant: HardhatEthersSigner) {
  await liveness.connect(operatorB).heartbeat(providerB);
  return openLease(market, tenant, { token: await usd6.getAddress(), offers: [offerB] });
}

const seated = (f: Governed, account: string) => callsOf(f.guardianship.seat.populateTransaction(account));

describe("Guardian", () => {
  it("is founded with one guardian seated, who may pause once", async () => {
    const { authority, guardian, guardianship } = await loadFixture(governedFixture);
    const founded = await ethers.deployContract("Guardian", [authority, guardian]);
    await expect(founded.deploymentTransaction()).to.emit(founded, "GuardianSeated").withArgs(guardian);
    for (const contract of [founded, guardianship]) {
      expect([await contract.guardian(), await contract.used()]).to.deep.equal([guardian.address, false]);
      expect(await contract.authority()).to.equal(authority);
    }
  });

  describe("pause", () => {
    it("pauses entries of the markets it names, and tells which", async () => {
      const { f, second } = await loadFixture(twoMarketsFixture);
      const markets = [f.market, second.market];
      const at_ = (await now()) + 10;
      const pausing = at(at_, () => f.guardianship.connect(f.guardian).pause(markets, 3 * DAY));
      const addresses = await Promise.all(markets.map((market) => market.getAddress()));
      await expect(pausing)
        .to.emit(f.guardianship, "GuardianPaused")
        .withArgs(f.guardian, addresses, 3 * DAY);
      for (const market of markets) {
        await expect(pausing)
          .to.emit(market, "EntriesPaused")
          .withArgs(at_ + 3 * DAY);
        expect(await market.pausedUntil()).to.equal(at_ + 3 * DAY);
      }
      expect(await f.guardianship.used()).to.equal(true);
    });

    it("works once for each seating: not for longer, not elsewhere, not after the first ended (ATK-GOV-6)", async () => {
      const { f, second } = await loadFixture(twoMarketsFixture);
      const until = await pauseFor(f, 1);
      const again = (markets: Parameters<typeof f.guardianship.pause>[0]) =>
        expect(f.guardianship.connect(f.guardian).pause(markets, DAY))
          .to.be.revertedWithCustomError(f.guardianship, "GuardianPauseUsed")
          .withArgs(f.guardian);
      await again([f.market]);
      await again([second.market]);
      await again([]);
      await moveTo(until + DAY);
      await again([f.market]);
      await f.guardianship.connect(f.guardian).resume([f.market]);
      await again([f.market]);
      expect(await f.market.pausedUntil()).to.be.lessThan(BigInt(await now()));
    });

    it("takes seven days at most; what was refused is not used up (ATK-GOV-6)", async () => {
      const f = await loadFixture(governedFixture);
      const guardianship = f.guardianship.connect(f.guardian);
      for (const duration of [MOST_PAUSE + 1, 2 ** 32 - 1]) {
        await expect(guardianship.pause([f.market], duration))
          .to.be.revertedWithCustomError(f.market, "MarketParameterOutOfBounds")
          .withArgs("pause", duration, 0, MOST_PAUSE);
      }
      expect(await guardianship.used()).to.equal(false);
      const until = await pauseFor(f, MOST_PAUSE);
      expect(await f.market.pausedUntil()).to.equal(until);
    });

    it("reverts as a whole where one market does not know it, and is not used up", async () => {
      const f = await loadFixture(governedFixture);
      const { market: unknown } = await deploySecondMarket(f);
      await expect(f.guardianship.connect(f.guardian).pause([f.market, unknown], DAY))
        .to.be.revertedWithCustomError(unknown, "AccessManagedUnauthorized")
        .withArgs(f.guardianship);
      expect([await f.guardianship.used(), await f.market.pausedUntil()]).to.deep.equal([false, 0n]);
    });

    it("reverts for everybody who is not seated", async () => {
      const { guardianship, guardian, market, admin, voterA, stranger } = await loadFixture(governedFixture);
      for (const caller of [admin, voterA, stranger]) {
        await expect(guardianship.connect(caller).pause([market], DAY))
          .to.be.revertedWithCustomError(guardianship, "GuardianNotSeated")
          .withArgs(guardian, caller);
      }
    });
  });

  describe("resume", () => {
    it("ends a pause before its time, and gives none back", async () => {
      const f = await loadFixture(governedFixture);
      await pauseFor(f, MOST_PAUSE);
      const second = (await now()) + 10;
      const resuming = at(second, () => f.guardianship.connect(f.guardian).resume([f.market]));
      const addresses = [await f.market.getAddress()];
      await expect(resuming).to.emit(f.guardianship, "GuardianResumed").withArgs(f.guardian, addresses);
      await expect(resuming).to.emit(f.market, "EntriesPaused").withArgs(second);
      expect(await f.guardianship.used()).to.equal(true);
      await open(f, f.tenantA);
    });

    it("uses nothing up where nothing was paused", async () => {
      const f = await loadFixture(governedFixture);
      await f.guardianship.connect(f.guardian).resume([f.market]);
      expect(await f.guardianship.used()).to.equal(false);
      await pauseFor(f, DAY);
    });

    it("lets a new guardian end the pause of the one before", async () => {
      const f = await loadFixture(governedFixture);
      const [id] = await carryEach(f, [[f.guardianship.seat.populateTransaction(f.stranger)]]);
      await pauseFor(f, MOST_PAUSE);
      await carryOut(f, id!);
      await f.guardianship.connect(f.stranger).resume([f.market]);
      await open(f, f.tenantA);
      expect(await f.guardianship.used()).to.equal(false);
    });

    it("reverts for everybody who is not seated", async () => {
      const { guardianship, guardian, market, admin, stranger } = await loadFixture(governedFixture);
      for (const caller of [admin, stranger]) {
        await expect(guardianship.connect(caller).resume([market]))
          .to.be.revertedWithCustomError(guardianship, "GuardianNotSeated")
          .withArgs(guardian, caller);
      }
    });
  });

  describe("seat", () => {
    it("gives the same guardian another pause, by proposal", async () => {
      const f = await loadFixture(governedFixture);
      const first = await pauseFor(f, MOST_PAUSE);
      await expect(govern(f, await seated(f, f.guardian.address), "Again"))
        .to.emit(f.guardianship, "GuardianSeated")
        .withArgs(f.guardian);
      expect(await now()).to.be.greaterThan(first);
      expect(await f.guardianship.used()).to.equal(false);
      expect(await pauseFor(f, MOST_PAUSE)).to.equal(await f.market.pausedUntil());
    });

    it("takes everything from the one before", async () => {
      const f = await loadFixture(governedFixture);
      await govern(f, await seated(f, f.stranger.address), "Another one");
      expect(await f.guardianship.guardian()).to.equal(f.stranger);
      for (const act of [
        () => f.guardianship.connect(f.guardian).pause([f.market], DAY),
        () => f.guardianship.connect(f.guardian).resume([f.market]),
      ]) {
        await expect(act())
          .to.be.revertedWithCustomError(f.guardianship, "GuardianNotSeated")
          .withArgs(f.stranger, f.guardian);
      }
      await f.guardianship.connect(f.stranger).pause([f.market], DAY);
    });

    it("leaves nobody where it seats nobody", async () => {
      const f = await loadFixture(governedFixture);
      await govern(f, await seated(f, ZeroAddress), "Nobody");
      await expect(f.guardianship.connect(f.guardian).pause([f.market], DAY))
        .to.be.revertedWithCustomError(f.guardianship, "GuardianNotSeated")
        .withArgs(ZeroAddress, f.guardian);
    });

    it("reverts for everybody but the timelock: the guardian does not seat itself (INV-GOV-2, ATK-GOV-6)", async () => {
      const { guardianship, guardian, admin, voterA } = await loadFixture(governedFixture);
      for (const caller of [guardian, admin, voterA]) {
        await expect(guardianship.connect(caller).seat(caller))
          .to.be.revertedWithCustomError(guardianship, "AccessManagedUnauthorized")
          .withArgs(caller);
      }
    });
  });

  describe("the power of its role (INV-GOV-3)", () => {
    it("is the contract's alone: the guardian pauses nothing by itself (ATK-GOV-6)", async () => {
      const { authority, market, guardian, guardianship } = await loadFixture(governedFixture);
      await expect(market.connect(guardian).pauseEntries(DAY))
        .to.be.revertedWithCustomError(market, "AccessManagedUnauthorized")
        .withArgs(guardian);
      expect(await authority.hasRole(GUARDIAN_ROLE, guardian)).to.deep.equal([false, 0n]);
      expect(await authority.hasRole(GUARDIAN_ROLE, guardianship)).to.deep.equal([true, 0n]);
    });

    it("reaches the pause of entries, and nothing else of any contract", async () => {
      const { authority, market, staking, council, disputes, guardianship } = await loadFixture(governedFixture);
      const reached: string[] = [];
      for (const contract of [market, staking, council, disputes, guardianship, authority]) {
        for (const { selector, name } of contract.interface.fragments.filter(FunctionFragment.isFragment)) {
          if ((await authority.getTargetFunctionRole(contract, selector)) === GUARDIAN_ROLE) reached.push(name);
        }
      }
      expect(reached).to.deep.equal(["pauseEntries"]);
    });

    it("stops opening leases and creating offers until the very second that the pause ends, and nothing else", async () => {
      const f = await loadFixture(governedFixture);
      const token = await f.usd6.getAddress();
      const running = await open(f, f.tenantA);
      const waiting = await open(f, f.tenantB);
      await f.market.connect(f.operatorB).activate([running]);
      const until = await pauseFor(f, MOST_PAUSE);

      // Every exit and everything that goes on.
      await f.market.connect(f.operatorB).activate([waiting]);
      await f.market.connect(f.stranger).collect([running]);
      await f.market.connect(f.tenantA).close(running);
      await f.market.connect(f.tenantB).extend(waiting, f.tenantB, DAY, 2n ** 100n);
      await f.escrow.connect(f.tenantA).withdraw(token, f.tenantA, await f.escrow.freeOf(token, f.tenantA));
      await f.staking.connect(f.providerC).startUnbonding(f.market, 1n);
      await f.market.connect(f.providerC).setPrice(f.offerC, 1n);
      await f.market.connect(f.providerC).retireOffer(f.offerC);

      const order = await anOrder(f.market, { token, offers: [f.offerB] });
      const { terms, price, capacity } = anOffer({ token });
      const entries = [
        () => f.market.connect(f.tenantB).open(order),
        () => f.market.connect(f.providerB).createOffer(terms, price, capacity),
      ];
      for (const [index, enter] of entries.entries()) {
        const second = until - entries.length + index;
        await expect(at(second, enter)).to.be.revertedWithCustomError(f.market, "MarketPaused").withArgs(until, second);
      }
      await f.liveness.connect(f.operatorB).heartbeat(f.providerB);
      expect(await now()).to.equal(until);
      for (const enter of entries) await enter();
    });
  });
});
