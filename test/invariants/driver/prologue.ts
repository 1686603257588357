import { parseEther, ZeroAddress, ZeroHash } from "ethers";

import { perHour } from "../../helpers/money";
import { DEFAULT_RESOURCES } from "../../helpers/parameters";
import { UNLIMITED } from "../model/escrow";
import type { World } from "../model/world";
import type { Cast } from "./cast";
import type { Command, Commands } from "./commands";

const DAY = 86_400n;

/** Opens the market: bonds, operators, heartbeats, an offer for each provider, funded tenants. */
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
      minDuration: index === 1 ? 1_800n : 0n,
      maxDuration: 30n * DAY,
      token,
      slasher: ZeroAddress,
      contentHash: ZeroHash,
    };
    list.push(commands.createOffer(provider, terms, perHour(unit) + 12_345n, 6n));
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
  }
  return list;
}
