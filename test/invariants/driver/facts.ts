import { ZeroAddress } from "ethers";

import { LeaseStatus } from "../../helpers/leases";
import { collateralOf } from "../../helpers/money";
import {
  LEASE_CLAIMS,
  LEASE_HISTORY,
  LEASE_PROGRESS,
  LEASE_TERMS,
  packResources,
  packWeights,
  unpack,
} from "../../helpers/words";
import { carryOf, grownAtOf, type Lease, LONG_AGO, present, releasableAt, reserved, stillLocked } from "../model/lease";
import { type Offer, priceOf, renewalPriceOf, unitsLeft } from "../model/offers";
import { least, type Plain } from "../model/plain";
import type { World } from "../model/world";
import type { Cast } from "./cast";
import type { Chain, Question } from "./chain";
import { disputeFactOf, disputeKeys } from "./disputeFacts";
import { governorFactOf, governorKeys } from "./governorFacts";

const MILLIONTH = 10n ** 12n;

/** One thing that the chain knows and the model must know, too: how to ask for it, and what the model says. */
export interface Fact {
  ask: Question;
  expected: Plain;
  /** What the answer says, where it is packed. */
  read?: (answer: Plain) => Plain;
}

/**
 * The fact behind a key, as of the second of the latest block. Keys are what the model calls touched: its kind, then the
 * addresses or numbers that it is about.
 */
export function factOf(key: string, world: World, cast: Cast): Fact {
  const [kind, a = "", b = "", c = ""] = key.split("/");
  const { hold, escrow, staking, liveness, parameters, offers, leases, now } = world;
  switch (kind) {
    case "wallet":
      return { ask: [a, "balanceOf", b], expected: (a === cast.hold ? hold : world.tokens.get(a)!).balanceOf(b) };
    case "allowance": {
      const token = a === cast.hold ? hold : world.tokens.get(a)!;
      return { ask: [a, "allowance", b, c], expected: token.allowance(b, c) };
    }
    case "locked":
      return { ask: [cast.hold, "lockedOf", a], expected: hold.lockedOf(a) };
    case "lock":
      return { ask: [cast.hold, "lockOf", a, b], expected: hold.lockOf(a, b) };
    case "opened":
      return { ask: [cast.hold, "isOpened", a, b], expected: hold.isOpened(a, b) };
    case "holdReserve":
      return { ask: [cast.pair, "holdReserve"], expected: world.pair.holdReserve };
    case "moneyReserve":
      return { ask: [cast.pair, "moneyReserve"], expected: world.pair.moneyReserve };
    case "shares":
      return { ask: [cast.vault, "balanceOf", a], expected: world.vault.sharesOf(a) };
    case "vaultShares":
      return { ask: [cast.vault, "totalSupply"], expected: world.vault.supply };
    case "vaultAssets":
      return { ask: [cast.vault, "totalAssets"], expected: hold.balanceOf(cast.vault) };
    case "votes":
      return { ask: [cast.hold, "getVotes", a], expected: hold.votesOf(a) };
    case "delegate":
      return { ask: [cast.hold, "delegates", a], expected: hold.delegateOf(a) };
    case "free":
      return { ask: [cast.escrow, "freeOf", a, b], expected: escrow.freeOf(a, b) };
    case "held":
      return { ask: [cast.escrow, "moduleAccount", a, b, c], expected: escrow.held(a, b, c) };
    case "funding":
      return { ask: [cast.escrow, "lastFundingOf", a, b, c], expected: escrow.lastFunding(a, b, c) };
    case "pool":
      return { ask: [cast.staking, "poolOf", a, b], expected: staking.poolOf(a, b) };
    case "unbonding":
      return { ask: [cast.staking, "unbondingOf", a], expected: { ...staking.unbondingOf(a) } };
    case "unbondingDelay":
      return { ask: [cast.staking, "unbondingDelay"], expected: staking.delay };
    case "penaltyCount":
      return { ask: [cast.staking, "penaltyCount"], expected: BigInt(staking.penalties.length) };
    case "penalty":
      return { ask: [cast.staking, "penaltyOf", BigInt(a)], expected: penaltyView(world, Number(a)) };
    case "clock":
      return { ask: [cast.liveness, "clockOf", a], expected: liveness.clockOf(a) };
    case "fresh":
      return { ask: [cast.liveness, "isFresh", a], expected: liveness.isFresh(a, now) };
    case "dark": {
      const first = liveness.heartbeatsOf(a)[0] ?? now;
      return { ask: [cast.liveness, "darkSecondsUntil", a, now], expected: liveness.darkBetween(a, first, now) };
    }
    case "currentVersion":
      return { ask: [cast.market, "currentTermsVersion"], expected: parameters.currentVersion };
    case "terms":
      return { ask: [cast.market, "termsOf", BigInt(a)], expected: { ...parameters.versions[Number(a) - 1]!.terms } };
    case "weights":
      return {
        ask: [cast.market, "weightsOf", BigInt(a)],
        expected: packWeights(parameters.versions[Number(a) - 1]!.weights),
      };
    case "tokenTerms":
      return { ask: [cast.market, "tokenTermsOf", a], expected: { ...parameters.tokenTerms(a) } };
    case "listing":
      return { ask: [cast.market, "listingOf", BigInt(a)], expected: { ...parameters.listings[Number(a) - 1]! } };
    case "pausedUntil":
      return { ask: [cast.market, "pausedUntil"], expected: parameters.pausedUntil };
    case "offerCount":
      return { ask: [cast.market, "offerCount"], expected: BigInt(offers.all.length) };
    case "offer":
      return { ask: [cast.lens, "offerViews", BigInt(a), 1n], expected: [offerView(world, offers.get(BigInt(a))!)] };
    case "renewalPrice":
      return {
        ask: [cast.market, "renewalPriceOf", BigInt(a)],
        expected: renewalPriceOf(offers.get(BigInt(a))!, now),
      };
    case "order":
      return { ask: [cast.orders, "orderOf", BigInt(a)], expected: world.orders.viewOf(BigInt(a), now) };
    case "record":
      return { ask: [cast.records, "recordOf", a, b], expected: { ...world.records.of(a, b) } };
    case "claim":
      return { ask: [cast.market, "claimOf", BigInt(a), b], expected: claimView(world, BigInt(a), b) };
    case "view":
      return { ask: [cast.lens, "leaseView", BigInt(a)], expected: leaseView(world, leases.all.get(BigInt(a))!) };
    case "lease": {
      const expected = leaseWords(world, leases.all.get(BigInt(a))!);
      return { ask: [cast.market, "leaseById", BigInt(a)], expected, read: fieldsOfLease };
    }
    default: {
      const fact = disputeFactOf(key, world, cast) ?? governorFactOf(key, world, cast);
      if (fact === undefined) throw new Error(`"${key}" is no fact: add it to factOf`);
      return fact;
    }
  }
}

/** Asks the chain for facts. */
export async function ask(chain: Chain, facts: readonly Fact[]): Promise<Plain[]> {
  const answers = await chain.readAll(facts.map((fact) => fact.ask));
  return answers.map((answer, index) => facts[index]!.read?.(answer) ?? answer);
}

/** Keys of everything that there is to know. */
export function allKeys(world: World, cast: Cast): string[] {
  const { accounts, modules, tokens } = cast;
  const numbered = (kind: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${kind}/${index + 1}`);
  return [
    ...[...tokens, cast.hold].flatMap((token) => accounts.map((account) => `wallet/${token}/${account}`)),
    ...tokens.flatMap((token) => accounts.map((account) => `free/${token}/${account}`)),
    ...modules.flatMap((module) => tokens.flatMap((token) => accounts.map((one) => `held/${module}/${token}/${one}`))),
    ...accounts.flatMap((account) => [`locked/${account}`, `votes/${account}`, `delegate/${account}`]),
    ...cast.lockers.flatMap((locker) => accounts.map((account) => `lock/${locker}/${account}`)),
    ...cast.lockers.flatMap((locker) => accounts.map((account) => `opened/${locker}/${account}`)),
    ...modules.flatMap((module) => cast.everybody.map((provider) => `pool/${module}/${provider}`)),
    ...cast.everybody.map((account) => `unbonding/${account}`),
    ...["clock", "dark", "fresh"].flatMap((kind) => cast.providers.map((one) => `${kind}/${one}`)),
    ...["holdReserve", "moneyReserve", "vaultAssets", "vaultShares"],
    ...cast.everybody.map((account) => `shares/${account}`),
    ...["unbondingDelay", "penaltyCount", "currentVersion", "pausedUntil", "offerCount"],
    ...tokens.map((token) => `tokenTerms/${token}`),
    ...numbered("penalty", world.staking.penalties.length),
    ...numbered("terms", world.parameters.versions.length),
    ...numbered("weights", world.parameters.versions.length),
    ...numbered("listing", world.parameters.listings.length),
    ...world.claims.open.map(({ leaseId, claimant }) => `claim/${leaseId}/${claimant}`),
    ...modules.flatMap((module) => cast.providers.map((provider) => `record/${module}/${provider}`)),
    ...numbered("offer", world.offers.all.length),
    ...numbered("renewalPrice", world.offers.all.length),
    ...[...world.leases.all.keys()].flatMap((id) => [`lease/${id}`, `view/${id}`, `order/${id}`]),
    ...disputeKeys(world, cast),
    ...governorKeys(world),
  ];
}

function penaltyView({ staking }: World, id: number): Plain {
  const { tenant, amount, challenger, maturesAt, treasury, paid } = staking.penalties[id - 1]!;
  return {
    tenant,
    amount,
    challenger,
    maturesAt,
    tenantPaid: paid.has("tenant"),
    challengerPaid: paid.has("challenger"),
    treasuryPaid: paid.has("treasury"),
    treasury,
  };
}

function offerView({ parameters, staking, liveness, market, now }: World, offer: Offer): Plain {
  return {
    offerId: offer.id,
    provider: offer.provider,
    token: offer.token,
    pricePerSecondX32: priceOf(offer),
    resources: packResources(offer.resources),
    minDuration: offer.minDuration,
    maxDuration: offer.maxDuration,
    capacity: offer.capacity,
    used: offer.used,
    unitsLeft: unitsLeft(offer),
    leaseCount: offer.leases,
    retired: offer.retired,
    quotedOnly: offer.quotedOnly,
    renewalPriceX32: renewalPriceOf(offer, now),
    live: liveness.isLive(offer.provider, now),
    fresh: liveness.isFresh(offer.provider, now),
    slasher: offer.slasher,
    contentHash: offer.contentHash,
    freeBond: staking.poolOf(market, offer.provider).free,
    collateralPerUnit: collateralOf(parameters.current.weights, offer.resources, 1n),
  };
}

function claimView({ claims }: World, id: bigint, claimant: string): Plain {
  const {
    held = 0n,
    collateral = 0n,
    filedAt = 0n,
    faultStart = 0n,
    feeBps = 0n,
    tenant = ZeroAddress,
  } = claims.of(id, claimant) ?? {};
  return { held, collateral, filedAt, faultStart, feeBps, tenant };
}

/** A lease as the market keeps it. */
function leaseWords({ leases, liveness }: World, lease: Lease): Plain {
  const { provider, status, startedAt, end, grownAt } = lease;
  const started = startedAt !== 0n;
  const first = liveness.heartbeatsOf(provider)[0] ?? 0n;
  const { from, rate, feeBps } = present(lease);
  const mark = (): bigint => {
    if (status === LeaseStatus.Pending) return lease.deadline - lease.openedAt;
    if (status === LeaseStatus.Cancelled) return 0n;
    if (status === LeaseStatus.Active) return liveness.darkBetween(provider, first, startedAt);
    return leases.liveSeconds(lease, end) + lease.missing;
  };
  const terms = {
    tenant: BigInt(lease.tenant),
    duration: started ? end - startedAt : lease.ordered,
    units: lease.units,
    termsVersion: lease.version,
    listing: lease.listing,
    changed: lease.changed ? 1n : 0n,
    noticed: lease.noticed ? 1n : 0n,
    transfers: lease.transfers,
  };
  const progress = {
    rate,
    since: started ? startedAt : lease.openedAt,
    mark: mark(),
    paidSeconds: lease.paidSeconds,
    feeBps,
    claimed: lease.claimed ? 1n : 0n,
    status,
    reason: lease.reason,
    settled: lease.settled ? 1n : 0n,
  };
  const live = leases.live(provider);
  const history = {
    ...carryOf(present(lease)),
    grownFrom: lease.grownFrom / MILLIONTH,
    grownAgo: grownAt === 0n ? LONG_AGO : least(LONG_AGO, from - grownAt),
    lagging: lease.lagging ? 1n : 0n,
    anchorOffset: from - startedAt,
    darkBefore: from - startedAt - live(startedAt, from),
    collateralUnits: lease.collateral / MILLIONTH,
    treasuryVersion: lease.opened.version,
  };
  const claims = {
    aside: present(lease).aside,
    taken: lease.taken / MILLIONTH,
    open: lease.openClaims,
    punished: lease.punished / MILLIONTH,
    cover: lease.coveredUntil === 0n ? 0n : lease.coveredUntil - startedAt,
  };
  return { ...terms, ...progress, ...claims, ...(lease.changed ? history : {}) };
}

/** Reads the words of a lease; the third means something where the lease was changed, the fourth is zero at first. */
function fieldsOfLease(answer: Plain): Plain {
  const { terms, progress, history, claims } = answer as Record<"terms" | "progress" | "history" | "claims", bigint>;
  const fields = {
    ...unpack(LEASE_TERMS, terms),
    ...unpack(LEASE_PROGRESS, progress),
    ...unpack(LEASE_CLAIMS, claims),
  };
  return fields.changed === 0n ? fields : { ...fields, ...unpack(LEASE_HISTORY, history) };
}

function leaseView({ leases, endings, now }: World, lease: Lease): Plain {
  const { status, startedAt, end } = lease;
  const pending = status === LeaseStatus.Pending;
  const active = status === LeaseStatus.Active;
  const cancelled = status === LeaseStatus.Cancelled;
  const ended = status === LeaseStatus.Closed || status === LeaseStatus.Released;
  const started = active || ended;
  const secured = active || status === LeaseStatus.Closed;
  const { feeBps, from, rate } = present(lease);
  const earned = started ? leases.earned(lease, now) : 0n;
  return {
    leaseId: lease.id,
    status,
    reason: lease.reason,
    tenant: lease.tenant,
    provider: lease.provider,
    token: lease.token,
    units: lease.units,
    termsVersion: lease.version,
    listing: lease.listing,
    feeBps,
    ratePerSecondX32: rate,
    openedAt: pending ? lease.openedAt : 0n,
    deadline: pending ? lease.deadline : 0n,
    cutoff: pending ? lease.cutoff : 0n,
    startedAt,
    end,
    duration: started ? end - startedAt : lease.ordered,
    remaining: active ? end - least(now, end) : 0n,
    anchor: started ? from : 0n,
    billedSeconds: started ? leases.liveSeconds(lease, now) + lease.missing : 0n,
    paidSeconds: lease.paidSeconds,
    ...(started ? carryOf(present(lease)) : { fraction: 0n, feeRemainder: 0n }),
    grownAt: secured ? grownAtOf(lease) : 0n,
    grownFrom: secured && grownAtOf(lease) > 0n ? lease.grownFrom : 0n,
    lagging: secured && lease.lagging,
    earned,
    collectable: started ? leases.due(lease, now) : 0n,
    locked: stillLocked(lease),
    bounty: lease.bounty,
    collateral: cancelled || status === LeaseStatus.Released ? 0n : reserved(lease),
    penalised: lease.taken,
    openClaims: lease.openClaims,
    punished: lease.punished,
    coveredUntil: lease.coveredUntil,
    releasableAt: ended ? releasableAt(lease) : 0n,
    settled: lease.settled,
    noticed: lease.noticed,
    transfers: lease.transfers,
    recipient: lease.recipient,
    darkSeconds: started ? leases.dark(lease, now) : 0n,
    creditDue: status === LeaseStatus.Closed && !lease.settled ? endings.credit(lease) : 0n,
  };
}
