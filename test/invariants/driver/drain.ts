import { LeaseStatus } from "../../helpers/leases";
import { ripeAt } from "../model/dispute";
import { CLAIM_LIFE, type Lease, releasableAt } from "../model/lease";
import { least, most } from "../model/plain";
import { Broken, type PromiseId } from "../promises/broken";
import { uncollected } from "./choices/disputes";
import type { Table } from "./choices/table";
import type { Command } from "./commands";
import type { Dice } from "./dice";
import type { Play } from "./play";

const { Pending, Active, Closed, Cancelled, Released } = LeaseStatus;

/** Calls that share a block on the way out. */
const TOGETHER = 4;
/** So many calls are more than any way out takes: something would go in circles. */
const MOST_CALLS = 3_000;

/** A way out: what somebody can do from a second on, without any role, and must be able to. */
interface Exit {
  promise: PromiseId;
  from: bigint;
  make(): Command;
}

/**
 * The end of a run: every role is revoked and every target closed, the last deadline passes, and then everybody leaves, in an
 * order that the dice choose. Whoever happens to call ends what is due, claims that nobody ended lapse, every lock is given
 * back, every balance withdrawn, every bond unbonded, every penalty paid; nothing may be left in any vault (INV-LSE-11).
 */
export async function drain(play: Play, dice: Dice): Promise<void> {
  const { world, cast, commands } = play;
  const table: Table = { world, cast, commands, dice };
  await revokeEverything(play);
  let second = most(lastDeadline(play), world.now + 1n);
  for (let calls = 0; ; calls += TOGETHER) {
    const exits = exitsOf(table);
    if (exits.length === 0) break;
    if (calls > MOST_CALLS) throw new Broken("INV-LSE-11", `${calls} calls, and not everybody has left`);
    const next = exits.map(({ from }) => from).reduce(least);
    second = most(second, most(next, world.now + 1n));
    const chosen: Exit[] = [];
    const leave = (): Command | undefined => {
      const ready = exitsOf(table).filter(({ from }) => from <= world.now);
      const exit = dice.oneOf(ready);
      if (exit === undefined) return undefined;
      chosen.push(exit);
      return exit.make();
    };
    const refusals = await play.step(
      Array.from({ length: TOGETHER }, () => leave),
      second,
      dice,
    );
    for (const [index, { promise }] of chosen.entries()) {
      const refusal = refusals[index];
      if (refusal !== undefined) throw new Broken(promise, `the way out is barred: ${refusal.message}`);
      play.count(promise);
    }
    second = world.now + 1n;
  }
  await play.compareAll();
  requireEmpty(play);
  play.checkInterests();
}

/** The first second at which nobody's silence keeps anything open any longer. */
function lastDeadline({ world }: Play): bigint {
  const deadlines = [
    ...world.claims.open.map(({ filedAt }) => filedAt + CLAIM_LIFE),
    ...[...world.disputes.all.values()].filter(({ executed }) => executed === undefined).map(ripeAt),
    ...[...world.leases.all.values()].map((lease) => {
      if (lease.status === Pending) return lease.cutoff;
      return releasableAt(lease) + (lease.openClaims > 0n ? CLAIM_LIFE : 0n);
    }),
  ];
  return deadlines.reduce(most, world.now + 1n);
}

/** Everything that keeps something in a vault, and how it gets out. */
function exitsOf(table: Table): Exit[] {
  return [...exitsOfLeases(table), ...exitsOfDisputes(table), ...exitsOfMoney(table), ...exitsOfBonds(table)];
}

function exitsOfLeases({ world, cast, commands, dice }: Table): Exit[] {
  const by = (): string => dice.pick(cast.everybody);
  const some = (ids: readonly bigint[]): bigint[] => [...new Set(dice.some(ids, 8))];
  const exits: Exit[] = [];
  const add = (leases: readonly Lease[], at: (lease: Lease) => bigint, fn: "cancelNoShows" | "expire" | "collect") => {
    if (leases.length === 0) return;
    const ids = leases.map(({ id }) => id);
    exits.push({ promise: "INV-LSE-7", from: leases.map(at).reduce(most), make: () => commands[fn](by(), some(ids)) });
  };
  add(world.leases.withStatus(Pending), ({ cutoff }) => cutoff, "cancelNoShows");
  add(world.leases.withStatus(Active), ({ end }) => end, "expire");
  const releasedAt = (lease: Lease): bigint => releasableAt(lease) + (lease.openClaims > 0n ? CLAIM_LIFE : 0n);
  const closed = world.leases.withStatus(Closed);
  add(closed, releasedAt, "collect");
  // They need not wait for anybody to end their claims.
  add(
    closed.filter(({ openClaims }) => openClaims > 0n),
    releasedAt,
    "collect",
  );
  for (const { leaseId, claimant, filedAt } of world.claims.open) {
    const make = (): Command => commands.lapseClaim(by(), leaseId, claimant);
    exits.push({ promise: "INV-LSE-11", from: filedAt + CLAIM_LIFE, make });
  }
  return exits;
}

function exitsOfDisputes({ world, cast, commands, dice }: Table): Exit[] {
  const by = (): string => dice.pick(cast.everybody);
  const exits: Exit[] = [];
  for (const dispute of world.disputes.all.values()) {
    const { id, executed, settled } = dispute;
    const promise = "INV-DSP-1";
    if (executed === undefined) {
      exits.push({ promise, from: ripeAt(dispute), make: () => commands.execute(by(), id) });
    } else if (!settled) {
      exits.push({ promise, from: 0n, make: () => commands.settleDispute(by(), id) });
    }
  }
  for (const { id, filedAt, member } of uncollected(world)) {
    exits.push({ promise: "INV-DSP-1", from: 0n, make: () => commands.collectFee(member, id, filedAt, member) });
  }
  return exits;
}

/** What a contract of ours was given, it takes out as anybody would: as if it could call. */
function exitsOfMoney({ world, cast, commands }: Table): Exit[] {
  const exits: Exit[] = [];
  for (const token of cast.tokens) {
    for (const account of cast.accounts) {
      const free = world.escrow.freeOf(token, account);
      const to = cast.everybody.includes(account) ? account : cast.address.admin;
      if (free === 0n) continue;
      exits.push({ promise: "INV-ESC-4", from: 0n, make: () => commands.withdraw(account, token, to, free) });
    }
    for (const module of cast.rogues) {
      const lines = cast.accounts
        .map((account) => ({ account, amount: world.escrow.held(module, token, account).locked }))
        .filter(({ amount }) => amount > 0n)
        .map(({ account, amount }) => ({ account, fromLock: amount, toFree: amount }));
      if (lines.length === 0) continue;
      exits.push({ promise: "INV-ESC-4", from: 0n, make: () => commands.settle(module, token, lines) });
    }
  }
  return exits;
}

function exitsOfBonds({ world, cast, commands }: Table): Exit[] {
  const exits: Exit[] = [];
  const add = (promise: PromiseId, make: () => Command, from = 0n): number => exits.push({ promise, from, make });
  for (const provider of cast.everybody) {
    for (const module of cast.modules) {
      const { free, reserved } = world.staking.poolOf(module, provider);
      if (free > 0n) add("INV-STK-3", () => commands.startUnbonding(provider, module, free));
      if (reserved > 0n && cast.rogues.includes(module)) {
        add("INV-STK-1", () => commands.release(module, provider, reserved));
      }
    }
    const { amount, readyAt } = world.staking.unbondingOf(provider);
    if (amount > 0n) add("INV-STK-3", () => commands.finishUnbonding(provider), readyAt);
  }
  for (const locker of cast.rogues) {
    for (const account of cast.accounts) {
      const locked = world.hold.lockOf(locker, account);
      if (locked > 0n) add("INV-STK-4", () => commands.unlockHold(locker, account, locked));
    }
  }
  const unpaid = world.staking.unpaid();
  for (const account of new Set(unpaid.flatMap(({ payees }) => payees))) {
    const own = unpaid.filter(({ payees }) => payees.includes(account));
    const from = own.map(({ penalty }) => penalty.maturesAt).reduce(most);
    const to = cast.everybody.includes(account) ? account : cast.address.admin;
    const ids = own.map(({ id }) => id);
    add("INV-STK-2", () => commands.claimPenalties(account, ids, to), from);
  }
  return exits;
}

/** Takes every role and closes every door: from here on, nobody governs. */
async function revokeEverything({ chain, world, cast }: Play): Promise<void> {
  const { admin, dot } = cast.address;
  const calls: [fn: string, ...args: (string | bigint | boolean)[]][] = [
    ["revokeRole", 1n, dot],
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
  for (const vault of [cast.staking, cast.disputes]) {
    const hold = play.amount(`wallet/${cast.hold}/${vault}`);
    if (hold !== 0n) left.push(`${hold} HOLD in ${cast.nameOf(vault)}`);
  }
  for (const account of cast.accounts) {
    const locked = play.amount(`locked/${account}`);
    if (locked !== 0n) left.push(`${locked} HOLD of ${cast.nameOf(account)} locked`);
  }
  for (const { id, used } of world.offers.all) if (used !== 0n) left.push(`${used} units of offer ${id}`);
  for (const { id, status } of world.leases.all.values()) {
    if (status !== Cancelled && status !== Released) left.push(`lease ${id} in state ${status}`);
  }
  for (const { leaseId } of world.claims.open) left.push(`a claim on lease ${leaseId}`);
  if (left.length > 0) throw new Broken("INV-LSE-11", `everybody left, and behind stay ${left.join(", ")}`);
  play.count("INV-LSE-11");
}
