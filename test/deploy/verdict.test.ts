import { expect } from "chai";
import { ZeroAddress, zeroPadValue } from "ethers";

import type { Facts } from "../../deploy/census/facts";
import type { Power } from "../../deploy/census/judging";
import { PUBLIC_ROLE, TIMELOCK_ROLES } from "../../deploy/census/names";
import { renderCensus, summaryOf } from "../../deploy/census/report";
import { failuresOf, judge, refusalsOf, type Verdict } from "../../deploy/census/verdict";
import { ROLES } from "../../sdk/roles";
import { at, deployer, type Draft, MAP, memberB, NOW, seated, soundFacts, stranger, usd, verdictAfter } from "./facts";

const names = { at, deployer };
const selectorOf = (name: string): string => MAP.find((line) => line.name === name)?.selector ?? "";

/** What a planted power adds to the verdict: nothing else may. */
function added({ powers }: Verdict): Power[] {
  const before = new Set(judge(soundFacts(), MAP).powers.map((power) => JSON.stringify(power)));
  return powers.filter((power) => !before.has(JSON.stringify(power)));
}

const contractOf = (facts: Draft<Facts>, name: string): Draft<Facts["contracts"][number]> => {
  const found = facts.contracts.find((contract) => contract.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

describe("the verdict of a census (ATK-GOV-7, INV-GOV-2)", () => {
  describe("on a deployment as it should be", () => {
    it("is sound, and every power is as deployed", () => {
      const verdict = judge(soundFacts(), MAP);
      expect(new Set(verdict.powers.map(({ standing }) => standing))).to.deep.equal(new Set(["as deployed"]));
      expect(failuresOf(verdict)).to.deep.equal([]);
      expect(verdict).to.include({
        sound: true,
        overEscrow: 0,
        ofDeployer: 0,
        ofStrangers: 0,
        notAsReviewed: 0,
        unreadable: 0,
      });
      expect(summaryOf(verdict, names)).to.contain(
        "0 powers over anyone's escrow, 0 powers left to the deployer, 0 powers of strangers",
      );
    });

    it("tells everybody's part once, by name", () => {
      const text = renderCensus(judge(soundFacts(), MAP), names);
      expect(text).to.match(new RegExp(`^role admin +timelock ${at.timelock} .* as deployed$`, "m"));
      expect(text).to.match(/^call market.pauseEntries +role guardian /m);
      expect(text).to.match(/^move what others have in escrow.* nobody +no owner\(\), no authority\(\)/m);
      expect(text.match(/rule on disputes/g)).to.have.lengthOf(2);
    });

    it("fits the terminal", () => {
      const widthIn = (columns?: number): number =>
        Math.max(
          ...renderCensus(judge(soundFacts(), MAP), names, columns)
            .split("\n")
            .map(({ length }) => length),
        );
      expect(widthIn()).to.be.greaterThan(200);
      for (const columns of [80, 99, 100, 120, 160]) expect(widthIn(columns)).to.be.at.most(columns);
    });
  });

  /** Each planted power, what it is called, who holds it. */
  const planted: readonly [title: string, plant: (facts: Draft<Facts>) => void, what: string, holder: string][] = [
    [
      "a stranger with a role",
      ({ manager }) =>
        manager.members.push({
          role: 42n,
          holder: stranger,
          since: 9n,
          delay: 0n,
          pending: undefined,
          origin: "deployment",
        }),
      "role 42",
      stranger,
    ],
    [
      "a stranger with a role and a delay, granted since",
      ({ manager }) =>
        manager.members.push({
          role: ROLES.admin,
          holder: stranger,
          since: 9n,
          delay: 3_600n,
          pending: undefined,
          origin: "elsewhere",
        }),
      "role admin, announced 3600 s before",
      stranger,
    ],
    [
      "the guardian role of another account",
      ({ manager }) =>
        manager.members.push({
          role: ROLES.guardian,
          holder: seated,
          since: 9n,
          delay: 0n,
          pending: undefined,
          origin: "deployment",
        }),
      "role guardian",
      seated,
    ],
    [
      "a function that everybody may call",
      ({ manager }) => {
        const line = manager.functions.find(({ selector }) => selector === selectorOf("pauseEntries"));
        Object.assign(line!, { role: PUBLIC_ROLE, origin: "elsewhere" });
      },
      "call market.pauseEntries",
      "anybody",
    ],
    [
      "a function of admin that the guardian got",
      ({ manager }) => {
        const line = manager.functions.find(({ selector }) => selector === selectorOf("listToken"));
        Object.assign(line!, { role: ROLES.guardian });
      },
      "call market.listToken",
      "role guardian",
    ],
    [
      "a function that the map does not list",
      ({ manager }) =>
        manager.functions.push({ target: at.market, selector: "0xdeadbeef", role: 7n, origin: "deployment" }),
      `call 0xdeadbeef of ${at.market}`,
      "role 7",
    ],
    [
      "a role that grants the guardian role",
      ({ manager }) => manager.admins.push({ role: ROLES.guardian, by: 42n, origin: "deployment" }),
      "grant role guardian",
      "role 42",
    ],
    [
      "a role that cancels what another one announced",
      ({ manager }) => manager.guardians.push({ role: ROLES.guardian, by: PUBLIC_ROLE, origin: "deployment" }),
      "cancel what is announced by role guardian",
      "anybody",
    ],
    [
      "a contract that asks another authority",
      (facts) => (contractOf(facts, "market").authority = { holder: stranger, origin: "elsewhere" }),
      "say who may call restricted functions of market",
      stranger,
    ],
    [
      "a managed contract that asks nobody",
      (facts) => (contractOf(facts, "council").authority = undefined),
      "say who may call restricted functions of council",
      "unknown",
    ],
    [
      "a proposer of the timelock",
      ({ timelock }) => timelock.members.push({ role: TIMELOCK_ROLES[1]!.id, holder: stranger, origin: "deployment" }),
      "timelock: proposer",
      stranger,
    ],
    [
      "an open executor of the timelock",
      ({ timelock }) =>
        timelock.members.push({ role: TIMELOCK_ROLES[3]!.id, holder: ZeroAddress, origin: "elsewhere" }),
      "timelock: executor",
      "anybody",
    ],
    [
      "an administrator of the timelock besides itself",
      ({ timelock }) => timelock.members.push({ role: TIMELOCK_ROLES[0]!.id, holder: stranger, origin: "deployment" }),
      "timelock: administrator",
      stranger,
    ],
    [
      "a role of the timelock that another role grants",
      ({ timelock }) =>
        timelock.admins.push({ role: TIMELOCK_ROLES[1]!.id, by: TIMELOCK_ROLES[3]!.id, origin: "elsewhere" }),
      "timelock: grant proposer",
      "timelock role executor",
    ],
    ["votes of another token", ({ governor }) => (governor.token = stranger), "vote on proposals", stranger],
    ["another timelock", ({ governor }) => (governor.timelock = stranger), "execute proposals", stranger],
    [
      "another tribunal",
      ({ governor }) => governor.tribunals.push({ holder: stranger, origin: "deployment" }),
      "have appeals proposed without a threshold",
      stranger,
    ],
    [
      "a guardian who was seated past the timelock",
      ({ guardian }) => Object.assign(guardian, { holder: stranger, origin: "elsewhere" }),
      "pause new leases and offers once",
      stranger,
    ],
    [
      "a founding member whom the network file does not name",
      ({ council }) => council.push({ holder: stranger, origin: "deployment" }),
      "rule on disputes, as one of the council",
      stranger,
    ],
    [
      "a member who was seated past the timelock",
      ({ council }) => council.push({ holder: stranger, origin: "elsewhere" }),
      "rule on disputes, as one of the council",
      stranger,
    ],
    ["another judge of appeals", ({ rules }) => (rules.appealAuthority = stranger), "decide appeals", stranger],
    [
      "another treasury of disputes",
      ({ rules }) => (rules.treasury = stranger),
      "receive fees and penalties of disputes",
      stranger,
    ],
    [
      "another treasury of leases",
      ({ terms }) => (terms.treasury = stranger),
      "receive fees and penalties of leases",
      stranger,
    ],
    ["an owner", (facts) => (contractOf(facts, "lens").owner = stranger), "own lens", stranger],
    [
      "an EIP-1967 slot that is not empty",
      (facts) => contractOf(facts, "market").slots.push({ name: "implementation", value: zeroPadValue(stranger, 32) }),
      "be the implementation of market",
      stranger,
    ],
    [
      "other code than the address book records",
      (facts) => (contractOf(facts, "staking").asRecorded = false),
      "wrote the code of staking",
      "unknown",
    ],
  ];
  describe("fails, naming what and who, for", () => {
    for (const [title, plant, what, holder] of planted) {
      it(title, () => {
        const verdict = verdictAfter(plant);
        const failures = failuresOf(verdict);
        expect(failures.map((power) => [power.what, power.holder, power.standing])).to.deep.equal([
          [what, holder, "stranger"],
        ]);
        expect(verdict).to.include({ sound: false, ofStrangers: 1, ofDeployer: 0, overEscrow: 0 });
        expect(summaryOf(verdict, names)).to.contain("1 power of strangers").and.to.contain("THE CENSUS FAILS");
      });
    }

    it("a deployer who keeps admin, a seat and a role of the timelock, however it came to them", () => {
      const verdict = verdictAfter(({ manager, council, timelock }) => {
        manager.members.push({
          role: ROLES.admin,
          holder: deployer,
          since: 1n,
          delay: 0n,
          pending: undefined,
          origin: "deployment",
        });
        council.push({ holder: deployer, origin: "timelock" });
        timelock.members.push({ role: TIMELOCK_ROLES[2]!.id, holder: deployer, origin: "timelock" });
      });
      expect(added(verdict).map(({ what, standing }) => [what, standing])).to.deep.equal([
        ["role admin", "deployer"],
        ["timelock: canceller", "deployer"],
        ["rule on disputes, as one of the council", "deployer"],
      ]);
      expect(verdict).to.include({ sound: false, ofDeployer: 3, ofStrangers: 0 });
      expect(summaryOf(verdict, names)).to.contain("3 powers left to the deployer");
      expect(summaryOf(verdict, names)).to.contain(`deployer ${deployer}: role admin (deployer)`);
    });

    for (const [title, plant] of [
      ["an owner of the escrow", (facts) => (contractOf(facts, "escrow").owner = stranger)],
      [
        "an authority of the escrow, even the right one",
        (facts) => (contractOf(facts, "escrow").authority = { holder: at.accessManager, origin: "timelock" }),
      ],
      [
        "an implementation behind the escrow",
        (facts) =>
          contractOf(facts, "escrow").slots.push({ name: "implementation", value: zeroPadValue(stranger, 32) }),
      ],
      ["other code at the escrow's address", (facts) => (contractOf(facts, "escrow").asRecorded = false)],
    ] as const satisfies [string, (facts: Draft<Facts>) => unknown][]) {
      it(title, () => {
        const verdict = verdictAfter(plant);
        expect(verdict).to.include({ sound: false, overEscrow: 1 });
        expect(verdict.powers.some(({ what }) => what.startsWith("move what others have in escrow"))).to.equal(false);
        expect(summaryOf(verdict, names)).to.contain("1 power over anyone's escrow");
      });
    }

    it("a finding that could not be read", () => {
      const verdict = verdictAfter(({ unread }) => unread.push({ what: "the council", why: "the node is gone" }));
      expect(verdict).to.include({ sound: false, unreadable: 1, ofStrangers: 0 });
      expect(summaryOf(verdict, names)).to.contain("the council (unreadable: the node is gone)");
    });
  });

  it("does not demand of a deployer to have stepped down before it hands over", () => {
    const verdict = verdictAfter((facts) => {
      facts.handedOver = false;
      facts.manager.members[0]!.holder = deployer;
      facts.manager.absent.push({ role: ROLES.admin, holder: at.timelock, origin: "deployment" });
    });
    expect(failuresOf(verdict).map(({ what, standing }) => [what, standing])).to.deep.equal([
      ["role admin", "deployer"],
    ]);
    expect(refusalsOf(verdict)).to.deep.equal([]);
  });

  describe("passes, and says that governance changed it, for", () => {
    for (const [title, plant] of [
      [
        "a new holder of a role",
        ({ manager }) =>
          manager.members.push({
            role: 42n,
            holder: stranger,
            since: 9n,
            delay: 0n,
            pending: undefined,
            origin: "timelock",
          }),
      ],
      ["a new member of the council", ({ council }) => council.push({ holder: stranger, origin: "timelock" })],
      [
        "a guardian who was seated again",
        ({ guardian }) => Object.assign(guardian, { holder: stranger, origin: "timelock", used: true }),
      ],
      ["another treasury", ({ terms }) => Object.assign(terms, { treasury: stranger, origin: "timelock" })],
      ["another tribunal", ({ governor }) => governor.tribunals.push({ holder: stranger, origin: "timelock" })],
      [
        "a setting within its bounds",
        ({ settings }) => {
          const quorum = settings.find(({ key }) => key === "quorum");
          Object.assign(quorum!, { value: 20n, origin: "timelock" });
        },
      ],
      [
        "other terms",
        ({ published }) => {
          const values = { ...published.terms[0]!.values, fee: 100n };
          published.terms.push({ version: 2n, values, origin: "timelock" });
        },
      ],
      [
        "a member who was unseated",
        ({ council, seats }) => {
          council.pop();
          seats.push({ member: memberB, seated: false, origin: "timelock" });
        },
      ],
      [
        "a delay of the timelock's role",
        ({ manager }) => Object.assign(manager.members[0]!, { delay: 60n, origin: "timelock" }),
      ],
      ["a token that was taken off the list", ({ delistings }) => delistings.push({ token: usd, origin: "timelock" })],
      ["a contract that was closed", ({ manager }) => manager.closed.push({ target: at.market, origin: "timelock" })],
    ] as const satisfies [string, (facts: Draft<Facts>) => unknown][]) {
      it(title, () => {
        const verdict = verdictAfter(plant);
        expect(added(verdict).map(({ standing }) => standing)).to.deep.equal(["changed by governance"]);
        expect(verdict).to.include({ sound: true, changedByGovernance: 1 });
      });
    }
  });

  it("takes what users allow, what waits and who holds HOLD for information, not for power (INV-GOV-4)", () => {
    const verdict = verdictAfter((facts) => {
      facts.modules.push({ holder: at.market, accounts: 3 }, { holder: stranger, accounts: 1 });
      facts.lockers.push({ holder: at.staking, accounts: 2 });
      facts.pause = { until: NOW + 1n, origin: "elsewhere", byGuardian: true };
      facts.votesOfDeployer = 10n ** 18n;
      facts.timelock.pending.push({ operation: "0x01", readyAt: 1_800_000_000n, origin: "elsewhere" });
      facts.manager.scheduled.push({ operation: "0x02", caller: stranger, target: at.market, origin: "elsewhere" });
    });
    expect(added(verdict).map(({ what, holder, standing }) => [what, holder, standing])).to.deep.equal(
      [
        [`announced a call of ${at.market} (0x02)`, stranger],
        ["operation 0x01 can be executed from 2027-01-15 08:00:00 UTC on", at.governor],
        ["new leases and offers are paused until 2025-06-15 15:06:41 UTC", seated],
        ["hold escrowed money of 3 accounts, up to what each approved", at.market],
        ["hold escrowed money of 1 account, up to what each approved, by their own choice", stranger],
        ["hold locked HOLD of 2 accounts, out of what each allowed", at.staking],
        ["1.0 votes, as any holder of HOLD", deployer],
      ].map((line) => [...line, "information"]),
    );
    expect(verdict.sound).to.equal(true);
  });
});
