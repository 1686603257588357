import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { type Addressable, Contract, Interface, MaxUint256, ZeroAddress } from "ethers";
import { ethers } from "hardhat";

import { rulesWith } from "../helpers/disputes";
import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { keepLive } from "../helpers/heartbeats";
import { createOffer, leaseIdOf, MisfitReason, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { costOf, earnedOf, lockOf, netOf, perHour, perSecond } from "../helpers/money";
import { anOffer, anOrder, MOST_PRICE } from "../helpers/orders";
import { DAY, DEFAULT_TERMS, DEFAULT_WEIGHTS, FEE_BPS, HOUR, MINUTE } from "../helpers/parameters";
import { type ActiveLease, activeLease, fund, movements, offerOf } from "../helpers/scene";
import { at, now } from "../helpers/time";
import { storedOffer } from "../helpers/words";
import { BOUNTY, countOf, NEAR, place, renew } from "../orders/scene";

const ANY_COST = 2n ** 256n - 1n;

/** Errors of market and disputes that they do not have yet. */
const COMING = {
  interface: new Interface([
    "error MarketRateTooLarge(uint96 leaseId, uint256 rate, uint256 most)",
    "error MarketInvalidTreasury(address treasury)",
    "error DisputesInvalidTreasury(address treasury)",
  ]),
};

/** A reason that the market does not know yet; the lens tells it. */
const TOKEN_NOT_LISTED = 15n;

// The calls that depend on how offers and leases are named.

/** Opens a lease on an offer that its tenant chose because it was `provider`'s. */
const open = async (f: OpenMarket, tenant: HardhatEthersSigner, offer: bigint, _provider: Addressable) =>
  openLease(f.market, tenant, { token: await f.usd6.getAddress(), offers: [offer], duration: HOUR });

/** Places an order with a fallback that its tenant chose because it was `provider`'s. */
const placeOn = (f: OpenMarket, lease: ActiveLease, offer: bigint, _provider: Addressable) =>
  place(f, lease, { period: 4 * HOUR, maxPrice: 2n ** 120n - 1n, fallbacks: [offer] });

/** Takes a lease over in which the recipient expects `_minLocked` base units. */
const accept = (f: OpenMarket, { id }: Pick<ActiveLease, "id">, recipient: HardhatEthersSigner, _minLocked: bigint) =>
  f.market.connect(recipient).acceptTransfer(id);

const resize = (f: OpenMarket, { id, tenant }: ActiveLease, units: number) =>
  f.market.connect(tenant).resize(id, units, MOST_PRICE, ANY_COST);

describe("Roles: openings, transfers and what is asked of governance", () => {
  // These show what happens as long as candidates and fallbacks are named by number alone.
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

    it("is leased: the tenant's money is locked for the stranger", async () => {
      const f = await loadFixture(strangerFixture);
      const offer = await reorganised(f);
      const id = await open(f, f.tenantA, offer, f.providerA);
      const view = await f.lens.leaseView(id);
      expect([view.provider, view.tenant]).to.deep.equal([f.stranger.address, f.tenantA.address]);
      expect(view.locked).to.equal(lockOf(perHour(300_000n), HOUR, BOUNTY));
      expect(view.locked).to.equal(350_000n);
    });

    it("is a fallback: the lease fails over to the stranger", async () => {
      const f = await loadFixture(strangerFixture);
      const lease = await activeLease(f, { duration: HOUR });
      const offer = await reorganised(f);
      await placeOn(f, lease, offer, f.providerA);
      await f.market.connect(f.providerA).retireOffer(f.offerA);
      await f.liveness.connect(f.stranger).heartbeat(f.stranger);
      await f.orders.connect(f.keeper).failOver(lease.id);
      const view = await f.lens.leaseView(leaseIdOf(offer, 1));
      expect([view.provider, view.tenant]).to.deep.equal([f.stranger.address, f.tenantA.address]);
    });
  });

  // This shows what happens as long as a recipient cannot say what it expects.
  describe("a lease that its giver shrinks in front of its acceptance", () => {
    it("is taken over with a tenth of what was in it", async () => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { units: 10, duration: DAY });
      await f.market.connect(f.tenantA).offerTransfer(lease.id, f.tenantB);
      const shown = (await f.lens.leaseView(lease.id)).locked;
      expect(shown).to.equal(lockOf(lease.rate, DAY, BOUNTY));

      const second = lease.startedAt + 10;
      const taken = await movements(f, lease.token, [f.tenantA, f.tenantB], async () => {
        await at(second - 1, () => resize(f, lease, 1));
        await at(second, () => accept(f, lease, f.tenantB, shown));
      });
      // What the lease earned by then is paid net of the fee, which waits in the lease; ten units' became one unit's.
      const [rate, earned] = [lease.rate / 10n, earnedOf(lease.rate, 9)];
      const left = earned - netOf(lease.rate, 9, FEE_BPS) + costOf(rate, DAY - 9) + BOUNTY;
      const refund = costOf(lease.rate, DAY) - earned - costOf(rate, DAY - 9);
      expect(taken).to.deep.equal([
        [refund, -shown],
        [0n, left],
      ]);
      expect(left * 9n).to.be.lessThan(shown);
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
      const [quote] = await f.lens.quote(anOrder({ token: await f.usd6.getAddress(), offers: [offer] }));
      const [asked] = await f.lens.quote({
        ...anOrder({ token: await f.usd6.getAddress(), offers: [offer] }),
        token: await token.getAddress(),
      });
      return { quote: quote!, asked: asked! };
    };

    it("names that where the token never was", async () => {
      const f = await loadFixture(openMarketFixture);
      const unlisted = await ethers.deployContract("MockToken", ["Dollar", "USD8", 8]);
      const { quote, asked } = await quoteIn(f, unlisted, f.offerA);
      expect(quote.reason).to.equal(MisfitReason.None);
      expect(asked.reason).to.equal(TOKEN_NOT_LISTED);
    });

    it("names that where the token was taken off the list", async () => {
      const f = await loadFixture(openMarketFixture);
      await f.market.connect(f.admin).delistToken(f.usd6);
      const { asked } = await quoteIn(f, f.usd6, f.offerA);
      expect(asked.reason).to.equal(TOKEN_NOT_LISTED);
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
          .to.be.revertedWithCustomError(COMING, "MarketRateTooLarge")
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
          .to.be.revertedWithCustomError(COMING, "MarketInvalidTreasury")
          .withArgs(treasury);
      });
    }

    it("are refused: terms that pay nobody", async () => {
      const f = await loadFixture(openMarketFixture);
      const terms = { treasury: ZeroAddress, ...DEFAULT_TERMS };
      await expect(f.market.connect(f.admin).publishTerms(terms, DEFAULT_WEIGHTS))
        .to.be.revertedWithCustomError(COMING, "MarketInvalidTreasury")
        .withArgs(ZeroAddress);
    });

    for (const vault of ["disputes", "market", "escrow", "staking", "hold", "council"] as const) {
      it(`are refused: rules that pay ${vault}`, async () => {
        const f = await loadFixture(openMarketFixture);
        const treasury = await f[vault].getAddress();
        await expect(f.disputes.connect(f.admin).publishRules(rulesWith(f, { treasury })))
          .to.be.revertedWithCustomError(COMING, "DisputesInvalidTreasury")
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
