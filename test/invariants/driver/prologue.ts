import { MaxUint256, parseEther, ZeroHash } from "ethers";

import { leaseIdOf } from "../../helpers/leases";
import { perHour } from "../../helpers/money";
import { ANY_RESOURCES, MOST_LOCK, MOST_PRICE } from "../../helpers/orders";
import { DEFAULT_RESOURCES } from "../../helpers/parameters";
import { UNLIMITED } from "../model/escrow";
import type { World } from "../model/world";
import type { Cast } from "./cast";
import type { Command, Commands } from "./commands";

const HOUR = 3_600n;
const DAY = 86_400n;

/** Opens the market: bonds, operators, heartbeats, offers of everybody, funded tenants, and their first leases. */
export function prologue(world: World, cast: Cast, commands: Commands): Command[] {
  const { ann, bob, cid, dot, admin } = cast.address;
  // An operator is another actor, another provider's tenant, or the provider itself.
  const operators = cast.providers.map((provider, index) => [ann, dot, bob, ann][index] ?? provider);
  const slashers = [cast.disputes, cast.disputes, ann, dot, cast.disputes, cid];
  const list: Command[] = [];
  for (const [index, provider] of cast.providers.entries()) {
    const operator = operators[index]!;
    const token = cast.tokens[index % 3]!;
    list.push(commands.bond(provider, cast.market, parseEther("400")));
    list.push(commands.bond(provider, cast.disputes, parseEther("20")));
    if (operator !== provider) list.push(commands.setOperator(provider, operator));
    list.push(commands.heartbeat(operator, provider));
    const terms = {
      resources: DEFAULT_RESOURCES,
      minDuration: index === 1 ? 2n * HOUR : 0n,
      maxDuration: 30n * DAY,
      token,
      slasher: slashers[index]!,
      contentHash: ZeroHash,
    };
    const unit = token === cast.tokens[0] ? 10n ** 6n : 10n ** 18n;
    list.push(commands.createOffer(provider, terms, perHour(unit) + 12_345n, 9n));
    // And one that nobody can pay.
    if (index >= 3) list.push(commands.createOffer(provider, terms, perHour(unit * 10n ** 12n), 9n));
  }
  for (const tenant of cast.tenants) {
    for (const token of cast.tokens) {
      const wallet = world.tokens.get(token)!.balanceOf(tenant);
      list.push(commands.deposit(tenant, token, tenant, wallet / 1_000n));
      list.push(commands.approveModule(tenant, token, cast.market, UNLIMITED));
    }
  }
  // What only modules do, and chance seldom lets succeed.
  for (const module of [ann, bob]) {
    list.push(commands.approveModule(dot, cast.tokens[0], module, 10n ** 7n));
    list.push(commands.bond(cid, module, parseEther("10")));
    list.push(commands.lock(module, cast.tokens[0], dot, 1_000n));
    list.push(commands.approveModule(module, cast.tokens[0], module, 10n ** 7n));
    list.push(commands.moveLock(module, cast.tokens[0], dot, module, 400n));
    list.push(commands.bondFor(dot, module, cid, parseEther("1")));
    list.push(commands.tryReserve(module, cid, parseEther("2")));
    const payees = { tenant: dot, challenger: module, treasury: admin };
    list.push(commands.penalise(module, cid, parseEther("1"), payees));
    // A rogue lets another one lock its HOLD: for itself, and for whom it pays.
    list.push(commands.approve(dot, cast.hold, module, MaxUint256));
  }
  list.push(commands.seat(admin, dot));
  return [...list, ...firstLeases(cast, commands, operators)];
}

/** Each tenant leases of itself and of another provider, and orders that the one lease goes on. */
function firstLeases(cast: Cast, commands: Commands, operators: readonly string[]): Command[] {
  const list: Command[] = [];
  const opened = cast.providers.map((): bigint[] => []);
  // Offers in the order in which they were created: the first ones alone, then each with a dear one.
  const offers = [1n, 2n, 3n, 4n, 6n, 8n];
  for (const [index, tenant] of cast.tenants.entries()) {
    for (const which of [index, (index + 1) % cast.providers.length]) {
      const offer = offers[which]!;
      const id = leaseIdOf(offer, opened[which]!.length + 1);
      opened[which]!.push(id);
      const candidates = [{ offer, provider: cast.providers[which]!, maxPrice: MOST_PRICE }];
      list.push(
        commands.open(tenant, {
          token: cast.tokens[which % 3]!,
          units: BigInt(1 + (index % 4)),
          duration: HOUR * BigInt(1 + opened[which]!.length * 2 + index),
          maxLock: MOST_LOCK,
          requirement: ANY_RESOURCES,
          candidates,
          replicas: 1n,
          distinctRegions: false,
        }),
      );
      if (which !== index) continue;
      const order = { period: HOUR, count: 5n, maxPrice: MOST_PRICE / 256n, maxBounty: 10n ** 20n };
      // The first tenant falls back to what it cannot pay, then to what it can.
      const [dear, other] = [5n, 4n].map((fallback) => ({ offer: fallback, provider: cast.providers[3]! }));
      list.push(commands.setOrder(tenant, id, { ...order, fallbacks: which === 0 ? [dear!, other!] : [] }));
    }
  }
  for (const [index, ids] of opened.entries()) list.push(commands.activate(operators[index]!, ids));
  return list;
}
