import { MaxUint256, TypedDataEncoder, ZeroAddress } from "ethers";

import { FUNDING_TYPES } from "../../../helpers/signatures";
import { type Funding, type Line, UNLIMITED } from "../../model/escrow";
import { least } from "../../model/plain";
import { ACTORS } from "../cast";
import { anyAccount, type Choice, type Table } from "./table";

const HOUR = 3_600n;
const CHAIN_ID = 31_337n;

const accountOf = ({ cast, dice }: Table): string => dice.pick(cast.everybody);

export const deposit: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const by = accountOf(table);
  const token = dice.pick(cast.tokens);
  const account = dice.chance(75) ? by : dice.pick([anyAccount(table), ZeroAddress, cast.escrow, token]);
  return commands.deposit(by, token, account, dice.amount(world.tokens.get(token)!.balanceOf(by)));
};

export const withdraw: Choice = ({ world, cast, commands, dice }) => {
  const token = dice.pick(cast.tokens);
  const holders = cast.everybody.filter((account) => world.escrow.freeOf(token, account) > 0n);
  const by = dice.rather(holders, cast.everybody);
  // Not to the other contracts: what they are paid outside of the escrow is lost, and nothing is learned by it.
  const to = dice.chance(60) ? by : dice.pick([...cast.everybody, cast.escrow, token, ZeroAddress]);
  return commands.withdraw(by, token, to, dice.amount(world.escrow.freeOf(token, by)));
};

export const approveModule: Choice = (table) => {
  const { cast, commands, dice } = table;
  const by = accountOf(table);
  const token = dice.pick(cast.tokens);
  return commands.approveModule(by, token, dice.rather([cast.market], cast.modules, 70), ceilingOf(table, token, by));
};

function ceilingOf({ world, dice }: Table, token: string, account: string): bigint {
  const free = world.escrow.freeOf(token, account);
  return dice.pick([UNLIMITED, free, free, dice.amount(2n * free), dice.between(0n, 4n * free)]);
}

/** Signed by whom it should, or not; for the nonce that is next, for the last one again, or for a wrong one. */
export const fundBySignature: Choice = async (table) => {
  const { world, cast, commands, dice } = table;
  const key = dice.pick(ACTORS);
  const account = cast.address[key];
  const token = dice.pick(cast.tokens);
  const module = cast.honest.includes(account) ? cast.market : dice.rather([cast.market], cast.modules, 80);
  const { nonce } = world.escrow.held(module, token, account);
  const message = {
    account,
    token,
    module,
    ceiling: ceilingOf(table, token, account),
    deposit: dice.chance(50) ? 0n : dice.amount(world.tokens.get(token)!.balanceOf(account)),
    nonce: dice.chance(80) ? nonce : dice.pick([nonce + 1n, nonce > 0n ? nonce - 1n : 7n]),
    deadline: dice.pick([world.now, world.now + 1n, world.now + HOUR, world.now + HOUR]),
  };
  const signer = dice.chance(92) ? key : dice.pick(ACTORS);
  const domain = { name: "Leasehold Escrow", version: "1", chainId: CHAIN_ID, verifyingContract: cast.escrow };
  const signature = await cast.signer[signer].signTypedData(domain, FUNDING_TYPES, message);
  const funding: Funding = { ...message, digest: TypedDataEncoder.hash(domain, FUNDING_TYPES, message) };
  return commands.fundBySignature(dice.pick(cast.everybody), funding, cast.address[signer], signature);
};

/** A key that acts as a module locks what it may, or more. */
export const lock: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const by = dice.rather(cast.rogues, cast.everybody, 95);
  const token = dice.pick(cast.tokens);
  const trusting = cast.everybody.filter((account) => world.escrow.headroom(by, token, account) > 0n);
  const account = dice.rather(trusting, cast.everybody, 90);
  const room = least(world.escrow.headroom(by, token, account), world.escrow.freeOf(token, account));
  const amount = dice.amount(room);
  if (dice.chance(60)) return commands.lock(by, token, account, amount);
  const paid = dice.pick([0n, amount, amount / 3n]);
  return commands.tryLockAndPay(by, token, account, amount - paid, paid, dice.pick([account, anyAccount(table)]));
};

/** Mostly somebody who once approved the module: nobody else can be given a lock of it. */
const receiverOf = (table: Table, module: string, token: string): string => {
  const { world, cast, dice } = table;
  const approved = cast.accounts.filter((account) => world.escrow.held(module, token, account).nonce > 0n);
  return dice.chance(75) && approved.length > 0 ? dice.pick(approved) : anyAccount(table);
};

/** A key that acts as a module lets one account pay for another's lock; now and then for its own. */
export const lockFor: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const by = dice.rather(cast.rogues, cast.everybody, 95);
  const token = dice.pick(cast.tokens);
  const trusting = cast.everybody.filter((payer) => world.escrow.headroom(by, token, payer) > 0n);
  const payer = dice.rather(trusting, cast.everybody, 90);
  const room = least(world.escrow.headroom(by, token, payer), world.escrow.freeOf(token, payer));
  const account = dice.chance(85) ? receiverOf(table, by, token) : payer;
  return commands.lockFor(by, token, payer, account, dice.amount(room));
};

/** A key that acts as a module moves what it holds. */
export const moveLock: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const keys = cast.rogues.flatMap((by) => cast.tokens.map((token) => ({ by, token })));
  const held = keys.filter(({ by, token }) =>
    cast.accounts.some((one) => world.escrow.held(by, token, one).locked > 0n),
  );
  const { by, token } = dice.rather(held, keys);
  const owners = cast.accounts.filter((account) => world.escrow.held(by, token, account).locked > 0n);
  const from = dice.rather(owners, cast.everybody, 92);
  const to = dice.chance(85) ? receiverOf(table, by, token) : from;
  return commands.moveLock(by, token, from, to, dice.amount(world.escrow.held(by, token, from).locked));
};

/** A key that acts as a module settles what it holds, among anybody; now and then what it does not hold, or unevenly. */
export const settle: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const held = cast.rogues
    .flatMap((module) => cast.tokens.map((token) => ({ module, token })))
    .filter(({ module, token }) => cast.accounts.some((one) => world.escrow.held(module, token, one).locked > 0n));
  const found = dice.oneOf(held);
  const { module, token } = found ?? { module: cast.rogues[0]!, token: cast.tokens[0] };
  const owners = cast.accounts.filter((account) => world.escrow.held(module, token, account).locked > 0n);
  const lines = dice.some(owners, 3).map((account): Line => {
    const taken = dice.amount(world.escrow.held(module, token, account).locked);
    const kept = dice.chance(50) ? taken : dice.between(0n, taken);
    return { account, fromLock: taken, toFree: kept };
  });
  const rest = lines.reduce((sum, { fromLock, toFree }) => sum + fromLock - toFree, 0n);
  const uneven = dice.chance(10) ? 1n : 0n;
  lines.push({ account: anyAccount(table), fromLock: 0n, toFree: rest + uneven });
  return commands.settle(module, token, lines);
};

export const transferTokens: Choice = ({ world, cast, commands, dice }) => {
  const token = dice.pick(cast.tokens);
  const by = dice.pick(cast.everybody);
  // Never to the escrow itself: that would be a donation, which makes every later check of sums weaker.
  return commands.transfer(
    by,
    token,
    dice.pick([...cast.everybody, cast.pair]),
    dice.amount(world.tokens.get(token)!.balanceOf(by)),
  );
};

export const approveTokens: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const by = accountOf(table);
  const token = dice.pick(cast.tokens);
  const amount = dice.chance(70) ? MaxUint256 : dice.amount(world.tokens.get(token)!.balanceOf(by));
  return commands.approve(by, token, cast.escrow, amount);
};
