import { expect } from "chai";

import {
  bondOf,
  disputeFixture,
  type DisputeMarket,
  FaultClass,
  fileClaim,
  FILING_FEE,
  FRACTION_BPS,
  Outcome,
  concede,
  present,
} from "../helpers/disputes";
import { LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { earnedOf, partOf, penaltyParts } from "../helpers/money";
import { MOST_PRICE } from "../helpers/orders";
import { DAY, HOUR, UNBONDING_DELAY } from "../helpers/parameters";
import { type ActiveLease, activeLease, serve } from "../helpers/scene";
import { at, moveTo, pass } from "../helpers/time";
import { storedLease } from "../helpers/words";

/** Base units per unit-second, times 2^32: the highest price that a standing order can name. */
const MOST_ORDER_PRICE = 2n ** 120n - 1n;

interface Ground extends DisputeMarket {
  lease: ActiveLease;
}

/** A lease of two units for an hour, served for all of it. */
async function servedFixture(): Promise<Ground> {
  const f = await loadFixture(disputeFixture);
  return { ...f, lease: await activeLease(f, { offer: f.offerD, units: 2 }) };
}

async function transfer({ market, lease, tenantA, tenantB }: Ground): Promise<void> {
  await market.connect(tenantA).offerTransfer(lease.id, tenantB);
  await market.connect(tenantB).acceptTransfer(lease.id, 0);
}

async function renew({ orders, lease, tenantA, keeper }: Ground): Promise<void> {
  await orders.connect(tenantA).setOrder(lease.id, HOUR, 1, MOST_ORDER_PRICE, lease.bounty, []);
  await orders.connect(keeper).renew([lease.id]);
}

/** What happens to a lease while a claim about it is open, from 400 s after its start on. */
const CHANGES: readonly (readonly [string, (f: Ground) => Promise<unknown>])[] = [
  ["nothing happened", () => Promise.resolve()],
  ["its tenant closed it", ({ market, lease, tenantA }) => market.connect(tenantA).close(lease.id)],
  ["it was collected", ({ market, lease }) => market.collect([lease.id])],
  [
    "it was extended",
    ({ market, lease, tenantB }) => market.connect(tenantB).extend(lease.id, lease.tenant, HOUR, 10n ** 9n),
  ],
  ["it was renewed", renew],
  ["it was transferred", transfer],
  [
    "it grew",
    async ({ market, liveness, lease, tenantA }) => {
      await liveness.connect(lease.operator).heartbeat(lease.provider);
      await market.connect(tenantA).resize(lease.id, 3, MOST_PRICE, 10n ** 9n);
    },
  ],
  ["it shrank", ({ market, lease, tenantA }) => market.connect(tenantA).resize(lease.id, 1, MOST_PRICE, 0n)],
  [
    "its provider gave notice",
    ({ market, lease, providerA }) => market.connect(providerA).giveNotice(lease.id, lease.end),
  ],
  ["its offer was retired", ({ market, offerD, providerA }) => market.connect(providerA).retireOffer(offerD)],
  [
    "it was transferred and closed by the next tenant",
    async (f) => {
      await transfer(f);
      await f.market.connect(f.tenantB).close(f.lease.id);
    },
  ],
  [
    "it expired and was collected",
    async (f) => {
      await serve(f, f.lease, f.lease.end);
      await at(f.lease.end, () => f.market.connect(f.keeper).expire([f.lease.id]));
      await f.market.connect(f.keeper).collect([f.lease.id]);
    },
  ],
  [
    "it was transferred, renewed, resized and closed",
    async (f) => {
      await transfer(f);
      const { market, lease, orders, tenantB, keeper } = f;
      await orders.connect(tenantB).setOrder(lease.id, HOUR, 1, MOST_ORDER_PRICE, lease.bounty, []);
      await orders.connect(keeper).renew([lease.id]);
      await market.connect(tenantB).resize(lease.id, 1, MOST_PRICE, 0n);
      await market.connect(tenantB).close(lease.id);
    },
  ],
];

describe("Disputes about leases that go on (INV-DSP-2, ATK-LSE-9)", () => {
  for (const [what, change] of CHANGES) {
    it(`returns what was held to the tenant who claimed, and takes the penalty of the filing, where ${what}`, async () => {
      const f = await loadFixture(servedFixture);
      const { disputes, escrow, lease, tenantA } = f;
      const held = earnedOf(lease.rate, 300);
      const times = { faultStart: lease.startedAt + 100, filedAt: lease.startedAt + 400 };
      const { id } = await fileClaim(f, lease, { ...times, faultClass: FaultClass.DataLost });
      await change(f);
      await concede(disputes, f.providerA, id);
      const before = await escrow.freeOf(lease.token, tenantA);
      const penalty = partOf(lease.collateral, FRACTION_BPS[FaultClass.DataLost]);
      await expect(disputes.execute(id)).to.emit(disputes, "DisputeExecuted").withArgs(id, Outcome.Upheld, penalty);
      expect((await escrow.freeOf(lease.token, tenantA)) - before).to.equal(held);
      const { tenant, challenger, amount } = await f.staking.penaltyOf(1);
      expect([tenant, BigInt(challenger), amount]).to.deep.equal([tenantA.address, 0n, penalty]);
    });

    it(`sends what was held on to the provider where the claim is withdrawn after ${what}`, async () => {
      const f = await loadFixture(servedFixture);
      const { disputes, escrow, lease, tenantA, providerA } = f;
      const held = earnedOf(lease.rate, 300);
      const { id } = await fileClaim(f, lease, { faultStart: lease.startedAt + 100, filedAt: lease.startedAt + 400 });
      await change(f);
      const before = await escrow.freeOf(lease.token, providerA);
      await present(disputes.connect(tenantA)).withdraw(id);
      expect((await escrow.freeOf(lease.token, providerA)) - before).to.equal(held - partOf(held, 250n));
      expect((await f.market.claimOf(lease.id, tenantA)).held).to.equal(0n);
    });
  }

  it("leaves nothing behind once lease and claim are over: every base unit and every wei has an owner (INV-LSE-2)", async () => {
    for (const [, change] of CHANGES) {
      const f = await loadFixture(servedFixture);
      const { disputes, escrow, market, lease, staking } = f;
      const { id } = await fileClaim(f, lease, { faultStart: lease.startedAt + 100, filedAt: lease.startedAt + 400 });
      await change(f);
      await concede(disputes, f.providerA, id);
      await disputes.execute(id);
      await disputes.settle(id);
      await pass(3 * DAY);
      await market.expire([lease.id]);
      await market.collect([lease.id]);
      expect((await storedLease(market, lease.id)).status).to.equal(LeaseStatus.Released);
      for (const account of [f.tenantA, f.tenantB, disputes]) {
        expect((await escrow.moduleAccount(market, lease.token, account)).locked).to.equal(0n);
      }
      expect((await staking.poolOf(market, f.providerA)).reserved).to.equal(0n);
      expect(await f.hold.balanceOf(disputes)).to.equal(0n);
    }
  });

  it("pays the tenant of the filing its part of a challenger's claim after a transfer (ATK-LSE-9)", async () => {
    const f = await loadFixture(servedFixture);
    const { disputes, staking, hold, lease, tenantA, tenantB, stranger } = f;
    const { id } = await fileClaim(f, lease, { claimant: stranger });
    await transfer(f);
    await concede(disputes, f.providerA, id);
    await disputes.execute(id);
    await pass(UNBONDING_DELAY);
    const { tenant, challenger } = penaltyParts(partOf(lease.collateral, FRACTION_BPS[0]), true);
    for (const [payee, amount] of [
      [tenantA, tenant],
      [stranger, challenger],
    ] as const) {
      await expect(staking.connect(payee).claimPenalties([1], payee)).to.changeTokenBalance(hold, payee, amount);
    }
    await expect(staking.connect(tenantB).claimPenalties([1], tenantB))
      .to.be.revertedWithCustomError(staking, "StakingNothingToClaim")
      .withArgs(1, tenantB);
  });

  it("lets the old tenant and the new one claim side by side, each what was earned and not held yet", async () => {
    const f = await loadFixture(servedFixture);
    const { disputes, escrow, lease, tenantA, tenantB } = f;
    const old = await fileClaim(f, lease, { filedAt: lease.startedAt + 200 });
    await transfer(f);
    const next = await fileClaim(f, { ...lease, tenant: tenantB }, { filedAt: lease.startedAt + 500 });
    for (const [{ id }, claimant, seconds] of [
      [next, tenantB, 300],
      [old, tenantA, 200],
    ] as const) {
      expect((await disputes.disputeView(id)).held).to.be.within(
        earnedOf(lease.rate, seconds),
        earnedOf(lease.rate, seconds) + 1n,
      );
      await concede(disputes, f.providerA, id);
      const before = await escrow.freeOf(lease.token, claimant);
      const { held } = await disputes.disputeView(id);
      await disputes.execute(id);
      expect((await escrow.freeOf(lease.token, claimant)) - before).to.equal(held);
    }
  });

  it("treats who was tenant once as a challenger when it claims again", async () => {
    const f = await loadFixture(servedFixture);
    const { disputes, lease, tenantA, tenantB } = f;
    const { id } = await fileClaim(f, lease);
    await present(disputes.connect(tenantA)).withdraw(id);
    await transfer(f);
    await moveTo(lease.startedAt + 400);
    await fileClaim(f, { ...lease, tenant: tenantB }, { claimant: tenantA });
    const { byTenant, tenant, held, bond, filingFee } = await disputes.disputeView(id);
    expect([byTenant, tenant, held]).to.deep.equal([false, tenantB.address, 0n]);
    expect([bond, filingFee]).to.deep.equal([bondOf(lease.collateral), FILING_FEE]);
  });
});
