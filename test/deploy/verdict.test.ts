import { expect } from "chai";
import { toBeHex, ZeroAddress, zeroPadValue } from "ethers";

import type { Facts } from "../../deploy/census/facts";
import { PUBLIC_ROLE, TIMELOCK_ROLES } from "../../deploy/census/names";
import { renderCensus, summaryOf } from "../../deploy/census/report";
import { failuresOf, judge, type MappedFunction, type Power, type Verdict } from "../../deploy/census/verdict";
import type { Addresses } from "../../deploy/plan";
import { restrictedFunctions, RESTRICTED_FUNCTIONS } from "../../deploy/roles";
import { CONTRACT_NAMES } from "../../sdk/addressBook";
import { HOLD_SUPPLY } from "../../sdk/governance/settings";
import { ROLES } from "../../sdk/roles";

const account = (number: number): string => toBeHex(BigInt(number) << 8n, 20);
const at = Object.fromEntries(CONTRACT_NAMES.map((name, index) => [name, account(index + 1)])) as Addresses;
const [deployer, stranger, seated, memberA, memberB] = [900, 901, 902, 903, 904].map(account) as [
  string,
  string,
  string,
  string,
  string,
];
const names = { at, deployer };
const MAP: MappedFunction[] = restrictedFunctions().map((line, index) => ({
  ...line,
  selector: toBeHex(index + 1, 4),
}));
const selectorOf = (name: string): string => MAP.find((line) => line.name === name)?.selector ?? "";

type Draft<T> = T extends readonly (infer Element)[]
  ? Draft<Element>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Draft<T[Key]> }
    : T;

/** What a census finds right after a deployment. */
function soundFacts(): Draft<Facts> {
  const origin = "deployment" as const;
  const day = 86_400n;
  return {
    at: { ...at },
    deployer,
    foundingMembers: [memberA, memberB],
    manager: {
      members: [
        { role: ROLES.admin, holder: at.timelock, since: 1n, delay: 0n, origin },
        { role: ROLES.guardian, holder: at.guardian, since: 1n, delay: 0n, origin },
      ],
      admins: [],
      guardians: [],
      functions: MAP.map(({ contract, selector, role }) => ({
        target: at[contract],
        selector,
        role: ROLES[role],
        origin,
      })),
      closed: [],
      delays: [],
      scheduled: [],
    },
    timelock: {
      members: TIMELOCK_ROLES.flatMap(({ id, holders }) =>
        holders.map((name) => ({ role: id, holder: at[name], origin })),
      ),
      admins: [],
      pending: [],
    },
    governor: { token: at.hold, timelock: at.timelock, tribunals: [{ holder: at.disputes, origin }] },
    settings: [
      { key: "quorum", value: 4n, deployed: 4n, least: 2n, most: 20n },
      { key: "timelockDelay", value: 2n * day, deployed: 2n * day, least: 2n * day, most: 4n * day },
      {
        key: "threshold",
        value: HOLD_SUPPLY / 1_000n,
        deployed: HOLD_SUPPLY / 1_000n,
        least: HOLD_SUPPLY / 10_000n,
        most: HOLD_SUPPLY / 100n,
      },
    ],
    guardian: { holder: seated, origin, used: false },
    council: [memberA, memberB].map((holder) => ({ holder, origin })),
    rules: { version: 1n, appealAuthority: at.timelock, treasury: at.timelock, origin },
    terms: { version: 1n, treasury: at.timelock, origin },
    contracts: CONTRACT_NAMES.map((name) => ({
      name,
      address: at[name],
      asRecorded: true,
      owner: undefined,
      authority: name in RESTRICTED_FUNCTIONS ? { holder: at.accessManager, origin } : undefined,
      slots: [],
    })),
    modules: [],
    lockers: [],
    votesOfDeployer: 0n,
    unread: [],
  };
}

/** The verdict on a sound deployment in which something was planted. */
function after(plant: (facts: Draft<Facts>) => void): Verdict {
  const facts = soundFacts();
  plant(facts);
  return judge(facts, MAP);
}

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
      expect(verdict).to.include({ sound: true, overEscrow: 0, ofDeployer: 0, ofStrangers: 0, unreadable: 0 });
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
  });

  /** Each planted power, what it is called, who holds it. */
  const planted: readonly [title: string, plant: (facts: Draft<Facts>) => void, what: string, holder: string][] = [
    [
      "a stranger with a role",
      ({ manager }) =>
        manager.members.push({ role: 42n, holder: stranger, since: 9n, delay: 0n, origin: "deployment" }),
      "role 42",
      stranger,
    ],
    [
      "a stranger with a role and a delay, granted since",
      ({ manager }) =>
        manager.members.push({ role: ROLES.admin, holder: stranger, since: 9n, delay: 3_600n, origin: "elsewhere" }),
      "role admin, announced 3600 s before",
      stranger,
    ],
    [
      "the guardian role of another account",
      ({ manager }) =>
        manager.members.push({ role: ROLES.guardian, holder: seated, since: 9n, delay: 0n, origin: "deployment" }),
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
      "a contract that was closed",
      ({ manager }) => manager.closed.push({ target: at.market, origin: "elsewhere" }),
      `call restricted functions of ${at.market}: it is closed`,
      "nobody",
    ],
    [
      "a contract whose rules change late",
      ({ manager }) => manager.delays.push({ target: at.market, seconds: 60n, origin: "elsewhere" }),
      `change who may call ${at.market}, 60 s before it counts`,
      "role admin",
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
      "a setting beyond its bounds",
      ({ settings }) => (settings[0]!.value = 1n),
      "set the quorum, now 1 %, between 2 % and 20 %",
      "whoever passed its bounds",
    ],
    [
      "a guardian who was seated past the timelock",
      (facts) => (facts.guardian = { holder: stranger, origin: "elsewhere", used: false }),
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
        const verdict = after(plant);
        const failures = failuresOf(verdict);
        expect(failures.map((power) => [power.what, power.holder, power.standing])).to.deep.equal([
          [what, holder, "stranger"],
        ]);
        expect(verdict).to.include({ sound: false, ofStrangers: 1, ofDeployer: 0, overEscrow: 0 });
        expect(summaryOf(verdict, names)).to.contain("1 power of strangers").and.to.contain("THE CENSUS FAILS");
      });
    }

    it("a deployer who keeps admin, a seat and a role of the timelock, however it came to them", () => {
      const verdict = after(({ manager, council, timelock }) => {
        manager.members.push({ role: ROLES.admin, holder: deployer, since: 1n, delay: 0n, origin: "deployment" });
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
        const verdict = after(plant);
        expect(verdict).to.include({ sound: false, overEscrow: 1 });
        expect(verdict.powers.some(({ what }) => what.startsWith("move what others have in escrow"))).to.equal(false);
        expect(summaryOf(verdict, names)).to.contain("1 power over anyone's escrow");
      });
    }

    it("a finding that could not be read", () => {
      const verdict = after(({ unread }) => unread.push({ what: "the council", why: "the node is gone" }));
      expect(verdict).to.include({ sound: false, unreadable: 1, ofStrangers: 0 });
      expect(summaryOf(verdict, names)).to.contain("the council (unreadable: the node is gone)");
    });
  });

  describe("passes, and says that governance changed it, for", () => {
    for (const [title, plant] of [
      [
        "a new holder of a role",
        ({ manager }) =>
          manager.members.push({ role: 42n, holder: stranger, since: 9n, delay: 0n, origin: "timelock" }),
      ],
      ["a new member of the council", ({ council }) => council.push({ holder: stranger, origin: "timelock" })],
      [
        "a guardian who was seated again",
        (facts) => (facts.guardian = { holder: stranger, origin: "timelock", used: true }),
      ],
      ["another treasury", ({ terms }) => Object.assign(terms, { treasury: stranger, origin: "timelock" })],
      ["another tribunal", ({ governor }) => governor.tribunals.push({ holder: stranger, origin: "timelock" })],
      ["a setting within its bounds", ({ settings }) => (settings[0]!.value = 20n)],
      ["a contract that was closed", ({ manager }) => manager.closed.push({ target: at.market, origin: "timelock" })],
    ] as const satisfies [string, (facts: Draft<Facts>) => unknown][]) {
      it(title, () => {
        const verdict = after(plant);
        expect(added(verdict).map(({ standing }) => standing)).to.deep.equal(["changed by governance"]);
        expect(verdict).to.include({ sound: true, changedByGovernance: 1 });
      });
    }
  });

  it("takes what users allow, what waits and who holds HOLD for information, not for power (INV-GOV-4)", () => {
    const verdict = after((facts) => {
      facts.modules.push({ holder: at.market, accounts: 3 }, { holder: stranger, accounts: 1 });
      facts.lockers.push({ holder: at.staking, accounts: 2 });
      facts.votesOfDeployer = 10n ** 18n;
      facts.timelock.pending.push({ operation: "0x01", readyAt: 1_800_000_000n });
      facts.manager.scheduled.push({ operation: "0x02", caller: stranger, target: at.market });
    });
    expect(added(verdict).map(({ what, holder, standing }) => [what, holder, standing])).to.deep.equal(
      [
        [`announced a call of ${at.market} (0x02)`, stranger],
        ["operation 0x01 can be executed from 2027-01-15T08:00:00.000Z on", at.governor],
        ["hold escrowed money of 3 accounts, up to what each approved", at.market],
        ["hold escrowed money of 1 account, up to what each approved, by their own choice", stranger],
        ["hold locked HOLD of 2 accounts, out of what each allowed", at.staking],
        ["1.0 votes, as any holder of HOLD", deployer],
      ].map((line) => [...line, "information"]),
    );
    expect(verdict.sound).to.equal(true);
  });
});
