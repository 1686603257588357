import { type LogParams, toQuantity } from "ethers";

import { middle } from "../core/tips";
import { majority, quorum, reachedBy } from "./agreement";
import type { Broadcast, CallRequest, ChainApi, Header, LogFilter, Receipt } from "./api";
import { type Agreed, agree, DisagreementError, gather, note, type Question } from "./ask";
import { broadcast } from "./broadcast";
import { callRefusalOf } from "../../sdk/callRefusals";
import { CallSizes } from "./callSizes";
import type { Endpoint } from "./endpoint";
import { View } from "./heads";
import { Foresight } from "./leads";
import { lookForHead, type Member } from "./lookForHead";
import { mayHoldLogs } from "./logChecks";
import { Oddities, type Oddity } from "./oddities";
import * as requests from "./requests";
import {
  BehindError,
  CallRefusedError,
  FailedError,
  RefusedError,
  RevertError,
  TooMuchError,
  VoidAnswerError,
  WaitError,
} from "./rpcErrors";
import { fingerprint } from "./shapes";

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
  private readonly callSizes = new CallSizes();
  private agreed: Header | undefined;
  private underway: Promise<Header> | undefined;

  constructor(
    endpoints: readonly Endpoint[],
    private readonly listeners: PoolListeners = {},
    /** What transactions are sent to, instead of `endpoints`: private ones, which rivals do not read. */
    private readonly broadcasters: readonly Endpoint[] = [],
  ) {
    this.members = endpoints.map((endpoint) => ({
      endpoint,
      view: new View(),
      ranges: new requests.LogRanges(),
      foresight: new Foresight(),
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
    const number = typeof tag === "number" ? tag : 0;
    const members = await this.readyFor(number);
    const ask = ({ endpoint }: Member): Promise<Header | undefined> => requests.blockOf(endpoint, tag);
    return (await agree(this.question(what, members, ask, number))).value;
  }

  async blocks(hashes: readonly string[], upTo: number): Promise<readonly (Header | undefined)[]> {
    if (hashes.length === 0) return [];
    const members = await this.readyFor(upTo);
    const ask = ({ endpoint }: Member): Promise<(Header | undefined)[]> => requests.blocksOf(endpoint, hashes);
    return (await agree(this.question("blocks", members, ask, upTo))).value;
  }

  async logsOf(block: Header, filter: LogFilter): Promise<readonly LogParams[]> {
    for (let look = 0; ; look++) {
      const members = await this.readyFor(block.number);
      const ask = ({ endpoint }: Member): Promise<LogParams[]> => requests.logsOf(endpoint, block, filter);
      const question = this.question("the logs of a block", members, ask, block.number);
      const { value, same } = await agree(question);
      const doubtful = same === 1 && value.length === 0 && mayHoldLogs(block, filter);
      if (!doubtful || look >= SECOND_LOOKS) return value;
    }
  }

  async logsIn(from: number, to: number, filter: LogFilter): Promise<readonly LogParams[]> {
    const members = await this.readyFor(to);
    // That it is too much is an answer, too, on which they must agree.
    const ask = ({ endpoint, ranges }: Member): Promise<LogParams[] | TooMuchError> =>
      ranges.read(endpoint, from, to, filter).catch((error: unknown) => {
        if (error instanceof TooMuchError) return error;
        throw error;
      });
    const question = this.question("the logs of some blocks", members, ask, to);
    const told = async (): Promise<Agreed<LogParams[]>> => {
      const { value, same } = await agree(question);
      if (value instanceof TooMuchError) throw value;
      return { value, same };
    };
    const { value, same } = await told();
    if (same > 1) return value;
    // Nobody contradicts one alone but itself.
    const { value: again } = await told();
    if (namesOf(value) === namesOf(again)) return value;
    throw new WaitError(`One endpoint alone told different logs of blocks ${from} to ${to} when it was asked twice.`);
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
    const told = new Map<Endpoint, Receipt | undefined>();
    let doubts = 0;
    const ask = async (endpoint: Endpoint): Promise<Receipt | undefined> => {
      try {
        const receipt = await question.ask(endpoint);
        told.set(endpoint, receipt);
        return receipt;
      } catch (error) {
        if (error instanceof RefusedError || error instanceof VoidAnswerError) doubts += 1;
        throw error;
      }
    };
    try {
      return (await agree({ ...question, ask })).value;
    } catch (error) {
      if (error instanceof DisagreementError) return this.ofThoseThatCameThere(told) ?? "disputed";
      if (error instanceof WaitError && doubts > 0 && told.size + doubts >= quorum(this.n)) return "disputed";
      throw error;
    }
  }

  /** The receipt that all tell who have come to its block, if they are enough; the others cannot know it. */
  private ofThoseThatCameThere(told: ReadonlyMap<Endpoint, Receipt | undefined>): Receipt | undefined {
    const receipts = [...told.values()].flatMap((receipt) => receipt ?? []);
    const [receipt] = receipts;
    if (receipt === undefined || receipts.length < quorum(this.n)) return undefined;
    const isSame = receipts.every((other) => fingerprint(other) === fingerprint(receipt));
    const knows = this.members.some(
      ({ endpoint, view }) =>
        told.has(endpoint) &&
        told.get(endpoint) === undefined &&
        (view.head?.number ?? Infinity) >= receipt.blockNumber,
    );
    return isSame && !knows ? receipt : undefined;
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
    const question = { ...this.question("what a call returns", members, ask, number), key };
    const { value } = await this.unlessRefused(question, (request.data.length - 2) / 2, async (endpoint) => {
      await requests.callOf(endpoint, { from: request.from, to: request.from, data: "0x" }, number);
    });
    if (value.type === "reverts") throw new RevertError(value.data, value.reason);
    return value.data;
  }

  maxPriorityFeePerGas(): Promise<bigint | undefined> {
    return this.middleOf("the priority fee", (endpoint) => requests.feeOf(endpoint, "eth_maxPriorityFeePerGas"));
  }

  gasPrice(): Promise<bigint | undefined> {
    return this.middleOf("the gas price", (endpoint) => requests.feeOf(endpoint, "eth_gasPrice"));
  }

  paidTip(): Promise<bigint | undefined> {
    return this.middleOf("what recent blocks paid", async (endpoint) => middle(await requests.paidTipsOf(endpoint)));
  }

  async broadcast(signed: string): Promise<Broadcast> {
    const isPrivate = this.broadcasters.length > 0;
    const endpoints = isPrivate ? await this.readyToSend() : (await this.ready()).map(({ endpoint }) => endpoint);
    return broadcast(signed, endpoints, this.oddities);
  }

  /** Ends all that is on its way. */
  close(): void {
    for (const endpoint of [...this.members.map(({ endpoint }) => endpoint), ...this.broadcasters]) endpoint.close();
  }

  /**
   * As `agree`, about a call of so many bytes; fails with a CallRefusedError where enough endpoints answer, but too few anything
   * else than a refusal. Whose words say that it cannot answer any call now is asked for one that does nothing: `tries` it.
   */
  private async unlessRefused<T>(
    question: Question<T>,
    bytes: number,
    tries: (endpoint: Endpoint) => Promise<void>,
  ): Promise<Agreed<T>> {
    if (this.callSizes.isTooLarge(bytes)) throw new CallRefusedError(`calls of ${bytes} bytes exceed a limit`);
    const refusals: RefusedError[] = [];
    const doubtful: [Endpoint, RefusedError][] = [];
    let answers = 0;
    let isLimited = false;
    const ask = async (endpoint: Endpoint): Promise<T> => {
      try {
        const answer = await question.ask(endpoint);
        answers += 1;
        return answer;
      } catch (error) {
        if (error instanceof FailedError && error.kind === "rateLimited") isLimited = true;
        if (error instanceof RefusedError) {
          if (callRefusalOf(error.rpcCode, error.reason) === "aboutCall") refusals.push(error);
          else doubtful.push([endpoint, error]);
        }
        throw error;
      }
    };
    try {
      const agreed = await agree({ ...question, ask });
      this.callSizes.answered(bytes);
      return agreed;
    } catch (error) {
      if (isLimited) this.callSizes.limited(bytes);
      if (!(error instanceof WaitError) || error instanceof DisagreementError) throw error;
      for (const [endpoint, refusal] of doubtful) {
        const canAnswer = await tries(endpoint).then(
          () => true,
          () => false,
        );
        if (canAnswer) refusals.push(refusal);
      }
      if (refusals.length === 0 || refusals.length + answers < quorum(this.n)) throw error;
      throw new CallRefusedError(refusals.map(({ message }) => message).join("; "));
    }
  }

  private get n(): number {
    return this.members.length;
  }

  /** A question about block `number`, or about nothing in particular. */
  private question<T>(
    what: string,
    members: readonly Member[],
    ask: (member: Member) => Promise<T>,
    number = 0,
  ): Question<T> {
    const byEndpoint = new Map(members.map((member) => [member.endpoint, member]));
    const askThis = async (endpoint: Endpoint): Promise<T> => {
      const member = byEndpoint.get(endpoint) as Member;
      const isBehind = (): boolean => (member.view.head?.number ?? number) < number;
      const behind = (): BehindError => new BehindError(`${endpoint.name} has not come to block ${number} yet`);
      try {
        const answer = await ask(member);
        if (!isBehind()) return answer;
      } catch (error) {
        throw error instanceof RefusedError && isBehind() ? behind() : error;
      }
      throw behind();
    };
    return { what, n: this.n, endpoints: [...byEndpoint.keys()], oddities: this.oddities, ask: askThis };
  }

  /** Tries all that are down, and waits for all of them. */
  async wakeAll(): Promise<void> {
    const endpoints = [...this.members.map(({ endpoint }) => endpoint), ...this.broadcasters];
    await Promise.all(endpoints.map((endpoint) => this.wake(endpoint)));
  }

  private async wake(endpoint: Endpoint): Promise<void> {
    const before = endpoint.failure;
    await endpoint.wake();
    const { failure } = endpoint;
    if (failure !== undefined && failure !== before) note(this.oddities, endpoint, "the chain", failure);
  }

  /** Those of the broadcasters that are up; all are waited for where none is. */
  private async readyToSend(): Promise<Endpoint[]> {
    const up = (): Endpoint[] => this.broadcasters.filter(({ isUp }) => isUp);
    const waking = Promise.all(this.broadcasters.filter(({ isUp }) => !isUp).map((endpoint) => this.wake(endpoint)));
    if (up().length === 0) await waking;
    else waking.catch(() => undefined);
    return up();
  }

  /** Those that can be asked. Others are woken on the side, and waited for only where it cannot be done without them. */
  private async ready(): Promise<Member[]> {
    const up = (): Member[] => this.members.filter(({ endpoint }) => endpoint.isUp);
    const waking = this.members.filter(({ endpoint }) => !endpoint.isUp).map((member) => this.wake(member.endpoint));
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

  /**
   * Those that can be asked about a block of this number, or about the newest state: none that lags. One whose head is still
   * asked for may know it: `question` looks again when it answers.
   */
  private async readyFor(number = 0): Promise<Member[]> {
    const agreed = this.agreed?.number ?? 0;
    return (await this.ready()).filter(({ view, looking }) => {
      const lags = view.isStuck || view.isBehind(agreed);
      return !lags && (looking || (view.head?.number ?? number) >= number);
    });
  }

  private async atHead<T>(what: string, ask: (endpoint: Endpoint, tag: string) => Promise<T>): Promise<T> {
    const { number } = await this.lastAgreed();
    const members = await this.readyFor(number);
    const askThere = ({ endpoint }: Member): Promise<T> => ask(endpoint, toQuantity(number));
    return (await agree(this.question(what, members, askThere, number))).value;
  }

  private async newHead(): Promise<Header> {
    const asked = (await this.ready()).filter(({ looking }) => !looking);
    const head = await lookForHead(asked, this.members, this.agreed?.number ?? 0, this.oddities);
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

  /**
   * The middle of what endpoints say about fees; undefined where none of those that answer can tell. Half of them may name any
   * price: so it is not asked who is first, but more than half are waited for, and of two the smaller one counts.
   */
  private async middleOf(
    what: string,
    ask: (endpoint: Endpoint) => Promise<bigint | undefined>,
  ): Promise<bigint | undefined> {
    const askThis = async ({ endpoint }: Member): Promise<bigint | undefined> => {
      try {
        return await ask(endpoint);
      } catch (error) {
        if (error instanceof RefusedError) return undefined; // it does not serve this method
        throw error;
      }
    };
    const said = await gather(this.question(what, await this.readyFor(), askThis), majority(this.n));
    return middle(said.filter((each) => each !== undefined));
  }
}

/** Which logs these are. */
function namesOf(logs: readonly LogParams[]): string {
  return logs.map(({ blockHash, index }) => `${blockHash} ${index}`).join();
}
