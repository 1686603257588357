import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { keccak256, toBeHex } from "ethers";
import { z } from "zod";

import { leaseIdOf } from "../../sdk/ids";
import { Market__factory } from "../../typechain-types";
import type { ProxiedCall } from "./answers";
import { Broadcasts } from "./broadcasts";
import { type Block, BLOCK_SECONDS, Chain, GWEI } from "./chain";
import { KeeperChild } from "./child";
import { Weather } from "./faults";
import type { LastingKind } from "./lasting";
import { type HiddenLog, LastingFaults } from "./lastingAnswers";
import { Oracle } from "./oracle";
import { People } from "./people";
import type { Observed } from "./observed";
import { type Listener, Proxy } from "./proxy";
import { Random } from "./random";
import { reorganise } from "./reorg";
import type { FaultKind, Kill, KillPoint, Reorg, Scenario, StoreFate } from "./scenario";
import { StoreFile } from "./store";
import { addressOfKey, type Prepared } from "./world";

/** Blocks before the first fault, so that the deepest fork has something to take back. */
const BEFORE = 66;
const CAP_GWEI = 50n;
const CALM_FEE = GWEI;
const SPIKE_FEE = 100n * GWEI;
const PURSE = 100n * 10n ** 18n;
const CRUMB = 10n ** 9n;
/** Blocks and milliseconds after the last fault within which everything must be done. */
const CALM_BLOCKS = 160;
const CALM_MS = 90_000;
/** The longest that a block waits until the keeper has seen it: with faults, in cadences, and without, in milliseconds. */
const CADENCES = 4;
const CALM_WAIT_MS = 2_000;
/** A keeper that has asked for the newest block and is silent for so long has done what it wanted to. */
const QUIET_MS = 15;
const CONFIRMATIONS = 12;
/** The keeper reads blocks a second time at least every half of the depth of forks. */
const NOTED_BLOCKS = 66 / 2 + 2;
const STOP_MS = 5_000;
const market = Market__factory.createInterface();
/** What may be hidden of any lease; and of the first one of which a log says it. */
const HIDDEN = (["LeaseOpened", "LeaseActivated", "LeaseClosed"] as const).map(topicOf);
const HIDDEN_OF_FIRST = (["LeaseRenewed", "LeaseExtended", "NoticeGiven"] as const).map(topicOf);

const NOTICE = topicOf("NoticeGiven");
/** The block of a run in which providers give notice, where the log of one notice is hidden. */
const NOTICE_BLOCK = 9;
/** Blocks after which a keeper should have noticed a fork. */
const FORK_NOTICED = 8;

/** Plays one scenario with a keeper of its own on a chain of its own. */
export async function play(
  prepared: Prepared,
  program: readonly string[],
  scenario: Scenario,
  directory: string,
): Promise<Observed> {
  mkdirSync(directory, { recursive: true });
  const chain = await Chain.start("--no-mining", "--load-state", prepared.stateFile);
  const run = new Run(prepared, chain, scenario, directory, program);
  try {
    return await run.play();
  } finally {
    await run.end();
    await chain.stop();
  }
}

class Run implements Listener {
  private readonly random: Random;
  private readonly weather: Weather;
  private readonly hidden: HiddenLog | undefined;
  private readonly lasting: LastingFaults;
  private readonly people: People;
  private readonly oracle: Oracle;
  private readonly store: StoreFile;
  private readonly broadcasts = new Broadcasts();
  private readonly proxies: Proxy[] = [];
  private keeper: KeeperChild | undefined;

  private readonly faults = new Map<FaultKind | LastingKind, number>();
  private readonly kills = new Map<KillPoint, number>();
  private readonly fates = new Map<StoreFate, number>();

  private head: Block = { number: 0, hash: "", timestamp: 0, gasUsed: 0, transactions: [] };
  private block = 0;
  /** Whether the keeper has not asked for the newest block yet. */
  private isUnseen = true;
  /** The forks that the keeper said it found, all before its last word of one, and the block of the run at the last fork. */
  private forksHeard = 0;
  private forkedAt = 0;
  private lastRequest = 0;
  private armed: Kill | undefined;
  private restartAt: { block: number; store: StoreFate } | undefined;
  private storesLost = 0;
  private forks = 0;
  private deepestFork = 0;
  private readonly takenBack = new Map<string, number>();
  private balance = PURSE;
  private passing: Promise<void> = Promise.resolve();
  private firstRequest: () => void = () => undefined;
  private readonly asked: Promise<void>;
  private readonly poisoned = new Set<string>();
  private calmFrom = 0;
  private over = false;
  private readonly story: string[] = [];

  constructor(
    private readonly prepared: Prepared,
    private readonly chain: Chain,
    private readonly scenario: Scenario,
    directory: string,
    private readonly program: readonly string[],
  ) {
    this.random = new Random(scenario.seed).fork("run");
    this.weather = new Weather(scenario.episodes, this.random.fork("weather"));
    const noted = (kind: LastingKind): void => this.onFault(kind);
    const hidden = hiddenLog(prepared, scenario);
    this.hidden = hidden;
    this.lasting = new LastingFaults(scenario.lasting, hidden, this.random.fork("lasting"), noted);
    this.people = new People(prepared, chain, this.random.fork("people"));
    this.oracle = new Oracle(prepared, chain);
    this.store = new StoreFile(
      path.join(directory, "keeper.sqlite"),
      () => hidden?.subject && BigInt(hidden.subject).toString(),
    );
    this.asked = new Promise((resolve) => (this.firstRequest = resolve));
  }

  private get account(): string {
    return addressOfKey(this.prepared.keys.keeper[0] ?? "");
  }

  async play(): Promise<Observed> {
    const began = Date.now();
    const { scenario, chain, people } = this;
    for (let i = 0; i < scenario.endpoints; i++) {
      const random = this.random.fork(`proxy ${i}`);
      this.proxies.push(await Proxy.start(chain.url, i, this.weather, random, this, this.lasting, scenario.endpoints));
    }
    this.keeper = new KeeperChild(
      this.program,
      this.environment(),
      (line) => this.heard(line),
      () => this.fell(),
    );
    this.keeper.start();
    await this.prelude();
    await Promise.race([this.asked, sleep(10_000)]);

    for (this.block = 0; this.block < scenario.blocks; this.block++) {
      await this.step();
      await this.seen(CADENCES * scenario.cadence);
    }
    const left = await this.calm();
    const stop = (await this.keeper.stop(STOP_MS + 1_000)) ?? { code: "not running", ms: 0 };
    const reading = await this.oracle.read(this.prepared.headBlock, this.account);
    return {
      scenario,
      account: this.account,
      broadcasts: this.broadcasts,
      foreign: people.foreign,
      reading,
      head: this.head,
      cap: CAP_GWEI * GWEI,
      left,
      calmFrom: this.calmFrom,
      poisoned: this.poisoned,
      lag: await this.oracle.worstLag(reading),
      store: this.store,
      storesLost: this.storesLost,
      stop,
      ends: this.keeper.ends,
      blocks: this.head.number - this.prepared.headBlock,
      starts: this.keeper.starts,
      forks: this.forks,
      deepestFork: this.deepestFork,
      takenBack: this.takenBack,
      faults: this.faults,
      kills: this.kills,
      fates: this.fates,
      others: people.did,
      calls: this.proxies.reduce((sum, proxy) => sum + callsOf(proxy), 0),
      lines: this.keeper.lines,
      story: this.story,
      ms: Date.now() - began,
    };
  }

  async end(): Promise<void> {
    this.over = true;
    this.keeper?.kill();
    await this.keeper?.gone();
    for (const proxy of this.proxies) await proxy.stop();
  }

  // ------------------------------------------------------------------------------------------- what proxies tell

  gate(): Promise<void> {
    return this.passing;
  }

  async on(moment: "before" | "after", call: ProxiedCall): Promise<boolean> {
    this.firstRequest();
    const { method } = call;
    this.lastRequest = performance.now();
    if (moment === "before" && method === "eth_getBlockByNumber" && call.params?.[0] === "latest")
      this.isUnseen = false;
    if (moment === "before" && method === "eth_sendRawTransaction") {
      const raw = z.string().parse(call.params?.[0]);
      const now = { store: this.storesLost, headTime: this.head.timestamp, forks: this.forksKnown() };
      if (this.broadcasts.note(raw, now, (hash) => this.store.holds(hash))) await this.react(raw);
    }
    if (this.keeper?.alive !== true) return true;
    const point = pointAt(moment, method);
    return point !== undefined && this.armed?.point === point && this.strike(point);
  }

  onFault(kind: FaultKind | LastingKind): void {
    count(this.faults, kind);
    this.tell(kind);
  }

  /** Others see a transaction of the keeper before it is mined, and act. */
  private async react(raw: string): Promise<void> {
    for (const kind of ["reactive rival", "toggling tenant"] as const) {
      const each = this.lasting.now(kind);
      if (each === undefined || (each.rate < 1 && !this.random.chance(each.rate))) continue;
      const acted = await (kind === "reactive rival" ? this.people.outbid(raw) : this.people.toggle(raw));
      if (!acted) continue;
      this.onFault(kind);
      if (kind === "toggling tenant") this.poisoned.add(keccak256(raw));
    }
  }

  private heard(message: string): void {
    const point = /\bsigned\b/.test(message)
      ? "when it signed"
      : /\bfork\b/.test(message)
        ? "when it found a fork"
        : undefined;
    if (/\bfork\b|read anew/.test(message)) this.forksHeard = this.forks;
    if (point !== undefined && this.armed?.point === point) this.strike(point);
  }

  /** Forks that the keeper knows of, or should: endpoints that are ill may hide one from it for a while. */
  private forksKnown(): number {
    return this.block - this.forkedAt > FORK_NOTICED ? this.forks : this.forksHeard;
  }

  /** It ended by itself: a supervisor starts it again. */
  private fell(): void {
    if (!this.over && this.restartAt === undefined) this.restartAt = { block: this.block + 1, store: "kept" };
  }

  private strike(point: KillPoint): boolean {
    const kill = this.armed;
    if (kill === undefined) return false;
    this.armed = undefined;
    this.keeper?.kill();
    count(this.kills, point);
    this.tell(`killed ${point}`);
    this.restartAt = { block: this.block + kill.away, store: kill.store };
    return true;
  }

  // ---------------------------------------------------------------------------------------------- what happens

  /** Blocks without faults: the chain is older than the keeper. */
  private async prelude(): Promise<void> {
    const { chain, people } = this;
    await people.heartbeats();
    this.head = await chain.head();
    for (let i = 1; i <= BEFORE; i++) {
      await chain.rpc.send("evm_mine", { timestamp: this.prepared.headTime + i * BLOCK_SECONDS });
    }
    this.head = await chain.head();
    await this.fill(PURSE);
  }

  private async step(): Promise<void> {
    const { scenario, block, random, people } = this;
    this.weather.at(block);
    this.lasting.at(block);
    await this.wake();
    for (const kill of scenario.kills) if (kill.from === block) this.arm(kill);
    if (block === Math.floor(scenario.blocks / 3)) this.store.copy();
    for (let i = 1; i < scenario.stride; i++) {
      await this.mine(this.head.timestamp + BLOCK_SECONDS);
      this.onFault("every third block");
    }
    if (scenario.lasting.some(({ kind, from }) => kind === "empty for long" && from === block)) {
      this.onFault("empty for long");
    }
    if (scenario.empty?.from === block) await this.fill(CRUMB);
    if (scenario.empty?.to === block) await this.fill(PURSE);
    if (scenario.foreign.includes(block)) await people.useKey();

    const next = this.head.timestamp + (random.chance(0.1) ? random.int(1, 60) : BLOCK_SECONDS);
    if (block % 8 === 0) await people.look();
    if (block % 12 === 0) await people.heartbeats(); // well within half the grace: failovers open leases
    if (scenario.tenants.includes(block)) await people.tenant(next);
    if (this.hidden?.topic === NOTICE && block === NOTICE_BLOCK) await people.notices(next);
    if (scenario.rival === "always" || (scenario.rival === "sometimes" && random.chance(0.4))) await people.rival(next);
    await this.mine(next);
    for (const reorg of scenario.reorgs) if (this.isTime(reorg)) await this.reorganise(reorg);
    if (this.armed?.point === "at any moment" && random.chance(0.5)) this.strike("at any moment");
  }

  private arm(kill: Kill): void {
    if (this.restartAt === undefined) this.armed = kill;
  }

  private isTime({ at, underTransaction }: Reorg): boolean {
    if (!underTransaction) return this.block === at;
    if (this.block < at || this.done.has(at)) return false;
    const mined = this.head.transactions.some((hash) => this.broadcasts.all.has(hash));
    if (!mined && this.block < this.scenario.blocks - 2) return false;
    this.done.add(at);
    return true;
  }
  private readonly done = new Set<number>();

  private async reorganise({ depth, kept, open }: Reorg): Promise<void> {
    let pass: () => void = () => undefined;
    if (!open) this.passing = new Promise((resolve) => (pass = resolve));
    const most = Math.min(depth, this.head.number - this.prepared.headBlock - 1);
    try {
      const fee = this.baseFee();
      const fill = (): Promise<void> => this.fill(this.balance);
      const { head, takenBack } = await reorganise(this.chain, most, kept, fee, this.random, fill);
      this.head = head;
      this.forks += 1;
      this.forkedAt = this.block;
      for (const hash of takenBack) this.takenBack.set(hash, this.forks);
      this.tell(`fork of ${most} blocks, ${kept} kept, head ${this.head.number}`);
      if (most > this.scenario.reorgDepth) this.onFault("shallow depth");
      this.deepestFork = Math.max(this.deepestFork, most);
    } finally {
      pass();
      this.passing = Promise.resolve();
    }
  }

  /** Starts the keeper again if it is time to. */
  private async wake(): Promise<void> {
    const { keeper, restartAt } = this;
    if (keeper === undefined || restartAt === undefined || this.block < restartAt.block) return;
    await keeper.gone();
    this.restartAt = undefined;
    const fate = this.store.suffer(restartAt.store, this.random);
    count(this.fates, fate);
    if (fate !== "kept") this.storesLost += 1;
    this.tell(`started again, store ${fate}`);
    keeper.start();
  }

  private tell(what: string): void {
    const { number, timestamp } = this.head;
    this.story.push(
      `${new Date().toISOString().slice(17)} block ${this.block}, head ${number} at ${timestamp}: ${what}`,
    );
  }

  private async fill(balance: bigint): Promise<void> {
    this.balance = balance;
    await this.chain.rpc.send("anvil_setBalance", this.account, `0x${balance.toString(16)}`);
  }

  private baseFee(): bigint {
    const { feeSpike } = this.scenario;
    const high = feeSpike !== undefined && feeSpike.from <= this.block && this.block < feeSpike.to;
    return high ? SPIKE_FEE : CALM_FEE;
  }

  private async mine(timestamp: number): Promise<void> {
    this.head = await this.chain.mine(timestamp, this.baseFee());
    this.isUnseen = true;
  }

  /** Waits until the keeper has looked at the newest block and is silent, or for so long: however busy the machine is. */
  private async seen(longestMs: number): Promise<void> {
    const until = performance.now() + longestMs;
    while (performance.now() < until && this.keeper?.alive === true) {
      if (!this.isUnseen && performance.now() - this.lastRequest > QUIET_MS) return;
      await sleep(4);
    }
  }

  /** No faults any more: the chain goes on until nothing is due, or for too long. Returns what is still due then. */
  private async calm(): Promise<readonly string[]> {
    this.weather.clear();
    this.lasting.calm();
    this.armed = undefined;
    this.calmFrom = this.head.number + 1;
    const asked = this.proxies.map(callsOf);
    await this.fill(PURSE);
    if (this.restartAt !== undefined) this.restartAt = { ...this.restartAt, block: 0 };
    const until = Date.now() + CALM_MS;
    let left: readonly string[] = ["not looked yet"];
    for (let i = 0; i < CALM_BLOCKS && Date.now() < until; i++, this.block++) {
      await this.wake();
      await this.mine(this.head.timestamp + BLOCK_SECONDS);
      await this.seen(CALM_WAIT_MS);
      if (i % 3 !== 2) continue;
      left = await this.oracle.due();
      // The time of the chain hardly moves while all that was sent is confirmed, so that little falls due meanwhile.
      if (left.length > 0) continue;
      await this.heardAll(asked);
      if (await this.confirm()) break;
    }
    return left;
  }

  /** Waits until every endpoint was asked again after its faults: the blocks that confirm are made faster than one rests. */
  private async heardAll(before: readonly number[]): Promise<void> {
    const until = Date.now() + CALM_WAIT_MS;
    const waits = (): boolean => this.proxies.some((proxy, at) => callsOf(proxy) <= (before[at] ?? 0));
    while (waits() && Date.now() < until) await sleep(20);
  }

  /** Makes as many blocks as confirm all that was sent. False if the keeper found something to do meanwhile. */
  private async confirm(): Promise<boolean> {
    const sent = this.broadcasts.all.size;
    for (let i = 0; i <= CONFIRMATIONS; i++) {
      await this.mine(this.head.timestamp + 1);
    }
    await this.seen(CALM_WAIT_MS);
    await this.noted();
    return this.broadcasts.all.size === sent && (await this.oracle.due()).length === 0;
  }

  /** Makes blocks until the keeper's store knows of nothing that is due, either: logs that were left out are found out. */
  private async noted(): Promise<void> {
    for (let i = 0; i < NOTED_BLOCKS && this.store.due(this.head.timestamp) !== 0; i++) {
      await this.mine(this.head.timestamp + 1);
      await this.seen(CALM_WAIT_MS);
    }
  }

  private environment(): Record<string, string> {
    const { prepared, scenario } = this;
    return {
      KEEPER_RPC_URLS: this.proxies.map(({ url }) => url).join(","),
      KEEPER_ADDRESS_BOOK: prepared.bookFile,
      KEEPER_PRIVATE_KEY: prepared.keys.keeper[0] ?? "",
      KEEPER_STORE: this.store.file,
      KEEPER_POLL_SECONDS: "0.05",
      KEEPER_RPC_TIMEOUT_SECONDS: "0.8",
      KEEPER_MAX_FEE_GWEI: CAP_GWEI.toString(),
      KEEPER_BUMP_BLOCKS: "2",
      KEEPER_REORG_DEPTH: scenario.reorgDepth.toString(),
      KEEPER_CONFIRMATIONS: CONFIRMATIONS.toString(),
      KEEPER_SERVE: prepared.served,
      KEEPER_LOG_LEVEL: "debug",
      CHAOS_CLOCK: scenario.clock.toString(),
    };
  }
}

function topicOf(name: Parameters<typeof market.getEvent>[0]): string {
  return market.getEvent(name).topicHash;
}

/** The log that nobody is shown in this run: the beginning, the start or the end of a lease, or what moved that end. */
function hiddenLog({ offers }: Prepared, { lasting }: Scenario): HiddenLog | undefined {
  const hidden = lasting.find(({ kind }) => kind === "hidden log");
  if (hidden === undefined) return undefined;
  const leases = offers.flatMap((count, i) => [...Array(count).keys()].map((n) => leaseIdOf(BigInt(i + 1), n + 1)));
  const known = leases.flatMap((lease) => HIDDEN.map((topic) => ({ topic, subject: toBeHex(lease, 32) })));
  // As many of the one sort as of the other.
  const first = leases.flatMap(() => HIDDEN_OF_FIRST.map((topic) => ({ topic })));
  const logs: HiddenLog[] = [...known, ...first];
  return logs[Math.floor(hidden.choice * logs.length)];
}

function pointAt(moment: "before" | "after", method: string): KillPoint | undefined {
  switch (method) {
    case "eth_getLogs":
      return moment === "before" ? "at eth_getLogs" : undefined;
    case "eth_sendRawTransaction":
      return moment === "before" ? "before eth_sendRawTransaction" : "after eth_sendRawTransaction";
    case "eth_getTransactionReceipt":
      return moment === "before" ? "before a receipt" : "after a receipt";
    default:
      return undefined;
  }
}

function callsOf({ calls }: Proxy): number {
  return [...calls.values()].reduce((sum, each) => sum + each, 0);
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
