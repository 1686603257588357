/** What everybody has, everywhere, so that a drill can say what moved and that nothing else did. */
import type { AddressLike } from "ethers";

import type { Governed } from "../helpers/governance";

/** Who is watched, by name. */
export type Holders = Readonly<Record<string, AddressLike>>;

/** The people and contracts that HOLD or money can be of. */
export function everybody(f: Governed): Holders {
  const { tenantA, tenantB, providerA, providerB, providerC, keeper, stranger, memberA, admin } = f;
  const { timelock, disputes, staking, governor, guardianship } = f;
  const people = { tenantA, tenantB, providerA, providerB, providerC, keeper, stranger, memberA, admin };
  return { ...people, timelock, disputes, staking, governor, guardianship };
}

/** Free and locked money in base units, HOLD and bonds in wei, line by line. */
export async function ledgerOf(f: Governed, holders: Holders): Promise<Record<string, bigint>> {
  const { escrow, market, staking, hold, usd6, usd18 } = f;
  const lines: Promise<readonly [string, bigint]>[] = [];
  const line = (name: string, amount: Promise<bigint>) => lines.push(amount.then((value) => [name, value] as const));
  for (const [symbol, token] of [
    ["USD6", usd6],
    ["USD18", usd18],
  ] as const) {
    line(`${symbol} in the escrow`, token.balanceOf(escrow));
    for (const [name, holder] of Object.entries(holders)) {
      line(`${name}: free ${symbol}`, escrow.freeOf(token, holder));
      line(
        `${name}: locked ${symbol}`,
        escrow.moduleAccount(market, token, holder).then(({ locked }) => locked),
      );
    }
  }
  for (const [name, holder] of Object.entries(holders)) {
    const pool = staking.poolOf(market, holder);
    line(`${name}: HOLD`, hold.balanceOf(holder));
    line(
      `${name}: free bond`,
      pool.then(({ free }) => free),
    );
    line(
      `${name}: reserved bond`,
      pool.then(({ reserved }) => reserved),
    );
    line(
      `${name}: unbonding`,
      staking.unbondingOf(holder).then(({ amount }) => amount),
    );
  }
  return Object.fromEntries(await Promise.all(lines));
}

/** The lines that an action changed, each by how much; those of nobody else changed. */
export async function moved(
  f: Governed,
  action: () => Promise<unknown>,
  holders: Holders = everybody(f),
): Promise<Record<string, bigint>> {
  const before = await ledgerOf(f, holders);
  await action();
  const after = await ledgerOf(f, holders);
  const changes = Object.entries(after).map(([name, amount]) => [name, amount - before[name]!] as const);
  return Object.fromEntries(changes.filter(([, change]) => change !== 0n));
}
