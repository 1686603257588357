import { getAddress, isAddress, ZeroAddress } from "ethers";
import { z } from "zod";

import { type PowerFacts, whyPowerless, whyPowerlessAt, whyTooFresh } from "../../../../sdk/governance/power";
import { formatInstant, UnitError } from "../../../../sdk/units";
import { takesNames } from "../../addressNames";
import { command, done } from "../../command";
import { Failure } from "../../failure";
import { hold, pairs } from "../../format";
import { readPower, readSnapshot } from "../../governance/power";
import { proposalName, readProposal } from "../../governance/proposals";
import { address, parsed } from "../../inputs";
import { requireNotOurs } from "../../recipients";
import { execute, step } from "../../steps";

const delegatee = takesNames(
  parsed((text) => {
    if (text.toLowerCase() === "self") return "self";
    if (isAddress(text)) return getAddress(text);
    throw new UnitError(`"${text}" is no account: write self, or 0x and 40 hexadecimal digits with a correct checksum`);
  }),
);

function delegateText({ account, delegate }: PowerFacts): string {
  if (delegate === ZeroAddress) return "nobody";
  return delegate === account ? "itself" : delegate;
}

export const delegate = command({
  usage: "delegate <account>",
  summary: "let an account vote with your HOLD, all of it, bonded and unbonding, too: self, or another",
  details: `HOLD votes only once it is delegated, be it to oneself. It stays where it is and yours; a delegation holds for all that you
will have, until you delegate again. Proposals count the votes of one second, so delegate before it.`,
  input: z.object({ account: delegatee }),
  async run(session, { account: to }) {
    const account = await session.account();
    const target = to === "self" ? account : to;
    const { hold: token } = await session.handles();
    const before = await readPower(session, account);
    if (before.delegate === target) {
      throw new Failure("refused", `your HOLD is delegated to ${target === account ? "yourself" : target} already`);
    }
    if (target !== account) await requireNotOurs(session, target, "vote", "nobody would vote with your HOLD");
    const whom = target === account ? "yourself" : target;
    const execution = await execute(session, [
      await step(`Delegate ${hold(before.balance)} to ${whom}`, token, token.delegate, [target]),
    ]);
    const votes = execution.dryRun ? 0n : await token.getVotes(target);
    const text = `${target === account ? "You have" : `${target} has`} ${hold(votes)} of votes, for proposals whose votes are counted from now on.`;
    return done(execution, text, { account, delegate: target, delegated: before.balance });
  },
});

export const power = command({
  usage: "power [account]",
  summary: "votes of an account, now and for a proposal, and why there are none",
  options: [["--proposal <number>", "votes for this proposal, too: those of the second in which they were counted"]],
  input: z.object({ account: address.optional(), proposal: proposalName.optional() }),
  async run(session, { account: named, proposal: name }) {
    const account = named ?? (await session.account());
    const facts = await readPower(session, account);
    const proposal = name === undefined ? undefined : await readProposal(session, name);
    const at = proposal === undefined ? undefined : await readSnapshot(session, facts, proposal.snapshot);
    const why = whyPowerless(facts);
    const whyThen = at === undefined ? "" : whyPowerlessAt(facts, at);
    const counted = at !== undefined && at.snapshot < facts.now;
    const { wallet, bonded, unbonding, votes } = facts;
    const text = pairs([
      ["account", account],
      ["in the wallet", hold(wallet)],
      ["bonded", hold(bonded)],
      ["unbonding", hold(unbonding)],
      ["delegated to", delegateText(facts)],
      ["votes now", `${hold(votes)}${why === "" ? "" : `: ${why}`}`],
      ["fresh", whyTooFresh(facts)],
      ["proposal", proposal === undefined ? "" : `${proposal.number}, ${proposal.title}`],
      ["votes for it", at === undefined || !counted ? "" : `${hold(at.votes)}${whyThen === "" ? "" : `: ${whyThen}`}`],
      [
        "counted",
        at === undefined || counted
          ? ""
          : `at ${formatInstant(at.snapshot)}, as they are by then${whyThen === "" ? "" : `; ${whyThen}`}`,
      ],
    ]);
    const data = {
      account,
      wallet,
      bonded,
      unbonding,
      delegate: facts.delegate,
      votes,
      why: why === "" ? null : why,
      proposal: proposal?.number ?? null,
      snapshot: at?.snapshot ?? null,
      votesAtSnapshot: counted ? at.votes : null,
      whyAtSnapshot: whyThen === "" ? null : whyThen,
    };
    return { data, text };
  },
});
