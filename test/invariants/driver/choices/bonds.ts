import { MaxUint256, ZeroAddress } from "ethers";

import { type Figures, MOST } from "../../model/records";
import { anyAccount, type Choice, type Table } from "./table";

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

/** Never to staking or the disputes: that would be a donation, which makes every later check of sums weaker. */
const wallet = ({ cast, dice }: Table): string =>
  dice.pick([...cast.everybody, ...cast.everybody, cast.pair, cast.vault, cast.forwarder, cast.market, cast.orders]);

export const transferHold: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const bound = cast.everybody.filter((account) => world.hold.lockedOf(account) > 0n);
  const by = dice.rather(bound, cast.everybody, 60);
  const to = dice.chance(92) ? wallet(table) : dice.pick([ZeroAddress, by]);
  return commands.transfer(by, cast.hold, to, upTo(table, by, 20n));
};

export const transferHoldFrom: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const pairs = cast.everybody.flatMap((from) => cast.everybody.map((by) => ({ from, by })));
  const allowed = pairs.filter(({ from, by }) => world.hold.allowance(from, by) > 0n);
  const { from, by } = dice.rather(allowed, pairs);
  return commands.transferFrom(by, cast.hold, from, wallet(table), upTo(table, from, 20n));
};

export const approveHold: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = dice.pick(cast.everybody);
  const spender = dice.rather([cast.staking, cast.disputes], [...cast.rogues, ZeroAddress], 30);
  const amount = dice.chance(70) ? MaxUint256 : dice.amount(unlockedOf(table, by));
  return commands.approve(by, cast.hold, spender, amount);
};

export const delegate: Choice = ({ cast, commands, dice }) =>
  commands.delegate(dice.pick(cast.everybody), dice.pick([...cast.everybody, ZeroAddress, cast.pair]));

/** Mostly with the market; now and then with the disputes, for bonds of disputes, or with a key that is a module. */
export const bond: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = dice.rather(cast.providers, cast.everybody, 95);
  const amount = dice.chance(60) ? dice.between(1n, 1_000n * 10n ** 18n) : upTo(table, by, 200n);
  return commands.bond(by, dice.rather([cast.market, cast.market, cast.disputes], cast.modules, 75), amount);
};

export const bondFor: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = dice.pick(cast.everybody);
  const amount = upTo(table, by, 2_000n);
  const module = dice.rather([cast.market], cast.modules, 60);
  return commands.bondFor(by, module, dice.chance(90) ? dice.pick(cast.providers) : anyAccount(table), amount);
};

export const moveBond: Choice = (table) => {
  const { cast, commands, dice } = table;
  const { by, module, free } = someFree(table);
  return commands.moveBond(by, module, dice.rather([cast.disputes], cast.modules, 30), dice.amount(free));
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
  const by = dice.rather(
    chosen.payees.filter((payee) => cast.everybody.includes(payee)),
    cast.everybody,
    90,
  );
  const others = mature.filter(({ id, payees }) => id !== chosen.id && payees.includes(by)).map(({ id }) => id);
  const ids = [chosen.id, ...(dice.chance(50) ? others : []), ...(dice.chance(5) ? [chosen.id] : [])];
  const to = dice.chance(90)
    ? dice.pick([by, dice.pick(cast.everybody)])
    : dice.pick([ZeroAddress, cast.staking, cast.hold]);
  return commands.claimPenalties(by, ids, to);
};

/** A key that acts as a module reserves what was bonded with it, or more. */
export const tryReserve: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const module = dice.pick(cast.rogues);
  const provider = dice.pick(cast.providers);
  return commands.tryReserve(module, provider, dice.amount(world.staking.poolOf(module, provider).free));
};

// ------------------------------------------------------------------------------------ lockers of HOLD, beside staking

/**
 * Mostly of who let the locker spend; for oneself, or for somebody else as a payment: the pool, the vault and the forwarder
 * above all, who count what they have.
 */
export const lockHold: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const pairs = cast.rogues.flatMap((by) => cast.everybody.map((payer) => ({ by, payer })));
  const allowed = pairs.filter(({ by, payer }) => world.hold.allowance(payer, by) > 0n);
  if (allowed.length === 0)
    return commands.approve(dice.pick(cast.rogues), cast.hold, dice.pick(cast.rogues), MaxUint256);
  const { by, payer } = dice.rather(allowed, pairs, 95);
  const owner = dice.chance(45) ? payer : dice.pick([cast.pair, cast.vault, cast.forwarder, dice.pick(cast.accounts)]);
  return commands.lockHold(by, payer, owner, upTo(table, payer, 20n));
};

const someLocked = ({ world, cast, dice }: Table): { by: string; owner: string; locked: bigint } => {
  const pairs = cast.rogues.flatMap((by) => cast.everybody.map((owner) => ({ by, owner })));
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
  return table.commands.seizeHold(by, owner, wallet(table), table.dice.amount(locked));
};

const someReserved = ({ world, cast, dice }: Table): { module: string; provider: string; reserved: bigint } => {
  const pools = cast.rogues.flatMap((module) => cast.providers.map((provider) => ({ module, provider })));
  const filled = pools.filter(({ module, provider }) => world.staking.poolOf(module, provider).reserved > 0n);
  const { module, provider } = dice.rather(filled, pools, 90);
  return { module, provider, reserved: world.staking.poolOf(module, provider).reserved };
};

export const release: Choice = (table) => {
  const { module, provider, reserved } = someReserved(table);
  return table.commands.release(module, provider, table.dice.amount(reserved));
};

/** For whom the module likes: anybody, or nobody, even where that makes no sense. */
export const penalise: Choice = (table) => {
  const { commands, dice } = table;
  const { module, provider, reserved } = someReserved(table);
  const orNobody = (percent: number): string => (dice.chance(percent) ? ZeroAddress : anyAccount(table));
  const payees = { tenant: orNobody(25), challenger: orNobody(55), treasury: orNobody(25) };
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
  return commands.addRecord(dice.pick(cast.rogues), dice.pick(cast.providers), figures);
};

// ------------------------------------------------------------------------------------------------ contracts of others

/** Takes what arrived; where nothing did, something is sent first. */
export const swap: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const usd18 = cast.tokens[1];
  const sold = world.hold.balanceOf(cast.pair) > world.pair.holdReserve;
  const bought = world.tokens.get(usd18)!.balanceOf(cast.pair) > world.pair.moneyReserve;
  const by = dice.pick(cast.everybody);
  if (!sold && !bought && dice.chance(70)) {
    const token = dice.pick([cast.hold, usd18]);
    const all = token === cast.hold ? unlockedOf(table, by) : world.tokens.get(usd18)!.balanceOf(by);
    return commands.transfer(by, token, cast.pair, dice.amount(all / 50n));
  }
  return commands.swap(by, sold === bought ? dice.chance(50) : sold, dice.pick([by, dice.pick(cast.everybody)]));
};

export const save: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = dice.pick(cast.everybody);
  return commands.save(by, upTo(table, by, 50n), dice.pick([by, dice.pick(cast.everybody)]));
};

export const redeem: Choice = ({ world, cast, commands, dice }) => {
  const savers = cast.everybody.filter((account) => world.vault.sharesOf(account) > 0n);
  const by = dice.rather(savers, cast.everybody, 95);
  return commands.redeem(by, dice.amount(world.vault.sharesOf(by)), dice.pick([by, dice.pick(cast.everybody)]));
};

export const sweep: Choice = ({ world, cast, commands, dice }) => {
  const by = dice.pick(cast.everybody);
  const isEmpty = world.hold.balanceOf(cast.forwarder) === 0n;
  if (isEmpty && dice.chance(60)) return commands.transfer(by, cast.hold, cast.forwarder, 10n ** 18n);
  return commands.sweep(by, cast.hold);
};
