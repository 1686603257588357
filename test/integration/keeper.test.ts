import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { pino } from "pino";

import { MarketExecutor } from "../../keeper/chain/market";
import { RpcReader } from "../../keeper/chain/reader";
import { Sender } from "../../keeper/chain/sender";
import { LeaseIndex } from "../../keeper/core/leaseIndex";
import { Keeper } from "../../keeper/ops/keeper";
import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { activate, EndReason, LeaseStatus, openLease } from "../helpers/leases";
import { MOST_LOCK, MOST_PRICE } from "../helpers/orders";
import { ACTIVATION_WINDOW, DAY, HOUR, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { activeLease } from "../helpers/scene";
import { storedLease } from "../helpers/words";

describe("keeper on a chain", () => {
  async function keeperOf({ market, keeper }: OpenMarket): Promise<Keeper> {
    const address = await market.getAddress();
    const signal = new AbortController().signal;
    return new Keeper({
      index: new LeaseIndex(OUTAGE_ALLOWANCE, 64),
      reader: new RpcReader(ethers.provider, address),
      executor: new MarketExecutor(
        market.connect(keeper),
        address,
        new Sender(keeper, ethers.provider, keeper.address, { stuckAfterMs: 5_000 }, signal),
      ),
      feePerGas: () => Promise.resolve(1n),
      policy: { minProfit: 0n, patience: 0, prices: new Map() },
      syncOptions: { startBlock: 0, logRange: 1_000 },
      nodeGasLimit: 30_000_000n,
      log: pino({ level: "silent" }),
      signal,
    });
  }

  async function keptMarket() {
    const fixture = await openMarketFixture();
    const { market, liveness, usd6, usd18, offerA, offerC, providerA, operatorA, providerC, operatorC } = fixture;
    const { tenantA, tenantB } = fixture;

    const duration = 2 * HOUR;
    const [dollars, coins] = [await usd6.getAddress(), await usd18.getAddress()];
    const first = await openLease(market, tenantA, { token: dollars, offers: [offerA], duration });
    const second = await openLease(market, tenantB, { token: coins, offers: [offerC], duration });
    const never = await openLease(market, tenantB, { token: dollars, offers: [offerA] });
    const openedAt = await time.latest();
    await activate({ market, liveness }, operatorA, providerA, first);
    await activate({ market, liveness }, operatorC, providerC, second);
    return { ...fixture, first, second, never, openedAt, endsAt: (await time.latest()) + duration };
  }

  it("expires what is due, cancels the no-show, earns the bounties, and finds nothing more to do", async () => {
    const fixture = await loadFixture(keptMarket);
    const { market, escrow, keeper, usd6, usd18, first, second, never, openedAt, endsAt } = fixture;
    const kept = await keeperOf(fixture);
    expect(await kept.pass()).to.include({ openLeases: 3, planned: 0, ended: 0 });

    await time.increaseTo(openedAt + ACTIVATION_WINDOW + OUTAGE_ALLOWANCE);
    expect(await kept.pass()).to.include({ planned: 1, ended: 1, failed: 0 });
    expect((await storedLease(market, never)).reason).to.equal(EndReason.NoShow);

    await time.increaseTo(endsAt);
    const bounties = await Promise.all([first, second, never].map((lease) => bountyOf(market, lease)));
    const [usd6Before, usd18Before] = [await escrow.freeOf(usd6, keeper), await escrow.freeOf(usd18, keeper)];
    expect(usd6Before).to.equal(bounties[2]);
    expect(await kept.pass()).to.include({ ended: 2, failed: 0 });
    for (const lease of [first, second]) {
      expect(await storedLease(market, lease)).to.include({ status: LeaseStatus.Closed, reason: EndReason.Expired });
    }
    expect((await escrow.freeOf(usd6, keeper)) - usd6Before).to.equal(bounties[0]);
    expect((await escrow.freeOf(usd18, keeper)) - usd18Before).to.equal(bounties[1]);
    expect(await kept.pass()).to.include({ openLeases: 0, planned: 0, ended: 0 });
  });

  it("does nothing twice beside a rival, which had expired the leases before it looked (ATK-LSE-3)", async () => {
    const fixture = await loadFixture(keptMarket);
    const { market, stranger, keeper, first, second, endsAt } = fixture;
    const kept = await keeperOf(fixture);
    await kept.pass();
    await time.increaseTo(endsAt);
    await market.connect(stranger).expire([first, second]);
    const nonce = await keeper.getNonce();
    await kept.pass();
    expect((await storedLease(market, first)).status).to.equal(LeaseStatus.Closed);
    expect(await keeper.getNonce()).to.be.at.most(nonce + 1); // the no-show is still due
  });

  it("expires a renewed, an extended and a noticed lease at its new end, and not a second before (INV-LSE-7)", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { market, orders, tenantA, tenantB, providerC, stranger, offerC } = fixture;
    const renewed = await activeLease(fixture);
    const extended = await activeLease(fixture, { duration: 2 * HOUR });
    const noticed = await activeLease(fixture, { offer: offerC, tenant: tenantB, duration: 3 * DAY });
    const kept = await keeperOf(fixture);
    expect(await kept.pass()).to.include({ openLeases: 3, planned: 0 });

    await orders.connect(tenantA).setOrder(renewed.id, HOUR, 1, MOST_PRICE, 10n ** 6n, []);
    await orders.connect(stranger).renew([renewed.id]);
    await market.connect(tenantB).extend(extended.id, HOUR, MOST_LOCK);
    const noticedEnd = (await time.latest()) + DAY + HOUR;
    await market.connect(providerC).giveNotice(noticed.id, noticedEnd);

    for (const [lease, end, reason] of [
      [renewed.id, renewed.end + HOUR, EndReason.Expired],
      [extended.id, extended.end + HOUR, EndReason.Expired],
      [noticed.id, noticedEnd, EndReason.ExpiredAfterNotice],
    ] as const) {
      await time.increaseTo(end - 1);
      expect(await kept.pass()).to.include({ planned: 0, ended: 0 });
      await time.increaseTo(end);
      expect(await kept.pass()).to.include({ planned: 1, ended: 1, failed: 0 });
      expect(await storedLease(market, lease)).to.include({ status: LeaseStatus.Closed, reason });
    }
  });

  it("reads from the log what moves a lease's end and who its tenant is, and passes over what does neither", async () => {
    const fixture = await loadFixture(openMarketFixture);
    const { market, orders, tenantA, tenantB, providerA } = fixture;
    const { id: leaseId, startedAt } = await activeLease(fixture, { duration: HOUR });
    await orders.connect(tenantA).setOrder(leaseId, HOUR, 1, MOST_PRICE, 10n ** 6n, []);
    await orders.connect(tenantB).renew([leaseId]);
    await market.connect(tenantA).extend(leaseId, 2 * HOUR, MOST_LOCK);
    await market.connect(tenantA).resize(leaseId, 2, MOST_PRICE, MOST_LOCK);
    await market.connect(tenantA).offerTransfer(leaseId, tenantB);
    await market.connect(tenantB).acceptTransfer(leaseId);
    await market.connect(providerA).giveNotice(leaseId, startedAt + 4 * HOUR);
    await time.increaseTo(startedAt + 4 * HOUR);
    await market.expire([leaseId]);

    const reader = new RpcReader(ethers.provider, await market.getAddress());
    const said = (await reader.events(0, await ethers.provider.getBlockNumber())).slice(-6);
    expect(said.map(({ block: _, ...event }) => event)).to.deep.equal([
      { type: "LeaseActivated", leaseId, startedAt },
      { type: "LeaseEndMoved", leaseId, duration: 2 * HOUR },
      { type: "LeaseEndMoved", leaseId, duration: 4 * HOUR },
      { type: "LeaseTransferred", leaseId, tenant: tenantB.address },
      { type: "LeaseEndMoved", leaseId, duration: 4 * HOUR },
      { type: "LeaseEnded", leaseId },
    ]);
  });

  async function bountyOf(market: Awaited<ReturnType<typeof keptMarket>>["market"], lease: bigint): Promise<bigint> {
    return (await market.listingOf((await storedLease(market, lease)).listing)).bounty;
  }
});
