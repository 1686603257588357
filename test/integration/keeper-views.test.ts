import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";

import type { CallRequest } from "../../keeper/chain/api";
import { decodeEvent, TOPICS } from "../../keeper/chain/events";
import { disputeSeen, duePage, leasesSeen } from "../../keeper/chain/lensPages";
import { MOST_SCANNED, MOST_VIEWED, Reconciler } from "../../keeper/chain/reconciler";
import { keyOf } from "../../keeper/core/duties";
import { type ChainEvent, leasesOf } from "../../keeper/core/events";
import { rulesFor } from "../../keeper/core/items";
import { ChainStore } from "../../keeper/store/chainStore";
import { WorkStore } from "../../keeper/store/workStore";
import { disputeFixture, disputeIdOf, fileClaim } from "../helpers/disputes";
import { SIMULATOR, sourcesOf } from "../helpers/duties";
import { type OpenMarket, openMarketFixture } from "../helpers/fixture";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, HOUR, listingOf, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { activeLease, offerOf, pendingLease } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";
import { withStore } from "../keeper/stores";
import { fallbacksOf, MOST_ORDER_PRICE } from "../orders/scene";

const { bounty: BOUNTY } = listingOf(6);
/** What hosted nodes give a call at the least. */
const CALL_GAS = 10_000_000n;

async function viewsOf(f: OpenMarket) {
  return { lens: await f.lens.getAddress(), disputes: await f.disputes.getAddress() };
}

/** The newest block, as the keeper knows it. */
async function headOf() {
  const { number, hash, parentHash, timestamp, gasLimit } = (await ethers.provider.getBlock("latest"))!;
  return { number, hash: hash!, parentHash, timestamp, gasLimit, baseFeePerGas: 7n };
}

/** Brings a store to the newest block, by all logs but those that are hidden. */
async function follow(f: OpenMarket, state: ChainStore, isHidden: (event: ChainEvent) => boolean): Promise<string[]> {
  const sources = await sourcesOf(f);
  const address = Object.values(sources) as string[];
  const logs = await ethers.provider.getLogs({ address, topics: [[...TOPICS]], fromBlock: 0 });
  const events = logs.flatMap((log) => decodeEvent(log, sources) ?? []).filter((event) => !isHidden(event));
  const gaps: string[] = [];
  const tip = await headOf();
  const times = new Map<string, number>();
  for (const { block } of events) times.set(block.hash, (await ethers.provider.getBlock(block.hash))!.timestamp);
  await state.clear();
  await state.advance({
    after: undefined,
    tip,
    events,
    digest: "",
    canBeTakenBack: true,
    onGap: (reason) => gaps.push(reason),
    timesOf: () => Promise.resolve(times),
  });
  return gaps;
}

async function withState(
  work: (state: ChainStore, held: WorkStore) => Promise<void>,
  serve: readonly string[] = [],
): Promise<void> {
  await withStore(async (newStore) => {
    const database = await newStore();
    const rules = rulesFor({ outageAllowance: OUTAGE_ALLOWANCE, serve });
    const state = await ChainStore.open(database, rules, { madeBy: "test", depth: 16 });
    await work(state, new WorkStore(database));
  });
}

/** Keys of what the store believes to be due now. */
const dueNow = async (state: ChainStore): Promise<string[]> =>
  (await state.due(await now(), 100)).map(({ key }) => key).sort();

describe("what the contracts say where logs are hidden for good (ATK-KPR-19)", () => {
  it("is read page by page from the lens, in its order, and only what is due", async () => {
    const f = await loadFixture(openMarketFixture);
    const [first, later] = [await activeLease(f), await activeLease(f, { duration: 3 * DAY })];
    const noShow = await pendingLease(f);
    const other = await activeLease(f, { offer: f.offerB });
    await moveTo(Math.max(noShow.cutoff, first.end, other.end));
    const sources = await viewsOf(f);
    const found = [];
    let pages = 0;
    for (let from = 0n; ; pages++) {
      const { due, next } = await duePage(SIMULATOR, sources, { from, scan: 1n, now: await now() });
      expect(due.length).to.be.at.most(1);
      found.push(...due);
      from = next;
      if (from === 0n) break;
    }
    expect(pages).to.be.greaterThan(3);
    const about = { type: "dueLease", token: first.token, bounty: BOUNTY } as const;
    expect(found).to.deep.equal([
      { ...about, id: first.id, duty: "expire", dueSince: first.end },
      { ...about, id: noShow.id, duty: "cancelNoShow", dueSince: noShow.cutoff },
      { ...about, id: other.id, duty: "expire", dueSince: other.end },
    ]);
    const atOnce = await duePage(SIMULATOR, sources, { from: 0n, scan: 100n, now: await now() });
    expect(atOnce).to.deep.equal({ due: found, next: 0n });
    expect(later.end).to.be.greaterThan(await now());
  });

  it("adds the lease whose opening no log tells, and it can be ended", () =>
    withState(async (state) => {
      const f = await loadFixture(openMarketFixture);
      const [hidden, told] = [await activeLease(f), await activeLease(f)];
      await moveTo(told.end);
      const gaps = await follow(f, state, (event) => event.type === "LeaseOpened" && event.leaseId === hidden.id);
      expect(gaps).to.have.length(1);
      expect(await dueNow(state)).to.deep.equal([keyOf("expire", told.id)]);
      const reconciler = new Reconciler(SIMULATOR, await viewsOf(f), state);
      await reconciler.look(await headOf());
      expect(await dueNow(state)).to.deep.equal([keyOf("expire", hidden.id), keyOf("expire", told.id)].sort());
      const due = await state.due(await now(), 10);
      expect(due[0]).to.include({ id: hidden.id, dueAt: hidden.end, bounty: BOUNTY, token: hidden.token });
      expect(await f.market.connect(f.keeper).expire.staticCall(due.map(({ id }) => id))).to.equal(2n);
    }));

  it("tells the end that a hidden extension moved: its order is renewed in time, and a hold ends with it", () =>
    withState(async (state, held) => {
      const f = await loadFixture(openMarketFixture);
      const lease = await activeLease(f, { duration: 2 * HOUR });
      await f.orders
        .connect(f.tenantA)
        .setOrder(lease.id, HOUR, 2, MOST_ORDER_PRICE, 10n ** 12n, await fallbacksOf(f, []));
      await f.market.connect(f.tenantA).extend(lease.id, lease.tenant, 4 * HOUR, 2n ** 120n);
      await moveTo(lease.end);
      await follow(f, state, ({ type }) => type === "LeaseExtended");
      const [expire, renew] = [keyOf("expire", lease.id), keyOf("renew", lease.id)];
      expect(await dueNow(state)).to.deep.equal([expire]); // the renewal seems to be gone

      for (let times = 0; times < 20; times++) await held.fail(expire, await now(), { owner: "me" });
      const reconciler = new Reconciler(SIMULATOR, await viewsOf(f), state);
      const head = await headOf();
      await reconciler.look(head);
      reconciler.doubt([{ kind: "expire", id: lease.id }]);
      await reconciler.look({ ...head, number: head.number + 1 });
      const end = lease.end + 4 * HOUR;
      expect(await dueNow(state)).to.deep.equal([expire, renew]);
      const [blocked] = (await held.blocked([expire], "me", await now())).values();
      expect(blocked).to.deep.equal({ reason: "held", until: end });
      const [first, second] = await state.due(await now(), 10);
      expect([first!.key, first!.dueAt, first!.goneAt]).to.deep.equal([renew, lease.end - HOUR, end]);
      expect([second!.key, second!.dueAt]).to.deep.equal([expire, lease.end]);
    }));

  it("tells the phase that a dispute is in, whichever of its logs are hidden (INV-DSP-1)", () =>
    withState(async (state) => {
      const f = await loadFixture(disputeFixture);
      const lease = await activeLease(f, { offer: f.offerD, duration: DAY });
      await at(lease.startedAt + HOUR, () => f.market.connect(f.tenantA).close(lease.id));
      const { filedAt } = await fileClaim(f, lease);
      const dispute = disputeIdOf(lease.id, f.tenantA);
      const sources = await viewsOf(f);
      expect((await disputeSeen(SIMULATOR, sources, dispute)).stands).to.deep.equal({ phase: "Filed", since: filedAt });
      const executedAt = filedAt + 4 * DAY;
      await at(executedAt, () => f.disputes.connect(f.stranger).execute(dispute));
      // The contract does not note when it was executed: it can be settled at once.
      const executed = { phase: "Executed", since: filedAt };
      expect((await disputeSeen(SIMULATOR, sources, dispute)).stands).to.deep.equal(executed);

      await follow(f, state, (event) => event.type === "DisputeMoved" && event.phase === "Executed");
      expect(await dueNow(state)).to.deep.equal([keyOf("execute", dispute)]);
      const reconciler = new Reconciler(SIMULATOR, sources, state);
      const head = await headOf();
      await reconciler.look(head);
      reconciler.doubt([{ kind: "execute", id: dispute }]);
      await reconciler.look({ ...head, number: head.number + 1 });
      expect(await dueNow(state)).to.deep.equal([keyOf("execute", dispute), keyOf("settle", dispute)]);

      // Its filing is hidden instead: what it came to since tells enough.
      const gaps = await follow(f, state, (event) => event.type === "DisputeMoved" && event.phase === "Filed");
      expect(gaps).to.have.length(1);
      expect(await dueNow(state)).to.deep.equal([keyOf("settle", dispute)]);
      await f.disputes.connect(f.stranger).settle(dispute);
      expect((await disputeSeen(SIMULATOR, sources, dispute)).stands).to.equal(undefined);
    }));

  it("tells what a served provider has in a lease, from its opening until its collateral is back", async () => {
    const f = await loadFixture(openMarketFixture);
    const lease = await activeLease(f, { duration: DAY });
    const pending = await pendingLease(f);
    const { id, startedAt, end, token } = lease;
    const tenant = await f.tenantA.getAddress();
    const provider = (await f.lens.leaseView(id)).provider;
    const sources = { ...(await viewsOf(f)), serve: [provider.toLowerCase()] };
    const stands = async (of = id) =>
      (await leasesSeen(SIMULATOR, sources, [of])).flatMap((seen) => (seen.type === "yield" ? [seen.stands] : []));
    const about = { tenant, provider, token, settled: false, openClaims: 0 };
    expect(await stands(pending.id)).to.deep.equal([{ ...about, duration: HOUR }]);
    expect(await stands()).to.deep.equal([{ ...about, duration: end - startedAt, startedAt }]);
    expect(await leasesSeen(SIMULATOR, { ...sources, serve: [tenant] }, [id])).to.have.length(1);
    const closedAt = startedAt + HOUR;
    await at(closedAt, () => f.market.connect(f.tenantA).close(id));
    const closed = { ...about, duration: HOUR, startedAt, endedAt: closedAt };
    expect(await stands()).to.deep.equal([closed]);

    for (const hidden of ["LeaseOpened", "LeaseActivated", "LeaseClosed"]) {
      await withState(async (state) => {
        const gaps = await follow(f, state, (event) => event.type === hidden && leasesOf(event).includes(id));
        expect(gaps.length > 0, hidden).to.equal(hidden !== "LeaseClosed");
        expect(await dueNow(state)).to.not.include(keyOf("collect", id));
        const reconciler = new Reconciler(SIMULATOR, sources, state);
        reconciler.hurry([id]);
        await reconciler.look(await headOf());
        const due = await state.due(await now(), 10);
        expect(due.find(({ kind }) => kind === "collect")).to.include({ id, dueAt: closedAt, provider, tenant });
      }, sources.serve);
    }
    expect(await f.market.connect(f.keeper).collect.staticCall([id])).to.equal(1n);
    await f.market.connect(f.keeper).collect([id]);
    expect(await stands()).to.deep.equal([{ ...closed, settled: true }]);
    await at(closedAt + HOUR, () => f.market.connect(f.keeper).collect([id]));
    expect(await stands()).to.deep.equal([undefined]);
  });

  it("tells how leases stand, and costs no more gas than nodes give a call", async () => {
    const f = await loadFixture(openMarketFixture);
    const offer = await offerOf(f, { capacity: 200n });
    const leases: Awaited<ReturnType<typeof activeLease>>[] = [];
    for (let n = 0; n < 16; n++) leases.push(await activeLease(f, { offer }));
    const alone = [];
    for (let n = 0; n < 8; n++) alone.push((await activeLease(f, { offer: await offerOf(f, {}) })).id);
    const pending = await pendingLease(f);
    const { id, end } = leases[0]!;
    const sources = await viewsOf(f);
    const unknown = id + 1_000n;
    const { startedAt, token } = leases[0]!;
    const about = { tenant: await f.tenantA.getAddress(), token, bounty: BOUNTY };
    const running = { ...about, startedAt, duration: end - startedAt, patience: 0 };
    const { openedAt, cutoff } = pending;
    const waiting = { ...about, openedAt, patience: cutoff - openedAt, duration: HOUR };
    expect(await leasesSeen(SIMULATOR, sources, [id, pending.id, unknown])).to.deep.equal([
      { type: "lease", id, stands: { endsAt: end }, facts: running },
      { type: "lease", id: pending.id, stands: "pending", facts: waiting },
      { type: "lease", id: unknown, stands: "over" },
    ]);
    await moveTo(pending.openedAt + HOUR);

    const gasOf = async (work: (asked: { call: (request: CallRequest) => Promise<string> }) => Promise<unknown>) => {
      let gas = 0n;
      const call = async (request: CallRequest): Promise<string> => {
        gas = await ethers.provider.estimateGas({ from: ZeroAddress, to: request.to, data: request.data });
        return SIMULATOR.call(request);
      };
      await work({ call });
      return gas;
    };
    const page = (from: bigint, scan: bigint) =>
      gasOf(async (asked) => duePage(asked, sources, { from, scan, now: await now() }));
    const views = (count: number) =>
      gasOf((asked) =>
        leasesSeen(
          asked,
          sources,
          leases.slice(0, count).map((lease) => lease.id),
        ),
      );
    // Dearest are offers with one lease each, every one of them due.
    const perScanned = ((await page(alone[0]!, 8n)) - (await page(alone[0]!, 4n))) / 4n;
    const perView = ((await views(16)) - (await views(8))) / 8n;
    expect(perScanned * MOST_SCANNED).to.be.within(CALL_GAS / 2n, (CALL_GAS * 9n) / 10n);
    expect(perView * BigInt(MOST_VIEWED)).to.be.lessThan(CALL_GAS / 2n);
  });
});
