import { type Addressable, getCreateAddress, type Signer } from "ethers";
import { ethers } from "hardhat";

import type {
  AccessManager,
  Council,
  Disputes,
  Escrow,
  Hold,
  Liveness,
  Market,
  MarketLens,
  MockToken,
  ProviderRecords,
  Quotes,
  Staking,
  StandingOrders,
} from "../../typechain-types";
import type { Actors } from "./actors";
import { deployMarket } from "./market";
import {
  DEFAULT_RULES,
  DEFAULT_TERMS,
  DEFAULT_WEIGHTS,
  GRACE,
  listingOf,
  OUTAGE_ALLOWANCE,
  UNBONDING_DELAY,
} from "./parameters";

export const GUARDIAN_ROLE = 1n;

/** The protocol, wired; every contract also by its address, and its tokens by decimals. */
export interface Deployment {
  authority: AccessManager;
  hold: Hold;
  escrow: Escrow;
  staking: Staking;
  liveness: Liveness;
  records: ProviderRecords;
  market: Market;
  /** The two above the market, at the addresses that it names. */
  orders: StandingOrders;
  quotes: Quotes;
  /** Rules on disputes; its five members are seated. */
  council: Council;
  /** The slashing module, for offers that name it. */
  disputes: Disputes;
  lens: MarketLens;
  /** Payment tokens of 6 and 18 decimals, listed by the market. */
  usd6: MockToken;
  usd18: MockToken;
}

/** Where the next contract that `deployer` creates will be. */
async function nextContractOf(deployer: Signer | undefined): Promise<string> {
  if (deployer === undefined) throw new Error("There are too few signers");
  return getCreateAddress({ from: await deployer.getAddress(), nonce: await deployer.getNonce() });
}

/** Fails unless `contract` is where the market was told that it would be. */
async function assertAt(predicted: string, contract: Addressable): Promise<void> {
  const address = await contract.getAddress();
  if (address !== predicted) throw new Error(`A contract above the market is at ${address}, not at ${predicted}`);
}

/** Deploys everything; `admin` holds all HOLD and all of AccessManager, the guardian may pause entries. */
export async function deployProtocol(actors: Actors): Promise<Deployment> {
  const { admin, guardian, treasury, appeals } = actors;
  const authority = await ethers.deployContract("AccessManager", [admin]);
  const hold = await ethers.deployContract("Hold", [admin]);
  const escrow = await ethers.deployContract("Escrow");
  const staking = await ethers.deployContract("Staking", [authority, hold, UNBONDING_DELAY]);
  const liveness = await ethers.deployContract("Liveness", [GRACE]);
  const records = await ethers.deployContract("ProviderRecords");
  const [deployerOfQuotes, deployerOfOrders] = (await ethers.getSigners()).slice(-2);
  const around = { orders: await nextContractOf(deployerOfOrders), quotes: await nextContractOf(deployerOfQuotes) };
  const market = await deployMarket(
    authority,
    { escrow, staking, liveness, records, ...around },
    OUTAGE_ALLOWANCE,
    { treasury: treasury.address, ...DEFAULT_TERMS },
    DEFAULT_WEIGHTS,
  );
  const orders = await ethers.deployContract("StandingOrders", [market], deployerOfOrders);
  const quotes = await ethers.deployContract("Quotes", [market], deployerOfQuotes);
  await assertAt(around.orders, orders);
  await assertAt(around.quotes, quotes);
  const lens = await ethers.deployContract("MarketLens", [market]);
  const council = await ethers.deployContract("Council", [authority]);
  const rules = { appealAuthority: appeals.address, treasury: treasury.address, ...DEFAULT_RULES };
  const disputes = await ethers.deployContract("Disputes", [authority, market, council, rules]);
  for (const member of [actors.memberA, actors.memberB, actors.memberC, actors.memberD, actors.memberE]) {
    await council.connect(admin).seat(member);
  }

  const pause = market.interface.getFunction("pauseEntries").selector;
  await authority.connect(admin).grantRole(GUARDIAN_ROLE, guardian, 0);
  await authority.connect(admin).setTargetFunctionRole(market, [pause], GUARDIAN_ROLE);

  const usd6 = await ethers.deployContract("MockToken", ["Dollar", "USD6", 6]);
  const usd18 = await ethers.deployContract("MockToken", ["Dollar", "USD18", 18]);
  for (const [token, decimals] of [
    [usd6, 6],
    [usd18, 18],
  ] as const) {
    const { minimumLock, bounty } = listingOf(decimals);
    await market.connect(admin).listToken(token, minimumLock, bounty);
  }
  const vaults = { escrow, staking, liveness, records };
  return { authority, hold, ...vaults, market, orders, quotes, council, disputes, lens, usd6, usd18 };
}
