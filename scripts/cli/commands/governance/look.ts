import { z } from "zod";

import type { Call, DecodedCall } from "../../../../sdk/governance/calls";
import { SUPPORTS } from "../../../../sdk/governance/proposals";
import { CannotSimulate } from "../../../../sdk/governance/simulation";
import { formatInstant } from "../../../../sdk/units";
import { command } from "../../command";
import { EXIT } from "../../failure";
import { hold, pairs, sections, table } from "../../format";
import { readFacts, type Versions } from "../../governance/facts";
import { describeCalls, type Impact, impactText, tryImpact, unknownText } from "../../governance/impact";
import { readPower, readSnapshot } from "../../governance/power";
import {
  nextText,
  type Proposal,
  proposalName,
  quorumText,
  readProposal,
  readProposals,
  standing,
  votesText,
} from "../../governance/proposals";
import { eventsSince } from "../../logs";
import { printable } from "../../../../sdk/errors/words";
import { whyPowerlessAt } from "../../../../sdk/governance/power";
import type { Session } from "../../session";

const OPEN = ["Pending", "Active", "Succeeded", "Queued"];

export const list = command({
  usage: "list",
  summary: "proposals, the newest first: where they stand, votes, and time left",
  options: [["--open", "without those that are over"]],
  input: z.object({ open: z.boolean().default(false) }),
  async run(session, { open }) {
    const [all, now] = await Promise.all([readProposals(session), session.now()]);
    const wanted = all.filter(({ state }) => !open || OPEN.includes(state)).reverse();
    const rows = wanted.map((proposal) => {
      const { forVotes, againstVotes, abstainVotes, quorum } = proposal.tally;
      const votes = [forVotes, againstVotes, abstainVotes, quorum].map(short);
      return [String(proposal.number), proposal.title, ...votes, standing(proposal, now)];
    });
    const head = ["proposal", "title", "for", "against", "abstain", "quorum", "state"];
    return {
      data: wanted.map(({ calls, description, ...proposal }) => ({ ...proposal, calls: calls.length, description })),
      text: rows.length === 0 ? "No proposals." : table(head, rows, [0, 2, 3, 4, 5]),
    };
  },
});

/** Whole HOLD: a table is for comparing. */
function short(wei: bigint): string {
  return hold(wei - (wei % 10n ** 18n)).replace(/\.00 HOLD$/, "");
}

interface Past {
  readonly made: number;
  readonly queued: number;
  readonly executed: number;
  readonly cancelled: number;
  /** Versions in force before the execution. */
  readonly versions: Versions;
}

/** When what happened; of an executed proposal also what was in force before it. */
async function pastOf(session: Session, { id, block }: Proposal): Promise<Past> {
  const { provider, handles } = await session.connection();
  const { governor, market, disputes } = handles;
  const at = async (number: number): Promise<number> => (await provider.getBlock(number))?.timestamp ?? 0;
  // None of these events is indexed by proposal: nodes search them all, from the proposal on.
  const [queues, executions, cancellations] = await Promise.all([
    eventsSince(governor, governor.filters.ProposalQueued(), provider, block),
    eventsSince(governor, governor.filters.ProposalExecuted(), provider, block),
    eventsSince(governor, governor.filters.ProposalCanceled(), provider, block),
  ]);
  const [queued, executed, cancelled] = [queues, executions, cancellations].map((events) =>
    events.find(({ args }) => args.proposalId === id),
  );
  const when = async (event: { blockNumber: number } | undefined): Promise<number> =>
    event === undefined ? 0 : at(event.blockNumber);
  const versions = executed === undefined ? {} : await versionsBefore(executed.transactionHash);
  return {
    made: await at(block),
    queued: await when(queued),
    executed: await when(executed),
    cancelled: await when(cancelled),
    versions,
  };

  async function versionsBefore(hash: string): Promise<Versions> {
    const logs = (await provider.getTransactionReceipt(hash))?.logs ?? [];
    const first = async (contract: typeof market | typeof disputes, name: string): Promise<bigint | undefined> => {
      const address = await contract.getAddress();
      const parsed = logs
        .filter((log) => log.address === address)
        .map((log) => contract.interface.parseLog(log))
        .find((log) => log?.name === name);
      return parsed === undefined || parsed === null ? undefined : (parsed.args["version"] as bigint) - 1n;
    };
    return { terms: await first(market, "TermsPublished"), rules: await first(disputes, "RulesPublished") };
  }
}

/** When a proposal would be carried out at the earliest. */
async function earliest(session: Session, { state, deadline, eta }: Proposal): Promise<number> {
  if (state === "Queued") return eta;
  const { timelock } = await session.handles();
  const [now, delay] = await Promise.all([session.now(), timelock.getMinDelay().then(Number)]);
  return Math.max(now, deadline + 1) + delay;
}

/** What the viewer has to do with it: its votes, and its vote. */
async function viewerText(session: Session, { id, snapshot, state }: Proposal, account: string): Promise<string> {
  const { provider, handles, startBlock } = await session.connection();
  const { governor } = handles;
  if (await governor.hasVoted(id, account)) {
    const [plain, extended] = await Promise.all([
      eventsSince(governor, governor.filters.VoteCast(account), provider, startBlock),
      eventsSince(governor, governor.filters.VoteCastWithParams(account), provider, startBlock),
    ]);
    const vote = [...plain, ...extended].find(({ args }) => args.proposalId === id);
    const how =
      vote === undefined ? "" : ` ${SUPPORTS[Number(vote.args.support)] ?? ""} with ${hold(vote.args.weight)}`;
    return `voted${how}`;
  }
  const facts = await readPower(session, account);
  if (snapshot >= facts.now) {
    const why = whyPowerlessAt(facts, await readSnapshot(session, facts, snapshot));
    return `have ${hold(facts.votes)} of votes by now${why === "" ? "" : `: ${why}`}`;
  }
  const at = await readSnapshot(session, facts, snapshot);
  const why = whyPowerlessAt(facts, at);
  const can = state === "Active" && at.votes > 0n ? ", and have not voted" : "";
  return `have ${hold(at.votes)} of votes for it${can}${why === "" ? "" : `: ${why}`}`;
}

/** The description without what only the governor reads. */
function plainDescription({ description }: Proposal): string {
  return description
    .split("\n")
    .filter((line) => !/^#proposer=0x[0-9a-f]{40}$/i.test(line.trim()))
    .map((line) => printable(line))
    .join("\n")
    .trim();
}

async function impactOf(session: Session, proposal: Proposal, calls: readonly Call[], skip: boolean) {
  if (skip || !OPEN.includes(proposal.state)) return undefined;
  return tryImpact(session, calls, await readFacts(session), await earliest(session, proposal));
}

export const show = command({
  usage: "show <proposal>",
  summary: "everything about a proposal: what it does and would change, votes, dates, and what is next",
  details: `A proposal is named by its number in the list, or by its id. What it would change is asked of the node, which carries it out
without sending anything (eth_simulateV1); where the node cannot, that is said and the exit code is 4.`,
  options: [["--skip-simulation", "do not ask what it would change"]],
  input: z.object({ proposal: proposalName, skipSimulation: z.boolean().default(false) }),
  async run(session, { proposal: name, skipSimulation }) {
    const [proposal, now, viewer] = await Promise.all([
      readProposal(session, name),
      session.now(),
      session.accountIfAny(),
    ]);
    const past = await pastOf(session, proposal);
    const decoded = await describeCalls(session, proposal.calls, await readFacts(session, past.versions));
    const impact = await impactOf(session, proposal, proposal.calls, skipSimulation);
    const sentences = decoded.flatMap((call) => [...call.sentences]);
    const when = (second: number): string => (second === 0 ? "" : formatInstant(second));
    const ready = proposal.eta === 0 || past.executed !== 0 ? "" : formatInstant(proposal.eta);
    const facts = pairs([
      ["proposal", `${proposal.number}, ${proposal.title}`],
      ["state", standing(proposal, now)],
      ["next", nextText(proposal, now)],
      ["you", viewer === undefined ? "" : await viewerText(session, proposal, viewer)],
      ...doesText(decoded),
      ["votes", votesText(proposal)],
      ["quorum", quorumText(proposal)],
      ["proposer", proposal.proposer],
      ["made", when(past.made)],
      ["votes counted", when(proposal.snapshot)],
      ["voting ends", when(proposal.deadline)],
      ["queued", when(past.queued)],
      ["executable", ready],
      ["executed", when(past.executed)],
      ["cancelled", when(past.cancelled)],
      ["id", String(proposal.id)],
    ]);
    const { changes, exitCode } = reading(impact, decoded);
    const data = {
      ...proposal,
      ...past,
      actions: sentences,
      notes: decoded.flatMap(({ notes }) => notes),
      impact: impact === undefined || impact instanceof CannotSimulate ? null : impact,
    };
    return { data, text: sections(facts, changes, plainDescription(proposal)), exitCode };
  },
});

/** What a proposal does, line by line, with what its calls carry inside below them. */
function doesText(decoded: readonly DecodedCall[]): [string, string][] {
  const lines = decoded.flatMap(({ sentences, notes }): [string, string][] => [
    ...sentences.map((sentence): [string, string] => ["and", sentence]),
    ...notes.map((note): [string, string] => ["which is", note]),
  ]);
  return lines.map(([name, text], index) => [index === 0 ? "does" : name, text]);
}

function reading(impact: Impact | CannotSimulate | undefined, decoded: Parameters<typeof impactText>[1]) {
  if (impact === undefined) return { changes: "", exitCode: EXIT.ok };
  if (impact instanceof CannotSimulate) return { changes: unknownText(impact), exitCode: EXIT.network };
  return { changes: impactText(impact, decoded), exitCode: EXIT.ok };
}
