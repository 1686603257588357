import { quorum } from "./agreement";
import type { Header } from "./api";
import { agree, heard, note } from "./ask";
import type { Endpoint } from "./endpoint";
import { MOST_BEHIND, newestAgreed, type View } from "./heads";
import { areProven, type Foresight, leadersOver } from "./leads";
import type { Oddities } from "./oddities";
import * as requests from "./requests";
import { FailedError, WaitError } from "./rpcErrors";

/** An endpoint, and what the pool keeps of it. */
export interface Member {
  readonly endpoint: Endpoint;
  readonly view: View;
  readonly ranges: requests.LogRanges;
  readonly foresight: Foresight;
  /** Its head is asked for, and it has not answered yet. */
  looking: boolean;
}

/** What one look has to go by. */
interface Look {
  /** Endpoints that are configured. */
  readonly n: number;
  /** Those that answered. */
  readonly members: readonly Member[];
  /** Why others did not. */
  readonly failures: readonly string[];
  /** The number that was agreed on last. */
  readonly before: number;
  readonly oddities: Oddities;
}

/**
 * Asks for the heads, and ends as soon as enough have one block in common. `before` is the number that was agreed on last.
 * Fails with a WaitError where nothing is agreed.
 */
export function lookForHead(
  asked: readonly Member[],
  all: readonly Member[],
  before: number,
  oddities: Oddities,
): Promise<Header> {
  const n = all.length;
  return new Promise((resolve, reject) => {
    const answered: Member[] = [];
    const failures: string[] = [];
    let pending = asked.length;
    let agreed: Header | undefined;
    const agreedOn = (head: Header): void => {
      agreed = head;
      resolve(head);
    };
    const evaluate = (): void => {
      if (agreed !== undefined) return;
      const views = answered.map(({ view }) => view);
      const outcome = newestAgreed(n, views, pending, before);
      // Where half of all can decide, one alone may be ahead, and those behind may be right.
      const isEven = n % 2 === 0 && outcome.type === "agreed" && isApart(answered, outcome.head);
      if (outcome.type === "agreed" && outcome.isSure && !isEven) agreedOn(outcome.head);
    };
    const last = async (): Promise<void> => {
      const highest = Math.max(0, ...all.map(({ view }) => view.head?.number ?? 0));
      for (const { view } of all) view.noteOthers(highest);
      try {
        if (agreed === undefined) agreedOn(await decide({ n, members: answered, failures, before, oddities }));
      } finally {
        judge(all, agreed, oddities);
      }
    };
    for (const member of asked) {
      askHead(member, oddities)
        .then(() => answered.push(member))
        .catch((error: unknown) => failures.push(note(oddities, member.endpoint, WHAT, error)))
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

const WHAT = "the newest block";

async function askHead(member: Member, oddities: Oddities): Promise<void> {
  member.looking = true;
  try {
    const head = await requests.blockOf(member.endpoint, "latest");
    if (head === undefined) throw new FailedError(member.endpoint.name, "garbage", "it has no newest block");
    member.view.moveTo(head);
    heard(oddities, member.endpoint);
  } finally {
    member.looking = false;
  }
}

/** Whether an endpoint that moves is some blocks away from the head that the others agree on. */
function isApart(members: readonly Member[], head: Header): boolean {
  const numbers = members.flatMap(({ view }) => (view.isStuck || view.head === undefined ? [] : [view.head.number]));
  return numbers.some((number) => Math.abs(number - head.number) > 1);
}

/**
 * What enough agree on; or where half of all are ahead of the others, and have shown that these lag, what those ahead agree
 * on. Unless they have shown it, nothing counts that the others have not come to.
 */
async function decide(look: Look): Promise<Header> {
  const { n, members, before, oddities } = look;
  const moving = members.filter(({ view }) => !view.isStuck && !view.hasLeft(before));
  const base = n % 2 === 0 ? await ofAll({ ...look, members: moving }) : undefined;
  const leaders = base === undefined ? [] : leadersOver(base, moving, n);
  if (base === undefined) return lookDeeper(look);
  if (leaders.length === 0) return base;
  const others = moving.filter((member) => !leaders.includes(member));
  if (!(await areProven(leaders, others, base, oddities))) return base;
  return lookDeeper({ ...look, members: leaders });
}

/** The newest block that enough have, however far they are apart; undefined where there is none. */
async function ofAll(look: Look): Promise<Header | undefined> {
  const { members } = look;
  if (members.length < 2) return undefined;
  for (let isAgain = false; ; isAgain = true) {
    try {
      return await lookDeeper({ ...look, failures: [], before: 0 });
    } catch (error) {
      if (!(error instanceof WaitError)) throw error;
      if (isAgain) return undefined;
      // One may have taken back what it said of older blocks: a fork, or an invention.
      for (const { view } of members) view.forget();
    }
  }
}

/** Asks those that are ahead of the others what they have where the others are. */
async function lookDeeper({ n, members, failures, before, oddities }: Look): Promise<Header> {
  const failed = new Set<Member>();
  for (;;) {
    const reached = members.filter((member) => !failed.has(member));
    const views = reached.map(({ view }) => view);
    const outcome = newestAgreed(n, views, 0, before);
    if (outcome.type === "agreed") return outcome.isSure ? outcome.head : confirmed(n, reached, outcome.head, oddities);
    if (outcome.type === "open") break;
    const { number } = outcome;
    const ahead = reached.filter(({ view }) => outcome.views.includes(view));
    await Promise.all(
      ahead.map(async (member) => {
        const { endpoint, view } = member;
        try {
          view.learn(number, (await requests.blockOf(endpoint, number))?.hash ?? "none");
        } catch (error) {
          note(oddities, endpoint, "a block by number", error);
          failed.add(member);
        }
      }),
    );
  }
  const heads = members.map(({ endpoint, view }) => `${endpoint.name} has ${view.head?.number} ${view.head?.hash}`);
  throw new WaitError(
    `${quorum(n)} of ${n} endpoints must have the same newest block: ` +
      `${[...heads, ...failures].join("; ") || "none answers"}. Check the endpoints, or configure more.`,
  );
}

/** All that enough of them say of a block whose hash they agree on. */
async function confirmed(n: number, members: readonly Member[], head: Header, oddities: Oddities): Promise<Header> {
  const endpoints = members.map(({ endpoint }) => endpoint);
  const ask = (endpoint: Endpoint): Promise<Header | undefined> => requests.blockOf(endpoint, head.hash);
  const { value } = await agree({ what: "a block by hash", n, endpoints, oddities, ask });
  if (value === undefined) throw new WaitError(`The endpoints do not know block ${head.hash} any more.`);
  return value;
}

/** Notes who lags behind the others, and who has another chain. `agreed` is what this look came to. */
function judge(members: readonly Member[], agreed: Header | undefined, oddities: Oddities): void {
  for (const { endpoint, view } of members) {
    const { head } = view;
    if (head === undefined || !endpoint.isUp) continue;
    const at = agreed === undefined ? undefined : view.at(agreed.number);
    const differs = at !== undefined && at !== agreed?.hash;
    const detail = `block ${head.number} ${head.hash}, agreed is ${agreed?.number ?? "nothing"}`;
    if (view.isStuck || view.isBehind(agreed?.number ?? 0)) oddities.note(endpoint.name, "behind", WHAT, detail);
    else if (agreed === undefined || differs || (at === undefined && head.number > agreed.number + MOST_BEHIND)) {
      oddities.note(endpoint.name, "differs", WHAT, detail);
    } else oddities.right(endpoint.name, WHAT);
  }
}
