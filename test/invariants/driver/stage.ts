import { impersonateAccount, setBalance, time } from "@nomicfoundation/hardhat-network-helpers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { MaxUint256, parseEther } from "ethers";
import { ethers } from "hardhat";

import { namedActors } from "../../helpers/actors";
import { deployProtocol } from "../../helpers/deployment";
import { TENANT_MONEY, whole } from "../../helpers/fixture";
import { SETTINGS } from "../../helpers/governance";
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
import { type Cast, castOf, KEYS, type Signers } from "./cast";
import { Chain } from "./chain";

/** Runs begin at the same second everywhere, so that a seed tells the same story on every machine. */
const BEGIN = 2_500_000_000;
/** HOLD in the wallet of every actor, wei; and what the pool and the vault of others begin with. */
const ACTOR_HOLD = parseEther("1000000");
const POOL_HOLD = parseEther("500000");

interface Stage {
  chain: Chain;
  cast: Cast;
  /** Wallets and allowances before the first step: [token, account, amount] and [token, owner, spender, amount]. */
  wallets: [string, string, bigint][];
  allowances: [string, string, string, bigint][];
  members: { member: string; since: bigint }[];
}

/**
 * The protocol with few people, who play all roles: the council is made of actors, appeals go to one of them, another one is
 * the guardian. The treasury is the key that stands in for the timelock, until other terms are published. The timelock
 * of the governor is the key that appeals go to: nobody votes here, that key decides.
 */
async function stageFixture(): Promise<Stage> {
  const named = await namedActors();
  const signers = await ethers.getSigners();
  const signer = Object.fromEntries(KEYS.map((key, index) => [key, signers[index + 1]!])) as Signers;
  const { admin, host, guest, ann, bob, cid, dot } = signer;
  const members = { memberA: host, memberB: guest, memberC: ann, memberD: bob, memberE: cid };
  const protocol = await deployProtocol({ ...named, ...members, admin, guardian: dot, treasury: admin, appeals: cid });
  const { hold, escrow, staking, market, disputes, council, usd6, usd18 } = protocol;
  const governor = await ethers.deployContract("HoldGovernor", [hold, cid, disputes, SETTINGS]);
  const fixture = { ...named, ...protocol, governor, others: [] as HardhatEthersSigner[] };
  const taxed = await ethers.deployContract("FeeToken");
  const pair = await ethers.deployContract("MockPair", [hold, usd18]);
  const vault = await ethers.deployContract("MockVault", [hold]);
  const forwarder = await ethers.deployContract("MockForwarder", [host]);
  const cast = await castOf(fixture, signer, taxed, { pair, vault, forwarder });
  const { minimumLock, bounty } = listingOf(18);
  await market.connect(admin).listToken(taxed, minimumLock, bounty);

  for (const actor of [host, guest, ann, bob, cid, dot]) {
    await hold.connect(admin).transfer(actor, ACTOR_HOLD);
    for (const spender of [staking, disputes, vault]) await hold.connect(actor).approve(spender, MaxUint256);
    for (const [token, decimals] of [
      [usd6, 6],
      [usd18, 18],
      [taxed, 18],
    ] as const) {
      await token.mint(actor, whole(TENANT_MONEY, decimals));
      await token.connect(actor).approve(escrow, MaxUint256);
    }
  }
  await hold.connect(admin).transfer(pair, POOL_HOLD);
  await usd18.mint(pair, whole(TENANT_MONEY, 18));
  await pair.sync();
  await hold.connect(admin).approve(vault, POOL_HOLD);
  await vault.connect(admin).deposit(POOL_HOLD, admin);

  // The orders and the quotes call the market as they like; the others leave with what they were given, at the end.
  for (const contract of [cast.quotes, ...cast.houses]) {
    await impersonateAccount(contract);
    await setBalance(contract, parseEther("1000"));
  }
  const { authority, liveness, records, orders, lens } = protocol;
  const ours = [hold, escrow, staking, liveness, records, market, orders, lens, council, disputes, governor, authority];
  const reader = await ethers.deployContract("Reader");
  const chain = await Chain.of([...ours, usd6, usd18, taxed, pair, vault, forwarder], reader);
  const wallets: Stage["wallets"] = [];
  const allowances: Stage["allowances"] = [];
  for (const token of [...cast.tokens, cast.hold]) {
    for (const account of cast.accounts) {
      wallets.push([token, account, (await chain.read(token, "balanceOf", [account])) as bigint]);
      for (const spender of token === cast.hold ? [cast.staking, cast.disputes, cast.vault] : [cast.escrow]) {
        const allowance = (await chain.read(token, "allowance", [account, spender])) as bigint;
        allowances.push([token, account, spender, allowance]);
      }
    }
  }
  const seated: Stage["members"] = [];
  for (const member of cast.everybody) {
    const since = await council.seatedSince(member);
    if (since > 0n) seated.push({ member, since });
  }
  await time.increaseTo(Math.max(BEGIN, (await time.latest()) + 1));
  return { chain, cast, wallets, allowances, members: seated };
}

/** A fresh protocol, and a model that knows what it was deployed with. */
export async function setStage(): Promise<Stage & { world: World }> {
  const stage = await loadFixture(stageFixture);
  const { cast, wallets, allowances, members } = stage;
  const [usd6, usd18, taxed] = cast.tokens;
  const { admin, dot, host, cid } = cast.address;
  const world = new World({
    addresses: cast,
    tokens: cast.tokens.map((address) => ({ address, taxed: address === taxed })),
    money: usd18,
    beneficiary: host,
    savings: { account: admin, shares: POOL_HOLD },
    grace: BigInt(GRACE),
    outageAllowance: BigInt(OUTAGE_ALLOWANCE),
    unbondingDelay: BigInt(UNBONDING_DELAY),
    powers: { admin, guardian: dot },
    voting: { timelock: cid, delay: BigInt(SETTINGS.votingDelay), period: BigInt(SETTINGS.votingPeriod) },
    members,
  });
  const tokenOf = (address: string) => (address === cast.hold ? world.hold : world.tokens.get(address)!);
  for (const [token, account, amount] of wallets) tokenOf(token).mint(account, amount);
  for (const [token, owner, spender, amount] of allowances) tokenOf(token).approve(owner, spender, amount);
  world.pair.sync();
  world.disputes.publish({ appealAuthority: cid, treasury: admin, ...DEFAULT_RULES });
  world.parameters.publish(
    {
      treasury: admin,
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
