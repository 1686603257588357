import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type Addressable, Contract, MaxUint256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";

import { rulesWith } from "../helpers/disputes";
import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { keepLive } from "../helpers/heartbeats";
import { createOffer, leaseIdOf, MisfitReason, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { carriedOf, costOf, earnedOf, lockOf, perHour, perSecond } from "../helpers/money";
import { anOffer, anOrder, candidateOf, MOST_PRICE } from "../helpers/orders";
import { DAY, DEFAULT_TERMS, DEFAULT_WEIGHTS, HOUR, MINUTE } from "../helpers/parameters";
import { type ActiveLease, activeLease, fund, movements, offerOf } from "../helpers/scene";
import { at, now } from "../helpers/time";
import { storedOffer } from "../helpers/words";
import { BOUNTY, countOf, MOST_ORDER_PRICE, NEAR, place, renew } from "../orders/scene";
import { NO_TERMS, openWith, signQuote } from "../quotes/quoting";

const ANY_COST = 2n ** 256n - 1n;

/** Opens a lease on an offer that its tenant chose because it was `provider`'s. */
async function open(f: OpenMarket, tenant: HardhatEthersSigner, offer: bigint, provider: HardhatEthersSigner) {
  const candidates = [{ offer, provider: provider.address, maxPricePerSecondX32: MOST_PRICE }];
  return openLease(f.market, tenant, { token: await f.usd6.getAddress(), candidates, duration: HOUR });
}

/** Places an order with a fallback that its tenant chose because it was `provider`'s. */
const placeOn = (f: OpenMarket, { id, tenant }: ActiveLease, offer: bigint, provider: HardhatEthersSigner) =>
  f.orders.connect(tenant).setOrder(id, 4 * HOUR, 3, MOST_ORDER_PRICE, BOUNTY, [{ offer, provider: provider.address }]);

/** Takes a lease over in which the recipient expects so many base units at least. */
const accept = (f: OpenMarket, { id }: Pick<ActiveLease, "id">, recipient: HardhatEthersSigner, minLocked: bigint) =>
  f.market.connect(recipient).acceptTransfer(id, minLocked);

const resize = (f: OpenMarket, { id, tenant }: ActiveLease, units: number) =>
  f.market.connect(tenant).resize(id, units, MOST_PRICE, ANY_COST);

describe("Roles: openings, transfers and what is asked of governance", () => {
  describe("a number that another offer has after a reorganisation (ATK-LSE-17)", () => {
    /** A stranger with a bond that can serve a lease. */
    async function strangerFixture() {
      const f = await loadFixture(openMarketFixture);
      await f.hold.connect(f.stranger).approve(f.staking, MaxUint256);
      await f.staking.connect(f.stranger).bond(f.market, 10n ** 21n);
      await f.liveness.connect(f.stranger).setOperator(f.stranger);
      await f.liveness.connect(f.stranger).heartbeat(f.stranger);
      return f;
    }

    /** Takes back the block in which providerA made an offer; a stranger's like it is mined instead. */
    async function reorganised(f: OpenMarket): Promise<bigint> {
      const draft = anOffer({ token: await f.usd6.getAddress(), price: perHour(300_000n) });
      const before = await takeSnapshot();
      const seen = await createOffer(f.market, f.providerA, draft);
      expect((await storedOffer(f.market, seen)).provider).to.equal(BigInt(f.providerA.address));
      await before.restore();
      expect(await createOffer(f.market, f.stranger, draft)).to.equal(seen);
      return seen;
    }

    it("is not leased: the tenant's money stays where it was", async () => {
      const f = await loadFixture(strangerFixture);
      const offer = await reorganised(f);
      const before = await f.lens.fundsOf(f.usd6, f.tenantA);
      await expect(open(f, f.tenantA, offer, f.providerA))
        .to.be.revertedWithCustomError(f.market, "MarketNoOfferFits")
        .withArgs([[offer, MisfitReason.OtherProvider, BigInt(f.stranger.address), BigInt(f.providerA.address)]]);
      expect(await f.lens.fundsOf(f.usd6, f.tenantA)).to.deep.equal(before);
      // Who means the stranger's offer gets it.
      const id = await open(f, f.tenantA, offer, f.stranger);
      expect((await f.lens.leaseView(id)).provider).to.equal(f.stranger.address);
    });

    it("is passed over for the next candidate", async () => {
      const f = await loadFixture(strangerFixture);
      const offer = await reorganised(f);
      const token = await f.usd6.getAddress();
      const meant = { offer, provider: f.providerA.address, maxPricePerSecondX32: MOST_PRICE };
      const candidates = [meant, await candidateOf(f.market, f.offerB)];
      const id = await openLease(f.market, f.tenantA, { token, candidates, duration: HOUR });
      expect(id).to.equal(leaseIdOf(f.offerB, 1));
    });

    it("is no fallback: the order is refused", async () => {
      const f = await loadFixture(strangerFixture);
      const lease = await activeLease(f, { duration: HOUR });
      const offer = await reorganised(f);
      await expect(placeOn(f, lease, offer, f.providerA))
        .to.be.revertedWithCustomError(f.orders, "OrdersOtherProvider")
        .withArgs(offer, f.stranger, f.providerA);
      await placeOn(f, lease, offer, f.stranger);
      expect(await countOf(f, lease)).to.equal(3);
    });

    it("is no offer of a signed quote: its provider is not the signer", async () => {
      const f = await loadFixture(strangerFixture);
      const offer = await reorganised(f);
      const expiry = (await now()) + HOUR;
      const quote = await signQuote(f.providerA, f.quotes, {
        provider: f.providerA.address,
        offer,
        terms: NO_TERMS,
        pricePerSecondX32: perHour(200_000n),
        units: 1,
        expiry,
        tenant: ZeroAddress,
        salt: 1n,
        epoch: 0n,
      });
      await expect(openWith(f.quotes, f.tenantA, quote))
        .to.be.revertedWithCustomError(f.quotes, "QuotesNotProvider")
        .withArgs(offer, f.stranger, f.providerA);
    });
  });

  describe("a lease that its giver shrinks in front of its acceptance", () => {
    /** A lease of ten units for a day, offered to tenantB with what it shows then, and shrunk to one in the tenth second. */
    async function shrunkFixture() {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { units: 10, duration: DAY });
      await f.market.connect(f.tenantA).offerTransfer(lease.id, f.tenantB);
      const shown = (await f.lens.leaseView(lease.id)).locked;
      expect(shown).to.equal(lockOf(lease.rate, DAY, BOUNTY));
      await at(lease.startedAt + 9, () => resize(f, lease, 1));
      // What the lease earned by then is paid, but for a fraction; ten units' became one unit's.
      const left = costOf(lease.rate / 10n, DAY - 9, carriedOf(lease.rate, 9)) + BOUNTY;
      return { f, lease, shown, left };
    }

    it("is not taken over for what it was when it was offered: both figures are told", async () => {
      const { f, lease, shown, left } = await loadFixture(shrunkFixture);
      expect(left * 9n).to.be.lessThan(shown);
      await expect(accept(f, lease, f.tenantB, shown))
        .to.be.revertedWithCustomError(f.market, "MarketLockedTooLow")
        .withArgs(lease.id, shown, left);
      expect((await f.lens.leaseView(lease.id)).tenant).to.equal(f.tenantA.address);
    });

    it("is taken over by who asks for what is in it, and not for one base unit more", async () => {
      const { f, lease, left } = await loadFixture(shrunkFixture);
      await expect(accept(f, lease, f.tenantB, left + 1n))
        .to.be.revertedWithCustomError(f.market, "MarketLockedTooLow")
        .withArgs(lease.id, left + 1n, left);
      const moved = await movements(f, lease.token, [f.tenantA, f.tenantB], () => accept(f, lease, f.tenantB, left));
      expect(moved).to.deep.equal([
        [0n, -left],
        [0n, left],
      ]);
      expect((await f.lens.leaseView(lease.id)).tenant).to.equal(f.tenantB.address);
    });
  });

  describe("a bounty of two dollars in a token of 24 decimals", () => {
    it("is one that a standing order can pay", async () => {
      const f = await loadFixture(openMarketFixture);
      const cheap = await ethers.deployContract("MockToken", ["Dollar", "USD24", 24]);
      const token = await cheap.getAddress();
      const bounty = 2n * 10n ** 24n;
      await f.market.connect(f.admin).listToken(cheap, 2n * bounty, bounty);
      await fund({ ...f, usd6: cheap }, f.tenantA, 100n * bounty, 100n * bounty);
      const offer = await createOffer(f.market, f.providerA, anOffer({ token, price: perHour(2n * bounty) }));
      const id = await openLease(f.market, f.tenantA, { token, offers: [offer], duration: HOUR });
      await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
      await f.market.connect(f.operatorA).activate([id]);
      const [lease, end] = [{ id, tenant: f.tenantA }, (await now()) + HOUR];

      await place(f, lease, { period: HOUR, maxPrice: perHour(2n * bounty), maxBounty: bounty });
      await keepLive(f.liveness, f.operatorA, f.providerA, (await now()) + 1, end - NEAR - 1);
      const before = await f.escrow.freeOf(token, f.keeper);
      await at(end - NEAR, () => renew(f, lease));
      expect((await f.escrow.freeOf(token, f.keeper)) - before).to.equal(bounty);
      expect(await countOf(f, lease)).to.equal(2);
    });
  });

  describe("a quote in a token that is not listed", () => {
    const quoteIn = async (f: OpenMarket, token: Addressable, offer: bigint) => {
      const order = await anOrder(f.market, { token: await f.usd6.getAddress(), offers: [offer] });
      const [quote] = await f.lens.quote(order);
      const [asked] = await f.lens.quote({ ...order, token: await token.getAddress() });
      return { quote: quote!, asked: asked! };
    };

    it("names that where the token never was", async () => {
      const f = await loadFixture(openMarketFixture);
      const unlisted = await ethers.deployContract("MockToken", ["Dollar", "USD8", 8]);
      const { quote, asked } = await quoteIn(f, unlisted, f.offerA);
      expect(quote.reason).to.equal(MisfitReason.None);
      expect(asked.reason).to.equal(MisfitReason.TokenNotListed);
    });

    it("names that where the token was taken off the list", async () => {
      const f = await loadFixture(openMarketFixture);
      await f.market.connect(f.admin).delistToken(f.usd6);
      const { asked } = await quoteIn(f, f.usd6, f.offerA);
      expect(asked.reason).to.equal(MisfitReason.TokenNotListed);
      await expect(open(f, f.tenantA, f.offerA, f.providerA))
        .to.be.revertedWithCustomError(f.market, "MarketTokenNotListed")
        .withArgs(f.usd6);
    });
  });

  describe("growth at an absurd price", () => {
    it("reverts with the rate that it would come to and the highest there is", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f);
      for (const [price, units] of [
        [MOST_PRICE, 2],
        [MOST_PRICE - lease.rate + 1n, 2],
        [MOST_PRICE / 2n, 4],
      ] as const) {
        await f.market.connect(f.providerA).setPrice(f.offerA, price);
        await expect(resize(f, lease, units))
          .to.be.revertedWithCustomError(f.market, "MarketRateTooLarge")
          .withArgs(lease.id, lease.rate + price * BigInt(units - 1), MOST_PRICE);
      }
    });

    it("reverts because of its cost where the rate just fits", async () => {
      const f = await loadFixture(openMarketFixture);
      const offer = await offerOf(f, { price: perSecond(117n) });
      const lease = await activeLease(f, { offer });
      await f.market.connect(f.providerA).setPrice(offer, MOST_PRICE - lease.rate);
      const second = lease.startedAt + 10;
      const cost = earnedOf(lease.rate, 10) + costOf(MOST_PRICE, HOUR - 10) - costOf(lease.rate, HOUR);
      await expect(at(second, () => f.market.connect(f.tenantA).resize(lease.id, 2, MOST_PRICE, cost - 1n)))
        .to.be.revertedWithCustomError(f.market, "MarketCostTooHigh")
        .withArgs(lease.id, cost - 1n, cost);
    });
  });

  describe("terms and rules whose treasury cannot take anything out (ATK-ROL-4)", () => {
    for (const vault of ["market", "escrow", "staking", "liveness", "records", "orders", "quotes", "hold"] as const) {
      it(`are refused: terms that pay ${vault}`, async () => {
        const f = await loadFixture(openMarketFixture);
        const treasury = await f[vault].getAddress();
        await expect(f.market.connect(f.admin).publishTerms({ treasury, ...DEFAULT_TERMS }, DEFAULT_WEIGHTS))
          .to.be.revertedWithCustomError(f.market, "MarketInvalidTreasury")
          .withArgs(treasury);
      });
    }

    it("are refused: terms that pay nobody", async () => {
      const f = await loadFixture(openMarketFixture);
      const terms = { treasury: ZeroAddress, ...DEFAULT_TERMS };
      await expect(f.market.connect(f.admin).publishTerms(terms, DEFAULT_WEIGHTS))
        .to.be.revertedWithCustomError(f.market, "MarketInvalidTreasury")
        .withArgs(ZeroAddress);
    });

    for (const vault of ["disputes", "market", "escrow", "staking", "hold", "council"] as const) {
      it(`are refused: rules that pay ${vault}`, async () => {
        const f = await loadFixture(openMarketFixture);
        const treasury = await f[vault].getAddress();
        await expect(f.disputes.connect(f.admin).publishRules(rulesWith(f, { treasury })))
          .to.be.revertedWithCustomError(f.disputes, "DisputesInvalidTreasury")
          .withArgs(treasury);
      });
    }
  });

  describe("what is fixed for good", () => {
    for (const [contract, name, value] of [
      ["staking", "MIN_UNBONDING_DELAY", 10 * DAY],
      ["staking", "MAX_UNBONDING_DELAY", 60 * DAY],
      ["liveness", "MIN_GRACE", 10 * MINUTE],
      ["liveness", "MAX_GRACE", DAY],
      ["market", "CLAIM_LIFE", 60 * DAY],
      ["disputes", "ANSWER_WINDOW", 2 * DAY],
      ["disputes", "RULING_WINDOW", 4 * DAY],
      ["disputes", "APPEAL_WINDOW", 2 * DAY],
      ["disputes", "DECISION_WINDOW", 21 * DAY],
      ["disputes", "MAX_FAULT_AGE", 7 * DAY],
      ["council", "MAX_SEATS", 99],
    ] as const) {
      it(`can be read: ${name} of ${contract}`, async () => {
        const f = await loadFixture(openMarketFixture);
        const view = new Contract(
          await f[contract].getAddress(),
          [`function ${name}() view returns (uint256)`],
          f.admin,
        );
        const told: unknown = await view.getFunction(name).staticCall();
        expect(told).to.equal(BigInt(value));
      });
    }
  });
});
