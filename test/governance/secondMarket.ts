/** A market beside the one of `governedFixture`, over the same vaults, for drills. */
import { getCreateAddress } from "ethers";
import { ethers } from "hardhat";

import type { Disputes, Market, Quotes, StandingOrders } from "../../typechain-types";
import { GUARDIAN_ROLE } from "../helpers/deployment";
import { callsOf, govern, type Governed, governedFixture } from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { deployMarket } from "../helpers/market";
import { DEFAULT_RULES, DEFAULT_TERMS, DEFAULT_WEIGHTS, listingOf, OUTAGE_ALLOWANCE } from "../helpers/parameters";

export interface SecondMarket {
  market: Market;
  orders: StandingOrders;
  quotes: Quotes;
  /** Its slashing module, with the council there is. */
  disputes: Disputes;
}

/** Deploys a second market, what stands above it, and its slashing module; a stranger can. Governance knows nothing of it yet. */
export async function deploySecondMarket(f: Governed): Promise<SecondMarket> {
  const { authority, escrow, staking, liveness, records, council, timelock } = f;
  const [deployerOfOrders, deployerOfQuotes] = f.others.slice(-4, -2);
  if (deployerOfOrders === undefined || deployerOfQuotes === undefined) throw new Error("There are too few signers");
  const next = async (deployer: typeof deployerOfOrders) =>
    getCreateAddress({ from: deployer.address, nonce: await deployer.getNonce() });
  const above = { orders: await next(deployerOfOrders), quotes: await next(deployerOfQuotes) };
  const treasury = await timelock.getAddress();
  const market = await deployMarket(
    authority,
    { escrow, staking, liveness, records, ...above },
    OUTAGE_ALLOWANCE,
    { treasury, ...DEFAULT_TERMS, feeBps: 100n },
    DEFAULT_WEIGHTS,
  );
  const orders = await ethers.deployContract("StandingOrders", [market], deployerOfOrders);
  const quotes = await ethers.deployContract("Quotes", [market], deployerOfQuotes);
  const rules = { appealAuthority: treasury, treasury, ...DEFAULT_RULES };
  const disputes = await ethers.deployContract("Disputes", [authority, market, council, rules]);
  return { market, orders, quotes, disputes };
}

/** Puts a second market into service: a payment token, the guardian's pause, appeals of its disputes. By one proposal. */
export async function authoriseSecondMarket(f: Governed, { market, disputes }: SecondMarket): Promise<void> {
  const { minimumLock, bounty } = listingOf(6);
  const { selector } = market.interface.getFunction("pauseEntries");
  const calls = await callsOf(
    market.listToken.populateTransaction(f.usd6, minimumLock, bounty),
    f.authority.setTargetFunctionRole.populateTransaction(market, [selector], GUARDIAN_ROLE),
    f.governor.setTribunal.populateTransaction(disputes, true),
  );
  await govern(f, calls, "A second market");
}

/** `governedFixture` with a second market in service. For `loadFixture`. */
export async function twoMarketsFixture() {
  const f = await loadFixture(governedFixture);
  const second = await deploySecondMarket(f);
  await authoriseSecondMarket(f, second);
  return { f, second };
}
