import { expect } from "chai";
import { ethers } from "hardhat";

import { BOND, NO_CEILING, openMarketFixture } from "../helpers/fixture";
import { createOffer, leaseIdOf, LeaseStatus } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { deployMarket } from "../helpers/market";
import { collateralOf, costOf, Earnings } from "../helpers/money";
import { anOffer, anOrder, MOST_PRICE } from "../helpers/orders";
import {
  DAY,
  DEFAULT_RESOURCES,
  DEFAULT_TERMS,
  DEFAULT_WEIGHTS,
  FEE_BPS,
  OUTAGE_ALLOWANCE,
} from "../helpers/parameters";
import { at, now } from "../helpers/time";
import { storedLease } from "../helpers/words";

/** Two units at this price earn 2^120 base units in 2^24 seconds, but for a remainder. */
const PRICE = 2n ** 127n - 1n;
const HALF = 2 ** 23;
/** A minute before the grace of a day is over. */
const BEAT = DAY - 60;
const ANY_COST = 2n ** 256n - 1n;
const COLLATERAL = collateralOf(DEFAULT_WEIGHTS, DEFAULT_RESOURCES, 1);

/** A lease in a token of too many base units, of a provider whose heartbeats last for a day. */
async function dearFixture() {
  const f = await loadFixture(openMarketFixture);
  const { authority, escrow, staking, records, admin, treasury, stranger, providerA, tenantA, usd18 } = f;
  const liveness = await ethers.deployContract("Liveness", [DAY]);
  const around = { escrow, staking, liveness, records, orders: stranger, quotes: stranger };
  const terms = { treasury: treasury.address, ...DEFAULT_TERMS };
  const market = await deployMarket(authority, around, OUTAGE_ALLOWANCE, terms, DEFAULT_WEIGHTS);
  const token = await usd18.getAddress();
  await market.connect(admin).listToken(token, 0, 0);
  await usd18.mint(tenantA, 2n ** 121n);
  await escrow.connect(tenantA).deposit(token, tenantA, 2n ** 121n);
  await escrow.connect(tenantA).approveModule(token, market, NO_CEILING);
  await staking.connect(providerA).moveBond(f.market, market, BOND);
  const offer = await createOffer(market, providerA, anOffer({ token, price: PRICE, maxDuration: 2 ** 26 }));
  await liveness.connect(providerA).heartbeat(providerA);
  await market.connect(tenantA).open(await anOrder(market, { token, offers: [offer], units: 2, duration: HALF }));
  const leaseId = leaseIdOf(offer, 1);
  await market.connect(providerA).activate([leaseId]);
  const startedAt = await now();
  const serveUntil = async (until: number) => {
    for (let seen = await now(); seen + BEAT < until; seen += BEAT) {
      await at(seen + BEAT, () => liveness.connect(providerA).heartbeat(providerA));
    }
  };
  return { f, market, leaseId, startedAt, serveUntil, tenant: market.connect(tenantA) };
}

describe("LeaseLife: resize of a lease that earned more than a lock holds", () => {
  it("pays what is not paid yet, and the lease goes on as any other (INV-LSE-2, INV-LSE-7)", async () => {
    const { f, market, leaseId, startedAt, serveUntil, tenant } = await loadFixture(dearFixture);
    await serveUntil(startedAt + HALF - 2);
    await market.collect([leaseId]);
    const collected = (await now()) - startedAt;
    await tenant.extend(leaseId, f.tenantA, HALF + 3 * DAY, ANY_COST);
    const late = startedAt + 2 * HALF + DAY;
    await serveUntil(late);
    const earned = Earnings.NONE.plus(2n * PRICE, 2 * HALF + DAY, FEE_BPS);
    expect(earned.whole).to.be.greaterThan(2n ** 120n - 1n);
    const paid = Earnings.NONE.plus(2n * PRICE, collected, FEE_BPS).net;
    const left = costOf(2n * PRICE, 2 * HALF + 3 * DAY) - earned.whole;
    const refund = left - costOf(PRICE, 2 * DAY, earned.carriedX32);
    await expect(at(late, () => tenant.resize(leaseId, 1, MOST_PRICE, ANY_COST)))
      .to.emit(market, "LeaseResized")
      .withArgs(leaseId, 1, PRICE, earned.net - paid, earned.fee, 0, 0, refund, COLLATERAL);
    await at(late + 3, () => tenant.close(leaseId));
    await market.collect([leaseId]);
    const { status, settled } = await storedLease(market, leaseId);
    expect([status, settled]).to.deep.equal([LeaseStatus.Closed, 1n]);
    const token = await f.usd18.getAddress();
    const all = earned.plus(PRICE, 3, FEE_BPS);
    expect(await f.escrow.freeOf(token, f.providerA)).to.equal(all.net);
    expect(await f.escrow.freeOf(token, f.treasury)).to.equal(all.fee);
    expect((await f.escrow.moduleAccount(market, token, f.tenantA)).locked).to.equal(0n);
  });
});
