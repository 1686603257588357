import type { Signer } from "ethers";
import { z } from "zod";

import { addressesOf, readAddressBook } from "../../../../sdk/addressBook";
import {
  type Ballot,
  ballotDigest,
  formatBallot,
  isSignedByVoter,
  parseBallot,
  signBallot,
  type SignedBallot,
  supportNumber,
} from "../../../../sdk/governance/ballot";
import { whyPowerlessAt } from "../../../../sdk/governance/power";
import { type Support, SUPPORTS } from "../../../../sdk/governance/proposals";
import { readText } from "../../../../sdk/text";
import { formatDuration, formatInstant, UnitError } from "../../../../sdk/units";
import { command, done } from "../../command";
import { confirm } from "../../confirm";
import { Failure } from "../../failure";
import { hold, pairs } from "../../format";
import { readFacts } from "../../governance/facts";
import { describeCalls } from "../../governance/impact";
import { readPower, readSnapshot } from "../../governance/power";
import {
  nextText,
  type Proposal,
  proposalName,
  quorumText,
  readProposal,
  standing,
  votesText,
} from "../../governance/proposals";
import { parsed, someText } from "../../inputs";
import type { Session } from "../../session";
import { eventArgs, type Execution, execute, type Step, step } from "../../steps";

const nonceText = parsed((text): bigint => {
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  throw new UnitError(`"${text}" is no nonce: write a whole number`);
});

/** Fails unless the voter can vote on the proposal; returns its votes, wei of HOLD. */
async function requireVoter(session: Session, proposal: Proposal, voter: string): Promise<bigint> {
  const { number, id, state, snapshot } = proposal;
  const { governor } = await session.handles();
  const facts = await readPower(session, voter);
  const refused = (why: string): Failure =>
    new Failure("refused", `${voter} cannot vote on proposal ${number}: ${why}`);
  if (state !== "Active") {
    const next = state === "Pending" ? `: votes are taken from ${formatInstant(snapshot + 1)} on` : "";
    throw refused(`it is ${standing(proposal, facts.now)}${next}`);
  }
  if (await governor.hasVoted(id, voter)) throw refused("it has voted, and a vote is final");
  const at = await readSnapshot(session, facts, snapshot);
  if (at.votes === 0n) throw refused(`it has no votes for it: ${whyPowerlessAt(facts, at)}`);
  return at.votes;
}

async function counted(session: Session, execution: Execution, { id }: Proposal, data: object) {
  if (execution.dryRun) return done(execution, "", { ...data });
  const [proposal, now] = await Promise.all([readProposal(session, id), session.now()]);
  const cast = eventArgs(execution, "VoteCast").concat(eventArgs(execution, "VoteCastWithParams"))[0];
  const text = pairs([
    ["proposal", `${proposal.number}, ${proposal.title}`],
    ["counted", hold((cast?.["weight"] as bigint | undefined) ?? 0n)],
    ["votes", votesText(proposal)],
    ["quorum", quorumText(proposal)],
    ["next", nextText(proposal, now)],
  ]);
  return done(execution, text, { ...data, weight: cast?.["weight"] ?? null, tally: proposal.tally });
}

/** What is signed, and by whom; undefined: by nobody yet. */
interface Signing {
  readonly ballot: Ballot;
  readonly signer: Signer | undefined;
}

/** Numbers in the list are short; the governor's own are not. */
const LEAST_ID = 10n ** 20n;

/** A ballot that is signed without any node: what the chain would tell is in the address book and on the command line. */
async function offlineBallot(session: Session, { name, choice, nonce, reason }: Wish): Promise<Signing | undefined> {
  const { book: file } = session.config;
  if (file === undefined || nonce === undefined || name < LEAST_ID) return undefined;
  const book = readAddressBook(file);
  const signer = await session.offlineSigner();
  const ballot: Ballot = {
    chainId: book.chainId,
    governor: addressesOf(book).governor,
    proposal: name,
    support: choice,
    voter: await signer.getAddress(),
    nonce,
    reason,
  };
  return { ballot, signer };
}

/** What the voter asks to be signed. */
interface Wish {
  readonly name: bigint;
  readonly choice: Support;
  readonly nonce: bigint | undefined;
  readonly reason: string;
  readonly unsigned: boolean;
}

/** A ballot of a proposal that can still be voted on. */
async function ballotOf(session: Session, { name, choice, nonce, reason, unsigned }: Wish): Promise<Signing> {
  const [proposal, voter] = await Promise.all([readProposal(session, name), session.account()]);
  if (!["Pending", "Active"].includes(proposal.state)) {
    const stands = standing(proposal, await session.now());
    throw new Failure("refused", `proposal ${proposal.number} takes no votes any more: it is ${stands}`);
  }
  const { chainId, handles } = await session.connection();
  const ballot: Ballot = {
    chainId,
    governor: await handles.governor.getAddress(),
    proposal: proposal.id,
    support: choice,
    voter,
    nonce: nonce ?? (await handles.governor.nonces(voter)),
    reason,
  };
  return { ballot, signer: unsigned ? undefined : await session.signer() };
}

/** Prints the ballot; what people want to know goes to stderr. */
async function printed(session: Session, { ballot, signer }: Signing) {
  const signed = signer === undefined ? { ...ballot, signature: "0x" } : await signBallot(signer, ballot);
  session.tell(
    pairs([
      ["vote", `${ballot.support}${ballot.reason === "" ? "" : `: ${ballot.reason}`}`],
      ["voter", ballot.voter],
      ["nonce", `${ballot.nonce}: good until the voter's next ballot is relayed`],
      ["digest", ballotDigest(ballot)],
      ["send it", "leasehold vote --relay <file>, by anyone"],
    ]),
  );
  return { data: signed, text: formatBallot(signed).trimEnd(), verbatim: true };
}

/** A ballot that somebody signed, checked against the chain that it is sent to. */
async function readBallot(session: Session, file: string): Promise<{ ballot: SignedBallot; proposal: Proposal }> {
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    throw new Failure("usage", `${file} cannot be read: ${(error as Error).message}`);
  }
  const ballot = parseBallot(text, file);
  const { provider, chainId, handles } = await session.connection();
  const governor = await handles.governor.getAddress();
  if (ballot.chainId !== chainId) {
    throw new Failure("refused", `the ballot is for chain ${ballot.chainId}, this is chain ${chainId}: use --rpc`);
  }
  if (ballot.governor !== governor) {
    throw new Failure("refused", `the ballot is for governor ${ballot.governor}, this deployment's is ${governor}`);
  }
  const [proposal, nonce, signed] = await Promise.all([
    readProposal(session, ballot.proposal),
    handles.governor.nonces(ballot.voter),
    isSignedByVoter(provider, ballot),
  ]);
  if (nonce !== ballot.nonce) {
    const used = nonce > ballot.nonce ? "it was relayed, or a later one" : "one before it must be relayed first";
    throw new Failure("refused", `the ballot has nonce ${ballot.nonce}, its voter's next one is ${nonce}: ${used}`);
  }
  if (!signed) throw new Failure("refused", `the ballot is not signed by ${ballot.voter}, or was changed: sign again`);
  return { ballot, proposal };
}

/** Shows what a vote would do, and asks. */
async function confirmVote(session: Session, proposal: Proposal, support: Support, votes: bigint, voter?: string) {
  const [decoded, now] = await Promise.all([
    readFacts(session).then((facts) => describeCalls(session, proposal.calls, facts)),
    session.now(),
  ]);
  const sentences = decoded.flatMap((call) => [...call.sentences]);
  const preview = pairs([
    ["proposal", `${proposal.number}, ${proposal.title}`],
    ...sentences.map((sentence, index): [string, string] => [index === 0 ? "does" : "and", sentence]),
    ["vote", `${support}, with ${hold(votes)}`],
    ["of", voter ?? ""],
    ["votes by now", votesText(proposal)],
    ["quorum", quorumText(proposal)],
    [
      "counted until",
      `${formatInstant(proposal.deadline)}, for ${formatDuration(Math.max(0, proposal.deadline - now))} more`,
    ],
  ]);
  await confirm(session, preview, "A vote is final.");
}

async function relay(session: Session, file: string) {
  const { ballot, proposal } = await readBallot(session, file);
  const { voter, support, reason, signature } = ballot;
  const votes = await requireVoter(session, proposal, voter);
  await confirmVote(session, proposal, support, votes, voter);
  const { governor } = await session.handles();
  const label = `Vote ${support} proposal ${proposal.number} for ${voter}, with ${hold(votes)}`;
  const { id } = proposal;
  const vote = supportNumber(support);
  const call: Step =
    reason === ""
      ? await step(label, governor, governor.castVoteBySig, [id, vote, voter, signature])
      : await step(label, governor, governor.castVoteWithReasonAndParamsBySig, [
          id,
          vote,
          voter,
          reason,
          "0x",
          signature,
        ]);
  return counted(session, await execute(session, [call]), proposal, {
    proposal: proposal.number,
    voter,
    support,
    votes,
  });
}

export const vote = command({
  usage: "vote [proposal] [choice]",
  summary: "vote on a proposal: for, against or abstain; or sign a vote for somebody else to send",
  details: `A vote is final, and counts all votes that the account had in the second in which the proposal counted them.
  leasehold vote 3 for --reason "Cheaper leases"
  leasehold vote 3 for --sign-only > ballot.json      sends nothing; with --book, --nonce and the
                                                      proposal's long id it needs no node either
  leasehold vote --relay ballot.json                  by anyone, who pays for the gas`,
  options: [
    ["--reason <text>", "published with the vote"],
    ["--sign-only", "sign the vote and print it; send nothing"],
    ["--nonce <n>", "with --sign-only: nonce of the ballot (default: the voter's next one)"],
    ["--unsigned", "with --sign-only: leave the signature empty, for a contract account (--from)"],
    ["--relay <file>", "send a vote that its voter signed"],
  ],
  input: z.object({
    proposal: proposalName.optional(),
    choice: z.enum(SUPPORTS, `write one of ${SUPPORTS.join(", ")}`).optional(),
    reason: someText.optional(),
    signOnly: z.boolean().default(false),
    nonce: nonceText.optional(),
    unsigned: z.boolean().default(false),
    relay: someText.optional(),
  }),
  // What is only signed is not cast: whoever sends it is asked.
  asks: ({ signOnly }) => !signOnly,
  async run(session, { proposal: name, choice, reason = "", signOnly, nonce, unsigned, relay: file }) {
    if (file !== undefined) {
      if (name === undefined && !signOnly) return relay(session, file);
      throw new Failure("usage", "--relay sends the vote in the file: leave out everything else");
    }
    if (name === undefined || choice === undefined) {
      throw new Failure("usage", "say which proposal and how: leasehold vote 3 for; or --relay <file>");
    }
    if (signOnly) {
      const wish: Wish = { name, choice, nonce, reason, unsigned };
      return printed(
        session,
        (unsigned ? undefined : await offlineBallot(session, wish)) ?? (await ballotOf(session, wish)),
      );
    }
    const [proposal, voter] = await Promise.all([readProposal(session, name), session.account()]);
    const { governor } = await session.handles();
    const votes = await requireVoter(session, proposal, voter);
    await confirmVote(session, proposal, choice, votes);
    const label = `Vote ${choice} proposal ${proposal.number}, with ${hold(votes)}`;
    const support = supportNumber(choice);
    const call: Step =
      reason === ""
        ? await step(label, governor, governor.castVote, [proposal.id, support])
        : await step(label, governor, governor.castVoteWithReason, [proposal.id, support, reason]);
    const data = { proposal: proposal.number, voter, support: choice, votes };
    return counted(session, await execute(session, [call]), proposal, data);
  },
});
