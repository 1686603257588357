import { MaxUint256, ZeroAddress } from "ethers";

import { type Figures, MOST } from "../../model/records";
import type { Choice, Table } from "./table";

const DAY = 86_400n;

const unlockedOf = ({ world }: Table, account: string): bigint =>
  world.hold.balanceOf(account) - world.hold.lockedOf(account);

/** Mostly a part of what is not locked; now and then one wei more than that. */
const upTo = (table: Table, account: string, part: bigint): bigint =>
  table.dice.chance(12) ? unlockedOf(table, account) + 1n : table.dice.amount(unlockedOf(table, account) / part);

const someFree = ({ world, cast, dice }: Table): { by: string; module: string; free: bigint } => {
  const pools = cast.providers.flatMap((by) => cast.modules.map((module) => ({ by, module })));
  const filled = pools.filter(({ by, module }) => world.staking.poolOf(module, by).free > 0n);
  const { by, module } = dice.rather(filled, pools);
  return { by, module, free: world.staking.poolOf(module, by).free };
};

export const transferHold: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const bound = cast.everybody.filter((account) => world.hold.lockedOf(account) > 0n);
  const by = dice.rather(bound, cast.everybody, 60);
  const to = dice.chance(92) ? dice.pick(cast.everybody) : dice.pick([ZeroAddress, by]);
  return commands.transfer(by, cast.hold, to, upTo(table, by, 2n));
};

export const transferHoldFrom: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const pairs = cast.everybody.flatMap((from) => cast.everybody.map((by) => ({ from, by })));
  const allowed = pairs.filter(({ from, by }) => world.hold.allowance(from, by) > 0n);
  const { from, by } = dice.rather(allowed, pairs);
  return commands.transferFrom(by, cast.hold, from, dice.pick(cast.everybody), upTo(table, from, 9n));
};

export const approveHold: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = dice.pick(cast.everybody);
  const spender = dice.rather([cast.staking], [...cast.everybody, ZeroAddress], 40);
  const amount = dice.chance(70) ? MaxUint256 : dice.amount(unlockedOf(table, by));
  return commands.approve(by, cast.hold, spender, amount);
};

export const delegate: Choice = ({ cast, commands, dice }) =>
  commands.delegate(dice.pick(cast.everybody), dice.pick([...cast.everybody, ZeroAddress]));

export const bond: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = dice.rather(cast.providers, cast.everybody, 95);
  return commands.bond(by, dice.rather([cast.market], cast.modules, 75), upTo(table, by, 4n));
};

export const bondFor: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = dice.pick(cast.everybody);
  const amount = upTo(table, by, 20n);
  return commands.bondFor(by, dice.rather([cast.market], cast.modules, 60), dice.pick(cast.providers), amount);
};

export const moveBond: Choice = (table) => {
  const { cast, commands, dice } = table;
  const { by, module, free } = someFree(table);
  return commands.moveBond(by, module, dice.pick(cast.modules), dice.amount(free));
};

export const startUnbonding: Choice = (table) => {
  const { by, module, free } = someFree(table);
  return table.commands.startUnbonding(by, module, table.dice.amount(free));
};

export const cancelUnbonding: Choice = ({ world, cast, commands, dice }) => {
  const unbonding = cast.providers.filter((provider) => world.staking.unbondingOf(provider).amount > 0n);
  const by = dice.rather(unbonding, cast.providers);
  return commands.cancelUnbonding(by, dice.pick(cast.modules), dice.amount(world.staking.unbondingOf(by).amount));
};

export const finishUnbonding: Choice = ({ world, cast, commands, dice }) => {
  const unbonding = cast.providers.filter((provider) => world.staking.unbondingOf(provider).amount > 0n);
  const ready = unbonding.filter((provider) => world.staking.unbondingOf(provider).readyAt <= world.now + 1n);
  return commands.finishUnbonding(dice.rather(ready, dice.listOf(unbonding, cast.everybody, 80), 60));
};

export const claimPenalties: Choice = ({ world, cast, commands, dice }) => {
  const unpaid = world.staking.unpaid();
  const mature = unpaid.filter(({ penalty }) => penalty.maturesAt <= world.now + 1n);
  const chosen = dice.oneOf(dice.listOf(mature, unpaid, 65));
  if (chosen === undefined)
    return commands.claimPenalties(dice.pick(cast.everybody), [dice.pick([0n, 1n])], ZeroAddress);
  const by = dice.rather(chosen.payees, cast.everybody, 90);
  const others = mature.filter(({ id, payees }) => id !== chosen.id && payees.includes(by)).map(({ id }) => id);
  const ids = [chosen.id, ...(dice.chance(50) ? others : []), ...(dice.chance(5) ? [chosen.id] : [])];
  const to = dice.chance(90) ? dice.pick(cast.everybody) : dice.pick([ZeroAddress, cast.staking]);
  return commands.claimPenalties(by, ids, to);
};

/** A key that acts as a module reserves what was bonded with it, or more. */
export const tryReserve: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const module = dice.pick(cast.modules.slice(1));
  const provider = dice.pick(cast.providers);
  return commands.tryReserve(module, provider, dice.amount(world.staking.poolOf(module, provider).free));
};

/** A key that acts as a locker of HOLD, beside staking. */
export const lockHold: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const lockers = cast.modules.slice(1);
  const pairs = lockers.flatMap((by) => cast.everybody.map((payer) => ({ by, payer })));
  const allowed = pairs.filter(({ by, payer }) => world.hold.allowance(payer, by) > 0n);
  if (allowed.length === 0)
    return commands.approve(dice.pick(cast.providers), cast.hold, dice.pick(lockers), MaxUint256);
  const { by, payer } = dice.rather(allowed, pairs, 95);
  const owner = dice.chance(60) ? payer : dice.pick(cast.everybody);
  return commands.lockHold(by, payer, owner, upTo(table, payer, 9n));
};

const someLocked = ({ world, cast, dice }: Table): { by: string; owner: string; locked: bigint } => {
  const pairs = cast.modules.slice(1).flatMap((by) => cast.everybody.map((owner) => ({ by, owner })));
  const { by, owner } = dice.rather(
    pairs.filter((pair) => world.hold.lockOf(pair.by, pair.owner) > 0n),
    pairs,
  );
  return { by, owner, locked: world.hold.lockOf(by, owner) };
};

export const unlockHold: Choice = (table) => {
  const { by, owner, locked } = someLocked(table);
  return table.commands.unlockHold(by, owner, table.dice.amount(locked));
};

export const seizeHold: Choice = (table) => {
  const { by, owner, locked } = someLocked(table);
  return table.commands.seizeHold(by, owner, table.dice.pick(table.cast.everybody), table.dice.amount(locked));
};

const someReserved = ({ world, cast, dice }: Table): { module: string; provider: string; reserved: bigint } => {
  const pools = cast.modules.slice(1).flatMap((module) => cast.providers.map((provider) => ({ module, provider })));
  const filled = pools.filter(({ module, provider }) => world.staking.poolOf(module, provider).reserved > 0n);
  const { module, provider } = dice.rather(filled, pools, 90);
  return { module, provider, reserved: world.staking.poolOf(module, provider).reserved };
};

export const release: Choice = (table) => {
  const { module, provider, reserved } = someReserved(table);
  return table.commands.release(module, provider, table.dice.amount(reserved));
};

export const penalise: Choice = (table) => {
  const { cast, commands, dice } = table;
  const { module, provider, reserved } = someReserved(table);
  const payees = {
    tenant: dice.pick(cast.everybody),
    challenger: dice.chance(50) ? ZeroAddress : dice.pick(cast.everybody),
    treasury: dice.pick([cast.address.treasury, dice.pick(cast.everybody)]),
  };
  return commands.penalise(module, provider, dice.amount(reserved), payees);
};

export const setUnbondingDelay: Choice = ({ cast, commands, dice }) => {
  const delay = dice.pick([10n * DAY, 10n * DAY, 14n * DAY, 60n * DAY, 10n * DAY - 1n, 60n * DAY + 1n]);
  return commands.setUnbondingDelay(dice.rather([cast.address.admin], cast.everybody), delay);
};

/** A key that acts as a module writes its own column, now and then more than fits. */
export const addRecord: Choice = ({ cast, commands, dice }) => {
  const figures = Object.fromEntries(
    Object.entries(MOST).map(([name, highest]) => [name, dice.chance(10) ? highest : dice.between(0n, 1_000n)]),
  ) as unknown as Figures;
  return commands.addRecord(dice.pick(cast.modules.slice(1)), dice.pick(cast.providers), figures);
};
