import { expect } from "chai";
import { type ErrorFragment, Interface } from "ethers";

import { DISPUTE_PHASES, OUTCOMES } from "../../sdk/disputes";
import { explainRevert, knownErrors } from "../../sdk/errors";
import { disputeIdOf, formatDisputeId, leaseIdOf } from "../../sdk/ids";

const YOU = "0x1111111111111111111111111111111111111111";
const CLAIMANT = "0x2222222222222222222222222222222222222222";
const PROVIDER = "0x3333333333333333333333333333333333333333";
const MODULE = "0x4444444444444444444444444444444444444444";
const ZERO = `0x${"0".repeat(40)}`;
const HOLD = 10n ** 18n;
const LEASE = leaseIdOf(7n, 12);
const DISPUTE = disputeIdOf(LEASE, CLAIMANT);
const ID = formatDisputeId(DISPUTE);
const phase = (name: (typeof DISPUTE_PHASES)[number]): number => DISPUTE_PHASES.indexOf(name);
const outcome = (name: (typeof OUTCOMES)[number]): number => OUTCOMES.indexOf(name);

/** What a person reads of the error with this name. */
function say(name: string, ...values: unknown[]): string {
  const signature = knownErrors().find((known) => known.startsWith(`${name}(`));
  const abi = new Interface([`error ${signature}`]);
  const data = abi.encodeErrorResult(abi.fragments[0] as ErrorFragment, values);
  return explainRevert(data, { account: YOU, names: new Map([[MODULE, "the contract of disputes"]]) }).sentence;
}

describe("errors of disputes", () => {
  for (const [name, values, sentence] of [
    [
      "DisputesWrongPhase",
      [DISPUTE, phase("Executed")],
      `dispute ${ID} is executed, and this belongs to another phase: \`leasehold dispute list\` says what can be done`,
    ],
    [
      "DisputesWrongPhase",
      [DISPUTE, phase("Filed")],
      `dispute ${ID} was just filed, or never: \`leasehold dispute list\` says what can be done`,
    ],
    [
      "DisputesTooEarly",
      [DISPUTE, 900, 300],
      `dispute ${ID} can be executed from 1970-01-01 00:15:00 UTC on, in 10m: until then what stands may still change`,
    ],
    [
      "DisputesTooLate",
      [DISPUTE, 300, 900],
      `in dispute ${ID} this could be done until 1970-01-01 00:05:00 UTC, 10m ago: \`leasehold dispute list\` says what ` +
        "can be done",
    ],
    [
      "DisputesNotParty",
      [DISPUTE, CLAIMANT, YOU],
      `only the claimant of dispute ${ID}, ${CLAIMANT}, may do this, not ${YOU} (you)`,
    ],
    [
      "DisputesNotParty",
      [DISPUTE, PROVIDER, YOU],
      `only the provider of dispute ${ID}, ${PROVIDER}, may do this, not ${YOU} (you)`,
    ],
    ["DisputesNotParty", [DISPUTE, ZERO, YOU], `dispute ${ID} does not exist`],
    [
      "DisputesNothingToAppeal",
      [DISPUTE, outcome("Upheld"), CLAIMANT],
      `dispute ${ID} is upheld, which only its provider may appeal, not ${CLAIMANT}`,
    ],
    [
      "DisputesNothingToAppeal",
      [DISPUTE, outcome("Failed"), YOU],
      `dispute ${ID} failed, which only its claimant and its provider may appeal, not ${YOU} (you)`,
    ],
    [
      "DisputesNothingToAppeal",
      [DISPUTE, outcome("Rejected"), PROVIDER],
      `dispute ${ID} is rejected, which only its claimant may appeal, not ${PROVIDER}`,
    ],
    ["DisputesNotSeated", [DISPUTE, YOU, 0, 300], `${YOU} (you) has no seat on the council`],
    [
      "DisputesNotSeated",
      [DISPUTE, YOU, 300, 300],
      `${YOU} (you) sits on the council since 1970-01-01 00:05:00 UTC, and dispute ${ID} was filed at 1970-01-01 ` +
        "00:05:00 UTC: members seated before that rule on it",
    ],
    ["DisputesNotAuthority", [DISPUTE, ZERO, YOU], `dispute ${ID} does not exist, so there is no appeal to decide`],
    [
      "DisputesNotAuthority",
      [DISPUTE, PROVIDER, YOU],
      `the appeal of dispute ${ID} is decided by ${PROVIDER}, not by ${YOU} (you)`,
    ],
    ["DisputesRuleOutOfBounds", ["unservedBps", 99, 100, 10_000], "unservedBps is to be 1 % to 100 %, not 0.99 %"],
    [
      "DisputesRuleOutOfBounds",
      ["filingFee", 2_000_001, 0, 2_000_000],
      "filingFee is to be 0.00 HOLD to 2.00 HOLD, not 2.000001 HOLD",
    ],
    [
      "MarketNotSlasher",
      [LEASE, ZERO, MODULE],
      "lease 7-12 does not exist, or its offer names no contract of disputes: no fault of it can be claimed",
    ],
    [
      "MarketNotSlasher",
      [LEASE, PROVIDER, MODULE],
      `faults of lease 7-12 are claimed at ${PROVIDER}, which its offer names, not at the contract of disputes`,
    ],
    [
      "MarketFaultOutOfBounds",
      [LEASE, 60, 300, 900],
      "a fault of lease 7-12 began at 1970-01-01 00:05:00 UTC or later, and before 1970-01-01 00:15:00 UTC, not at " +
        "1970-01-01 00:01:00 UTC",
    ],
    [
      "DisputesBondShort",
      [YOU, HOLD, 3n * HOLD],
      `${YOU} (you) has 1.00 HOLD of free bond with the contract of disputes, 3.00 HOLD are needed: run ` +
        "`leasehold provider move-bond`, or leave --from-bond out",
    ],
    [
      "DisputesInvalidRecipient",
      [MODULE],
      "the contract of disputes cannot receive a share of a fee: it could never leave again",
    ],
    [
      "MarketClaimOpen",
      [LEASE, YOU],
      `${YOU} (you) has a claim on lease 7-12 that is open: it files another one once that has ended`,
    ],
    ["CouncilFull", [99], "all 99 seats of the council are taken: unseat somebody first"],
  ] as const) {
    it(`say ${name} as "${sentence}"`, () => {
      expect(say(name, ...values)).to.equal(sentence);
    });
  }
});
