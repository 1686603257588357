import type { Header } from "./api";
import { quorum } from "./agreement";
import { note } from "./ask";
import type { Member } from "./lookForHead";
import type { Oddities } from "./oddities";
import * as requests from "./requests";

/** Blocks between two endpoints, from which on one of them is more than a moment ahead. */
const LEAD = 4;
/** Blocks which an endpoint named before the others had them, and which turned out right, until it is believed. */
const ENOUGH = 2;

/** A block that an endpoint named before the others had it. */
interface Claim {
  readonly number: number;
  readonly hash: string;
}

/** How often an endpoint that was ahead of the others was right. */
export class Foresight {
  private pending: Claim | undefined;
  private right = 0;

  get isProven(): boolean {
    return this.right >= ENOUGH;
  }

  get claim(): Claim | undefined {
    return this.pending;
  }

  say(claim: Claim): void {
    this.pending = claim;
  }

  /** The others have come to the block of the claim. False: another one is there. */
  check(hash: string): boolean {
    const wasRight = this.pending?.hash === hash;
    this.right = wasRight ? this.right + 1 : 0;
    this.pending = undefined;
    return wasRight;
  }
}

/** Those that are ahead of `base`, the newest block that all have; none where a majority of all can be had anyhow. */
export function leadersOver(base: Header, members: readonly Member[], n: number): readonly Member[] {
  const isAhead = ({ view }: Member): boolean => (view.head?.number ?? 0) >= base.number + LEAD;
  const leaders = members.filter(isAhead);
  return leaders.length >= quorum(n) && leaders.length < members.length ? leaders : [];
}

/**
 * Whether those that are ahead are believed where those behind say nothing: each has named blocks that the others came to
 * later, and found the same. Nobody can do that for a chain that only he knows. It is asked again and again: who names a
 * wrong one has to begin anew.
 */
export async function areProven(
  leaders: readonly Member[],
  others: readonly Member[],
  base: Header,
  oddities: Oddities,
): Promise<boolean> {
  await Promise.all(leaders.map((leader) => prove(leader, others, base, oddities)));
  return leaders.every(({ foresight }) => foresight.isProven);
}

async function prove(leader: Member, others: readonly Member[], base: Header, oddities: Oddities): Promise<void> {
  const { endpoint, foresight } = leader;
  try {
    const { claim } = foresight;
    if (claim !== undefined && claim.number <= base.number) {
      const found = claim.number === base.number ? base.hash : await hashAt(others, claim.number);
      if (found !== undefined && !foresight.check(found)) {
        const detail = `it said that block ${claim.number} is ${claim.hash}, and the others found ${found}`;
        oddities.note(endpoint.name, "differs", "a block ahead of the others", detail);
      }
    }
    if (foresight.claim !== undefined) return;
    const next = await requests.blockOf(endpoint, base.number + LEAD);
    if (next !== undefined) foresight.say(next);
  } catch (error) {
    note(oddities, endpoint, "a block by number", error);
  }
}

/** The hash that those behind have there, all of them. */
async function hashAt(members: readonly Member[], number: number): Promise<string | undefined> {
  const hashes = await Promise.all(
    members.map(async ({ endpoint, view }) => view.at(number) ?? (await requests.blockOf(endpoint, number))?.hash),
  );
  const [hash] = hashes;
  return hashes.every((other) => other === hash) ? hash : undefined;
}
