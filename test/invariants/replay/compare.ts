import { packWeights, storedLease, storedOffer } from "../../helpers/words";
import type { Market } from "../../../typechain-types";
import type { Cast } from "../driver/cast";
import type { Chain } from "../driver/chain";
import { type Plain, textOf } from "../model/plain";
import type { Replayed } from "./project";

/** What a getter must answer. */
type Claim = readonly [contract: string, fn: string, args: readonly Plain[], expected: Plain];

/** Every difference between replayed state and storage, for all accounts of the cast and all offers and leases, in words. */
export async function differences(state: Replayed, chain: Chain, cast: Cast, market: Market): Promise<string[]> {
  const found: string[] = [];
  const compare = (what: string, stored: Plain, told: Plain): void => {
    if (textOf(stored) !== textOf(told)) found.push(`${what} is ${textOf(stored)}, events tell ${textOf(told)}`);
  };
  for (const [contract, fn, args, expected] of [...vaultClaims(state, cast), ...marketClaims(state, cast)]) {
    compare(
      `${cast.nameOf(contract)}.${fn}(${args.map(textOf).join(", ")})`,
      await chain.read(contract, fn, args),
      expected,
    );
  }
  for (const [id, lease] of state.market.leases) {
    compare(`lease ${id}`, await storedLease(market, BigInt(id)), { ...lease, tenant: BigInt(lease.tenant) });
  }
  for (const [id, { price, token, slasher, contentHash, ...offer }] of state.market.offers) {
    compare(`offer ${id}`, await storedOffer(market, BigInt(id)), {
      ...offer,
      provider: BigInt(offer.provider),
      pricePerSecondX32: price,
      tokenNumber: state.market.tokens.get(token)!.number,
    });
    const stored = await market.offerById(id);
    compare(`offer ${id}`, [stored.slasher, stored.contentHash], [slasher, contentHash]);
  }
  return found;
}

function vaultClaims({ hold, escrow, staking, liveness }: Replayed, cast: Cast): Claim[] {
  const accounts = [...cast.everybody, cast.escrow, cast.staking];
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
    for (const module of [...cast.modules, cast.staking]) {
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

function marketClaims({ market }: Replayed, cast: Cast): Claim[] {
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
    ...[...tokens].flatMap(([token, terms]): Claim[] => [
      [cast.market, "tokenTermsOf", [token], { ...terms }],
      [cast.market, "tokenByNumber", [terms.number], token],
    ]),
  ];
}
