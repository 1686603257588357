import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { MaxUint256, parseEther } from "ethers";

import { type Actors, namedActors } from "./actors";
import { type Deployment, deployProtocol } from "./deployment";
import { createOffer } from "./leases";
import { loadFixture } from "./loadFixture";
import { perHour } from "./money";
import { anOffer } from "./orders";

/** HOLD in the wallet of every provider, and of everybody else who has some. */
export const PROVIDER_HOLD = parseEther("1000000");
export const OTHER_HOLD = parseEther("100000");
/** Whole units of each payment token in the wallet of every tenant. */
export const TENANT_MONEY = 1_000_000n;
/** What every provider bonds with the market in an open market, wei of HOLD. */
export const BOND = parseEther("50000");
/** Whole units of each payment token that every tenant deposits in an open market. */
export const DEPOSIT = 100_000n;
/** The ceiling that never moves. */
export const NO_CEILING = 2n ** 120n - 1n;

export const whole = (amount: bigint, decimals: number): bigint => amount * 10n ** BigInt(decimals);

export interface Fixture extends Actors, Deployment {
  /** Signers without a name. */
  others: HardhatEthersSigner[];
}

/**
 * The protocol and its people: HOLD in the wallets of providers, tenants, keeper and stranger, payment tokens in those of
 * tenants; providers let staking, and tenants the escrow, spend them. Nothing is bonded, deposited or offered yet.
 * For `loadFixture`.
 */
export async function deployFixture(): Promise<Fixture> {
  const actors = await namedActors();
  const protocol = await deployProtocol(actors);
  const { hold, staking, escrow, usd6, usd18 } = protocol;
  const { admin, providerA, providerB, providerC, tenantA, tenantB, keeper, stranger } = actors;

  for (const provider of [providerA, providerB, providerC]) {
    await hold.connect(admin).transfer(provider, PROVIDER_HOLD);
    await hold.connect(provider).approve(staking, MaxUint256);
  }
  for (const holder of [tenantA, tenantB, keeper, stranger]) await hold.connect(admin).transfer(holder, OTHER_HOLD);
  for (const tenant of [tenantA, tenantB]) {
    await usd6.mint(tenant, whole(TENANT_MONEY, 6));
    await usd18.mint(tenant, whole(TENANT_MONEY, 18));
    await usd6.connect(tenant).approve(escrow, MaxUint256);
    await usd18.connect(tenant).approve(escrow, MaxUint256);
  }
  return { ...actors, ...protocol };
}

export interface OpenMarket extends Fixture {
  /** Offer of providerA in `usd6`. */
  offerA: bigint;
  /** Offer of providerB in `usd6`, dearer. */
  offerB: bigint;
  /** Offer of providerC in `usd18`. */
  offerC: bigint;
}

/**
 * The fixture, open for business: every provider bonded with the market, handed over to its operator, live, with one
 * offer; both tenants funded in both tokens, with the market approved without limit. For `loadFixture`.
 */
export async function openMarketFixture(): Promise<OpenMarket> {
  const fixture = await loadFixture(deployFixture);
  const { escrow, staking, liveness, market, usd6, usd18 } = fixture;
  const { providerA, operatorA, providerB, operatorB, providerC, operatorC, tenantA, tenantB } = fixture;

  for (const [provider, operator] of [
    [providerA, operatorA],
    [providerB, operatorB],
    [providerC, operatorC],
  ] as const) {
    await staking.connect(provider).bond(market, BOND);
    await liveness.connect(provider).setOperator(operator);
    await liveness.connect(operator).heartbeat(provider);
  }
  for (const tenant of [tenantA, tenantB]) {
    for (const [token, decimals] of [
      [usd6, 6],
      [usd18, 18],
    ] as const) {
      await escrow.connect(tenant).deposit(token, tenant, whole(DEPOSIT, decimals));
      await escrow.connect(tenant).approveModule(token, market, NO_CEILING);
    }
  }
  const [dollar6, dollar18] = [await usd6.getAddress(), await usd18.getAddress()];
  const offerA = await createOffer(market, providerA, anOffer({ token: dollar6 }));
  const offerB = await createOffer(market, providerB, anOffer({ token: dollar6, price: perHour(550_000n) }));
  const offerC = await createOffer(
    market,
    providerC,
    anOffer({ token: dollar18, price: perHour(whole(3n, 18)), minDuration: 3_600 }),
  );
  return { ...fixture, offerA, offerB, offerC };
}
