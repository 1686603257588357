import type { World } from "../model/world";
import type { Cast } from "./cast";
import type { Fact } from "./facts";

const KINDS = ["proposal", "proposer", "snapshot", "deadline", "proposalState"];

/** The fact behind a key about the governor, if it is one. */
export function governorFactOf(key: string, { governor, now }: World, cast: Cast): Fact | undefined {
  const [kind, a = ""] = key.split("/");
  if (kind === "proposals") {
    return { ask: [cast.governor, "proposalCount"], expected: BigInt(governor.proposals.length) };
  }
  const proposal = governor.proposals[Number(a)]!;
  switch (kind) {
    case "proposal":
      return { ask: [cast.governor, "proposalDetailsAt", BigInt(a)], expected: governor.detailsOf(proposal) };
    case "proposer":
      return { ask: [cast.governor, "proposalProposer", proposal.proposalId], expected: proposal.proposer };
    case "snapshot":
      return { ask: [cast.governor, "proposalSnapshot", proposal.proposalId], expected: proposal.snapshot };
    case "deadline":
      return { ask: [cast.governor, "proposalDeadline", proposal.proposalId], expected: proposal.deadline };
    case "proposalState":
      return { ask: [cast.governor, "state", proposal.proposalId], expected: governor.stateOf(proposal, now) };
    default:
      return undefined;
  }
}

/** Keys of everything that there is to know about proposals. */
export const governorKeys = ({ governor }: World): string[] => [
  "proposals",
  ...governor.proposals.flatMap((_, index) => KINDS.map((kind) => `${kind}/${index}`)),
];
