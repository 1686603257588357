import { expect } from "chai";
import { ZeroAddress } from "ethers";

import {
  type PowerFacts,
  type SnapshotFacts,
  whyPowerless,
  whyPowerlessAt,
  whyTooFresh,
} from "../../../sdk/governance/power";
import { shortfall, turnout } from "../../../sdk/governance/proposals";
import { formatInstant } from "../../../sdk/units";

const YOU = "0x1111111111111111111111111111111111111111";
const OTHER = "0x2222222222222222222222222222222222222222";
const HOLD = 10n ** 18n;
const NOW = 1_800_000_000;

const facts = (change: Partial<PowerFacts> = {}): PowerFacts => ({
  account: YOU,
  isTreasury: false,
  balance: 5n * HOLD,
  delegate: ZeroAddress,
  votes: 0n,
  votesSince: 0,
  now: NOW,
  ...change,
});
const at = (change: Partial<SnapshotFacts> = {}): SnapshotFacts => ({
  snapshot: NOW - 100,
  votes: 0n,
  delegate: ZeroAddress,
  firstVotesAfter: 0,
  delegatedAt: 0,
  ...change,
});

const taken = `after the votes of this proposal were counted, at ${formatInstant(NOW - 100)}`;
const late = `; that is for the next proposal: this one's votes were counted at ${formatInstant(NOW - 100)}`;
const toNobody = "its 5.00 HOLD are delegated to nobody: run `leasehold delegate self`";
const voting = facts({ votes: 5n * HOLD, delegate: YOU, votesSince: NOW - 10 });

describe("why there are no votes", () => {
  for (const [what, given, why] of [
    ["nothing where there are votes", voting, ""],
    ["that nothing is delegated", facts(), toNobody],
    ["that there is no HOLD", facts({ balance: 0n }), "it has no HOLD, and nobody delegates to it"],
    [
      "that another account has them",
      facts({ delegate: OTHER }),
      `its 5.00 HOLD vote through ${OTHER}, to which they are delegated: run \`leasehold delegate self\` to vote with them yourself`,
    ],
    ["that it is the treasury", facts({ isTreasury: true }), "it is the treasury, whose HOLD never votes"],
  ] as const) {
    it(`says ${what}, now`, () => expect(whyPowerless(given)).to.equal(why));
  }

  for (const [what, given, then, why] of [
    ["nothing where there were votes", facts(), at({ votes: 1n }), ""],
    ["nothing while they are still counted", voting, at({ snapshot: NOW }), ""],
    [
      "what to do while they are not counted yet",
      facts(),
      at({ snapshot: NOW + 50 }),
      `${toNobody}, until ${formatInstant(NOW + 50)}, when the votes of this proposal are counted`,
    ],
    [
      "that the delegation came later",
      voting,
      at({ delegatedAt: NOW - 10, firstVotesAfter: NOW - 10 }),
      `it delegated to itself at ${formatInstant(NOW - 10)}, ${taken}: the next proposal counts it`,
    ],
    [
      "that the HOLD came later",
      voting,
      at({ delegate: YOU, firstVotesAfter: NOW - 10 }),
      `its votes came at ${formatInstant(NOW - 10)}, ${taken}: the next proposal counts them`,
    ],
    [
      "that they were another's then",
      facts({ delegate: OTHER }),
      at({ delegate: OTHER }),
      `its HOLD was delegated to ${OTHER} when the votes of this proposal were counted, at ${formatInstant(NOW - 100)}`,
    ],
    ["that nothing is delegated to this day", facts(), at(), `${toNobody}${late}`],
    ["that there is no HOLD", facts({ balance: 0n }), at(), `it has no HOLD, and nobody delegates to it${late}`],
    ["that it is the treasury", facts({ isTreasury: true }), at(), "it is the treasury, whose HOLD never votes"],
  ] as const) {
    it(`says ${what}, for a proposal`, () => expect(whyPowerlessAt(given, then)).to.equal(why));
  }

  it("says that votes of the latest second do not count for a proposal of the next block", () => {
    expect(whyTooFresh({ ...voting, votesSince: NOW })).to.equal(
      `they came in the latest second, ${formatInstant(NOW)}: they count from the next one on`,
    );
    expect(whyTooFresh(voting)).to.equal("");
    expect(whyTooFresh(facts())).to.equal("");
  });
});

describe("how a vote stands", () => {
  const hold = (wei: bigint): string => `${wei} wei`;
  const tally = { forVotes: 30n, againstVotes: 10n, abstainVotes: 10n, quorum: 40n };

  it("counts votes for and abstaining for the quorum", () => {
    expect(turnout(tally)).to.equal(40n);
    expect(shortfall(tally, hold)).to.equal("");
    expect(shortfall({ ...tally, quorum: 41n }, hold)).to.equal("1 wei short of the quorum");
  });

  it("needs more votes for than against: a tie is defeated", () => {
    expect(shortfall({ ...tally, againstVotes: 30n }, hold)).to.equal("not more votes for it than against it");
    expect(shortfall({ ...tally, againstVotes: 30n, quorum: 50n }, hold)).to.equal(
      "10 wei short of the quorum, and not more votes for it than against it",
    );
  });
});
