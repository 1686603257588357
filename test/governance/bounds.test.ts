import { expect } from "chai";
import { type ContractTransaction, ZeroAddress } from "ethers";

import {
  carryEach,
  carryOut,
  type Governed,
  governedFixture,
  ProposalState,
  SUPPLY,
  VOTING_DELAY,
} from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, DEFAULT_RULES, DEFAULT_TERMS, DEFAULT_WEIGHTS, HOUR, MINUTE } from "../helpers/parameters";

describe("Parameters beyond their bounds, through proposals that passed (ATK-GOV-5)", () => {
  const terms = async ({ timelock }: Governed, changes: Partial<typeof DEFAULT_TERMS & { treasury: string }>) => ({
    treasury: await timelock.getAddress(),
    ...DEFAULT_TERMS,
    ...changes,
  });
  const rules = async (
    { timelock }: Governed,
    changes: Partial<typeof DEFAULT_RULES & { treasury: string; appealAuthority: string }>,
  ) => {
    const treasury = await timelock.getAddress();
    return { appealAuthority: treasury, treasury, ...DEFAULT_RULES, ...changes };
  };
  const published = (changes: Parameters<typeof terms>[1]) => async (f: Governed) =>
    f.market.publishTerms.populateTransaction(await terms(f, changes), DEFAULT_WEIGHTS);
  const ruled = (changes: Parameters<typeof rules>[1]) => async (f: Governed) =>
    f.disputes.publishRules.populateTransaction(await rules(f, changes));

  const term = (name: keyof typeof DEFAULT_TERMS, value: number | bigint, least: number, most: number) => ({
    call: published({ [name]: value }),
    contract: "market" as const,
    error: "MarketParameterOutOfBounds",
    args: [name, value, least, most],
  });
  const fraction = (name: string, value: bigint) => ({
    call: ruled({ [name]: value }),
    contract: "disputes" as const,
    error: "DisputesRuleOutOfBounds",
    args: [name, value, 100, 10_000],
  });
  const unbonding = (value: number) => ({
    call: ({ staking }: Governed) => staking.setUnbondingDelay.populateTransaction(value),
    contract: "staking" as const,
    error: "StakingDelayOutOfBounds",
    args: [value, 10 * DAY, 60 * DAY],
  });
  const timelockDelay = (value: number) => ({
    call: ({ timelock }: Governed) => timelock.updateDelay.populateTransaction(value),
    contract: "timelock" as const,
    error: "TimelockDelayOutOfBounds",
    args: [value, 2 * DAY, 4 * DAY],
  });
  /** One step beyond each bound there is outside the governor. */
  const BEYOND: readonly {
    call: (f: Governed) => Promise<ContractTransaction>;
    contract: "market" | "disputes" | "staking" | "timelock" | "council";
    error: string;
    args: readonly (string | number | bigint)[];
  }[] = [
    term("feeBps", 1_001n, 0, 1_000),
    term("toleranceBps", 1_001n, 0, 1_000),
    term("noShowBps", 2_501n, 0, 2_500),
    term("noticePeriod", HOUR - 1, HOUR, 30 * DAY),
    term("noticePeriod", 30 * DAY + 1, HOUR, 30 * DAY),
    term("activationWindow", 5 * MINUTE - 1, 5 * MINUTE, DAY),
    term("activationWindow", DAY + 1, 5 * MINUTE, DAY),
    term("creditPeriod", DAY - 1, DAY, 365 * DAY),
    term("creditPeriod", 365 * DAY + 1, DAY, 365 * DAY),
    {
      call: published({ treasury: ZeroAddress }),
      contract: "market",
      error: "MarketInvalidTreasury",
      args: [ZeroAddress],
    },
    {
      call: ({ market, usd6 }) => market.listToken.populateTransaction(usd6, 10n, 11n),
      contract: "market",
      error: "MarketParameterOutOfBounds",
      args: ["bounty", 11n, 0, 10n],
    },
    unbonding(10 * DAY - 1),
    unbonding(60 * DAY + 1),
    unbonding(0),
    unbonding(2 ** 32 - 1),
    timelockDelay(2 * DAY - 1),
    timelockDelay(4 * DAY + 1),
    fraction("unservedBps", 99n),
    fraction("unservedBps", 10_001n),
    fraction("shortOfTermsBps", 99n),
    fraction("shortOfTermsBps", 10_001n),
    fraction("dataLostBps", 99n),
    fraction("dataLostBps", 10_001n),
    fraction("dataExposedBps", 99n),
    fraction("dataExposedBps", 10_001n),
    {
      call: ruled({ bondFloor: 10_000_000_001n }),
      contract: "disputes",
      error: "DisputesRuleOutOfBounds",
      args: ["bondFloor", 10_000_000_001n, 0, 10_000_000_000n],
    },
    {
      call: ruled({ filingFee: DEFAULT_RULES.bondFloor + 1n }),
      contract: "disputes",
      error: "DisputesRuleOutOfBounds",
      args: ["filingFee", DEFAULT_RULES.bondFloor + 1n, 0, DEFAULT_RULES.bondFloor],
    },
    {
      call: ruled({ treasury: ZeroAddress }),
      contract: "disputes",
      error: "DisputesInvalidTreasury",
      args: [ZeroAddress],
    },
    { call: ruled({ appealAuthority: ZeroAddress }), contract: "disputes", error: "DisputesZeroAddress", args: [] },
    {
      call: ({ council }) => council.seat.populateTransaction(ZeroAddress),
      contract: "council",
      error: "CouncilZeroMember",
      args: [],
    },
  ];

  it("reverts each of them with its own error, and a good change with it (INV-GOV-2, ATK-STK-2)", async () => {
    const f = await loadFixture(governedFixture);
    const good = () => f.market.listToken.populateTransaction(f.stranger, 100n, 10n);
    const ids = await carryEach(
      f,
      BEYOND.map(({ call }) => [good(), call(f)]),
    );
    for (const [index, { contract, error, args }] of BEYOND.entries()) {
      await expect(carryOut(f, ids[index]!), error)
        .to.be.revertedWithCustomError(f[contract], error)
        .withArgs(...args);
    }
    expect((await f.market.tokenTermsOf(f.stranger)).number).to.equal(0n);
  });

  it("reverts all at once as a whole, settings of the governor included (INV-GOV-2)", async () => {
    const f = await loadFixture(governedFixture);
    const good = [
      f.market.listToken.populateTransaction(f.stranger, 100n, 10n),
      published({ feeBps: 100n })(f),
      f.governor.setVotingDelay.populateTransaction(0),
    ];
    const bad = [
      f.governor.setVotingDelay.populateTransaction(2 * DAY + 1),
      f.governor.setVotingPeriod.populateTransaction(7 * DAY + 1),
      f.governor.setProposalThreshold.populateTransaction(SUPPLY / 100n + 1n),
      f.governor.updateQuorumNumerator.populateTransaction(21),
      f.governor.setLateQuorumVoteExtension.populateTransaction(2 * DAY + 1),
    ];
    const [everything] = await carryEach(f, [[...good, ...BEYOND.map(({ call }) => call(f)), ...bad]]);
    await expect(carryOut(f, everything!))
      .to.be.revertedWithCustomError(f.market, "MarketParameterOutOfBounds")
      .withArgs("feeBps", 1_001n, 0, 1_000);
    expect(await f.market.currentTermsVersion()).to.equal(2n);
    expect(await f.governor.votingDelay()).to.equal(VOTING_DELAY);
    expect(await f.governor.state(everything!)).to.equal(ProposalState.Queued);
  });
});
