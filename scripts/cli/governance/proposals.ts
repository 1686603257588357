import { AbiCoder, toUtf8String, Utf8ErrorFuncs } from "ethers";

import { printable } from "../../../sdk/errors/words";
import { type Call } from "../../../sdk/governance/calls";
import {
  PROPOSAL_LIFE,
  PROPOSAL_STATES,
  PROPOSAL_STATE_WORDS,
  type ProposalState,
  shortfall,
  type Tally,
  turnout,
} from "../../../sdk/governance/proposals";
import { formatDuration, formatInstant, UnitError } from "../../../sdk/units";
import { Failure } from "../failure";
import { hold } from "../format";
import { parsed } from "../inputs";
import { eventsSince } from "../logs";
import type { Session } from "../session";

/** A proposal as commands show it; instants in Unix seconds. */
export interface Proposal {
  /** The governor's own name for it. */
  readonly id: bigint;
  /** In the order in which they were made, from 1. */
  readonly number: number;
  readonly proposer: string;
  readonly title: string;
  readonly description: string;
  readonly calls: readonly Call[];
  readonly block: number;
  readonly state: ProposalState;
  readonly tally: Tally;
  /** The votes that accounts have at the end of this second count; voting begins after it. */
  readonly snapshot: number;
  /** Voting ends with this second. */
  readonly deadline: number;
  /** When it can be executed; 0: it is not queued. */
  readonly eta: number;
}

/** A proposal by its number in the list, or by the governor's own. */
export const proposalName = parsed((text): bigint => {
  const digits = /^\s*#?(\d{1,78})\s*$/.exec(text)?.[1];
  if (digits !== undefined && BigInt(digits) > 0n) return BigInt(digits);
  throw new UnitError(`"${text}" is no proposal: write its number in \`leasehold proposals list\`, as in 3`);
});

/** The first line that says something, without marks of a heading. */
function titleOf(description: string): string {
  const line = description.split("\n").find((text) => /[^\s#]/.test(text)) ?? "";
  return printable(line.replace(/^\s*#*\s*/, "")).trim() || "(without a title)";
}

interface Created {
  readonly id: bigint;
  readonly number: number;
  readonly proposer: string;
  readonly calls: Call[];
  readonly description: string;
  readonly block: number;
}

async function created(session: Session): Promise<Created[]> {
  const { provider, handles, startBlock } = await session.connection();
  const { governor } = handles;
  const events = await eventsSince(governor, governor.filters.ProposalCreated(), provider, startBlock);
  return events.map(({ data, blockNumber }, index) => {
    const [id, proposer, targets, values, calldatas, text] = fieldsOf(data);
    const calls = targets.map((target, at) => ({ target, value: values[at] ?? 0n, data: calldatas[at] ?? "0x" }));
    const description = toUtf8String(text, Utf8ErrorFuncs.replace);
    return { id, number: index + 1, proposer, calls, description, block: blockNumber };
  });
}

type Fields = [id: bigint, proposer: string, targets: string[], values: bigint[], calldatas: string[], text: string];

/** ProposalCreated with its description as bytes: anybody can propose a text that is no UTF-8. */
function fieldsOf(data: string): Fields {
  const types = ["uint256", "address", "address[]", "uint256[]", "bytes[]", "bytes[]", "uint256", "uint256", "bytes"];
  const [id, proposer, targets, values, , calldatas, , , text] = AbiCoder.defaultAbiCoder().decode(types, data);
  return [id, proposer, [...targets], [...values], [...calldatas], text] as Fields;
}

async function complete(session: Session, { id, ...made }: Created): Promise<Proposal> {
  const { governor } = await session.handles();
  const [state, votes, snapshot, deadline, eta] = await Promise.all([
    governor.state(id),
    governor.proposalVotes(id),
    governor.proposalSnapshot(id),
    governor.proposalDeadline(id),
    governor.proposalEta(id),
  ]);
  const { forVotes, againstVotes, abstainVotes } = votes;
  return {
    ...made,
    id,
    title: titleOf(made.description),
    state: PROPOSAL_STATES[Number(state)] ?? "Pending",
    tally: { forVotes, againstVotes, abstainVotes, quorum: await governor.quorum(snapshot) },
    snapshot: Number(snapshot),
    deadline: Number(deadline),
    eta: Number(eta),
  };
}

/** All proposals, the oldest first. */
export async function readProposals(session: Session): Promise<Proposal[]> {
  const all = await created(session);
  return Promise.all(all.map((proposal) => complete(session, proposal)));
}

/** The proposal that is named by number or id. */
export async function readProposal(session: Session, name: bigint): Promise<Proposal> {
  const all = await created(session);
  const found = all.find(({ id, number }) => id === name || BigInt(number) === name);
  if (found !== undefined) return complete(session, found);
  const known = all.length === 0 ? "none was made" : `they are numbered 1 to ${all.length}`;
  throw new Failure("refused", `proposal ${name} does not exist: ${known}; see leasehold proposals list`);
}

// ----------------------------------------------------------------------------------------------------- words

export function votesText({ tally }: Proposal): string {
  const { forVotes, againstVotes, abstainVotes } = tally;
  return `${hold(forVotes)} for, ${hold(againstVotes)} against, ${hold(abstainVotes)} abstaining`;
}

export function quorumText({ tally }: Proposal): string {
  const missing = tally.quorum - turnout(tally);
  return `${hold(tally.quorum)} for or abstaining: ${missing > 0n ? `${hold(missing)} are missing` : "reached"}`;
}

/** Where a proposal stands and until when, in a few words. */
export function standing({ state, tally, snapshot, deadline, eta }: Proposal, now: number): string {
  const word = PROPOSAL_STATE_WORDS[state];
  switch (state) {
    case "Pending":
      return `${word}, which begins in ${formatDuration(Math.max(1, snapshot + 1 - now))}`;
    case "Active":
      return `${word} for ${formatDuration(deadline + 1 - now)} more`;
    case "Defeated":
      return `${word}: ${shortfall(tally, hold)}`;
    case "Queued":
      return now < eta ? `${word}, can be executed in ${formatDuration(eta - now)}` : `${word}, can be executed`;
    default:
      return word;
  }
}

/** What can be done next, when, and by whom. */
export function nextText({ number, state, tally, snapshot, deadline, eta }: Proposal, now: number): string {
  switch (state) {
    case "Pending":
      return (
        `votes are counted as they stand at ${formatInstant(snapshot)}; after that second: leasehold vote ${number} for. ` +
        `Until then its proposer may take it back: leasehold proposals cancel ${number}`
      );
    case "Active": {
      const short = shortfall(tally, hold);
      const stands = short === "" ? "as it stands it is carried" : `as it stands it is defeated: ${short}`;
      return `leasehold vote ${number} for, against or abstain, until ${formatInstant(deadline)}; ${stands}`;
    }
    case "Succeeded":
      return `anyone may queue it until ${formatInstant(deadline + PROPOSAL_LIFE)}: leasehold proposals queue ${number}`;
    case "Queued": {
      const from = now < eta ? `from ${formatInstant(eta)}` : "from now";
      const until = formatInstant(eta + PROPOSAL_LIFE);
      return `anyone may execute it ${from} on, until ${until}: leasehold proposals execute ${number}`;
    }
    default:
      return "";
  }
}
