import { ZeroAddress } from "ethers";

import { formatAmount, formatInstant } from "../units";

/** What an account has of HOLD and its votes; wei, instants in Unix seconds. */
export interface PowerFacts {
  readonly account: string;
  readonly isTreasury: boolean;
  /** All HOLD of the account; bonded and unbonding HOLD is part of it. */
  readonly balance: bigint;
  /** To whom its votes are delegated; zero: to nobody. */
  readonly delegate: string;
  readonly votes: bigint;
  /** When the votes last changed; 0: never. */
  readonly votesSince: number;
  /** Timestamp of the latest block. */
  readonly now: number;
}

/** The same of the second in which a proposal's votes are counted. */
export interface SnapshotFacts {
  readonly snapshot: number;
  /** 0 while that second is not over. */
  readonly votes: bigint;
  /** To whom the account had delegated by then. */
  readonly delegate: string;
  /** The first second after the snapshot in which it has votes; 0: none. */
  readonly firstVotesAfter: number;
  /** When it delegated to itself, where that was after the snapshot; 0: it was not. */
  readonly delegatedAt: number;
}

const hold = (wei: bigint): string => `${formatAmount(wei, 18)} HOLD`;
const SELF = "run `leasehold delegate self`";

function undelegated({ account, balance, delegate }: PowerFacts): string {
  if (balance === 0n) return "it has no HOLD, and nobody delegates to it";
  if (delegate === ZeroAddress) return `its ${hold(balance)} are delegated to nobody: ${SELF}`;
  if (delegate === account) return `it delegated to itself, and has no votes: that cannot be`;
  return `its ${hold(balance)} vote through ${delegate}, to which they are delegated: ${SELF} to vote with them yourself`;
}

/** Why an account has no votes now; "" where it has. */
export function whyPowerless(facts: PowerFacts): string {
  if (facts.votes > 0n) return "";
  return facts.isTreasury ? "it is the treasury, whose HOLD never votes" : undelegated(facts);
}

/** Why an account has no votes for a proposal; "" where it has, or may still get some. */
export function whyPowerlessAt(facts: PowerFacts, at: SnapshotFacts): string {
  if (at.votes > 0n) return "";
  if (facts.isTreasury) return whyPowerless(facts);
  const taken = `after the votes of this proposal were counted, at ${formatInstant(at.snapshot)}`;
  if (at.snapshot >= facts.now) {
    const until = `until ${formatInstant(at.snapshot)}, when the votes of this proposal are counted`;
    return facts.votes > 0n ? "" : `${whyPowerless(facts)}, ${until}`;
  }
  if (facts.votes > 0n && at.delegatedAt > 0) {
    return `it delegated to itself at ${formatInstant(at.delegatedAt)}, ${taken}: the next proposal counts it`;
  }
  if (facts.votes > 0n) {
    return `its votes came at ${formatInstant(at.firstVotesAfter)}, ${taken}: the next proposal counts them`;
  }
  if (at.delegate !== ZeroAddress && at.delegate !== facts.account && facts.balance > 0n) {
    return `its HOLD was delegated to ${at.delegate} when the votes of this proposal were counted, at ${formatInstant(at.snapshot)}`;
  }
  return `${undelegated(facts)}; that is for the next proposal: this one's votes were counted at ${formatInstant(at.snapshot)}`;
}

/** Why votes do not count for a proposal that is made in the next block; "" where they do. */
export function whyTooFresh({ votes, votesSince, now }: PowerFacts): string {
  if (votes === 0n || votesSince < now) return "";
  return `they came in the latest second, ${formatInstant(votesSince)}: they count from the next one on`;
}
