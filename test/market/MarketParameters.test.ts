import { expect } from "chai";
import { getCreateAddress, resolveAddress, ZeroAddress } from "ethers";
import { ethers } from "hardhat";

import { deployFixture, type Fixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { deployMarket, MARKET_LIBRARIES } from "../helpers/market";
import { DAY, DEFAULT_TERMS, DEFAULT_WEIGHTS, HOUR, listingOf, MINUTE, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { at, now } from "../helpers/time";
import { pack, WEIGHTS } from "../helpers/words";

const termsOf = ({ treasury }: Fixture, changes: Partial<typeof DEFAULT_TERMS> = {}) => ({
  treasury: treasury.address,
  ...DEFAULT_TERMS,
  ...changes,
});

/** Every governed value: the least and the most that it may be. */
const BOUNDS = [
  ["feeBps", 0, 1_000],
  ["toleranceBps", 0, 1_000],
  ["noShowBps", 0, 2_500],
  ["noticePeriod", HOUR, 30 * DAY],
  ["activationWindow", 5 * MINUTE, DAY],
  ["creditPeriod", DAY, 365 * DAY],
] as const;

const newMarket = (f: Fixture, allowance: number, changes: object = {}) => {
  const { authority, escrow, staking, liveness, records, orders, quotes } = f;
  const around = { escrow, staking, liveness, records, orders, quotes };
  return deployMarket(authority, around, allowance, { ...termsOf(f), ...changes }, DEFAULT_WEIGHTS);
};

describe("MarketParameters", () => {
  describe("construction", () => {
    it("publishes version 1 and wires the vaults", async () => {
      const f = await loadFixture(deployFixture);
      const { market } = f;
      await expect(market.deploymentTransaction())
        .to.emit(market, "TermsPublished")
        .withArgs(1, Object.values(termsOf(f)), Object.values(DEFAULT_WEIGHTS));
      expect(await market.currentTermsVersion()).to.equal(1n);
      expect(await market.ESCROW()).to.equal(await f.escrow.getAddress());
      expect(await market.STAKING()).to.equal(await f.staking.getAddress());
      expect(await market.LIVENESS()).to.equal(await f.liveness.getAddress());
      expect(await market.RECORDS()).to.equal(await f.records.getAddress());
      expect(await market.authority()).to.equal(await f.authority.getAddress());
      expect(await market.OUTAGE_ALLOWANCE()).to.equal(OUTAGE_ALLOWANCE);
      expect([await market.offerCount(), await market.pausedUntil()]).to.deep.equal([0n, 0n]);
    });

    it("takes an outage allowance of a day at most", async () => {
      const f = await loadFixture(deployFixture);
      expect(await (await newMarket(f, DAY)).OUTAGE_ALLOWANCE()).to.equal(DAY);
      expect(await (await newMarket(f, 0)).OUTAGE_ALLOWANCE()).to.equal(0n);
      await expect(newMarket(f, DAY + 1))
        .to.be.revertedWithCustomError(f.market, "MarketAllowanceOutOfBounds")
        .withArgs(DAY + 1, DAY);
    });

    it("keeps the bounds for version 1, too (ATK-GOV-5)", async () => {
      const f = await loadFixture(deployFixture);
      await expect(newMarket(f, 0, { feeBps: 1_001 }))
        .to.be.revertedWithCustomError(f.market, "MarketParameterOutOfBounds")
        .withArgs("feeBps", 1_001, 0, 1_000);
    });

    it("takes no treasury that is nobody, or one of our own contracts: nobody could take its money out (ATK-ROL-4)", async () => {
      const f = await loadFixture(deployFixture);
      for (const treasury of [ZeroAddress, f.escrow, f.staking, f.liveness, f.records, f.orders, f.quotes, f.hold]) {
        await expect(newMarket(f, 0, { treasury }))
          .to.be.revertedWithCustomError(f.market, "MarketInvalidTreasury")
          .withArgs(treasury);
      }
      // Its own address is known before it is deployed, after its libraries.
      const [deployer] = await ethers.getSigners();
      const nonce = (await ethers.provider.getTransactionCount(deployer!)) + MARKET_LIBRARIES.length;
      const own = getCreateAddress({ from: deployer!.address, nonce });
      await expect(newMarket(f, 0, { treasury: own }))
        .to.be.revertedWithCustomError(f.market, "MarketInvalidTreasury")
        .withArgs(own);
    });
  });

  describe("who may change anything (INV-GOV-2)", () => {
    it("reverts for everybody but governance, and but the guardian for a pause", async () => {
      const f = await loadFixture(deployFixture);
      for (const caller of [f.guardian, f.treasury, f.providerA, f.stranger]) {
        const market = f.market.connect(caller);
        const attempts = [
          () => market.publishTerms(termsOf(f), DEFAULT_WEIGHTS),
          () => market.listToken(f.usd6, 0, 0),
          () => market.delistToken(f.usd6),
          ...(caller === f.guardian ? [] : [() => market.pauseEntries(1)]),
        ];
        for (const attempt of attempts) {
          await expect(attempt()).to.be.revertedWithCustomError(f.market, "AccessManagedUnauthorized").withArgs(caller);
        }
      }
    });
  });

  describe("publishTerms", () => {
    it("numbers the versions and never overwrites one (INV-LSE-9)", async () => {
      const f = await loadFixture(deployFixture);
      const first = await f.market.termsOf(1);
      const terms = { ...termsOf(f, { feeBps: 7n, activationWindow: HOUR }), treasury: f.stranger.address };
      const weights = { ...DEFAULT_WEIGHTS, cpu: 2n ** 32n - 1n, gpuTier3: 0n };
      const governed = f.market.connect(f.admin);
      expect(await governed.publishTerms.staticCall(terms, weights)).to.equal(2n);
      await expect(governed.publishTerms(terms, weights))
        .to.emit(f.market, "TermsPublished")
        .withArgs(2, Object.values(terms), Object.values(weights));
      expect(await f.market.currentTermsVersion()).to.equal(2n);
      expect(await f.market.termsOf(1)).to.deep.equal(first);
      expect(await f.market.termsOf(2)).to.deep.equal(Object.values({ ...terms, ...numbersOf(terms) }));
      expect(await f.market.weightsOf(1)).to.equal(pack(WEIGHTS, DEFAULT_WEIGHTS));
      expect(await f.market.weightsOf(2)).to.equal(pack(WEIGHTS, weights));
      expect(await f.market.termsOf(3)).to.deep.equal([ZeroAddress, 0n, 0n, 0n, 0n, 0n, 0n]);
      expect(await f.market.weightsOf(3)).to.equal(0n);
    });

    it("reverts for a treasury that is nobody, or one of our own contracts (ATK-ROL-4)", async () => {
      const f = await loadFixture(deployFixture);
      const { market, escrow, staking, liveness, records, orders, quotes, hold } = f;
      const ours = [ZeroAddress, market, escrow, staking, liveness, records, orders, quotes, hold];
      for (const treasury of await Promise.all(ours.map(async (each) => resolveAddress(each)))) {
        const terms = { ...termsOf(f), treasury };
        await expect(market.connect(f.admin).publishTerms(terms, DEFAULT_WEIGHTS))
          .to.be.revertedWithCustomError(market, "MarketInvalidTreasury")
          .withArgs(treasury);
      }
      expect(await market.currentTermsVersion()).to.equal(1n);
      // Contracts that are not the market's own do: a timelock, a council, a wallet.
      await market
        .connect(f.admin)
        .publishTerms({ ...termsOf(f), treasury: await f.lens.getAddress() }, DEFAULT_WEIGHTS);
      expect(await market.currentTermsVersion()).to.equal(2n);
    });

    for (const [name, least, most] of BOUNDS) {
      it(`takes ${name} from ${least} to ${most}, and not one beyond (ATK-GOV-5, INV-GOV-2)`, async () => {
        const f = await loadFixture(deployFixture);
        const publish = (value: number) =>
          f.market.connect(f.admin).publishTerms({ ...termsOf(f), [name]: value }, DEFAULT_WEIGHTS);
        await publish(least);
        await publish(most);
        const beyond = least === 0 ? [most + 1] : [least - 1, most + 1];
        for (const value of beyond) {
          await expect(publish(value))
            .to.be.revertedWithCustomError(f.market, "MarketParameterOutOfBounds")
            .withArgs(name, value, least, most);
        }
        expect(await f.market.currentTermsVersion()).to.equal(3n);
      });
    }

    it("reverts for all values beyond their bounds at once, naming the first (ATK-GOV-5)", async () => {
      const f = await loadFixture(deployFixture);
      const most = {
        treasury: f.treasury.address,
        feeBps: 2 ** 16 - 1,
        toleranceBps: 2 ** 16 - 1,
        noShowBps: 2 ** 16 - 1,
        noticePeriod: 2 ** 24 - 1,
        activationWindow: 2 ** 24 - 1,
        creditPeriod: 2 ** 32 - 1,
      };
      await expect(f.market.connect(f.admin).publishTerms(most, DEFAULT_WEIGHTS))
        .to.be.revertedWithCustomError(f.market, "MarketParameterOutOfBounds")
        .withArgs("feeBps", 2 ** 16 - 1, 0, 1_000);
    });
  });

  describe("listToken, delistToken", () => {
    it("gives each token a number for good, and each listing another", async () => {
      const f = await loadFixture(deployFixture);
      const governed = f.market.connect(f.admin);
      await expect(governed.listToken(f.hold, 9, 9))
        .to.emit(f.market, "TokenListed")
        .withArgs(f.hold, 3, 3, 9, 9);
      await expect(governed.listToken(f.usd6, 8, 7))
        .to.emit(f.market, "TokenListed")
        .withArgs(f.usd6, 4, 1, 8, 7);
      expect(await f.market.tokenTermsOf(f.usd6)).to.deep.equal([8n, 7n, 1n, 4n, true]);
      expect(await f.market.tokenTermsOf(f.hold)).to.deep.equal([9n, 9n, 3n, 3n, true]);
      const { bounty } = listingOf(6);
      const addresses = await Promise.all([f.usd6.getAddress(), f.usd18.getAddress(), f.hold.getAddress()]);
      expect(await Promise.all([1, 2, 3, 4].map((number) => f.market.tokenByNumber(number)))).to.deep.equal([
        ...addresses,
        ZeroAddress,
      ]);
      expect(await f.market.listingOf(1)).to.deep.equal([addresses[0], bounty]);
      expect(await f.market.listingOf(4)).to.deep.equal([addresses[0], 7n]);
      expect(await f.market.listingOf(5)).to.deep.equal([ZeroAddress, 0n]);
      expect(await f.market.tokenTermsOf(f.stranger)).to.deep.equal([0n, 0n, 0n, 0n, false]);
    });

    it("reverts for a bounty above the minimum lock, by one base unit (INV-LSE-8)", async () => {
      const f = await loadFixture(deployFixture);
      const governed = f.market.connect(f.admin);
      await expect(governed.listToken(f.usd6, 10, 11))
        .to.be.revertedWithCustomError(f.market, "MarketParameterOutOfBounds")
        .withArgs("bounty", 11, 0, 10);
      await governed.listToken(f.usd6, 10, 10);
      await governed.listToken(f.usd6, 2n ** 112n - 1n, 2n ** 96n - 1n);
      expect(await f.market.tokenTermsOf(f.usd6)).to.deep.equal([2n ** 112n - 1n, 2n ** 96n - 1n, 1n, 4n, true]);
    });

    it("takes a token off the list once, and keeps all else of it", async () => {
      const f = await loadFixture(deployFixture);
      const governed = f.market.connect(f.admin);
      await expect(governed.delistToken(f.usd6)).to.emit(f.market, "TokenDelisted").withArgs(f.usd6);
      const { minimumLock, bounty } = listingOf(6);
      expect(await f.market.tokenTermsOf(f.usd6)).to.deep.equal([minimumLock, bounty, 1n, 1n, false]);
      for (const token of [f.usd6, f.hold]) {
        await expect(governed.delistToken(token))
          .to.be.revertedWithCustomError(f.market, "MarketTokenNotListed")
          .withArgs(token);
      }
    });
  });

  describe("pauseEntries (INV-GOV-3)", () => {
    it("pauses for as long as it says, at most seven days, and ends by itself", async () => {
      const f = await loadFixture(deployFixture);
      const second = (await now()) + 10;
      await expect(at(second, () => f.market.connect(f.guardian).pauseEntries(7 * DAY)))
        .to.emit(f.market, "EntriesPaused")
        .withArgs(second + 7 * DAY);
      expect(await f.market.pausedUntil()).to.equal(second + 7 * DAY);
      await expect(f.market.connect(f.guardian).pauseEntries(7 * DAY + 1))
        .to.be.revertedWithCustomError(f.market, "MarketParameterOutOfBounds")
        .withArgs("pause", 7 * DAY + 1, 0, 7 * DAY);
    });

    it("is ended at once by a pause of no length", async () => {
      const f = await loadFixture(deployFixture);
      await f.market.connect(f.guardian).pauseEntries(DAY);
      const second = (await now()) + 10;
      await expect(at(second, () => f.market.connect(f.guardian).pauseEntries(0)))
        .to.emit(f.market, "EntriesPaused")
        .withArgs(second);
    });
  });
});

/** The same terms as the contract returns them. */
function numbersOf<T extends { noticePeriod: number; activationWindow: number }>(terms: T) {
  return { noticePeriod: BigInt(terms.noticePeriod), activationWindow: BigInt(terms.activationWindow) };
}
