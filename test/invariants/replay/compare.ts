import { time } from "@nomicfoundation/hardhat-network-helpers";
import { ZeroAddress } from "ethers";

import { LeaseStatus } from "../../helpers/leases";
import { packWeights, storedClaims, storedHistory, storedLease, storedOffer } from "../../helpers/words";
import type { Market } from "../../../typechain-types";
import type { Cast } from "../driver/cast";
import type { Chain } from "../driver/chain";
import { type Plain, textOf } from "../model/plain";
import { NO_FIGURES } from "../model/records";
import type { OrderRecord } from "./above";
import type { Replayed } from "./project";

/** What a getter must answer. */
type Claim = readonly [contract: string, fn: string, args: readonly Plain[], expected: Plain];

const NO_ORDER: OrderRecord = {
  period: 0n,
  count: 0n,
  maxPricePerSecondX32: 0n,
  maxBounty: 0n,
  transfers: 0n,
  fallbacks: [],
};

/** Every difference between replayed state and storage, for all accounts of the cast and all offers and leases, in words. */
export async function differences(state: Replayed, chain: Chain, cast: Cast, market: Market): Promise<string[]> {
  const found: string[] = [];
  const second = BigInt(await time.latest());
  const claims = [
    ...vaultClaims(state, cast),
    ...marketClaims(state, cast, second),
    ...claimsAbove(state, cast, second),
    ...disputeClaims(state, cast),
    ...[...state.market.claims].map(([key, claim]): Claim => {
      const [leaseId = "", claimant = ""] = key.split("/");
      return [cast.market, "claimOf", [BigInt(leaseId), claimant], { ...claim }];
    }),
  ];
  const compare = (what: string, stored: Plain, told: Plain): void => {
    if (textOf(stored) !== textOf(told)) found.push(`${what} is ${textOf(stored)}, events tell ${textOf(told)}`);
  };
  const answers = await chain.readAll(claims.map(([contract, fn, args]) => [contract, fn, ...args]));
  for (const [index, [contract, fn, args, expected]] of claims.entries()) {
    compare(`${cast.nameOf(contract)}.${fn}(${args.map(textOf).join(", ")})`, answers[index]!, expected);
  }
  for (const [id, lease] of state.market.leases) {
    const stored = { ...(await storedLease(market, BigInt(id))), ...(await storedClaims(market, BigInt(id))) };
    compare(`lease ${id}`, stored, { ...lease, tenant: BigInt(lease.tenant) });
    const history = state.market.histories.get(id);
    if (history !== undefined) compare(`lease ${id}`, await storedHistory(market, BigInt(id)), { ...history });
  }
  for (const [id, record] of state.market.offers) {
    const { price, priceBefore, token, slasher, contentHash, ...offer } = record;
    compare(`offer ${id}`, await storedOffer(market, BigInt(id)), {
      ...offer,
      provider: BigInt(offer.provider),
      pricePerSecondX32: price,
      priceBeforeX32: priceBefore,
      tokenNumber: state.market.tokens.get(token)!.number,
    });
    const stored = await market.offerById(id);
    compare(`offer ${id}`, [stored.slasher, stored.contentHash], [slasher, contentHash]);
  }
  return found;
}

function vaultClaims({ hold, escrow, staking, liveness }: Replayed, cast: Cast): Claim[] {
  const { accounts } = cast;
  const claims: Claim[] = [
    [cast.staking, "unbondingDelay", [], staking.delay],
    [cast.staking, "penaltyCount", [], BigInt(staking.penalties.size)],
  ];
  for (const [id, penalty] of staking.penalties) claims.push([cast.staking, "penaltyOf", [BigInt(id)], { ...penalty }]);
  for (const account of accounts) {
    claims.push(
      [cast.hold, "balanceOf", [account], hold.balances.of(account)],
      [cast.hold, "getVotes", [account], hold.votes.of(account)],
      [cast.hold, "delegates", [account], hold.delegates.get(account) ?? `0x${"00".repeat(20)}`],
      [cast.hold, "lockedOf", [account], hold.locked.of(account)],
    );
    const { amount = 0n, readyAt = 0n } = staking.unbonding.get(account) ?? {};
    claims.push([cast.staking, "unbondingOf", [account], { amount, readyAt }]);
    const { outages, ...clock } = liveness.clockOf(account);
    claims.push([cast.liveness, "clockOf", [account], { ...clock, outages: BigInt(outages.length) }]);
    for (const [index, outage] of outages.entries()) {
      claims.push([cast.liveness, "outageOf", [account, BigInt(index)], { ...outage }]);
    }
    for (const token of cast.tokens) {
      claims.push([cast.escrow, "freeOf", [token, account], escrow.free.of(token, account)]);
    }
    for (const module of new Set([...cast.modules, ...cast.lockers])) {
      claims.push([cast.hold, "lockOf", [module, account], hold.locks.of(module, account)]);
      const free = staking.free.of(module, account);
      const reserved = staking.reserved.of(module, account);
      const opened = staking.opened.has(`${module}/${account}`);
      claims.push([cast.staking, "poolOf", [module, account], { free, reserved, opened }]);
      for (const token of cast.tokens) {
        const slot = [module, token, account];
        const [locked, ceiling] = [escrow.locked.of(...slot), escrow.ceilings.of(...slot)];
        claims.push([cast.escrow, "moduleAccount", slot, { locked, ceiling, nonce: escrow.nonces.of(...slot) }]);
      }
    }
  }
  return claims;
}

/** Orders of all leases, records of all providers. */
function claimsAbove({ market, orders, records }: Replayed, cast: Cast, second: bigint): Claim[] {
  const claims: Claim[] = [];
  for (const [id, { status, since, duration }] of market.leases) {
    const over = status === LeaseStatus.Active && second >= since + duration;
    const { fallbacks, ...order } = (over ? undefined : orders.orders.get(id)) ?? NO_ORDER;
    claims.push([cast.orders, "orderOf", [BigInt(id)], { order, fallbacks }]);
    const recipient = market.recipients.get(id) ?? ZeroAddress;
    claims.push([cast.market, "recipientOf", [BigInt(id)], recipient]);
  }
  for (const module of cast.modules) {
    for (const provider of cast.providers) {
      const figures = records.figures.get(`${module}/${provider}`) ?? NO_FIGURES;
      claims.push([cast.records, "recordOf", [module, provider], { ...figures }]);
    }
  }
  return claims;
}

/** Disputes with their votes and fees, rules, and the council now and before each of them. */
function disputeClaims({ disputes, council }: Replayed, cast: Cast): Claim[] {
  const claims: Claim[] = [[cast.disputes, "currentRules", [], BigInt(disputes.rules.size)]];
  for (const [version, rules] of disputes.rules) {
    claims.push([cast.disputes, "rulesOf", [BigInt(version)], { ...rules }]);
  }
  for (const [id, { claim, proceeding }] of disputes.disputes) {
    claims.push([cast.disputes, "disputeById", [BigInt(id)], { claim: { ...claim }, proceeding: { ...proceeding } }]);
    const before = claim.filedAt - 1n;
    claims.push([cast.council, "eligibleAt", [before, []], council.seatsAt(before)]);
    for (const member of cast.everybody) {
      const vote = disputes.votes.of(id, claim.filedAt.toString(), member);
      claims.push([cast.disputes, "voteOf", [BigInt(id), claim.filedAt, member], vote]);
    }
  }
  for (const [[id = "", filedAt = ""], share] of disputes.shares.entries()) {
    claims.push([cast.disputes, "shareOf", [BigInt(id), BigInt(filedAt)], share]);
  }
  claims.push([cast.council, "seats", [], BigInt(council.members.size)]);
  for (const account of cast.everybody) {
    claims.push([cast.council, "seatedSince", [account], council.members.get(account) ?? 0n]);
  }
  return claims;
}

function marketClaims({ market }: Replayed, cast: Cast, second: bigint): Claim[] {
  const { versions, listings, tokens, offers, pausedUntil } = market;
  return [
    [cast.market, "currentTermsVersion", [], BigInt(versions.size)],
    [cast.market, "offerCount", [], BigInt(offers.size)],
    [cast.market, "pausedUntil", [], pausedUntil],
    ...[...versions].flatMap(([version, { terms, weights }]): Claim[] => [
      [cast.market, "termsOf", [BigInt(version)], { ...terms }],
      [cast.market, "weightsOf", [BigInt(version)], packWeights(weights)],
    ]),
    ...[...listings].map(([id, listing]): Claim => [cast.market, "listingOf", [BigInt(id)], { ...listing }]),
    ...[...offers].map(([id, offer]): Claim => {
      return [cast.market, "renewalPriceOf", [BigInt(id)], market.renewalPriceOf(offer, second)];
    }),
    ...[...tokens].flatMap(([token, terms]): Claim[] => [
      [cast.market, "tokenTermsOf", [token], { ...terms }],
      [cast.market, "tokenByNumber", [terms.number], token],
    ]),
  ];
}
