import type { Facts, LeaseLine } from "./facts";
import { type LeaseOutcome, outcomeOf } from "./leaseModel";

/**
 * What the demo's leases must come to, computed from what was done and when: deliberately without the protocol's code,
 * its views or its events. Amounts are base units, instants seconds of the chain.
 */

/** What one account did with one payment token; `free` is what it ends with in escrow. */
export interface AccountLine {
  readonly account: string;
  readonly token: string;
  readonly deposited: bigint;
  readonly locked: bigint;
  readonly refunded: bigint;
  /** Out of its free balance, to whoever renewed its leases. */
  readonly errands: bigint;
  readonly earned: bigint;
  readonly free: bigint;
}

/** HOLD of one account, wei: bonded is left after penalties. */
export interface HoldLine {
  readonly account: string;
  readonly bonded: bigint;
  readonly penaltiesPaid: bigint;
  readonly penaltiesReceived: bigint;
}

/** What the market recorded of one provider; `slashed` in wei of HOLD. */
export interface RecordLine {
  readonly account: string;
  readonly served: bigint;
  readonly noShows: bigint;
  readonly liveSeconds: bigint;
  readonly darkSeconds: bigint;
  readonly slashed: bigint;
}

export interface Ledger {
  readonly leases: readonly LeaseLine[];
  readonly accounts: readonly AccountLine[];
  readonly hold: readonly HoldLine[];
  readonly records: readonly RecordLine[];
}

const BPS = 10_000n;

/** The whole ledger that the facts lead to. */
export function ledgerOf(facts: Facts): Ledger {
  const outcomes = facts.leases.map((lease) => outcomeOf(lease, facts));
  const leases = outcomes.map(({ line }) => line);
  return {
    leases,
    accounts: accountLines(facts, outcomes),
    hold: holdLines(facts, leases),
    records: recordLines(outcomes),
  };
}

const sum = <T>(items: readonly T[], amount: (item: T) => bigint): bigint =>
  items.reduce((total, item) => total + amount(item), 0n);

function accountLines(facts: Facts, outcomes: readonly LeaseOutcome[]): AccountLine[] {
  const leases = outcomes.map(({ line }) => line);
  const tokens = [...new Set(leases.map(({ token }) => token))].sort();
  const accounts = [
    ...new Set([
      ...leases.map(({ tenant }) => tenant),
      ...leases.map(({ provider }) => provider),
      ...outcomes.flatMap(({ errands }) => errands.map(({ by }) => by)),
      facts.keeper,
      facts.treasury,
    ]),
  ];
  return tokens.flatMap((token) =>
    accounts.flatMap((account) => {
      const inToken = leases.filter((lease) => lease.token === token);
      const own = inToken.filter(({ tenant }) => tenant === account);
      const deposited = sum(
        facts.deposits.filter((deposit) => deposit.account === account && deposit.token === token),
        ({ amount }) => amount,
      );
      const locked = sum(own, (lease) => lease.locked);
      const refunded = sum(own, (lease) => lease.refunded);
      const run = outcomes
        .filter(({ line }) => line.token === token)
        .flatMap(({ line: { tenant }, errands }) => errands.map(({ by, amount }) => ({ tenant, by, amount })));
      const errands = sum(run, ({ tenant, amount }) => (tenant === account ? amount : 0n));
      const earned =
        sum(run, ({ by, amount }) => (by === account ? amount : 0n)) +
        sum(inToken, (lease) => (lease.provider === account ? lease.paid : 0n)) +
        (account === facts.keeper ? sum(inToken, ({ bounty }) => bounty) : 0n) +
        (account === facts.treasury ? sum(inToken, ({ fee }) => fee) : 0n);
      const line = {
        account,
        token,
        deposited,
        locked,
        refunded,
        errands,
        earned,
        free: deposited - locked - errands + refunded + earned,
      };
      return deposited === 0n && locked === 0n && earned === 0n ? [] : [line];
    }),
  );
}

function holdLines({ rules, bonds, treasury }: Facts, leases: readonly LeaseLine[]): HoldLine[] {
  const treasuryPart = ({ ending, penalty }: LeaseLine): bigint =>
    ending === "no-show" ? penalty : (penalty * (BPS - rules.tenantBps)) / BPS;
  const tenantPart = (lease: LeaseLine): bigint => lease.penalty - treasuryPart(lease);
  const none = { bonded: 0n, penaltiesPaid: 0n, penaltiesReceived: 0n };
  const providers = [...new Set(bonds.map(({ provider }) => provider))].map((account): HoldLine => {
    const penaltiesPaid = sum(leases, (lease) => (lease.provider === account ? lease.penalty : 0n));
    const bonded = sum(bonds, ({ provider, amount }) => (provider === account ? amount : 0n)) - penaltiesPaid;
    return { ...none, account, bonded, penaltiesPaid };
  });
  const tenants = [...new Set(leases.map(({ tenant }) => tenant))].map((account): HoldLine => {
    const received = sum(leases, (lease) => (lease.tenant === account ? tenantPart(lease) : 0n));
    return { ...none, account, penaltiesReceived: received };
  });
  const fees: HoldLine = {
    ...none,
    account: treasury,
    penaltiesReceived: sum(leases, treasuryPart),
  };
  return [...providers, ...tenants, fees].filter(
    (line) => line.bonded !== 0n || line.penaltiesPaid !== 0n || line.penaltiesReceived !== 0n,
  );
}

function recordLines(outcomes: readonly LeaseOutcome[]): RecordLine[] {
  return [...new Set(outcomes.map(({ line }) => line.provider))].map((account) => {
    const own = outcomes.filter(({ line }) => line.provider === account);
    return {
      account,
      served: sum(own, ({ line }) => (line.ending === "no-show" ? 0n : 1n)),
      noShows: sum(own, ({ line }) => (line.ending === "no-show" ? 1n : 0n)),
      liveSeconds: sum(own, ({ lived, dark }) => BigInt(lived - dark)),
      darkSeconds: sum(own, ({ dark }) => BigInt(dark)),
      slashed: sum(own, ({ line }) => line.penalty),
    };
  });
}
