import { quorum } from "./agreement";
import type { Header } from "./api";
import { agree, heard, note } from "./ask";
import type { Endpoint } from "./endpoint";
import { MOST_BEHIND, newestAgreed, type View } from "./heads";
import type { Oddities } from "./oddities";
import * as requests from "./requests";
import { FailedError, WaitError } from "./rpcErrors";

/** An endpoint, and what the pool keeps of it. */
export interface Member {
  readonly endpoint: Endpoint;
  readonly view: View;
  readonly ranges: requests.LogRanges;
  /** Its head is asked for, and it has not answered yet. */
  looking: boolean;
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
      if (outcome.type === "agreed" && outcome.isSure) agreedOn(outcome.head);
    };
    const last = async (): Promise<void> => {
      const highest = Math.max(0, ...all.map(({ view }) => view.head?.number ?? 0));
      for (const { view } of all) view.noteOthers(highest);
      try {
        if (agreed === undefined) agreedOn(await lookDeeper(n, answered, failures, before, oddities));
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

/** Asks those that are ahead of the others what they have where the others are. */
async function lookDeeper(
  n: number,
  members: readonly Member[],
  failures: readonly string[],
  before: number,
  oddities: Oddities,
): Promise<Header> {
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
    else if (agreed === undefined || differs || head.number > agreed.number + MOST_BEHIND) {
      oddities.note(endpoint.name, "differs", WHAT, detail);
    } else oddities.right(endpoint.name, WHAT);
  }
}
