/**
 * What the demo's leases must come to, computed from what was done and when: deliberately without the protocol's code,
 * its views or its events. Amounts are base units, instants seconds of the chain.
 */

/** Rules that the demo's protocol was deployed with. */
export interface Rules {
  readonly feeBps: bigint;
  readonly noShowBps: bigint;
  /** Part of a no-show penalty that is the tenant's. */
  readonly tenantBps: bigint;
  /** Seconds that a heartbeat lasts. */
  readonly grace: number;
  /** Dark seconds that a tenant puts up with: so many, and this part of the time since the start. */
  readonly outageAllowance: number;
  readonly toleranceBps: number;
  /** HOLD per resource, wei. */
  readonly weights: Readonly<Record<WeightedResource, bigint>>;
  /** What each lease sets aside for whoever ends it, by token symbol. */
  readonly bounties: Readonly<Record<string, bigint>>;
}

export const WEIGHTED_RESOURCES = ["cpu", "memoryMiB", "diskGiB", "bandwidthMbps", "gpuCount"] as const;
export type WeightedResource = (typeof WEIGHTED_RESOURCES)[number];

/** An offer as its provider made it. */
export interface OfferFacts {
  readonly provider: string;
  readonly token: string;
  /** Base units per unit-second, times 2^32. */
  readonly priceX32: bigint;
  readonly minDuration: number;
  readonly resources: Readonly<Record<WeightedResource, bigint>>;
}

/** What was done with a lease, and when. */
export interface LeaseFacts {
  readonly name: string;
  readonly tenant: string;
  readonly offer: OfferFacts;
  readonly units: bigint;
  readonly duration: number;
  readonly activatedAt?: number;
  /** When its tenant closed it; otherwise it ran to its end, or never started. */
  readonly closedAt?: number;
}

/** Everything that was done. */
export interface Facts {
  readonly rules: Rules;
  readonly leases: readonly LeaseFacts[];
  /** When each provider's operator was heard, ascending. */
  readonly heartbeats: Readonly<Record<string, readonly number[]>>;
  readonly deposits: readonly { readonly account: string; readonly token: string; readonly amount: bigint }[];
  readonly bonds: readonly { readonly provider: string; readonly amount: bigint }[];
  /** Who ends leases, and who receives fees. */
  readonly keeper: string;
  readonly treasury: string;
}

export type Ending = "expired" | "closed" | "closed, dark" | "no-show" | "unknown";

/** One lease, from what was locked to where it went. */
export interface LeaseLine {
  readonly name: string;
  readonly tenant: string;
  readonly provider: string;
  readonly token: string;
  readonly ending: Ending;
  readonly billedSeconds: bigint;
  readonly locked: bigint;
  /** To the provider. */
  readonly paid: bigint;
  /** To the treasury. */
  readonly fee: bigint;
  /** To the tenant. */
  readonly refunded: bigint;
  /** To the keeper. */
  readonly bounty: bigint;
  /** In wei of HOLD. */
  readonly penalty: bigint;
}

/** What one account did with one payment token; `free` is what it ends with in escrow. */
export interface AccountLine {
  readonly account: string;
  readonly token: string;
  readonly deposited: bigint;
  readonly locked: bigint;
  readonly refunded: bigint;
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

export interface Ledger {
  readonly leases: readonly LeaseLine[];
  readonly accounts: readonly AccountLine[];
  readonly hold: readonly HoldLine[];
}

const X32 = 2n ** 32n;
const BPS = 10_000n;

/** Seconds in [from, to) in which a provider with these heartbeats was dark. */
export function darkSeconds(heartbeats: readonly number[], grace: number, from: number, to: number): number {
  return heartbeats.reduce((dark, beat, index) => {
    const silentFrom = Math.max(beat + grace, from);
    const silentTo = Math.min(heartbeats[index + 1] ?? Infinity, to);
    return dark + Math.max(0, silentTo - silentFrom);
  }, 0);
}

/** The whole ledger that the facts lead to. */
export function ledgerOf(facts: Facts): Ledger {
  const leases = facts.leases.map((lease) => leaseLine(lease, facts));
  return { leases, accounts: accountLines(facts, leases), hold: holdLines(facts, leases) };
}

function leaseLine(lease: LeaseFacts, { rules, heartbeats }: Facts): LeaseLine {
  const { name, tenant, offer, units, duration, activatedAt, closedAt } = lease;
  const { provider, token } = offer;
  const rate = offer.priceX32 * units;
  const bounty = rules.bounties[token] ?? 0n;
  const locked = (rate * BigInt(duration) + X32 - 1n) / X32 + bounty;
  const common = { name, tenant, provider, token, locked };

  if (activatedAt === undefined) {
    const perUnit = WEIGHTED_RESOURCES.reduce((sum, key) => sum + rules.weights[key] * offer.resources[key], 0n);
    const penalty = (perUnit * units * rules.noShowBps) / BPS;
    return {
      ...common,
      ending: "no-show",
      billedSeconds: 0n,
      paid: 0n,
      fee: 0n,
      refunded: locked - bounty,
      bounty,
      penalty,
    };
  }
  const end = closedAt ?? activatedAt + duration;
  const lived = end - activatedAt;
  const dark = darkSeconds(heartbeats[provider] ?? [], rules.grace, activatedAt, end);
  const tooDark = dark > rules.outageAllowance + Math.floor((lived * rules.toleranceBps) / Number(BPS));
  const missing = closedAt === undefined || tooDark ? 0 : Math.max(0, offer.minDuration - lived);
  const billedSeconds = BigInt(lived - dark + missing);
  const earned = (rate * billedSeconds) / X32;
  const fee = (earned * rules.feeBps) / BPS;
  const spent = closedAt === undefined ? bounty : 0n;
  return {
    ...common,
    ending: closedAt === undefined ? "expired" : tooDark ? "closed, dark" : "closed",
    billedSeconds,
    paid: earned - fee,
    fee,
    refunded: locked - earned - spent,
    bounty: spent,
    penalty: 0n,
  };
}

const sum = <T>(items: readonly T[], amount: (item: T) => bigint): bigint =>
  items.reduce((total, item) => total + amount(item), 0n);

function accountLines(facts: Facts, leases: readonly LeaseLine[]): AccountLine[] {
  const tokens = [...new Set(leases.map(({ token }) => token))].sort();
  const accounts = [
    ...new Set([
      ...leases.map(({ tenant }) => tenant),
      ...leases.map(({ provider }) => provider),
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
      const earned =
        sum(inToken, (lease) => (lease.provider === account ? lease.paid : 0n)) +
        (account === facts.keeper ? sum(inToken, ({ bounty }) => bounty) : 0n) +
        (account === facts.treasury ? sum(inToken, ({ fee }) => fee) : 0n);
      const line = {
        account,
        token,
        deposited,
        locked,
        refunded,
        earned,
        free: deposited - locked + refunded + earned,
      };
      return deposited === 0n && locked === 0n && earned === 0n ? [] : [line];
    }),
  );
}

function holdLines({ rules, bonds, treasury }: Facts, leases: readonly LeaseLine[]): HoldLine[] {
  const tenantPart = (penalty: bigint): bigint => penalty - treasuryPart(penalty);
  const treasuryPart = (penalty: bigint): bigint => (penalty * (BPS - rules.tenantBps)) / BPS;
  const none = { bonded: 0n, penaltiesPaid: 0n, penaltiesReceived: 0n };
  const providers = [...new Set(bonds.map(({ provider }) => provider))].map((account): HoldLine => {
    const penaltiesPaid = sum(leases, (lease) => (lease.provider === account ? lease.penalty : 0n));
    const bonded = sum(bonds, ({ provider, amount }) => (provider === account ? amount : 0n)) - penaltiesPaid;
    return { ...none, account, bonded, penaltiesPaid };
  });
  const tenants = [...new Set(leases.map(({ tenant }) => tenant))].map((account): HoldLine => {
    const received = sum(leases, ({ tenant, penalty }) => (tenant === account ? tenantPart(penalty) : 0n));
    return { ...none, account, penaltiesReceived: received };
  });
  const fees: HoldLine = {
    ...none,
    account: treasury,
    penaltiesReceived: sum(leases, ({ penalty }) => treasuryPart(penalty)),
  };
  return [...providers, ...tenants, fees].filter(
    (line) => line.bonded !== 0n || line.penaltiesPaid !== 0n || line.penaltiesReceived !== 0n,
  );
}
