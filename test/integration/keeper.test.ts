import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { pino } from "pino";

import type { Sources } from "../../keeper/chain/events";
import { ProtocolExecutor } from "../../keeper/chain/executor";
import { RpcReader } from "../../keeper/chain/reader";
import { Sender } from "../../keeper/chain/sender";
import { ChainIndex } from "../../keeper/core/chainIndex";
import { Keeper } from "../../keeper/ops/keeper";
import type { DisputePhase } from "../../sdk/disputes";
import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import {
  ANSWER_WINDOW,
  APPEAL_WINDOW,
  disputeFixture,
  fileClaim,
  Outcome,
  Phase,
  concede,
  decide,
} from "../helpers/disputes";
import { activate, EndReason, LeaseStatus, openLease } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { MOST_LOCK, MOST_PRICE } from "../helpers/orders";
import { ACTIVATION_WINDOW, DAY, HOUR, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { activeLease } from "../helpers/scene";
import { storedLease } from "../helpers/words";

describe("keeper on a chain", () => {
  const { signal } = new AbortController();

  async function executorOf(f: OpenMarket): Promise<ProtocolExecutor> {
    const { market, disputes, keeper } = f;
    return new ProtocolExecutor(
      { market: market.connect(keeper), disputes: disputes.connect(keeper) },
      await sourcesOf(f),
      new Sender(keeper, ethers.provider, keeper.address, { stuckAfterMs: 5_000 }, signal),
    );
  }

  async function keeperOf(f: OpenMarket): Promise<Keeper> {
    return new Keeper({
      index: new ChainIndex(OUTAGE_ALLOWANCE, 64),
      reader: new RpcReader(ethers.provider, await sourcesOf(f)),
      executor: await executorOf(f),
      feePerGas: () => Promise.resolve(1n),
      policy: { minProfit: 0n, patience: 0, prices: new Map(), disputes: true },
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

  it("executes a dispute that fell silent in the second that it is ripe, not one before, and settles it (INV-DSP-1)", async () => {
    const fixture = await loadFixture(disputeFixture);
    const { disputes, hold, offerD, stranger } = fixture;
    const lease = await activeLease(fixture, { offer: offerD, duration: 30 * DAY });
    const kept = await keeperOf(fixture);
    const { id, filedAt, bond } = await fileClaim(fixture, lease, { claimant: stranger });
    const ripe = filedAt + ANSWER_WINDOW + APPEAL_WINDOW;
    const before = await hold.balanceOf(stranger);

    await time.increaseTo(ripe - 1);
    expect(await kept.pass()).to.include({ openLeases: 1, openDisputes: 1, planned: 0, executed: 0 });
    await time.increaseTo(ripe);
    expect(await kept.pass()).to.include({ openDisputes: 1, planned: 1, executed: 1, settled: 0, failed: 0 });
    const { phase, outcome } = await disputes.disputeView(id);
    expect([phase, outcome]).to.deep.equal([Phase.Executed, Outcome.Upheld].map(BigInt));
    expect(await kept.pass()).to.include({ openDisputes: 1, planned: 1, executed: 0, settled: 1, failed: 0 });
    expect((await disputes.disputeView(id)).phase).to.equal(Phase.Settled);
    expect((await hold.balanceOf(stranger)) - before).to.equal(bond);
    expect(await hold.balanceOf(disputes)).to.equal(0n);
    expect(await kept.pass()).to.include({ openLeases: 1, openDisputes: 0, planned: 0, failed: 0 });
  });

  it("sends nothing for a dispute that somebody else executed and settled since it looked (ATK-KPR-5)", async () => {
    const fixture = await loadFixture(disputeFixture);
    const { disputes, offerD, tenantA, providerA, stranger, keeper } = fixture;
    const lease = await activeLease(fixture, { offer: offerD, duration: 30 * DAY });
    const { id } = await fileClaim(fixture, lease, { claimant: tenantA });
    await concede(disputes, providerA, id);
    const executor = await executorOf(fixture);
    const nonce = await keeper.getNonce();
    expect(await executor.simulate("execute", [id])).to.include({ type: "works", done: 1 });
    expect(await executor.simulate("settle", [id])).to.deep.equal({ type: "works", done: 0, gas: 0n });

    await disputes.connect(stranger).execute(id);
    expect(await executor.simulate("execute", [id])).to.deep.equal({ type: "works", done: 0, gas: 0n });
    await disputes.connect(stranger).settle(id);
    expect(await executor.simulate("settle", [id])).to.deep.equal({ type: "works", done: 0, gas: 0n });
    expect(await keeper.getNonce()).to.equal(nonce);
  });

  it("says why where a dispute is not ripe, and holds it against that dispute alone", async () => {
    const fixture = await loadFixture(disputeFixture);
    const lease = await activeLease(fixture, { offer: fixture.offerD, duration: 30 * DAY });
    const { id } = await fileClaim(fixture, lease);
    await time.increase(ANSWER_WINDOW);
    const simulation = await (await executorOf(fixture)).simulate("execute", [id]);
    expect(simulation.type === "reverts" && simulation.reason).to.contain("until then what stands may still change");
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

    const reader = new RpcReader(ethers.provider, await sourcesOf(fixture));
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

  it("reads every step of a dispute from the log, and passes over what claims do to their lease", async () => {
    const fixture = await loadFixture(disputeFixture);
    const { market, disputes, offerD, tenantA, providerA, stranger, appeals } = fixture;
    const { memberA, memberB, memberC } = fixture;
    const lease = await activeLease(fixture, { offer: offerD, duration: 30 * DAY });
    const moves: { type: "DisputeMoved"; disputeId: bigint; phase: DisputePhase }[] = [];
    const expectMoves = (disputeId: bigint, ...phases: DisputePhase[]): void => {
      for (const phase of phases) moves.push({ type: "DisputeMoved", disputeId, phase });
    };

    const ruled = await fileClaim(fixture, lease);
    await disputes.connect(providerA).answer(ruled.id);
    for (const member of [memberA, memberB, memberC]) await disputes.connect(member).rule(ruled.id, false);
    await disputes.connect(tenantA).appeal(ruled.id);
    await decide(disputes, appeals, [ruled.id], [Outcome.Upheld]);
    await disputes.connect(stranger).execute(ruled.id);
    await disputes.connect(stranger).settle(ruled.id);
    expectMoves(ruled.id, "Filed", "Answered", "Decided", "Appealed", "Final", "Executed", "Settled");
    const withdrawn = await fileClaim(fixture, lease, { claimant: stranger });
    await disputes.connect(stranger).withdraw(withdrawn.id);
    expectMoves(withdrawn.id, "Filed", "Final", "Executed", "Settled");
    const conceded = await fileClaim(fixture, lease);
    await concede(disputes, providerA, conceded.id);
    expectMoves(conceded.id, "Filed", "Final");
    await market.connect(tenantA).close(lease.id);
    expect((await storedLease(market, lease.id)).reason).to.equal(EndReason.ClosedAfterFault);

    const reader = new RpcReader(ethers.provider, await sourcesOf(fixture));
    const said = (await reader.events(0, await ethers.provider.getBlockNumber())).slice(-moves.length - 2);
    expect(said.map(({ block: _, ...event }) => event)).to.deep.equal([
      { type: "LeaseActivated", leaseId: lease.id, startedAt: lease.startedAt },
      ...moves,
      { type: "LeaseEnded", leaseId: lease.id },
    ]);
  });

  async function sourcesOf({ market, disputes }: OpenMarket): Promise<Sources> {
    return { market: await market.getAddress(), disputes: await disputes.getAddress() };
  }

  async function bountyOf(market: Awaited<ReturnType<typeof keptMarket>>["market"], lease: bigint): Promise<bigint> {
    return (await market.listingOf((await storedLease(market, lease)).listing)).bounty;
  }
});
