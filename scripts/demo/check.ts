import type { Ledger } from "./model";

/** What is in the escrow and what it owes, of one token. */
export interface Vault {
  readonly token: string;
  readonly balance: bigint;
  readonly liabilities: bigint;
}

/** What the chain says in the end. */
export interface Observed {
  readonly ledger: Ledger;
  /** Names of leases that have not ended, or are not settled. */
  readonly unfinished: readonly string[];
  readonly vaults: readonly Vault[];
}

type Line = Readonly<Record<string, string | bigint>>;

/** Everything in which the chain differs from what was computed, or from itself; none: all is well. */
export function mismatches(expected: Ledger, observed: Observed): string[] {
  const { ledger, unfinished, vaults } = observed;
  return [
    ...compareLines("lease", ["name"], expected.leases, ledger.leases),
    ...compareLines("account", ["account", "token"], expected.accounts, ledger.accounts),
    ...compareLines("HOLD of", ["account"], expected.hold, ledger.hold),
    ...compareLines("record of", ["account"], expected.records, ledger.records),
    ...unfinished.map((name) => `lease ${name} has not come to its end`),
    ...ledger.leases.flatMap(({ name, locked, paid, fee, refunded, bounty }) => {
      const left = locked - paid - fee - refunded - bounty;
      return left === 0n ? [] : [`lease ${name}: ${left} of what was locked went nowhere`];
    }),
    ...vaults.flatMap(({ token, balance, liabilities }) =>
      balance === liabilities ? [] : [`escrow holds ${balance} of ${token}, it owes ${liabilities}`],
    ),
  ];
}

function compareLines<T extends object>(
  what: string,
  keys: (keyof T)[],
  expected: readonly T[],
  actual: readonly T[],
): string[] {
  const byKey = (lines: readonly T[]): Map<string, Line> =>
    new Map(lines.map((line) => [keys.map((key) => String(line[key])).join(" "), line as Line]));
  const [wanted, found] = [byKey(expected), byKey(actual)];
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((key) => {
    const [want, have] = [wanted.get(key), found.get(key)];
    if (want === undefined) return [`${what} ${key}: is on the chain, but nothing led to it`];
    if (have === undefined) return [`${what} ${key}: is missing on the chain`];
    return Object.keys(want)
      .filter((field) => want[field] !== have[field])
      .map((field) => `${what} ${key}: ${field} is ${have[field]}, computed ${want[field]}`);
  });
}
