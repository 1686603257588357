import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { JsonRpcProvider, parseEther, solidityPackedKeccak256, ZeroAddress, ZeroHash } from "ethers";
import { z } from "zod";

import { compileProtocol } from "../../scripts/compile/protocol";
import { bond } from "../../scripts/demo/market";
import { buildWorld, mined, type World } from "../../scripts/demo/world";
import { leaseIdOf } from "../../sdk/ids";
import { packResources, parseResources } from "../../sdk/resources";
import { parseAmount, parsePrice, priceToX32Up } from "../../sdk/units";
import { Market__factory } from "../../typechain-types";
import { AMPLE, Chain, CHAIN_ID } from "../chaos/chain";

const ROOT = path.join(__dirname, "../..");
const DAY = 86_400;
/** Leases that one transaction opens, and that one starts. Blocks are as large as that takes while the crowd gathers. */
const OPENED_AT_ONCE = 250;
/** The same where they end one after the other: so many end in one second. */
const OPENED_AT_ONCE_WHERE_SPREAD = 8;
const STARTED_AT_ONCE = 1_000;
const BUILDING_GAS = 2n ** 40n;

/**
 * Calls the address in its second word as often as its first word says, with the rest of its call data: an account with
 * this code is a tenant that opens many leases in one transaction.
 */
const REPEATER =
  "0x604036038060406000376000355b80156028575f5f835f5f6020355af115602a5760019003600d565b005b3d5f5f3e3d5ffd";

const CLOSED_TOPIC = Market__factory.createInterface().getEvent("LeaseClosed").topicHash;

/** Leases that one block starts where they do not start together: as many as fit into a real one. */
const STARTED_IN_BLOCK = 500;

/** A crowd to build. */
export interface Gathering {
  readonly leases: number;
  readonly tenants: number;
  /** Seconds of each lease. */
  readonly duration: number;
  /** Whether all start, and so end, in one second; else block after block. */
  readonly together: boolean;
  /** Seconds over which they end, where they start together: the first after `duration`. None: all in one second. */
  readonly spread?: number;
}

/** A chain with many leases. */
export interface Crowd {
  readonly stateFile: string;
  readonly bookFile: string;
  readonly leases: number;
  /** Second in which the last lease ends; all of them where they started together. */
  readonly end: number;
  readonly headTime: number;
  readonly headBlock: number;
  readonly keeperKey: string;
  readonly market: string;
  readonly lens: string;
  /** First topic of the event of a lease that ended. */
  readonly closedTopic: string;
}

const savedSchema = z.object({
  leases: z.number(),
  end: z.number(),
  headTime: z.number(),
  headBlock: z.number(),
  keeperKey: z.string(),
  market: z.string(),
  lens: z.string(),
});

/** The chain with such a crowd; built once, and kept. */
export async function crowd(cache: string, gathering: Gathering, say: (text: string) => void): Promise<Crowd> {
  const { leases, tenants, duration, together, spread = 0 } = gathering;
  const directory = path.join(
    cache,
    `crowd2-${leases}-${tenants}-${duration}${together ? "" : "-spread"}${spread === 0 ? "" : `-over-${spread}`}`,
  );
  const files = { stateFile: path.join(directory, "state.json"), bookFile: path.join(directory, "address-book.json") };
  const saved = path.join(directory, "crowd.json");
  if (!existsSync(saved)) {
    const since = Date.now();
    const built = mkdtempSync(path.join(cache, "building-"));
    const chain = await Chain.start("--timestamp", "1800000000", "--dump-state", path.join(built, "state.json"));
    const provider = new JsonRpcProvider(chain.url, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1 });
    provider.pollingInterval = 10;
    try {
      const world = await buildWorld(await compileProtocol(ROOT, say), built, provider);
      const facts = await gather(world, chain, gathering);
      writeFileSync(path.join(built, "crowd.json"), JSON.stringify(facts));
    } finally {
      provider.destroy();
      await chain.stop(true);
    }
    if (existsSync(directory)) rmSync(built, { recursive: true });
    else renameSync(built, directory);
    say(`The chain with ${leases} leases was built in ${Math.round((Date.now() - since) / 1_000)} s and is kept.`);
  }
  return { ...savedSchema.parse(JSON.parse(readFileSync(saved, "utf8"))), ...files, closedTopic: CLOSED_TOPIC };
}

async function gather(
  world: World,
  chain: Chain,
  { leases, tenants, duration, together, spread = 0 }: Gathering,
): Promise<z.infer<typeof savedSchema>> {
  const { people, contracts, tokens, provider } = world;
  const { DUSD } = tokens;
  const [market, escrow] = [contracts.market, contracts.escrow];
  await bond(world, "Webhaus", parseEther("10000000"));
  const terms = {
    resources: packResources(parseResources({ cpu: "1" })),
    minDuration: 0,
    maxDuration: 300 * DAY,
    token: DUSD.address,
    slasher: ZeroAddress,
    contentHash: ZeroHash,
  };
  const price = priceToX32Up(parsePrice("0.05 / h"), DUSD.decimals);
  await mined(market.connect(people.Webhaus).createOffer(terms, price, 1_000_000));
  const total = parseAmount("900000000", DUSD.decimals);
  await mined(DUSD.contract.connect(people.founder).mint(people.founder, total));
  await mined(DUSD.contract.connect(people.founder).approve(escrow, total));
  await provider.send("evm_setBlockGasLimit", [`0x${BUILDING_GAS.toString(16)}`]);

  const marketAt = await market.getAddress();
  const orderOf = (seconds: number): string =>
    market.interface.encodeFunctionData("open", [
      {
        token: DUSD.address,
        units: 1,
        duration: seconds,
        maxLock: parseAmount("100000", DUSD.decimals),
        requirement: packResources(parseResources({})),
        candidates: [{ offer: 1n, provider: people.Webhaus.address, maxPricePerSecondX32: 2n ** 128n - 1n }],
        replicas: 1,
        distinctRegions: false,
      },
    ]);
  const atEachOpening = spread === 0 ? OPENED_AT_ONCE : OPENED_AT_ONCE_WHERE_SPREAD;
  const heartbeat = (): Promise<number> =>
    mined(contracts.liveness.connect(people["Webhaus operator"]).heartbeat(people.Webhaus, AMPLE));
  const approval = escrow.interface.encodeFunctionData("approveModule", [DUSD.address, marketAt, 2n ** 120n - 1n]);
  let opened = 0;
  for (let number = 0; number < tenants; number++) {
    const tenant = `0x${solidityPackedKeccak256(["string", "uint256"], ["tenant", number]).slice(-40)}`;
    await provider.send("anvil_setCode", [tenant, REPEATER]);
    await mined(escrow.connect(people.founder).deposit(DUSD.address, tenant, total / BigInt(tenants), AMPLE));
    await repeat(world, tenant, 1, await escrow.getAddress(), approval);
    for (let left = Math.round((leases * (number + 1)) / tenants) - opened; left > 0; left -= atEachOpening) {
      const count = Math.min(left, atEachOpening);
      await heartbeat(); // leases are opened on a provider that was seen within half the grace
      await repeat(world, tenant, count, marketAt, orderOf(duration + Math.floor((spread * opened) / leases)));
      opened += count;
    }
  }
  await heartbeat();

  const operator = people["Webhaus operator"];
  const atOnce = together ? STARTED_AT_ONCE : STARTED_IN_BLOCK;
  const idsFrom = (first: number): bigint[] =>
    [...Array(Math.min(atOnce, leases + 1 - first)).keys()].map((i) => leaseIdOf(1n, first + i));
  if (together) {
    await chain.rpc.send("evm_setAutomine", false);
    const head = await chain.head();
    let nonce = await operator.getNonce();
    for (let first = 1; first <= leases; first += atOnce) {
      const ids = idsFrom(first);
      await market.connect(operator).activate(ids, { nonce: nonce++, gasLimit: 100_000n * BigInt(ids.length) });
    }
    await chain.rpc.send("evm_mine", { timestamp: head.timestamp + 60 });
  } else {
    for (let first = 1; first <= leases; first += atOnce) {
      const ids = idsFrom(first);
      await mined(market.connect(operator).activate(ids, { gasLimit: 100_000n * BigInt(ids.length) }));
    }
    await chain.rpc.send("evm_setAutomine", false);
  }
  const started = await chain.head();
  const lease = await contracts.lens.leaseView(leaseIdOf(1n, leases));
  if (Number(lease.startedAt) !== started.timestamp) throw new Error("not all leases have started");
  await provider.send("evm_setBlockGasLimit", ["0x1c9c380"]);
  await chain.rpc.send("evm_mine", { timestamp: started.timestamp + 12 });
  return {
    leases,
    end: started.timestamp + duration + spread,
    headTime: started.timestamp + 12,
    headBlock: started.number + 1,
    keeperKey: people.keeper.privateKey,
    market: marketAt,
    lens: await contracts.lens.getAddress(),
  };
}

/** Lets an account with the repeater's code call `target` so often. */
async function repeat(world: World, account: string, count: number, target: string, input: string): Promise<void> {
  const word = (value: string): string => value.replace("0x", "").padStart(64, "0");
  const { people } = world;
  await mined(
    people.deployer.sendTransaction({
      to: account,
      data: `0x${word(count.toString(16))}${word(target)}${input.slice(2)}`,
      gasLimit: 300_000n * BigInt(count) + 100_000n,
    }) as Promise<Parameters<typeof mined>[0] extends Promise<infer T> ? T : never>,
  );
}
