import { expect } from "chai";

import { differences, enter, type Step, type Variant } from "./paths";

type Paths = Readonly<Record<string, readonly Step[]>>;

const answer: Step = ["provider", "answer"];
const concession: Step = ["provider", "concede"];
const providerAppeals: Step = ["provider", "appeal"];
const execution: Step = ["stranger", "execute"];
const settlement: Step = ["stranger", "settle"];
const executionInTime: Step = ["stranger", "execute", "ripe"];
const inTheEnd = ([actor, action]: Step): Step => [actor, action, "closed"];
const twoVote = (vote: "uphold" | "reject"): readonly Step[] => [
  ["voter", vote],
  ["secondVoter", vote],
];
const threeVote = (vote: "uphold" | "reject"): readonly Step[] => [...twoVote(vote), ["member", vote]];
const decision = (action: "decideUpheld" | "decideFailed" | "decideRejected"): Step => ["authority", action];

/** A path to every state of a dispute that a council can decide. */
function pathsOf(claimant: Variant["claimant"]): Paths {
  const claimantAppeals: Step = [claimant, "appeal"];
  const withdrawal: Step = [claimant, "withdraw"];
  const filed: readonly Step[] = [[claimant, "file"]];
  const answered = [...filed, answer];
  const upheld = [...answered, ...threeVote("uphold")];
  const rejected = [...answered, ...threeVote("reject")];
  const upheldAppealed = [...upheld, providerAppeals];
  const rejectedAppealed = [...rejected, claimantAppeals];
  const executedInSilence = [...filed, inTheEnd(providerAppeals), executionInTime];
  return {
    "filed, then the provider silent": filed,
    "appealed silence of the provider": [...filed, inTheEnd(providerAppeals)],
    "answered, then the council silent": answered,
    "a silent council, appealed by the claimant": [...answered, inTheEnd(claimantAppeals)],
    "a silent council, appealed by the provider": [...answered, inTheEnd(providerAppeals)],
    "two of five for it": [...answered, ...twoVote("uphold")],
    "two of five against it": [...answered, ...twoVote("reject")],
    "one for it, one recused": [...answered, ["voter", "uphold"], ["member", "recuse"]],
    upheld,
    rejected,
    "upheld and appealed": upheldAppealed,
    "rejected and appealed": rejectedAppealed,
    "conceded at once": [...filed, concession],
    "conceded before the council": [...answered, ["voter", "reject"], concession],
    "upheld on appeal": [...rejectedAppealed, decision("decideUpheld")],
    "upheld again on appeal": [...upheldAppealed, decision("decideUpheld")],
    "failed on appeal": [...upheldAppealed, decision("decideFailed")],
    "rejected on appeal": [...upheldAppealed, decision("decideRejected")],
    "executed as upheld": [...upheld, executionInTime],
    "executed as failed": [...rejectedAppealed, decision("decideFailed"), execution],
    "executed as rejected": [...rejected, executionInTime],
    "executed in silence": [...filed, executionInTime],
    "executed in the council's silence": [...answered, executionInTime],
    "executed after an appeal that nobody heard": executedInSilence,
    "settled as upheld": [...upheld, executionInTime, settlement],
    "settled as failed": [...rejectedAppealed, decision("decideFailed"), execution, settlement],
    "settled as rejected, one share taken": [...rejected, executionInTime, settlement, ["voter", "collectFee"]],
    "settled without votes": [...executedInSilence, settlement],
    "withdrawn before the answer": [...filed, withdrawal],
    "withdrawn before the council": [...answered, ["voter", "uphold"], withdrawal],
  };
}

/** A path to every state in which a bond is reserved of what its poster bonded with disputes. */
function reservedPathsOf(claimant: Variant["claimant"]): Paths {
  const claimantAppeals: Step = [claimant, "appealFromBond"];
  const bondedAppeal: Step = ["provider", "appealFromBond"];
  const answered: readonly Step[] = [
    [claimant, "file"],
    ["provider", "answerFromBond"],
  ];
  const upheld = [...answered, ...threeVote("uphold")];
  const rejected = [...answered, ...threeVote("reject")];
  const upheldAppealed = [...upheld, bondedAppeal];
  const rejectedAppealed = [...rejected, claimantAppeals];
  return {
    answered,
    "a silent council, appealed by the claimant": [...answered, inTheEnd(claimantAppeals)],
    upheld,
    "upheld and appealed": upheldAppealed,
    "rejected and appealed": rejectedAppealed,
    "appealed for a bond out of the wallet": [...upheld, providerAppeals],
    "conceded before the council": [...answered, concession],
    "executed as upheld": [...upheld, executionInTime],
    "executed as failed": [...answered, executionInTime],
    "executed as rejected": [...rejected, executionInTime],
    "executed, the provider's appeal lost": [...upheldAppealed, decision("decideUpheld"), execution],
    "executed, the provider's appeal won": [...upheldAppealed, decision("decideRejected"), execution],
    "executed, the claimant's appeal lost": [...rejectedAppealed, decision("decideRejected"), execution],
    "executed, the claimant's appeal won in part": [...rejectedAppealed, decision("decideFailed"), execution],
    "executed, the claimant's appeal won": [...rejectedAppealed, decision("decideUpheld"), execution],
    "settled as upheld, the appeal lost": [...upheldAppealed, decision("decideUpheld"), execution, settlement],
  };
}

/** The same where fewer than three members may vote. */
const FEW: Paths = {
  "failed for want of members": [["tenant", "file"], answer],
  "the same, appealed by the claimant": [["tenant", "file"], answer, ["tenant", "appeal"]],
  "the same, appealed by the provider": [["tenant", "file"], answer, providerAppeals],
};

/** States in which it matters whether a party has a seat, or who claims. */
const AMONG_MEMBERS = [
  "filed, then the provider silent",
  "answered, then the council silent",
  "two of five for it",
  "one for it, one recused",
  "upheld",
  "rejected",
  "rejected and appealed",
  "executed as upheld",
  "settled as rejected, one share taken",
  "withdrawn before the council",
];

/** States in which it matters for reserved bonds that a challenger posted one. */
const BY_CHALLENGER = [
  "rejected and appealed",
  "executed, the claimant's appeal lost",
  "executed, the claimant's appeal won",
];

const CASES: readonly (readonly [string, Variant, Paths])[] = [
  [
    "a tenant's claim",
    { claimant: "tenant", partiesSeated: false, fewSeats: false },
    { "nothing filed": [], ...pathsOf("tenant") },
  ],
  [
    "a challenger's claim among members",
    { claimant: "challenger", partiesSeated: true, fewSeats: false },
    Object.fromEntries(Object.entries(pathsOf("challenger")).filter(([state]) => AMONG_MEMBERS.includes(state))),
  ],
  [
    "a tenant's claim, bonds reserved with staking",
    { claimant: "tenant", partiesSeated: false, fewSeats: false },
    reservedPathsOf("tenant"),
  ],
  [
    "a challenger's claim, bonds reserved with staking",
    { claimant: "challenger", partiesSeated: false, fewSeats: false },
    Object.fromEntries(
      Object.entries(reservedPathsOf("challenger")).filter(([state]) => BY_CHALLENGER.includes(state)),
    ),
  ],
  ["a claim with two members left", { claimant: "tenant", partiesSeated: false, fewSeats: true }, FEW],
];

/**
 * In each of these states, at the last second of every window that is still to come and in the second in which it closes:
 * every action of everybody, compared with the model. See `pathModel.ts` and `paths.ts`.
 */
describe("Disputes: every action of everybody at every edge (INV-DSP-1, INV-DSP-3, ATK-DSP-5)", () => {
  for (const [name, variant, paths] of CASES) {
    describe(name, () => {
      for (const [state, steps] of Object.entries(paths)) {
        it(`${state}: allows, refuses and holds what the manual says`, async () => {
          expect(await differences(await enter(variant, steps))).to.deep.equal([]);
        });
      }
    });
  }
});
