import { LeaseStatus } from "../../helpers/leases";
import { collateralOf, earnedOf, partOf } from "../../helpers/money";
import { packResources, packWeights } from "../../helpers/words";
import { type Lease, releasableAt, stillLocked } from "../model/leases";
import { type Offer, unitsLeft } from "../model/offers";
import { least, type Plain } from "../model/plain";
import type { World } from "../model/world";
import type { Cast } from "./cast";
import type { Chain } from "./chain";

/** One thing that the chain knows and the model must know, too: how to ask for it, and what the model says. */
interface Fact {
  ask: readonly [contract: string, fn: string, ...args: Plain[]];
  expected: Plain;
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
    case "votes":
      return { ask: [cast.hold, "getVotes", a], expected: hold.votesOf(a) };
    case "delegate":
      return { ask: [cast.hold, "delegates", a], expected: hold.delegateOf(a) };
    case "free":
      return { ask: [cast.escrow, "freeOf", a, b], expected: escrow.freeOf(a, b) };
    case "held":
      return { ask: [cast.escrow, "moduleAccount", a, b, c], expected: escrow.held(a, b, c) };
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
    case "lease":
      return { ask: [cast.lens, "leaseView", BigInt(a)], expected: leaseView(world, leases.all.get(BigInt(a))!) };
    default:
      throw new Error(`"${key}" is no fact: add it to factOf`);
  }
}

/** Asks the chain for the fact behind a key. */
export function ask(chain: Chain, { ask: [contract, fn, ...args] }: Fact): Promise<Plain> {
  return chain.read(contract, fn, args);
}

/** Keys of everything that there is to know. */
export function allKeys(world: World, cast: Cast): string[] {
  const { everybody, modules, tokens } = cast;
  const accounts = [...everybody, cast.staking, cast.escrow];
  const numbered = (kind: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${kind}/${index + 1}`);
  return [
    ...[...tokens, cast.hold].flatMap((token) => accounts.map((account) => `wallet/${token}/${account}`)),
    ...tokens.flatMap((token) => accounts.map((account) => `free/${token}/${account}`)),
    ...modules.flatMap((module) => tokens.flatMap((token) => everybody.map((one) => `held/${module}/${token}/${one}`))),
    ...accounts.flatMap((account) => [`locked/${account}`, `votes/${account}`]),
    ...[cast.staking, ...modules].flatMap((locker) => accounts.map((account) => `lock/${locker}/${account}`)),
    ...modules.flatMap((module) => cast.providers.map((provider) => `pool/${module}/${provider}`)),
    ...cast.providers.flatMap((provider) => [`unbonding/${provider}`, `clock/${provider}`, `dark/${provider}`]),
    ...["unbondingDelay", "penaltyCount", "currentVersion", "pausedUntil", "offerCount"],
    ...tokens.map((token) => `tokenTerms/${token}`),
    ...numbered("penalty", world.staking.penalties.length),
    ...numbered("terms", world.parameters.versions.length),
    ...numbered("weights", world.parameters.versions.length),
    ...numbered("listing", world.parameters.listings.length),
    ...numbered("offer", world.offers.all.length),
    ...[...world.leases.all.keys()].map((id) => `lease/${id}`),
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
    pricePerSecondX32: offer.price,
    resources: packResources(offer.resources),
    minDuration: offer.minDuration,
    maxDuration: offer.maxDuration,
    capacity: offer.capacity,
    used: offer.used,
    unitsLeft: unitsLeft(offer),
    leaseCount: offer.leases,
    retired: offer.retired,
    live: liveness.isLive(offer.provider, now),
    slasher: offer.slasher,
    contentHash: offer.contentHash,
    freeBond: staking.poolOf(market, offer.provider).free,
    collateralPerUnit: collateralOf(parameters.current.weights, offer.resources, 1n),
  };
}

function leaseView({ leases, now }: World, lease: Lease): Plain {
  const { status, startedAt, end } = lease;
  const pending = status === LeaseStatus.Pending;
  const active = status === LeaseStatus.Active;
  const cancelled = status === LeaseStatus.Cancelled;
  const ended = status === LeaseStatus.Closed || status === LeaseStatus.Released;
  const billed = active ? leases.liveSeconds(lease, now) : lease.billed;
  const earned = earnedOf(lease.rate, billed);
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
    feeBps: lease.terms.feeBps,
    ratePerSecondX32: lease.rate,
    openedAt: pending ? lease.openedAt : 0n,
    deadline: pending ? lease.deadline : 0n,
    cutoff: pending ? lease.cutoff : 0n,
    startedAt,
    end,
    duration: ended ? end - startedAt : lease.duration,
    remaining: active ? end - least(now, end) : 0n,
    billedSeconds: billed,
    paidSeconds: lease.paidSeconds,
    earned,
    collectable: pending || cancelled ? 0n : earned - partOf(earned, lease.terms.feeBps) - lease.paid,
    locked: stillLocked(lease),
    bounty: lease.bounty,
    collateral: cancelled || status === LeaseStatus.Released ? 0n : lease.collateral,
    releasableAt: ended ? releasableAt(lease) : 0n,
    settled: lease.settled,
  };
}
