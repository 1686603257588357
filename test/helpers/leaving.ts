/** Everybody leaves: after the last deadline nothing of anybody stays in escrow or staking. */
import { expect } from "chai";
import { ethers } from "hardhat";

import type { OpenMarket } from "./fixture";
import { LeaseStatus } from "./leases";
import { UNBONDING_DELAY } from "./parameters";
import { moveTo, now, pass } from "./time";

/**
 * Ends, collects and releases `leaseIds`, each step as one batch of the keeper, once all of them are due. Claims on them
 * must have ended.
 */
export async function endLeases(f: OpenMarket, leaseIds: readonly bigint[]): Promise<void> {
  const [market, ids] = [f.market.connect(f.keeper), [...leaseIds]];
  const views = await f.lens.leaseViews(ids);
  await reach(views.map(({ status, cutoff, end }) => (status === LeaseStatus.Pending ? cutoff : end)));
  await market.cancelNoShows(ids);
  await market.expire(ids);
  await market.collect(ids);
  await reach((await f.lens.leaseViews(ids)).map(({ releasableAt }) => releasableAt));
  await market.collect(ids);
  for (const { status, leaseId, collateral, locked } of await f.lens.leaseViews(ids)) {
    expect([LeaseStatus.Cancelled, LeaseStatus.Released], `state of lease ${leaseId}`).to.include(status);
    expect([collateral, locked], `left of lease ${leaseId}`).to.deep.equal([0n, 0n]);
  }
}

/**
 * Ends `leaseIds`, which are all leases of the chain that have not ended; then every signer withdraws its money, unbonds
 * its HOLD and claims its penalties. Escrow and staking must hold nothing then.
 */
export async function everybodyLeaves(f: OpenMarket, leaseIds: readonly bigint[]): Promise<void> {
  await endLeases(f, leaseIds);
  const people = await ethers.getSigners();
  for (const person of people) {
    for (const token of [f.usd6, f.usd18]) {
      const free = await f.escrow.freeOf(token, person);
      if (free !== 0n) await f.escrow.connect(person).withdraw(token, person, free);
    }
    const { free } = await f.staking.poolOf(f.market, person);
    if (free !== 0n) await f.staking.connect(person).startUnbonding(f.market, free);
  }
  await pass(UNBONDING_DELAY);
  for (const person of people) {
    const { amount } = await f.staking.unbondingOf(person);
    if (amount !== 0n) await f.staking.connect(person).finishUnbonding();
  }
  const penalties = await f.staking.penaltyCount();
  for (let id = 1n; id <= penalties; ++id) {
    const penalty = await f.staking.penaltyOf(id);
    for (const person of people) {
      const due =
        (penalty.tenant === person.address && !penalty.tenantPaid) ||
        (penalty.challenger === person.address && !penalty.challengerPaid) ||
        (penalty.treasury === person.address && !penalty.treasuryPaid);
      if (due) await f.staking.connect(person).claimPenalties([id], person);
    }
  }
  expect(await f.usd6.balanceOf(f.escrow), "6-decimal dollars in the escrow").to.equal(0n);
  expect(await f.usd18.balanceOf(f.escrow), "18-decimal dollars in the escrow").to.equal(0n);
  expect(await f.hold.balanceOf(f.staking), "HOLD in staking").to.equal(0n);
  for (const person of people) expect(await f.hold.lockedOf(person), `HOLD of ${person.address}`).to.equal(0n);
}

/** Whether an action went through: what the contracts refuse with an error of their own is no failure of the test. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    expect(String(error)).to.match(/custom error/);
    return false;
  }
}

/** Moves to the latest of some seconds, unless it is over. */
async function reach(seconds: readonly bigint[]): Promise<void> {
  const latest = seconds.reduce((one, other) => (one > other ? one : other), 0n);
  if (latest > BigInt(await now())) await moveTo(latest);
}
