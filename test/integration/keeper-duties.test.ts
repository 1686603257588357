import { takeSnapshot } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";

import { doneBy } from "../../keeper/chain/doneBy";
import { Executor } from "../../keeper/chain/executor";
import { type Duty, type DutyKind, keyOf } from "../../keeper/core/duties";
import { disputeFixture, disputeIdOf, fileClaim } from "../helpers/disputes";
import { dutiesOn, SIMULATOR, sourcesOf } from "../helpers/duties";
import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { ACTIVATION_WINDOW, DAY, HOUR, listingOf, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { activeLease, pendingLease, serve } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";
import { failOverWindow, fallbacksOf, MOST_ORDER_PRICE } from "../orders/scene";

const GAS = 5_000_000n;
const { bounty: BOUNTY } = listingOf(6);
/** A claim that its module does not end is over after this time, seconds. */
const CLAIM_LIFE = 60 * DAY;
/** How long before the end of a lease its order for an hour fails over, seconds. */
const WINDOW = failOverWindow(HOUR, 2 * HOUR);

/** Everything the duties that the logs tell of are tried on: whatever a keeper believes, the contracts decide. */
async function keeperOf(f: OpenMarket, served: readonly string[] = []) {
  const sources = await sourcesOf(f);
  const executor = new Executor(sources, f.keeper.address, SIMULATOR);

  /** The duty, as the logs of the chain tell it now. */
  const duty = async (kind: DutyKind, id: bigint): Promise<Duty | undefined> =>
    (await dutiesOn(f, served)).get(keyOf(kind, id));

  /** Sends it in a block of exactly that second. Returns what it did. */
  const send = async (kind: DutyKind, id: bigint, second: number) => {
    const call = executor.encode(kind, [id]);
    const sent = await at(second, () => f.keeper.sendTransaction({ ...call, gasLimit: GAS })).catch(passOverReverts);
    return sent === undefined ? [] : doneBy(f.keeper.address, sources, (await sent.wait())!.logs);
  };

  const attempt = async (kind: DutyKind, id: bigint): Promise<number> => {
    const simulation = await executor.simulate(kind, [id], GAS);
    return simulation.type === "works" ? simulation.done : 0;
  };

  /** Checks that it works in the second in which it falls due, and not in the one before; leaves it done. */
  const fallsDue = async (kind: DutyKind, id: bigint, dueAt: number, bounty = 0n): Promise<void> => {
    const key = keyOf(kind, id);
    expect(await duty(kind, id)).to.include({ key, id, kind, dueAt });
    if ((await now()) < dueAt - 1) {
      expect(await send(kind, id, dueAt - 1), "one second early").to.deep.equal([]);
      expect(await attempt(kind, id), "simulated early").to.equal(0);
    }
    const snapshot = await takeSnapshot();
    await moveTo(dueAt);
    expect(await attempt(kind, id), "simulated in time").to.equal(1);
    await snapshot.restore();
    expect(await send(kind, id, dueAt), "in time").to.deep.equal([{ key, bounty }]);
    expect((await duty(kind, id))?.dueAt, "afterwards").not.to.equal(dueAt);
    expect(await attempt(kind, id), "once more").to.equal(0);
  };
  return { duty, send, attempt, fallsDue, executor };
}

function passOverReverts(error: unknown): undefined {
  if (!(error instanceof Error) || !error.message.includes("reverted with custom error")) throw error;
}

/** Orders two renewals of tenantA's lease for `period`, at any price and bounty. */
async function order(f: OpenMarket, leaseId: bigint, period: number, ...offers: bigint[]) {
  const fallbacks = await fallbacksOf(f, offers);
  return f.orders.connect(f.tenantA).setOrder(leaseId, period, 2, MOST_ORDER_PRICE, 10n ** 12n, fallbacks);
}

describe("duties as the logs tell them, and as the contracts accept them (ATK-KPR-5, ATK-KPR-7)", () => {
  it("expire: from the end on, wherever it was moved; a closed lease needs nothing (INV-LSE-7)", async () => {
    const f = await loadFixture(openMarketFixture);
    const kept = await keeperOf(f);
    const [plain, extended, closed] = [await activeLease(f), await activeLease(f), await activeLease(f)];
    await f.market.connect(f.tenantB).extend(extended.id, extended.tenant, HOUR, 2n ** 120n);
    await f.market.connect(f.tenantA).close(closed.id);
    expect([...(await dutiesOn(f)).keys()].sort()).to.deep.equal(
      [plain, extended].map(({ id }) => keyOf("expire", id)).sort(),
    );
    await kept.fallsDue("expire", plain.id, plain.end, BOUNTY);
    await kept.fallsDue("expire", extended.id, extended.end + HOUR, BOUNTY);
    expect([...(await dutiesOn(f)).keys()]).to.deep.equal([]);
  });

  it("cancelNoShow: when the outage allowance after the deadline has passed (INV-LSE-7)", async () => {
    const f = await loadFixture(openMarketFixture);
    const kept = await keeperOf(f);
    const lease = await pendingLease(f);
    await kept.fallsDue("cancelNoShow", lease.id, lease.cutoff, BOUNTY);
  });

  it("renew: in the hour before each end, as often as was ordered, and gone at the end (INV-ORD-1)", async () => {
    const f = await loadFixture(openMarketFixture);
    const kept = await keeperOf(f);
    const lease = await activeLease(f, { duration: 2 * HOUR });
    await order(f, lease.id, 2 * HOUR);
    await serve(f, lease, lease.end - HOUR - 1);
    await kept.fallsDue("renew", lease.id, lease.end - HOUR, BOUNTY);

    const end = lease.end + 2 * HOUR;
    await f.liveness.connect(f.operatorA).heartbeat(f.providerA);
    await serve(f, lease, end - 1);
    const { goneAt } = (await kept.duty("renew", lease.id))!;
    expect(goneAt).to.equal(end);
    const snapshot = await takeSnapshot();
    expect(await kept.send("renew", lease.id, end), "too late").to.deep.equal([]);
    await snapshot.restore();
    expect(await kept.send("renew", lease.id, end - 1), "at last").to.have.length(1);
    expect(await kept.duty("renew", lease.id), "used up").to.equal(undefined);
    await kept.fallsDue("expire", lease.id, end + 2 * HOUR, BOUNTY);
  });

  for (const [what, undo] of [
    ["taken back", (f: OpenMarket, id: bigint) => f.orders.connect(f.tenantA).cancelOrder(id)],
    [
      "void after a transfer",
      async (f: OpenMarket, id: bigint) => {
        await f.market.connect(f.tenantA).offerTransfer(id, f.tenantB);
        await f.market.connect(f.tenantB).acceptTransfer(id, 0n);
      },
    ],
  ] as const) {
    it(`renew and failOver: nothing where the order is ${what} (INV-ORD-2)`, async () => {
      const f = await loadFixture(openMarketFixture);
      const kept = await keeperOf(f);
      const lease = await activeLease(f, { duration: 3 * DAY });
      await order(f, lease.id, HOUR, f.offerB);
      expect(await kept.duty("renew", lease.id)).to.include({ dueAt: lease.end - HOUR, goneAt: lease.end });
      expect(await kept.duty("failOver", lease.id)).to.include({ dueAt: lease.end - WINDOW, goneAt: lease.end });
      await undo(f, lease.id);
      const end = (await kept.duty("expire", lease.id))!.dueAt;
      expect(await kept.duty("renew", lease.id)).to.equal(undefined);
      expect(await kept.duty("failOver", lease.id)).to.equal(undefined);
      await serve(f, lease, end - WINDOW);
      await moveTo(end - WINDOW);
      expect(await kept.attempt("renew", lease.id)).to.equal(0);
      expect(await kept.attempt("failOver", lease.id)).to.equal(0);
    });
  }

  it("failOver alone after a notice, in the last quarter of the period before the new end (INV-ORD-1)", async () => {
    const f = await loadFixture(openMarketFixture);
    const kept = await keeperOf(f);
    const lease = await activeLease(f, { duration: 3 * DAY });
    await order(f, lease.id, HOUR, f.offerB);
    const end = (await now()) + 2 * DAY;
    await f.market.connect(f.providerA).giveNotice(lease.id, end);
    expect(await kept.duty("renew", lease.id)).to.equal(undefined);
    expect(await kept.duty("failOver", lease.id)).to.include({ dueAt: end - WINDOW, goneAt: end });
    await serve(f, lease, end - WINDOW - 10);
    await at(end - WINDOW - 5, () => f.liveness.connect(f.operatorB).heartbeat(f.providerB));
    await kept.fallsDue("failOver", lease.id, end - WINDOW, BOUNTY);
  });

  it("failOver: nothing after a notice where the order names no fallback", async () => {
    const f = await loadFixture(openMarketFixture);
    const kept = await keeperOf(f);
    const lease = await activeLease(f, { duration: 3 * DAY });
    await order(f, lease.id, HOUR);
    await f.market.connect(f.providerA).giveNotice(lease.id, (await now()) + 2 * DAY);
    expect(await kept.duty("renew", lease.id)).to.equal(undefined);
    expect(await kept.duty("failOver", lease.id)).to.equal(undefined);
  });

  it("failOver: near the end, where the offer is retired; the order moves to the new lease (INV-ORD-1)", async () => {
    const f = await loadFixture(openMarketFixture);
    const kept = await keeperOf(f);
    const lease = await activeLease(f, { duration: 2 * HOUR });
    await order(f, lease.id, HOUR, f.offerB);
    const from = lease.end - WINDOW;
    await serve(f, lease, from - 10);
    await at(from - 5, () => f.liveness.connect(f.operatorB).heartbeat(f.providerB));
    await moveTo(from);
    const simulated = await kept.executor.simulate("failOver", [lease.id], GAS);
    expect(simulated, "still served").to.have.property("type", "reverts");
    await f.market.connect(f.providerA).retireOffer(f.offerA);
    expect(await kept.attempt("renew", lease.id), "of a retired offer").to.equal(0);
    const sent = await kept.send("failOver", lease.id, from + 60);
    expect(sent).to.deep.equal([{ key: keyOf("failOver", lease.id), bounty: BOUNTY }]);

    expect(await kept.duty("failOver", lease.id)).to.equal(undefined);
    expect(await kept.executor.simulate("failOver", [lease.id], GAS), "again").to.deep.equal({
      type: "works",
      done: 0,
    });
    const next = (f.offerB << 32n) | 1n;
    const cutoff = from + 60 + ACTIVATION_WINDOW + OUTAGE_ALLOWANCE;
    expect(await kept.duty("cancelNoShow", next)).to.include({ dueAt: cutoff });
    await f.liveness.connect(f.operatorB).heartbeat(f.providerB);
    await f.market.connect(f.operatorB).activate([next]);
    const end = (await now()) + HOUR;
    expect(await kept.duty("renew", next), "the order that moved").to.include({ dueAt: end - HOUR, goneAt: end });
    await kept.fallsDue("expire", lease.id, lease.end, BOUNTY);
  });

  it("failOver: not a second before the last quarter of the period, of a dark provider's lease", async () => {
    const f = await loadFixture(openMarketFixture);
    const kept = await keeperOf(f);
    const lease = await activeLease(f, { duration: 3 * HOUR });
    await order(f, lease.id, HOUR, f.offerB);
    await at(lease.end - WINDOW - 10, () => f.liveness.connect(f.operatorB).heartbeat(f.providerB));
    await kept.fallsDue("failOver", lease.id, lease.end - WINDOW, BOUNTY);
  });

  it("collect: once a day while the lease runs, at its end, and its collateral when the claim tail is over", async () => {
    const f = await loadFixture(openMarketFixture);
    const kept = await keeperOf(f, [f.providerA.address]);
    const lease = await activeLease(f, { duration: 3 * DAY });
    await activeLease(f, { offer: f.offerC, duration: 3 * DAY }); // of a provider that is not served
    const key = keyOf("collect", lease.id);
    const firstDay = lease.startedAt + DAY;
    expect(await kept.duty("collect", lease.id)).to.include({ dueAt: firstDay, provider: f.providerA.address });
    await serve(f, lease, firstDay);
    expect(await kept.send("collect", lease.id, firstDay + 5)).to.deep.equal([{ key, bounty: 0n }]);
    expect((await kept.duty("collect", lease.id))?.dueAt).to.equal(firstDay + 5 + DAY);
    await f.market.connect(f.stranger).collect([lease.id]);
    expect((await kept.duty("collect", lease.id))?.dueAt, "paid by somebody else").to.equal((await now()) + DAY);
    await serve(f, lease, firstDay + DAY);
    await at(firstDay + DAY + 10, () => f.market.connect(f.stranger).collect([lease.id]));
    expect(await kept.duty("collect", lease.id), "nearer to the end than a day").to.equal(undefined);

    await serve(f, lease, lease.end);
    await kept.fallsDue("expire", lease.id, lease.end, BOUNTY);
    expect(await kept.duty("collect", lease.id)).to.include({ dueAt: lease.end });
    expect(await kept.send("collect", lease.id, lease.end + 1)).to.deep.equal([{ key, bounty: 0n }]);
    await kept.fallsDue("collect", lease.id, lease.end + 3 * DAY);
    expect(await kept.duty("collect", lease.id), "nothing is left in it").to.equal(undefined);
    expect((await dutiesOn(f, [f.providerA.address])).size, "of the other provider: its end").to.equal(1);
  });

  for (const [what, lived, tail] of [
    ["an hour after a lease that lived for a minute", 60, HOUR],
    ["seven days after one that lived for ten", 10 * DAY, 7 * DAY],
  ] as const) {
    it(`collect: collateral is back ${what}`, async () => {
      const f = await loadFixture(openMarketFixture);
      const kept = await keeperOf(f, [f.providerA.address]);
      const lease = await activeLease(f, { duration: 20 * DAY });
      await at(lease.startedAt + lived, () => f.market.connect(f.tenantA).close(lease.id));
      expect(await kept.send("collect", lease.id, lease.startedAt + lived + 1)).to.have.length(1);
      await kept.fallsDue("collect", lease.id, lease.startedAt + lived + tail);
    });
  }

  it("collect, execute, settle: collateral waits for claims; a dispute ends when everybody was silent (INV-DSP-1)", async () => {
    const f = await loadFixture(disputeFixture);
    const kept = await keeperOf(f, [f.providerA.address]);
    const lease = await activeLease(f, { offer: f.offerD, duration: DAY });
    await at(lease.startedAt + HOUR, () => f.market.connect(f.tenantA).close(lease.id));
    const { filedAt } = await fileClaim(f, lease);
    expect(await kept.send("collect", lease.id, filedAt + 1)).to.have.length(1);
    const released = lease.startedAt + 2 * HOUR;
    expect(await kept.duty("collect", lease.id), "a claim is open").to.include({ dueAt: released + CLAIM_LIFE });

    const dispute = disputeIdOf(lease.id, f.tenantA);
    const ripe = filedAt + 4 * DAY;
    await kept.fallsDue("execute", dispute, ripe);
    expect(await kept.duty("collect", lease.id), "the tail has long passed").to.include({ dueAt: released });
    expect(await kept.send("collect", lease.id, ripe + 1)).to.have.length(1);
    expect(await kept.duty("settle", dispute)).to.include({ dueAt: ripe });
    expect(await kept.attempt("execute", dispute), "somebody was first").to.equal(0);
    const settled = await kept.send("settle", dispute, ripe + 2);
    expect(settled).to.deep.equal([{ key: keyOf("settle", dispute), bounty: 0n }]);
    expect(await dutiesOn(f, [f.providerA.address])).to.have.property("size", 0);
  });

  it("tells a batch that runs out of gas from one that reverts", async () => {
    const f = await loadFixture(openMarketFixture);
    const { executor } = await keeperOf(f);
    const lease = await activeLease(f);
    await moveTo(lease.end);
    expect(await executor.simulate("expire", [lease.id], GAS)).to.deep.equal({ type: "works", done: 1 });
    for (const gas of [21_500n, 40_000n, 60_000n]) {
      expect(await executor.simulate("expire", [lease.id], gas), `${gas}`).to.deep.equal({ type: "outOfGas" });
    }
    const { timestamp } = (await ethers.provider.getBlock("latest"))!;
    expect(timestamp).to.equal(lease.end);
  });
});
