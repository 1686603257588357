import { parseEther, ZeroHash } from "ethers";

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

/** Opens the market: bonds, operators, heartbeats, an offer for each provider, funded tenants, and their first leases. */
export function prologue(world: World, cast: Cast, commands: Commands): Command[] {
  const { operatorA, operatorB, operatorC, both } = cast.address;
  const operators = [operatorA, operatorB, operatorC, both];
  const list: Command[] = [];
  for (const [index, provider] of cast.providers.entries()) {
    const operator = operators[index]!;
    const token = cast.tokens[index % 3]!;
    const unit = token === cast.tokens[0] ? 10n ** 6n : 10n ** 18n;
    list.push(commands.bond(provider, cast.market, parseEther("400")));
    if (operator !== provider) list.push(commands.setOperator(provider, operator));
    list.push(commands.heartbeat(operator, provider));
    const terms = {
      resources: DEFAULT_RESOURCES,
      minDuration: index === 1 ? 2n * HOUR : 0n,
      maxDuration: 30n * DAY,
      token,
      slasher: index === 2 ? cast.address.stranger : cast.disputes,
      contentHash: ZeroHash,
    };
    list.push(commands.createOffer(provider, terms, perHour(unit) + 12_345n, 9n));
  }
  for (const tenant of cast.tenants) {
    for (const token of cast.tokens) {
      const wallet = world.tokens.get(token)!.balanceOf(tenant);
      list.push(commands.deposit(tenant, token, tenant, wallet / 1_000n));
      list.push(commands.approveModule(tenant, token, cast.market, UNLIMITED));
    }
  }
  for (const module of cast.modules.slice(1)) {
    list.push(commands.approveModule(cast.address.tenantA, cast.tokens[0], module, 10n ** 7n));
    list.push(commands.bond(cast.address.providerA, module, parseEther("10")));
    // What only modules do, and chance seldom lets succeed.
    const { providerA, providerB, tenantA, tenantB, treasury } = cast.address;
    list.push(commands.lock(module, cast.tokens[0], tenantA, 1_000n));
    list.push(commands.moveLock(module, cast.tokens[0], tenantA, tenantB, 400n));
    list.push(commands.bondFor(providerB, module, providerA, parseEther("1")));
    list.push(commands.tryReserve(module, providerA, parseEther("2")));
    const payees = { tenant: tenantA, challenger: tenantB, treasury };
    list.push(commands.penalise(module, providerA, parseEther("1"), payees));
  }
  // Members may come to be parties.
  for (const member of [cast.address.providerA, cast.address.tenantA]) {
    list.push(commands.seat(cast.address.admin, member));
  }
  return [...list, ...firstLeases(cast, commands, operators)];
}

/** Each tenant leases of two providers, and orders that the one lease goes on. */
function firstLeases(cast: Cast, commands: Commands, operators: readonly string[]): Command[] {
  const list: Command[] = [];
  const opened = cast.providers.map((): bigint[] => []);
  for (const [index, tenant] of cast.tenants.entries()) {
    for (const which of [index, (index + 1) % 4]) {
      const id = leaseIdOf(BigInt(which + 1), opened[which]!.length + 1);
      opened[which]!.push(id);
      const candidates = [{ offer: BigInt(which + 1), maxPrice: MOST_PRICE }];
      list.push(
        commands.open(tenant, {
          token: cast.tokens[which % 3]!,
          units: BigInt(1 + index),
          duration: HOUR * BigInt(1 + opened[which]!.length * 2 + index),
          maxLock: MOST_LOCK,
          requirement: ANY_RESOURCES,
          candidates,
          replicas: 1n,
          distinctRegions: false,
        }),
      );
      if (which !== index) continue;
      const order = { period: HOUR, count: 5n, maxPrice: MOST_PRICE, maxBounty: 10n ** 20n };
      list.push(commands.setOrder(tenant, id, { ...order, fallbacks: which === 0 ? [4n] : [] }));
    }
  }
  for (const [index, ids] of opened.entries()) list.push(commands.activate(operators[index]!, ids));
  return list;
}
