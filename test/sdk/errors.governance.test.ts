import { expect } from "chai";
import { type ErrorFragment, Interface } from "ethers";

import { explainRevert } from "../../sdk/errors";
import { disputeIdOf } from "../../sdk/ids";

const YOU = "0x1111111111111111111111111111111111111111";
const OTHER = "0x2222222222222222222222222222222222222222";
const ZERO = `0x${"0".repeat(40)}`;
const HOLD = 10n ** 18n;
const PROPOSAL = 123_456_789_012_345_678_901n;
const DISPUTE = disputeIdOf(30_064_771_084n, OTHER);
const bits = (value: number): string => `0x${value.toString(16).padStart(64, "0")}`;

function say(signature: string, ...values: unknown[]): string {
  const abi = new Interface([`error ${signature}`]);
  const data = abi.encodeErrorResult(abi.fragments[0] as ErrorFragment, values);
  return explainRevert(data, { account: YOU }).sentence;
}

describe("errors of governance", () => {
  for (const [signature, values, sentence] of [
    [
      "GovernorSettingOutOfBounds(string name, uint256 value, uint256 least, uint256 most)",
      ["votingPeriod", 86_400, 3 * 86_400, 7 * 86_400],
      "votingPeriod is to be 3d to 7d, not 1d",
    ],
    [
      "GovernorSettingOutOfBounds(string name, uint256 value, uint256 least, uint256 most)",
      ["proposalThreshold", HOLD, 100_000n * HOLD, 10_000_000n * HOLD],
      "proposalThreshold is to be 100,000.00 HOLD to 10,000,000.00 HOLD, not 1.00 HOLD",
    ],
    [
      "GovernorSettingOutOfBounds(string name, uint256 value, uint256 least, uint256 most)",
      ["quorumPercent", 21, 2, 20],
      "quorumPercent is to be 2 % to 20 %, not 21 %",
    ],
    [
      "GovernorUnexpectedProposalState(uint256 proposalId, uint8 current, bytes32 expectedStates)",
      [PROPOSAL, 3, bits(0b110000)],
      "proposal 123456...8901 is defeated; this needs one that is carried, not queued yet or queued",
    ],
    [
      "GovernorUnexpectedProposalState(uint256 proposalId, uint8 current, bytes32 expectedStates)",
      [7n, 0, bits(0)],
      "proposal 7 exists already, with the same calls and description: change the description to make another one",
    ],
    [
      "GovernorNotParty(uint256 disputeId, address caller)",
      [DISPUTE, YOU],
      `only the two sides of dispute 7-12/${OTHER} propose its decision without a threshold, not ${YOU} (you)`,
    ],
    [
      "GovernorAppealProposed(uint256 disputeId, address caller)",
      [DISPUTE, OTHER],
      `${OTHER} had the appeal of dispute 7-12/${OTHER} proposed already, which each side does once: see ` +
        "`leasehold proposals list`",
    ],
    [
      "GovernorNotAuthority(uint256 disputeId, address authority, address timelock)",
      [DISPUTE, OTHER, YOU],
      `the appeal of dispute 7-12/${OTHER} is decided by ${OTHER}, which it was filed under, not by ${YOU} (you): no ` +
        "proposal decides it",
    ],
    [
      "GovernorInsufficientProposerVotes(address proposer, uint256 votes, uint256 threshold)",
      [YOU, HOLD, 2n * HOLD],
      `${YOU} (you) had 1.00 HOLD of votes a second ago, proposing takes 2.00 HOLD: \`leasehold power\` says why`,
    ],
    [
      "TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)",
      [bits(7), bits(0b100)],
      `operation ${bits(7)} of the timelock is not ready yet, or not any more`,
    ],
    [
      "TimelockDelayOutOfBounds(uint256 delay, uint256 least, uint256 most)",
      [86_400, 2 * 86_400, 4 * 86_400],
      "the timelock's delay is to be 2d to 4d, not 1d",
    ],
    [
      "GuardianNotSeated(address guardian, address caller)",
      [OTHER, YOU],
      `only the guardian, ${OTHER}, pauses and resumes, not ${YOU} (you)`,
    ],
    [
      "GuardianNotSeated(address guardian, address caller)",
      [ZERO, YOU],
      "nobody is seated as guardian: governance seats one",
    ],
  ] as const) {
    it(`says ${signature.split("(")[0]} as "${sentence}"`, () => {
      expect(say(signature, ...values)).to.equal(sentence);
    });
  }
});
