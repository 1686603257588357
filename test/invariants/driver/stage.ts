import { impersonateAccount, setBalance, time } from "@nomicfoundation/hardhat-network-helpers";
import { MaxUint256, parseEther } from "ethers";
import { ethers } from "hardhat";

import { deployFixture, TENANT_MONEY, whole } from "../../helpers/fixture";
import { loadFixture } from "../../helpers/loadFixture";
import {
  DEFAULT_RULES,
  DEFAULT_TERMS,
  DEFAULT_WEIGHTS,
  GRACE,
  listingOf,
  OUTAGE_ALLOWANCE,
  UNBONDING_DELAY,
} from "../../helpers/parameters";
import { World } from "../model/world";
import { type Cast, castOf } from "./cast";
import { Chain } from "./chain";

/** Runs begin at the same second everywhere, so that a seed tells the same story on every machine. */
const BEGIN = 2_500_000_000;

interface Stage {
  chain: Chain;
  cast: Cast;
  /** Wallets and allowances as the fixture leaves them: [token, account, amount] and [token, owner, spender, amount]. */
  wallets: [string, string, bigint][];
  allowances: [string, string, string, bigint][];
  members: { member: string; since: bigint }[];
}

/** The shared fixture, a third tenant, somebody who is provider and tenant at once, and a token that taxes transfers. */
async function stageFixture(): Promise<Stage> {
  const fixture = await deployFixture();
  const { hold, escrow, staking, market, disputes, council, admin, usd6, usd18 } = fixture;
  const taxed = await ethers.deployContract("FeeToken");
  const cast = await castOf(fixture, taxed);
  const { minimumLock, bounty } = listingOf(18);
  await market.connect(admin).listToken(taxed, minimumLock, bounty);
  for (const tenant of [cast.signer.tenantA, cast.signer.tenantB, cast.signer.tenantC, cast.signer.both]) {
    for (const [token, decimals] of [
      [usd6, 6],
      [usd18, 18],
      [taxed, 18],
    ] as const) {
      await token.mint(tenant, whole(TENANT_MONEY, decimals));
      await token.connect(tenant).approve(escrow, MaxUint256);
    }
  }
  await hold.connect(admin).transfer(cast.address.both, parseEther("100000"));
  await hold.connect(admin).transfer(cast.address.tenantC, parseEther("100000"));
  await hold.connect(cast.signer.both).approve(staking, MaxUint256);
  for (const account of [...cast.providers, ...cast.tenants, cast.address.stranger, cast.address.keeper]) {
    await hold.connect(await ethers.getSigner(account)).approve(disputes, MaxUint256);
  }

  for (const above of [cast.orders, cast.quotes]) {
    await impersonateAccount(above);
    await setBalance(above, parseEther("1000"));
  }
  const { authority, liveness, records, orders, lens } = fixture;
  const chain = await Chain.of([
    hold,
    escrow,
    staking,
    liveness,
    records,
    market,
    orders,
    lens,
    council,
    disputes,
    authority,
    usd6,
    usd18,
    taxed,
  ]);
  const wallets: Stage["wallets"] = [];
  const allowances: Stage["allowances"] = [];
  for (const token of [...cast.tokens, cast.hold]) {
    for (const account of cast.everybody) {
      wallets.push([token, account, (await chain.read(token, "balanceOf", [account])) as bigint]);
      for (const spender of token === cast.hold ? [cast.staking, cast.disputes] : [cast.escrow]) {
        const allowance = (await chain.read(token, "allowance", [account, spender])) as bigint;
        allowances.push([token, account, spender, allowance]);
      }
    }
  }
  const members: Stage["members"] = [];
  for (const member of cast.everybody) {
    const since = await council.seatedSince(member);
    if (since > 0n) members.push({ member, since });
  }
  await time.increaseTo(Math.max(BEGIN, (await time.latest()) + 1));
  return { chain, cast, wallets, allowances, members };
}

/** A fresh protocol, and a model that knows what it was deployed with. */
export async function setStage(): Promise<Stage & { world: World }> {
  const stage = await loadFixture(stageFixture);
  const { cast, wallets, allowances, members } = stage;
  const [usd6, usd18, taxed] = cast.tokens;
  const world = new World({
    addresses: cast,
    tokens: cast.tokens.map((address) => ({ address, taxed: address === taxed })),
    grace: BigInt(GRACE),
    outageAllowance: BigInt(OUTAGE_ALLOWANCE),
    unbondingDelay: BigInt(UNBONDING_DELAY),
    powers: { admin: cast.address.admin, guardian: cast.address.guardian },
    members,
  });
  const tokenOf = (address: string) => (address === cast.hold ? world.hold : world.tokens.get(address)!);
  for (const [token, account, amount] of wallets) tokenOf(token).mint(account, amount);
  for (const [token, owner, spender, amount] of allowances) tokenOf(token).approve(owner, spender, amount);
  const { treasury, appeals } = cast.address;
  world.disputes.publish({ appealAuthority: appeals, treasury, ...DEFAULT_RULES });
  world.parameters.publish(
    {
      treasury,
      ...DEFAULT_TERMS,
      noticePeriod: BigInt(DEFAULT_TERMS.noticePeriod),
      activationWindow: BigInt(DEFAULT_TERMS.activationWindow),
      creditPeriod: BigInt(DEFAULT_TERMS.creditPeriod),
    },
    DEFAULT_WEIGHTS,
  );
  for (const [token, decimals] of [
    [usd6, 6],
    [usd18, 18],
    [taxed, 18],
  ] as const) {
    const { minimumLock, bounty } = listingOf(decimals);
    world.parameters.list(token, minimumLock, bounty);
  }
  world.now = BigInt(await time.latest());
  return { ...stage, world };
}
