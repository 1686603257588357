import { LeaseStatus } from "../../helpers/leases";
import { ripeAt } from "../model/dispute";
import { releasableAt } from "../model/lease";
import { most } from "../model/plain";
import { Broken, type PromiseId } from "../promises/broken";
import { uncollected } from "./choices/disputes";
import type { Command } from "./commands";
import type { Dice } from "./dice";
import type { Play } from "./play";

const DAY = 86_400n;
const BATCH = 20;

/**
 * The end of a run: every role is revoked and every target closed, and then everybody leaves. A stranger ends what is
 * due, everything is collected, every lock is given back, every balance withdrawn, every bond unbonded, every penalty
 * paid; nothing may be left in any vault (INV-ESC-4, INV-LSE-7).
 */
export async function drain(play: Play, dice: Dice): Promise<void> {
  const { world, cast, commands } = play;
  const { stranger } = cast.address;
  const leave = async (promise: PromiseId, command: Command, second = world.now + 1n): Promise<void> => {
    await play.step([() => command], second, dice);
    if (play.lines.at(-1)!.includes("-> refused"))
      throw new Broken(promise, `the way out is barred: ${play.lines.at(-1)}`);
    play.count(promise);
  };
  const batches = (status: bigint): bigint[][] => {
    const ids = world.leases.withStatus(status).map(({ id }) => id);
    return Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, index) =>
      ids.slice(index * BATCH, (index + 1) * BATCH),
    );
  };

  await revokeEverything(play);
  const ends = [...world.leases.all.values()].map(({ status, end, cutoff }) =>
    status === LeaseStatus.Pending ? cutoff : end,
  );
  const due = ends.reduce(most, world.now + 1n);
  for (const ids of batches(LeaseStatus.Pending)) {
    await leave("INV-LSE-7", commands.cancelNoShows(stranger, ids), most(due, world.now + 1n));
  }
  for (const ids of batches(LeaseStatus.Active)) {
    await leave("INV-LSE-7", commands.expire(stranger, ids), most(due, world.now + 1n));
  }
  await endDisputes(play, leave);
  const tails = world.leases
    .withStatus(LeaseStatus.Closed)
    .map(releasableAt)
    .reduce(most, world.now + 1n);
  for (const ids of batches(LeaseStatus.Closed)) {
    await leave("INV-LSE-7", commands.collect(stranger, ids), most(tails, world.now + 1n));
  }

  for (const module of cast.modules.slice(1)) {
    for (const token of cast.tokens) {
      const lines = cast.everybody
        .map((account) => ({ account, amount: world.escrow.held(module, token, account).locked }))
        .filter(({ amount }) => amount > 0n)
        .map(({ account, amount }) => ({ account, fromLock: amount, toFree: amount }));
      if (lines.length > 0) await leave("INV-ESC-4", commands.settle(module, token, lines));
    }
    for (const provider of cast.providers) {
      const { reserved } = world.staking.poolOf(module, provider);
      if (reserved > 0n) await leave("INV-STK-1", commands.release(module, provider, reserved));
    }
  }
  for (const locker of cast.modules.slice(1)) {
    for (const account of cast.everybody) {
      const locked = world.hold.lockOf(locker, account);
      if (locked > 0n) await leave("INV-STK-4", commands.unlockHold(locker, account, locked));
    }
  }
  for (const account of cast.everybody) {
    for (const token of cast.tokens) {
      const free = world.escrow.freeOf(token, account);
      if (free > 0n) await leave("INV-ESC-4", commands.withdraw(account, token, account, free));
    }
  }
  await unbondAll(play, leave);
  await play.compareAll();
  requireEmpty(play);
}

type Leave = (promise: PromiseId, command: Command, second?: bigint) => Promise<void>;

/**
 * A stranger ends every dispute at the first second at which nobody's silence can keep it open any longer, all fees are
 * collected, and the key that is a slashing module ends its claims.
 */
async function endDisputes({ world, cast, commands }: Play, leave: Leave): Promise<void> {
  const { stranger } = cast.address;
  const open = [...world.disputes.all.values()].filter(({ executed }) => executed === undefined);
  const ends = open.map((dispute) => ({ dispute, from: ripeAt(dispute) }));
  for (const { dispute, from } of ends.sort((one, other) => (one.from < other.from ? -1 : 1))) {
    await leave("INV-DSP-1", commands.execute(stranger, dispute.id), most(from, world.now + 1n));
  }
  for (const { id } of [...world.disputes.all.values()].filter(({ settled }) => !settled)) {
    await leave("INV-DSP-1", commands.settleDispute(stranger, id));
  }
  for (const { id, filedAt, member } of uncollected(world)) {
    await leave("INV-DSP-1", commands.collectFee(member, id, filedAt, member));
  }
  for (const { leaseId, ...claim } of [...world.claims.foreign]) {
    await leave("INV-DSP-2", commands.endClaim(stranger, leaseId, { ...claim, fractionBps: 0n, upheld: false }));
  }
}

async function unbondAll({ world, cast, commands }: Play, leave: Leave): Promise<void> {
  for (const provider of cast.providers) {
    for (const module of cast.modules) {
      const { free } = world.staking.poolOf(module, provider);
      if (free > 0n) await leave("INV-STK-3", commands.startUnbonding(provider, module, free));
    }
  }
  const ready = world.now + 61n * DAY;
  for (const provider of cast.providers) {
    if (world.staking.unbondingOf(provider).amount === 0n) continue;
    await leave("INV-STK-3", commands.finishUnbonding(provider), most(ready, world.now + 1n));
  }
  for (const account of cast.everybody) {
    const ids = world.staking
      .unpaid()
      .filter(({ payees }) => payees.includes(account))
      .map(({ id }) => id);
    if (ids.length === 0) continue;
    await leave("INV-STK-2", commands.claimPenalties(account, ids, account), most(ready, world.now + 1n));
  }
}

/** Takes every role and closes every door: from here on, nobody governs. */
async function revokeEverything({ chain, world, cast }: Play): Promise<void> {
  const { admin, guardian } = cast.address;
  const calls: [fn: string, ...args: (string | bigint | boolean)[]][] = [
    ["revokeRole", 1n, guardian],
    ["setTargetClosed", cast.market, true],
    ["setTargetClosed", cast.staking, true],
    ["setTargetClosed", cast.disputes, true],
    ["setTargetClosed", cast.council, true],
    ["renounceRole", 0n, admin],
  ];
  for (const [fn, ...args] of calls) {
    world.now += 1n;
    const outcome = await chain.send({ by: admin, to: cast.authority, fn, args }, world.now);
    if (!outcome.ok) throw new Error(`${fn} failed with ${outcome.error}: the roles of the fixture changed`);
  }
  world.parameters.revoked = true;
}

function requireEmpty(play: Play): void {
  const { world, cast } = play;
  const left: string[] = [];
  for (const token of cast.tokens) {
    const balance = play.amount(`wallet/${token}/${cast.escrow}`);
    if (balance !== 0n) left.push(`${balance} of ${cast.nameOf(token)} in the escrow`);
  }
  const hold = play.amount(`wallet/${cast.hold}/${cast.staking}`);
  if (hold !== 0n) left.push(`${hold} HOLD in staking`);
  const bonds = play.amount(`wallet/${cast.hold}/${cast.disputes}`);
  if (bonds !== 0n) left.push(`${bonds} HOLD in disputes`);
  for (const provider of cast.providers) {
    const locked = play.amount(`lock/${cast.staking}/${provider}`);
    if (locked !== 0n) left.push(`${locked} HOLD of ${cast.nameOf(provider)} locked`);
  }
  for (const { id, used } of world.offers.all) if (used !== 0n) left.push(`${used} units of offer ${id}`);
  if (left.length > 0) throw new Broken("INV-ESC-4", `everybody left, and behind stay ${left.join(", ")}`);
}
