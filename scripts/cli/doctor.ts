import { formatAmount, formatDuration, formatInstant, plainAmount } from "../../sdk/units";
import type { Dispute } from "./disputes";
import { mayAppeal, stageOf, stateText } from "./disputeWords";
import type { Token } from "./tokens";

/** `bad`: something that will be refused. `warn`: worth a look. */
export type Level = "ok" | "warn" | "bad";

/** One thing that was looked at. */
export interface Check {
  readonly level: Level;
  readonly what: string;
  readonly found: string;
  /** What to do; missing where all is well. */
  readonly next?: string;
}

/** Money of an account in one token. */
export interface TokenFacts {
  readonly token: Token;
  readonly wallet: bigint;
  readonly free: bigint;
  readonly locked: bigint;
  readonly ceiling: bigint;
}

/** What the account does as a provider. */
export interface ProviderFacts {
  readonly opened: boolean;
  readonly freeBond: bigint;
  readonly reservedBond: bigint;
  readonly unbonding: bigint;
  readonly readyAt: number;
  readonly walletHold: bigint;
  readonly operator: string;
  readonly lastSeen: number;
  readonly live: boolean;
  readonly offers: readonly {
    readonly id: bigint;
    readonly retired: boolean;
    readonly unitsLeft: number;
    readonly collateralPerUnit: bigint;
    readonly tokenListed: boolean;
  }[];
  readonly leases: readonly LeaseFacts[];
}

export interface LeaseFacts {
  readonly name: string;
  readonly status: string;
  readonly deadline: number;
  readonly cutoff: number;
  readonly remaining: number;
  /** Its provider gave notice. */
  readonly noticed: boolean;
  readonly end: number;
  readonly settled: boolean;
  readonly releasableAt: number;
}

/** Everything that a diagnosis looks at. Instants in Unix seconds. */
export interface Facts {
  readonly chainId: number;
  readonly block: number;
  readonly chainTime: number;
  readonly machineTime: number;
  /** Contracts whose code is missing or is not what the address book records. */
  readonly wrongCode: readonly string[];
  readonly contracts: number;
  readonly pausedUntil: number;
  readonly grace: number;
  readonly tokens: readonly TokenFacts[];
  readonly account?: {
    readonly address: string;
    readonly coin: bigint;
    readonly pendingTransactions: number;
    readonly provider: ProviderFacts;
    readonly tenantLeases: readonly LeaseFacts[];
    readonly penalties: readonly { readonly id: number; readonly amount: bigint; readonly maturesAt: number }[];
    /** HOLD in the wallet that nothing locks. */
    readonly freeHold: bigint;
    /** Of its own, and against it; those that are over and paid out are left out. */
    readonly disputes: readonly Dispute[];
  };
}

/** A chain that made no block for so long is worth a look; a machine clock that is off by as much, too. */
const MOST_SKEW = 120;

const ok = (what: string, found: string): Check => ({ level: "ok", what, found });
const warn = (what: string, found: string, next: string): Check => ({ level: "warn", what, found, next });
const bad = (what: string, found: string, next: string): Check => ({ level: "bad", what, found, next });
const hold = (wei: bigint): string => `${formatAmount(wei, 18)} HOLD`;

function network(facts: Facts): Check[] {
  const skew = facts.machineTime - facts.chainTime;
  const time = `block ${facts.block} of ${formatInstant(facts.chainTime)}`;
  return [
    ok("network", `chain ${facts.chainId}, the one of the address book`),
    Math.abs(skew) <= MOST_SKEW
      ? ok("clock", `${time}, ${formatDuration(Math.abs(skew))} from this machine's clock`)
      : warn(
          "clock",
          `${time}, ${formatDuration(Math.abs(skew))} ${skew > 0 ? "behind" : "ahead of"} this machine's clock`,
          "check this machine's clock, and that the node follows the chain; the chain's time is the one that counts",
        ),
    facts.wrongCode.length === 0
      ? ok("contracts", `all ${facts.contracts} are there, with the code that was deployed`)
      : bad(
          "contracts",
          `${facts.wrongCode.join(", ")}: missing, or other code`,
          "use the right --book; run `npm run deploy -- status`",
        ),
    facts.chainTime < facts.pausedUntil
      ? warn(
          "pause",
          `new leases and offers are paused until ${formatInstant(facts.pausedUntil)}`,
          "wait: it ends by itself; everything else works",
        )
      : ok("pause", "new leases and offers are taken"),
  ];
}

function moneyChecks({ tokens }: Facts): Check[] {
  if (tokens.length === 0) {
    return [warn("tokens", "governance lists no payment token", "nobody can open a lease before it lists one")];
  }
  return tokens.map(({ token, wallet, free, locked, ceiling }) => {
    const say = (sum: bigint): string => `${formatAmount(sum, token.decimals)} ${token.symbol}`;
    const room = ceiling > locked ? ceiling - locked : 0n;
    const found = `${say(free)} free and ${say(locked)} locked in escrow, the market may lock ${ceiling === 2n ** 120n - 1n ? "any amount" : `${say(room)} more`}, ${say(wallet)} in the wallet`;
    const what = token.symbol;
    if (free > 0n && room === 0n)
      return warn(what, found, `to lease: leasehold tenant approve <amount> --token ${token.symbol}`);
    if (free === 0n && wallet > 0n) {
      return warn(
        what,
        found,
        `to lease: leasehold tenant deposit <amount> --token ${token.symbol}, or tenant open --fund`,
      );
    }
    return ok(what, found);
  });
}

function accountChecks({ account, chainTime }: Facts): Check[] {
  if (account === undefined) {
    return [
      warn(
        "account",
        "no key and no --from: nothing of an account was looked at",
        "give --keystore, LEASEHOLD_KEY or --from",
      ),
    ];
  }
  const { address, coin, pendingTransactions, penalties } = account;
  const claimable = penalties.filter(({ maturesAt }) => maturesAt <= chainTime);
  return [
    ok("account", address),
    coin === 0n
      ? bad("gas", "no native coin", "send some to the account: every transaction needs it")
      : ok("gas", `${formatAmount(coin - (coin % 10n ** 12n), 18)} of native coin`),
    ...(pendingTransactions > 0
      ? [
          warn(
            "pending",
            `${pendingTransactions} transactions wait for a block`,
            "wait, or look why: another program may use this key",
          ),
        ]
      : []),
    ...(claimable.length > 0
      ? [warn("penalties", `${claimable.length} have a matured part for you`, "leasehold tenant claim")]
      : []),
  ];
}

function tenantChecks({ account, chainTime }: Facts): Check[] {
  return (account?.tenantLeases ?? []).flatMap(({ name, status, deadline, remaining, noticed, end }) => {
    if (status === "Pending" && chainTime >= deadline) {
      return [warn(`lease ${name}`, "not activated in time", `get all back: leasehold tenant cancel ${name}`)];
    }
    if (status === "Active" && remaining > 0 && noticed) {
      const next = `move in time: leasehold tenant find; what is left then comes back by itself`;
      return [warn(`lease ${name}`, `its provider gave notice: it ends at ${formatInstant(end)}`, next)];
    }
    if (status === "Active" && remaining === 0) {
      return [
        warn(`lease ${name}`, "its end has come", `it costs nothing more; for its bounty: leasehold lease end ${name}`),
      ];
    }
    return [];
  });
}

/** What the account is to do about a dispute; undefined where it is another's turn. */
function disputeMove(dispute: Dispute, address: string): string | undefined {
  const { name, bond, provider } = dispute;
  switch (stageOf(dispute)) {
    case "answer":
      if (address !== provider) return undefined;
      return `leasehold dispute answer ${name}, for a counter-bond of ${hold(bond)}, or dispute concede`;
    case "appealable":
      return mayAppeal(dispute, address) ? `leasehold dispute appeal ${name}, for a bond of ${hold(bond)}` : undefined;
    case "ripe":
    case "executed":
      return `leasehold dispute execute ${name}`;
    default:
      return undefined;
  }
}

function disputeChecks({ account, chainTime }: Facts): Check[] {
  if (account === undefined) return [];
  const { address, disputes, freeHold } = account;
  return disputes.map((dispute) => {
    const [what, found] = [`dispute ${dispute.leaseName}`, stateText(dispute, chainTime)];
    const next = disputeMove(dispute, address);
    if (next === undefined) return ok(what, found);
    const short = stageOf(dispute) === "answer" && freeHold < dispute.bond;
    if (!short) return warn(what, found, next);
    const { freeBond } = account.provider;
    const post =
      freeBond < dispute.bond
        ? "bring HOLD"
        : `leasehold provider move-bond ${plainAmount(dispute.bond, 18)}, and leasehold dispute answer ${dispute.name} --from-bond`;
    return bad(
      what,
      `${found}; your wallet has ${hold(freeHold)} free, ${hold(dispute.bond)} are the counter-bond`,
      `${post}; or leasehold dispute concede ${dispute.name}`,
    );
  });
}

function heartbeatCheck({ lastSeen, live, operator, leases }: ProviderFacts, facts: Facts): Check {
  // As the contract counts: in this second leases cannot be opened or grow any more.
  const freshFor = Math.floor(facts.grace / 2);
  const active = leases.filter(({ status }) => status === "Active").length;
  const own = operator === facts.account?.address;
  const by = own ? "" : `, by operator ${operator}`;
  // The provider's own key is refused while another one is the operator.
  const send = own
    ? "leasehold provider heartbeat"
    : `with the operator's key: leasehold provider heartbeat --provider ${facts.account?.address ?? ""}`;
  if (lastSeen === 0) {
    return bad("heartbeat", `never had one${by}: dark`, `${send}, and again within every ${formatDuration(freshFor)}`);
  }
  const age = formatDuration(facts.chainTime - lastSeen);
  if (!live) {
    const cost = active > 0 ? `; ${active} active leases earn nothing meanwhile` : "";
    return bad("heartbeat", `${age} ago${by}: dark${cost}`, `${send}, once everything is served`);
  }
  const left = lastSeen + facts.grace - facts.chainTime;
  return facts.chainTime >= lastSeen + freshFor
    ? warn(
        "heartbeat",
        `${age} ago${by}: too long for new leases, dark in ${formatDuration(left)}`,
        `${send}, and again within every ${formatDuration(freshFor)}`,
      )
    : ok("heartbeat", `${age} ago${by}: live for ${formatDuration(left)} more`);
}

function bondChecks(provider: ProviderFacts, { chainTime, account }: Facts): Check[] {
  const freeHold = account?.freeHold ?? 0n;
  const { freeBond, reservedBond, unbonding, readyAt, offers } = provider;
  const found = `${hold(freeBond)} free, ${hold(reservedBond)} backing leases`;
  const open = offers.filter(({ retired, unitsLeft }) => !retired && unitsLeft > 0);
  const short = open.filter(({ collateralPerUnit }) => collateralPerUnit > freeBond);
  const least = short
    .map(({ collateralPerUnit }) => collateralPerUnit - freeBond)
    .reduce((a, b) => (a < b ? a : b), 2n ** 255n);
  return [
    short.length === 0
      ? ok("bond", found)
      : bad(
          "bond",
          `${found}: too little for a unit of offer ${short.map(({ id }) => id).join(", ")}`,
          freeHold < least
            ? `bring ${hold(least - freeHold)} more into the wallet, then leasehold provider bond ${plainAmount(least, 18)}`
            : `leasehold provider bond ${plainAmount(least, 18)}, or more`,
        ),
    ...(unbonding === 0n
      ? []
      : [
          chainTime >= readyAt
            ? warn("unbonding", `${hold(unbonding)} are ready`, "leasehold provider finish-unbond")
            : ok("unbonding", `${hold(unbonding)}, ready at ${formatInstant(readyAt)}`),
        ]),
    ...offers
      .filter(({ retired, tokenListed }) => !retired && !tokenListed)
      .map(({ id }) =>
        bad(`offer ${id}`, "its token is not listed: nobody can lease it", "retire it, and offer in a listed token"),
      ),
  ];
}

function providerLeases({ leases, operator }: ProviderFacts, { chainTime, account }: Facts): Check[] {
  const pending = leases.filter(({ status, cutoff }) => status === "Pending" && chainTime < cutoff);
  const first = Math.min(...pending.map(({ deadline }) => deadline));
  const payable = leases.filter(
    ({ status, settled, releasableAt }) => status === "Closed" && (!settled || chainTime >= releasableAt),
  );
  return [
    ...(pending.length === 0
      ? []
      : [
          warn(
            "pending",
            `${pending.map(({ name }) => name).join(", ")}: ${chainTime < first ? `due in ${formatDuration(first - chainTime)}` : "late"}`,
            operator === account?.address
              ? "leasehold provider activate, or decline"
              : `with the operator's key: leasehold provider activate --provider ${account?.address ?? ""}; or decline, with your own`,
          ),
        ]),
    ...(payable.length === 0
      ? []
      : [
          warn(
            "collect",
            `${payable.length} ended leases have earnings or collateral for you`,
            "leasehold provider collect",
          ),
        ]),
  ];
}

function providerChecks(facts: Facts): Check[] {
  const provider = facts.account?.provider;
  if (provider === undefined || (!provider.opened && provider.offers.length === 0)) return [];
  return [...bondChecks(provider, facts), heartbeatCheck(provider, facts), ...providerLeases(provider, facts)];
}

/** Somebody who has done nothing yet wants to know how to begin. */
function firstSteps({ account, tokens }: Facts): Check[] {
  if (account === undefined || account.provider.opened || account.provider.offers.length > 0) return [];
  if (account.tenantLeases.length > 0 || tokens.some(({ free, locked }) => free + locked > 0n)) return [];
  const provide = account.provider.walletHold > 0n ? "leasehold provider bond <amount>, or " : "";
  return [{ ...ok("role", "neither a provider nor a tenant yet"), next: `${provide}leasehold tenant find` }];
}

/** Says of everything that was found whether it is well, and what to do where it is not. */
export function diagnose(facts: Facts): Check[] {
  return [
    ...network(facts),
    ...accountChecks(facts),
    ...(facts.account === undefined ? [] : moneyChecks(facts)),
    ...providerChecks(facts),
    ...tenantChecks(facts),
    ...disputeChecks(facts),
    ...firstSteps(facts),
  ];
}
