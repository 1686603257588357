import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { impersonateAccount, setNextBlockBaseFeePerGas, time } from "@nomicfoundation/hardhat-network-helpers";
import { id, MaxUint256, parseEther } from "ethers";
import { ethers, network } from "hardhat";

import { deployFixture, type Fixture } from "../helpers/fixture";
import { argumentsOf, deployGovernance, type Governed } from "../helpers/governance";
import { createOffer, leaseIdOf } from "../helpers/leases";
import { costOf, perHour, type Resources } from "../helpers/money";
import { anOffer, anOrder, candidateOf, type OfferDraft } from "../helpers/orders";
import { DAY, GRACE, HOUR, MINUTE, OUTAGE_ALLOWANCE } from "../helpers/parameters";
import { storedOffer } from "../helpers/words";
import { MOST_VOTERS } from "./limits";

/** A machine that fills every field: two H100 and what goes with them. */
const MACHINE: Resources = {
  cpu: 32_000n,
  memoryMiB: 262_144n,
  diskGiB: 2_000n,
  bandwidthMbps: 1_000n,
  gpuClass: 0xc019n,
  gpuCount: 2n,
  region: 1n,
  attributes: 0b1000001n,
};

/** What tenants ask of a unit: something of everything. */
const REQUIREMENT: Resources = { ...MACHINE, cpu: 16_000n, memoryMiB: 131_072n, diskGiB: 1_000n, bandwidthMbps: 500n };

export const PRICE = perHour(4_800_000n); // $4.80 an hour in a 6-decimal token
const MOST_PRICE = perHour(5_000_000n);
const CAPACITY = 100_000n;
const MIN_DURATION = HOUR;
export const MONTH = 30 * DAY;
/** Those of the accounts without a name that hold HOLD; those before are newcomers. */
export const FIRST_HOLDER = 5;

export const dollars = (amount: number): bigint => BigInt(amount) * 10n ** 6n;

/** A finite ceiling that nothing measured reaches. */
export const CEILING = dollars(100_000_000);

/** One provider with one offer, its operator, a tenant and a keeper, who all have done it before; see `buildWorld`. */
export interface World extends Fixture, Pick<Governed, "timelock" | "governor" | "proposer"> {
  provider: HardhatEthersSigner;
  operator: HardhatEthersSigner;
  tenant: HardhatEthersSigner;
  /** The payment token. */
  token: string;
  offer: bigint;
  /** Running leases of the tenant, other offers of the provider, and funded accounts of others: so many of each. */
  size: number;
  /** Holders of a little HOLD that is delegated to themselves; as many proposals were made. They send without keys. */
  voters: string[];
}

interface Call {
  from: string;
  to: string;
  data: string;
}

const GAS_PER_CALL = 300_000;
const GAS_PER_BLOCK = 27_000_000; // a block has 30 million

/** Sends many transactions, many to a block, at no price; each must succeed. `gas` is the most that one of them may take. */
export async function sendAll(calls: readonly Call[], gas = GAS_PER_CALL): Promise<void> {
  const { provider } = network;
  const [limit, inBlock] = [`0x${gas.toString(16)}`, Math.floor(GAS_PER_BLOCK / gas)];
  await provider.send("evm_setAutomine", [false]);
  for (let from = 0; from < calls.length; from += inBlock) {
    const hashes: string[] = [];
    for (const call of calls.slice(from, from + inBlock)) {
      hashes.push((await provider.send("eth_sendTransaction", [{ ...call, gas: limit, gasPrice: "0x0" }])) as string);
    }
    await setNextBlockBaseFeePerGas(0);
    await provider.send("evm_mine", []);
    for (const hash of hashes) {
      const receipt = (await provider.send("eth_getTransactionReceipt", [hash])) as { status: string } | null;
      if (receipt?.status !== "0x1") throw new Error(`Transaction ${hash} of the set-up failed or was not mined`);
    }
  }
  await provider.send("evm_setAutomine", [true]);
}

/** The machine, offered for an hour to a month; its leases can be disputed where a slashing module is named. */
export const machineOffer = (token: string, slasher?: string): OfferDraft =>
  anOffer({
    token,
    ...(slasher === undefined ? {} : { slasher }),
    resources: MACHINE,
    minDuration: MIN_DURATION,
    maxDuration: MONTH,
    price: PRICE,
    capacity: CAPACITY,
    contentHash: id("offer"),
  });

/** A highest lock that leaves some room, base units. */
const mostLocked = (units: number, duration: number): bigint =>
  BigInt(units) * (costOf(MOST_PRICE, duration) + dollars(1));

/** One machine, or one on each of several offers, with a highest price and a highest lock that leave some room. */
export const machineOrder = async (
  { token, offer, market }: Pick<World, "token" | "offer" | "market">,
  duration: number,
  { offers = [offer], units = 1 }: { offers?: readonly bigint[]; units?: number } = {},
) =>
  anOrder(market, {
    token,
    duration,
    units,
    requirement: REQUIREMENT,
    maxLock: mostLocked(units * offers.length, duration),
    candidates: await Promise.all(offers.map((candidate) => candidateOf(market, candidate, MOST_PRICE))),
    replicas: offers.length,
  });

/** Lets time pass while the provider stays live. */
export async function serve({ liveness, operator, provider }: World, seconds: number): Promise<void> {
  const until = (await time.latest()) + seconds;
  const step = GRACE - MINUTE; // the last heartbeat may be some blocks old
  for (let next = (await time.latest()) + step; next < until; next += step) {
    await time.setNextBlockTimestamp(next);
    await liveness.connect(operator).heartbeat(provider);
  }
  await time.setNextBlockTimestamp(until);
  await liveness.connect(operator).heartbeat(provider);
}

/** Lets the provider be dark for a while and come back. */
export async function outage({ liveness, operator, provider }: World): Promise<void> {
  await time.increase(OUTAGE_ALLOWANCE);
  await liveness.connect(operator).heartbeat(provider);
}

/** A lease that a tenant is to open on the offer, in seconds. */
export interface Wish {
  tenant: string;
  duration: number;
  /** One unless told. */
  units?: number;
}

/** Opens leases; returns their ids. */
export async function openAll(world: World, wishes: readonly Wish[]): Promise<bigint[]> {
  const { market, offer } = world;
  const { leaseCount } = await storedOffer(market, offer);
  const to = await market.getAddress();
  const named = await machineOrder(world, 0); // asks once who the provider is
  await sendAll(
    wishes.map(({ tenant, duration, units = 1 }) => ({
      from: tenant,
      to,
      data: market.interface.encodeFunctionData("open", [
        { ...named, duration, units, maxLock: mostLocked(units, duration) },
      ]),
    })),
  );
  return wishes.map((_, index) => leaseIdOf(offer, leaseCount + BigInt(index) + 1n));
}

const STARTED_AT_ONCE = 200;

/** Opens leases and starts them. */
export async function running(world: World, wishes: readonly Wish[]): Promise<bigint[]> {
  const { market, liveness, operator, provider } = world;
  const leaseIds: bigint[] = [];
  for (let from = 0; from < wishes.length; from += STARTED_AT_ONCE) {
    await liveness.connect(operator).heartbeat(provider);
    const opened = await openAll(world, wishes.slice(from, from + STARTED_AT_ONCE));
    await market.connect(operator).activate(opened);
    leaseIds.push(...opened);
  }
  return leaseIds;
}

/** Address number `index` of a crowd: nobody has its key. */
const addressOf = (crowd: string, index: number): string => ethers.getAddress(id(`${crowd} ${index}`).slice(0, 42));

/** `count` tenants who deposited and approved the market, for a finite sum; they send without keys. */
export async function crew(world: World, count: number): Promise<string[]> {
  const { escrow, market, token } = world;
  const tenants = Array.from({ length: count }, (_, index) => addressOf("crew", index));
  await fund(world, tenants);
  for (const tenant of tenants) await impersonateAccount(tenant);
  const [to, module] = [await escrow.getAddress(), await market.getAddress()];
  const data = escrow.interface.encodeFunctionData("approveModule", [token, module, CEILING]);
  await sendAll(tenants.map((from) => ({ from, to, data })));
  return tenants;
}

async function fund({ escrow, token, stranger }: World, accounts: readonly string[]): Promise<void> {
  const to = await escrow.getAddress();
  await sendAll(
    accounts.map((account) => ({
      from: stranger.address,
      to,
      data: escrow.interface.encodeFunctionData("deposit", [token, account, dollars(5_000)]),
    })),
  );
}

/**
 * A market in which everything was done before: the provider delegated its votes, bonded, came back from outages and was
 * paid; the tenant deposited, approved the market for a finite sum, and had a lease that was opened, activated, collected
 * and expired by the keeper.
 */
export async function buildWorld(): Promise<World> {
  const fixture = await deployFixture();
  const { admin, providerA: provider, operatorA: operator, tenantA: tenant, keeper, stranger } = fixture;
  const { hold, escrow, staking, liveness, market, usd6 } = fixture;
  const token = await usd6.getAddress();
  const [proposer] = fixture.others.slice(FIRST_HOLDER);
  const world: World = {
    ...fixture,
    ...(await deployGovernance(fixture)),
    proposer: proposer!,
    provider,
    operator,
    tenant,
    token,
    offer: 1n,
    size: 0,
    voters: [],
  };

  await hold.connect(admin).transfer(provider, parseEther("200000000"));
  await hold.connect(provider).delegate(provider);
  await staking.connect(provider).bond(market, parseEther("100000000"));
  await liveness.connect(provider).setOperator(operator);
  await liveness.connect(operator).heartbeat(provider);
  await outage(world);
  await outage(world);
  world.offer = await createOffer(market, provider, machineOffer(token, await fixture.disputes.getAddress()));

  for (const payer of [tenant, stranger]) {
    await usd6.mint(payer, dollars(200_000_000));
    await usd6.connect(payer).approve(escrow, MaxUint256);
  }
  await escrow.connect(tenant).deposit(token, tenant, dollars(100_000_000));
  await escrow.connect(tenant).approveModule(token, market, CEILING);

  await fixture.authority.connect(admin).grantRole(0n, world.timelock, 0);
  await hold.connect(admin).transfer(world.proposer, parseEther("10000000"));
  await hold.connect(world.proposer).delegate(world.proposer);

  const [leaseId] = await running(world, [{ tenant: tenant.address, duration: 2 * HOUR }]);
  if (leaseId === undefined) throw new Error("No lease was opened");
  await serve(world, HOUR);
  await market.connect(keeper).collect([leaseId]);
  await serve(world, HOUR + MINUTE);
  await market.connect(keeper).expire([leaseId]);
  await market.connect(keeper).collect([leaseId]);
  return world;
}

/** Gives HOLD to more voters, and has as many more proposals made. */
async function assemble(world: World, voters: number): Promise<string[]> {
  const { hold, governor, market, admin, proposer, voters: before } = world;
  const added = Array.from({ length: voters - before.length }, (_, index) => addressOf("voter", before.length + index));
  for (const voter of added) await impersonateAccount(voter);
  const to = await hold.getAddress();
  const give = (voter: string) => hold.interface.encodeFunctionData("transfer", [voter, parseEther("1")]);
  const keep = (voter: string) => hold.interface.encodeFunctionData("delegate", [voter]);
  await sendAll(added.map((voter) => ({ from: admin.address, to, data: give(voter) })));
  await sendAll(added.map((voter) => ({ from: voter, to, data: keep(voter) })));

  const calls = [];
  for (const voter of added) {
    const proposal = await argumentsOf([{ target: market, data: "0x" }], `Proposal of ${voter}`);
    const data = governor.interface.encodeFunctionData("propose", proposal);
    calls.push({ from: proposer.address, to: await governor.getAddress(), data });
  }
  await sendAll(calls, 500_000);
  return [...before, ...added];
}

/** The same world with `size` running leases, other offers and funded accounts, and as many voters and proposals, up to 1,000. */
export async function grow(world: World, size: number): Promise<World> {
  const { market, provider, tenant, token, size: before } = world;
  const added = size - before;
  const draft = machineOffer(token);
  const create = market.interface.encodeFunctionData("createOffer", [draft.terms, draft.price, draft.capacity]);
  const [from, to] = [provider.address, await market.getAddress()];
  await sendAll(Array.from({ length: added }, () => ({ from, to, data: create })));
  await fund(
    world,
    Array.from({ length: added }, (_, index) => addressOf("account", before + index)),
  );
  const voters = await assemble(world, Math.min(size, MOST_VOTERS));
  await running(
    world,
    Array.from({ length: added }, () => ({ tenant: tenant.address, duration: MONTH })),
  );
  return { ...world, size, voters };
}

/** An address that never did anything. */
export const nobody = (): string => addressOf("nobody", 0);
