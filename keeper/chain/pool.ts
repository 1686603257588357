import { type LogParams, toQuantity } from "ethers";

import { decides, middle, quorum, reachedBy } from "./agreement";
import type { Broadcast, CallRequest, ChainApi, Header, LogFilter, Receipt } from "./api";
import { agree, DisagreementError, gather, heard, note, type Question } from "./ask";
import { broadcast } from "./broadcast";
import type { Endpoint } from "./endpoint";
import { newestAgreed, View } from "./heads";
import { mayHoldLogs } from "./logChecks";
import { Oddities, type Oddity } from "./oddities";
import * as requests from "./requests";
import { FailedError, RevertError, WaitError } from "./rpcErrors";

/** An endpoint, and what the pool keeps of it. */
interface Member {
  readonly endpoint: Endpoint;
  readonly view: View;
  readonly ranges: requests.LogRanges;
  /** Its head is asked for, and it has not answered yet. */
  looking: boolean;
}

/** Who hears what the endpoints are up to. */
export interface PoolListeners {
  readonly onOddity?: (oddity: Oddity) => void;
  /** Once a look that agreed on a head. */
  readonly onHead?: (head: Header, endpoints: readonly EndpointHead[]) => void;
}

export interface EndpointHead {
  readonly endpoint: string;
  /** Undefined: it did not say. */
  readonly number: number | undefined;
  /** Whether it has the agreed head, as far as it said. */
  readonly agrees: boolean;
}

/** How often one endpoint alone is asked again that says a block has no logs although its header leaves room for some. */
const SECOND_LOOKS = 2;

/**
 * Several endpoints as one chain: what at least half of all say, and more than half of those that answer. One that lies,
 * lags or is dead, of three, changes nothing but the warnings; of two, one alone goes on while the other does not answer,
 * and nothing goes on while they disagree.
 */
export class Pool implements ChainApi {
  private readonly members: readonly Member[];
  private readonly oddities: Oddities;
  private agreed: Header | undefined;
  private underway: Promise<Header> | undefined;

  constructor(
    endpoints: readonly Endpoint[],
    private readonly listeners: PoolListeners = {},
  ) {
    this.members = endpoints.map((endpoint) => ({
      endpoint,
      view: new View(),
      ranges: new requests.LogRanges(),
      looking: false,
    }));
    this.oddities = new Oddities(listeners.onOddity);
  }

  head(): Promise<Header> {
    this.underway ??= this.newHead().finally(() => {
      this.underway = undefined;
    });
    return this.underway;
  }

  async block(tag: number | string): Promise<Header | undefined> {
    const what = typeof tag === "number" ? "a block by number" : "a block by hash";
    const members = typeof tag === "number" ? await this.readyFor(tag) : await this.readyFor();
    return (await agree(this.question(what, members, ({ endpoint }) => requests.blockOf(endpoint, tag)))).value;
  }

  async blocks(hashes: readonly string[]): Promise<readonly (Header | undefined)[]> {
    if (hashes.length === 0) return [];
    const members = await this.readyFor();
    return (await agree(this.question("blocks", members, ({ endpoint }) => requests.blocksOf(endpoint, hashes)))).value;
  }

  async logsOf(block: Header, filter: LogFilter): Promise<readonly LogParams[]> {
    for (let look = 0; ; look++) {
      const members = await this.readyFor(block.number);
      const question = this.question("the logs of a block", members, ({ endpoint }) =>
        requests.logsOf(endpoint, block, filter),
      );
      const { value, same } = await agree(question);
      const doubtful = same === 1 && value.length === 0 && mayHoldLogs(block, filter);
      if (!doubtful || look >= SECOND_LOOKS) return value;
    }
  }

  async logsIn(from: number, to: number, filter: LogFilter): Promise<readonly LogParams[]> {
    const members = await this.readyFor(to);
    const question = this.question("the logs of some blocks", members, ({ endpoint, ranges }) =>
      ranges.read(endpoint, from, to, filter),
    );
    return (await agree(question)).value;
  }

  async transactionCount(account: string, at: "latest" | "pending"): Promise<number> {
    if (at === "latest") {
      return this.atHead("the nonce of the account", (endpoint, tag) => requests.countOf(endpoint, account, tag));
    }
    const members = await this.readyFor();
    const question = this.question("the pending nonce", members, ({ endpoint }) =>
      requests.countOf(endpoint, account, "pending"),
    );
    return reachedBy(quorum(this.n), await gather(question)) ?? 0;
  }

  async receipt(hash: string): Promise<Receipt | undefined | "disputed"> {
    const members = await this.readyFor();
    const question = this.question("a receipt", members, ({ endpoint }) => requests.receiptOf(endpoint, hash));
    try {
      return (await agree(question)).value;
    } catch (error) {
      if (error instanceof DisagreementError) return "disputed";
      throw error;
    }
  }

  balance(account: string): Promise<bigint> {
    return this.atHead("the balance of the account", (endpoint, tag) =>
      requests.quantityOf(endpoint, "eth_getBalance", account, tag),
    );
  }

  async call(request: CallRequest): Promise<string> {
    const { number } = await this.lastAgreed();
    const members = await this.readyFor(number);
    const ask = ({ endpoint }: Member): Promise<requests.Called> => requests.callOf(endpoint, request, number);
    const key = ({ type, data }: requests.Called): string => `${type} ${data}`;
    const { value } = await agree({ ...this.question("what a call returns", members, ask), key });
    if (value.type === "reverts") throw new RevertError(value.data, value.reason);
    return value.data;
  }

  async estimateGas(request: CallRequest): Promise<bigint> {
    const { number } = await this.lastAgreed();
    const what = "what gas a call uses";
    const ask = ({ endpoint }: Member): Promise<requests.Estimated> => requests.estimateOf(endpoint, request, number);
    // Nodes estimate in their own ways: that it works is what they must agree on, and the middle one is near enough.
    const all = await gather(this.question(what, await this.readyFor(number), ask));
    const working = all.flatMap((estimated) => (estimated.type === "works" ? [estimated.gas] : []));
    const gas = middle(working);
    if (gas !== undefined && decides(this.n, working.length, all.length, 0)) return gas;
    for (const { type, data, reason } of all.flatMap((estimated) =>
      estimated.type === "reverts" ? [estimated] : [],
    )) {
      const same = all.filter((other) => other.type === type && other.data === data);
      if (decides(this.n, same.length, all.length, 0)) throw new RevertError(data, reason);
    }
    throw new DisagreementError(`The endpoints disagree on ${what}: some say that it reverts.`, all.length);
  }

  maxPriorityFeePerGas(): Promise<bigint> {
    return this.middleOf("the priority fee", "eth_maxPriorityFeePerGas");
  }

  gasPrice(): Promise<bigint> {
    return this.middleOf("the gas price", "eth_gasPrice");
  }

  async broadcast(signed: string): Promise<Broadcast> {
    const endpoints = (await this.ready()).map(({ endpoint }) => endpoint);
    return broadcast(signed, endpoints, this.oddities);
  }

  /** Ends all that is on its way. */
  close(): void {
    for (const { endpoint } of this.members) endpoint.close();
  }

  private get n(): number {
    return this.members.length;
  }

  private question<T>(what: string, members: readonly Member[], ask: (member: Member) => Promise<T>): Question<T> {
    const byEndpoint = new Map(members.map((member) => [member.endpoint, member]));
    return {
      what,
      n: this.n,
      endpoints: [...byEndpoint.keys()],
      oddities: this.oddities,
      ask: (endpoint) => ask(byEndpoint.get(endpoint) as Member),
    };
  }

  /** Tries all that are down, and waits for all of them. */
  async wakeAll(): Promise<void> {
    await Promise.all(this.members.map((member) => this.wake(member)));
  }

  private async wake({ endpoint }: Member): Promise<void> {
    const before = endpoint.failure;
    await endpoint.wake();
    const { failure } = endpoint;
    if (failure !== undefined && failure !== before) note(this.oddities, endpoint, "the chain", failure);
  }

  /** Those that can be asked. Others are woken on the side, and waited for only where it cannot be done without them. */
  private async ready(): Promise<Member[]> {
    const up = (): Member[] => this.members.filter(({ endpoint }) => endpoint.isUp);
    const waking = this.members.filter(({ endpoint }) => !endpoint.isUp).map((member) => this.wake(member));
    const all = Promise.all(waking);
    if (up().length < quorum(this.n)) {
      const enough = waking.map(async (each) => {
        await each;
        if (up().length < quorum(this.n)) await all;
      });
      await Promise.race([all, ...enough]);
    } else {
      all.catch(() => undefined);
    }
    return up();
  }

  /** Those that can be asked about a block of this number, or about the newest state: none that lags. */
  private async readyFor(number = 0): Promise<Member[]> {
    const agreed = this.agreed?.number ?? 0;
    return (await this.ready()).filter(
      ({ view }) => !view.isStuck && !view.isBehind(agreed) && (view.head === undefined || view.head.number >= number),
    );
  }

  private async atHead<T>(what: string, ask: (endpoint: Endpoint, tag: string) => Promise<T>): Promise<T> {
    const { number } = await this.lastAgreed();
    const members = await this.readyFor(number);
    return (await agree(this.question(what, members, ({ endpoint }) => ask(endpoint, toQuantity(number))))).value;
  }

  private async newHead(): Promise<Header> {
    const asked = (await this.ready()).filter(({ looking }) => !looking);
    const head = await this.look(asked);
    this.agreed = head;
    this.listeners.onHead?.(
      head,
      this.members.map(({ endpoint: { name, isUp }, view }) => ({
        endpoint: name,
        number: isUp ? view.head?.number : undefined,
        agrees: isUp && view.at(head.number) === head.hash,
      })),
    );
    return head;
  }

  private async lastAgreed(): Promise<Header> {
    return this.agreed ?? (await this.head());
  }

  private async middleOf(what: string, method: string): Promise<bigint> {
    const question = this.question(what, await this.readyFor(), ({ endpoint }) =>
      requests.quantityOf(endpoint, method),
    );
    return middle(await gather(question)) ?? 0n;
  }

  /** Asks for the heads, and ends when enough have one block in common. */
  private look(asked: readonly Member[]): Promise<Header> {
    return new Promise((resolve, reject) => {
      const answered: Member[] = [];
      const failures: string[] = [];
      let pending = asked.length;
      let done = false;
      const agreedOn = (head: Header): void => {
        done = true;
        resolve(head);
      };
      const evaluate = (): void => {
        if (done) return;
        const views = answered.map(({ view }) => view);
        const outcome = newestAgreed(this.n, views, pending, this.agreed?.number ?? 0);
        if (outcome.type === "agreed") agreedOn(outcome.head);
      };
      const last = async (): Promise<void> => {
        this.compareHeads();
        if (!done) agreedOn(await this.lookDeeper(answered, failures));
      };
      for (const member of asked) {
        this.askHead(member)
          .then(() => answered.push(member))
          .catch((error: unknown) => failures.push(note(this.oddities, member.endpoint, "the newest block", error)))
          .then(() => {
            pending -= 1;
            evaluate();
            return pending === 0 ? last() : undefined;
          })
          .catch(reject);
      }
      if (asked.length === 0) last().catch(reject);
    });
  }

  private async askHead(member: Member): Promise<void> {
    member.looking = true;
    try {
      const head = await requests.blockOf(member.endpoint, "latest");
      if (head === undefined) throw new FailedError(member.endpoint.name, "garbage", "it has no newest block");
      member.view.moveTo(head);
      heard(this.oddities, member.endpoint);
    } finally {
      member.looking = false;
    }
  }

  /** Asks those that are ahead of the others what they have where the others are. */
  private async lookDeeper(members: readonly Member[], failures: readonly string[]): Promise<Header> {
    const views = members.map(({ view }) => view);
    for (;;) {
      const outcome = newestAgreed(this.n, views, 0, this.agreed?.number ?? 0);
      if (outcome.type === "agreed") return outcome.head;
      if (outcome.type === "open") break;
      for (const { endpoint, view } of members.filter((member) => outcome.views.includes(member.view))) {
        const block = await requests.blockOf(endpoint, outcome.number).catch((error: unknown) => {
          note(this.oddities, endpoint, "a block by number", error);
          return undefined;
        });
        view.learn(outcome.number, block?.hash ?? "none");
      }
    }
    const heads = members.map(({ endpoint, view }) => `${endpoint.name} has ${view.head?.number} ${view.head?.hash}`);
    throw new WaitError(
      `${quorum(this.n)} of ${this.n} endpoints must have the same newest block: ` +
        `${[...heads, ...failures].join("; ") || "none answers"}. Check the endpoints, or configure more.`,
    );
  }

  /** Notes who lags behind the others. */
  private compareHeads(): void {
    const highest = Math.max(0, ...this.members.map(({ view }) => view.head?.number ?? 0));
    for (const { endpoint, view } of this.members) {
      view.noteOthers(highest);
      const what = "the newest block";
      const late = view.isStuck || view.isBehind(this.agreed?.number ?? 0);
      if (late) this.oddities.note(endpoint.name, "behind", what, `block ${view.head?.number}, others have ${highest}`);
      else this.oddities.right(endpoint.name, what);
    }
  }
}
