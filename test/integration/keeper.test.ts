import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { pino } from "pino";

import { MarketExecutor } from "../../keeper/chain/market";
import { RpcReader } from "../../keeper/chain/reader";
import { Sender } from "../../keeper/chain/sender";
import { LeaseIndex } from "../../keeper/core/leaseIndex";
import { Keeper } from "../../keeper/ops/keeper";
import { openMarketFixture } from "../helpers/fixture";
import { activate, EndReason, LeaseStatus, openLease } from "../helpers/leases";
import { ACTIVATION_WINDOW, HOUR, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { storedLease } from "../helpers/words";

describe("keeper on a chain", () => {
  async function keptMarket() {
    const fixture = await openMarketFixture();
    const { market, keeper, liveness, usd6, usd18, offerA, offerC, providerA, operatorA, providerC, operatorC } =
      fixture;
    const { tenantA, tenantB } = fixture;
    const address = await market.getAddress();
    const signal = new AbortController().signal;
    const build = (): Keeper =>
      new Keeper({
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

    const duration = 2 * HOUR;
    const [dollars, coins] = [await usd6.getAddress(), await usd18.getAddress()];
    const first = await openLease(market, tenantA, { token: dollars, offers: [offerA], duration });
    const second = await openLease(market, tenantB, { token: coins, offers: [offerC], duration });
    const never = await openLease(market, tenantB, { token: dollars, offers: [offerA] });
    const openedAt = await time.latest();
    await activate({ market, liveness }, operatorA, providerA, first);
    await activate({ market, liveness }, operatorC, providerC, second);
    return { ...fixture, build, first, second, never, openedAt, endsAt: (await time.latest()) + duration };
  }

  it("expires what is due, cancels the no-show, earns the bounties, and finds nothing more to do", async () => {
    const { build, market, escrow, keeper, usd6, usd18, first, second, never, openedAt, endsAt } =
      await loadFixture(keptMarket);
    const kept = build();
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
    const { build, market, stranger, keeper, first, second, endsAt } = await loadFixture(keptMarket);
    const kept = build();
    await kept.pass();
    await time.increaseTo(endsAt);
    await market.connect(stranger).expire([first, second]);
    const nonce = await keeper.getNonce();
    await kept.pass();
    expect((await storedLease(market, first)).status).to.equal(LeaseStatus.Closed);
    expect(await keeper.getNonce()).to.be.at.most(nonce + 1); // the no-show is still due
  });

  async function bountyOf(market: Awaited<ReturnType<typeof keptMarket>>["market"], lease: bigint): Promise<bigint> {
    return (await market.listingOf((await storedLease(market, lease)).listing)).bounty;
  }
});
