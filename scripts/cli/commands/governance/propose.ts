import { z } from "zod";

import {
  type Action,
  faultsOf,
  GRAMMAR,
  outcomeNumber,
  parseAction,
  splitActions,
  VERDICTS,
} from "../../../../sdk/governance/actions";
import { type Call, callsOf, decodeCalls } from "../../../../sdk/governance/calls";
import { whyPowerless } from "../../../../sdk/governance/power";
import { formatInstant, UnitError } from "../../../../sdk/units";
import { command, done } from "../../command";
import { confirm } from "../../confirm";
import { namedDispute } from "../../disputes";
import { EXIT, Failure } from "../../failure";
import { hold, pairs, sections } from "../../format";
import { readFacts, vocabularyFor } from "../../governance/facts";
import {
  describeCalls,
  type Impact,
  impactText,
  requireCarriable,
  tryImpact,
  unknownText,
} from "../../governance/impact";
import { readPower } from "../../governance/power";
import { readProposal } from "../../governance/proposals";
import { disputeOrLease, proposalText } from "../../inputs";
import type { Session } from "../../session";
import { eventArgs, type Execution, execute, step } from "../../steps";
import { CannotSimulate } from "../../../../sdk/governance/simulation";

/** Sentences -> actions; every fault is named at once. */
async function readActions(session: Session, sentences: readonly string[]) {
  const facts = await readFacts(session);
  const faults: string[] = [];
  const tell = (error: unknown): void => {
    if (!(error instanceof UnitError)) throw error;
    faults.push(error.message);
  };
  const vocabulary = await vocabularyFor(session, facts, sentences);
  const actions = sentences.flatMap((sentence): Action[] => {
    try {
      return [parseAction(sentence, vocabulary)];
    } catch (error) {
      tell(error);
      return [];
    }
  });
  faults.push(...faultsOf(actions, facts.published));
  let calls: Call[] = [];
  try {
    if (faults.length === 0) calls = callsOf(actions, facts);
  } catch (error) {
    tell(error);
  }
  if (faults.length > 0) throw new Failure("usage", faults.join("\n"));
  return { facts, vocabulary, calls };
}

/** Fails unless the account has the votes that proposing takes. */
async function requireThreshold(session: Session): Promise<void> {
  const { governor } = await session.handles();
  const facts = await readPower(session, await session.account());
  const [votes, threshold] = await Promise.all([
    governor.getVotes(facts.account, facts.now - 1),
    governor.proposalThreshold(),
  ]);
  if (votes >= threshold) return;
  const why = whyPowerless(facts);
  const fresh =
    facts.votes >= threshold ? `; ${hold(facts.votes)} came in the latest second: try again in the next one` : "";
  const message = `proposing takes ${hold(threshold)} of votes, ${facts.account} has ${hold(votes)}${why === "" ? fresh : `: ${why}`}`;
  throw new Failure("refused", message);
}

/** When a proposal that is made now is voted on, and could be carried out at the earliest. */
async function calendar(session: Session): Promise<{ counted: number; closes: number; earliest: number }> {
  const { governor, timelock } = await session.handles();
  const [now, delay, period, wait] = await Promise.all([
    session.now(),
    governor.votingDelay().then(Number),
    governor.votingPeriod().then(Number),
    timelock.getMinDelay().then(Number),
  ]);
  const counted = now + delay;
  return { counted, closes: counted + period, earliest: counted + period + wait + 1 };
}

/** Shows what a proposal says and would change, and when; then asks. */
async function confirmProposal(session: Session, said: string, would: string): Promise<void> {
  const { counted, closes, earliest } = await calendar(session);
  const dates = pairs([
    ["votes counted", `at ${formatInstant(counted)}; until then you may take it back`],
    ["voting ends", formatInstant(closes)],
    ["carried out", `from ${formatInstant(earliest)} on, if it is carried and queued`],
  ]);
  await confirm(session, sections(said, would, dates), "A proposal is public, and stays on the list for good.");
}

/** Fails where the calls would be refused, unless the proposer wants it; says what they would change. */
async function weigh(session: Session, calls: readonly Call[], anyway: boolean) {
  const facts = await readFacts(session);
  const decoded = await describeCalls(session, calls, facts);
  const impact = await tryImpact(session, calls, facts, (await calendar(session)).earliest);
  if (!(impact instanceof CannotSimulate) && !anyway) requireCarriable(impact, decoded);
  const text = impact instanceof CannotSimulate ? unknownText(impact) : impactText(impact, decoded);
  return { decoded, impact, text };
}

/** What became of a proposal that was made. */
async function proposed(session: Session, execution: Execution, impact: Impact | CannotSimulate, data: object) {
  const known = impact instanceof CannotSimulate ? null : impact;
  const id = eventArgs(execution, "ProposalCreated")[0]?.["proposalId"] as bigint | undefined;
  const all = { ...data, impact: known };
  if (id === undefined) {
    const report = done(execution, "", all);
    // A dry run is about what would change: it says so where it cannot tell.
    return { ...report, exitCode: known === null && session.config.dryRun ? EXIT.network : EXIT.ok };
  }
  const proposal = await readProposal(session, id);
  const text = pairs([
    ["proposal", `${proposal.number}, ${proposal.title}`],
    ["id", String(id)],
    ["votes counted", `at ${formatInstant(proposal.snapshot)}, as they are by then`],
    ["vote", `leasehold vote ${proposal.number} for, until ${formatInstant(proposal.deadline)}`],
    ["take it back", `leasehold proposals cancel ${proposal.number}, before that`],
  ]);
  const { number, snapshot, deadline } = proposal;
  return done(execution, text, { ...all, proposal: number, id, snapshot, deadline });
}

export const propose = command({
  usage: "propose [actions...]",
  summary: "propose that governance does something, said in sentences; shows what it would change",
  details: `Quote each sentence, or join loose words with "and":
  leasehold propose "set fee 2 %" "pay 5000 HOLD to 0x..." --title "Lower the fee"
  leasehold propose set fee 200 bps and set notice 48h --dry-run

${GRAMMAR.map((form) => `  ${form}`).join("\n")}

Values of the market's terms, and those of the dispute rules, are published together with all others as they are in force
when you propose. A node that simulates (eth_simulateV1) shows what would change before anything is sent.`,
  options: [
    ["--title <text>", "first line of the description (default: the first sentence)"],
    ["--description <text>", "the reasons, for voters"],
    ["--anyway", "propose it although it would be refused as the chain is now"],
  ],
  input: z.object({
    actions: z.array(z.string()).default([]),
    title: proposalText.optional(),
    description: proposalText.optional(),
    anyway: z.boolean().default(false),
  }),
  asks: true,
  async run(session, { actions: typed, title, description, anyway }) {
    const sentences = splitActions(typed);
    if (sentences.length === 0) {
      throw new Failure(
        "usage",
        'say what to propose, as in leasehold propose "set fee 2 %": see leasehold propose --help',
      );
    }
    const account = await session.account();
    const { facts, vocabulary, calls } = await readActions(session, sentences);
    const said = decodeCalls(calls, facts, vocabulary).flatMap((call) => [...call.sentences]);
    await requireThreshold(session);
    const { decoded, impact, text: would } = await weigh(session, calls, anyway);
    const notes = decoded.flatMap((call) => call.notes.map((note) => `which is: ${note}`));
    await confirmProposal(session, [...said, ...notes].join("\n"), would);

    // The last line keeps whoever sees this first from proposing the same, and withdrawing it.
    const [first = "", ...others] = said;
    const named = title ?? (others.length === 0 ? first : `${first}, and ${others.length} more`);
    // One action that is the title already is not said twice.
    const list = others.length === 0 && named === first ? "" : said.map((line) => `- ${line}`).join("\n");
    const lines = [`# ${named}`, description ?? "", list];
    const text = `${sections(...lines)}\n\n#proposer=${account.toLowerCase()}`;
    const { governor } = await session.handles();
    const execution = await execute(session, [
      await step(`Propose: ${named}`, governor, governor.propose, [
        calls.map(({ target }) => target),
        calls.map(({ value }) => value),
        calls.map(({ data }) => data),
        text,
      ]),
    ]);
    return proposed(session, execution, impact, { actions: said, description: text });
  },
});

export const appeal = command({
  usage: "appeal <dispute>",
  summary: "have the decision of a dispute of yours that was appealed proposed: takes no votes",
  details: "Either side of a dispute proposes so once, whoever appealed. The proposal goes the way of every other one.",
  options: [
    ["--outcome <outcome>", `what you ask for: ${VERDICTS.join(", ")}`],
    ["--reasons <text>", "beginning of the description, for voters"],
    ["--anyway", "propose it although it would be refused as the chain is now"],
  ],
  input: z.object({
    dispute: disputeOrLease,
    outcome: z.enum(VERDICTS, `write one of ${VERDICTS.join(", ")}`),
    reasons: proposalText.optional(),
    anyway: z.boolean().default(false),
  }),
  asks: true,
  async run(session, { dispute: named, outcome, reasons, anyway }) {
    const dispute = await namedDispute(session, named);
    const { disputes, governor } = await session.handles();
    const decisions = [{ disputeId: dispute.id, filedAt: dispute.filedAt, outcome: outcomeNumber(outcome) }];
    const target = await disputes.getAddress();
    const data = disputes.interface.encodeFunctionData("decide", [decisions]);
    const { decoded, impact, text: would } = await weigh(session, [{ target, value: 0n, data }], anyway);
    const said = decoded.flatMap((call) => [...call.sentences]);
    await confirmProposal(session, said.join("\n"), would);
    const text = reasons ?? `# Appeal of dispute ${dispute.name}: ${outcome}`;
    const execution = await execute(session, [
      await step(`Propose the decision of dispute ${dispute.name}: ${outcome}`, governor, governor.proposeAppeal, [
        target,
        decisions,
        text,
      ]),
    ]);
    return proposed(session, execution, impact, { dispute: dispute.name, outcome, actions: said });
  },
});
