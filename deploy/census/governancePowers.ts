import { ZeroAddress } from "ethers";

import { formatSetting, SETTINGS } from "../../sdk/governance/settings";
import { formatInstant } from "../../sdk/units";
import type { Origin, SettingFact } from "./facts";
import { ANYBODY, Judge, NOBODY, originator, type Power } from "./judging";
import { TIMELOCK_ROLES, timelockRoleName } from "./names";
import type { GovernanceSetting } from "./reviewed";

/** Where a setting is read. */
function homeOf(key: GovernanceSetting): string {
  if (key === "timelockDelay") return "Timelock: MinDelayChange, getMinDelay";
  return key === "unbonding" ? "Staking: UnbondingDelaySet, unbondingDelay" : "HoldGovernor: settings";
}

/** Timelock, governor, their settings, guardian and council. */
export class GovernanceJudge extends Judge {
  powers(): Power[] {
    return [
      ...this.timelock(),
      ...this.governor(),
      ...this.facts.settings.map((setting) => this.setting(setting)),
      ...this.guardian(),
      ...this.council(),
      ...this.payees(),
    ];
  }

  private timelock(): Power[] {
    const { members, admins, pending } = this.facts.timelock;
    return [
      ...members.map(({ role, holder, origin }) =>
        this.power({
          what: `timelock: ${timelockRoleName(role)}`,
          holder: holder === ZeroAddress ? ANYBODY : holder,
          found: "Timelock: RoleGranted, hasRole",
          origin,
          expected: this.is(holder, ...(TIMELOCK_ROLES.find(({ id }) => id === role)?.holders ?? [])),
        }),
      ),
      ...admins.map(({ role, by, origin }) =>
        this.power({
          what: `timelock: grant ${timelockRoleName(role)}`,
          holder: `timelock role ${timelockRoleName(by)}`,
          found: "Timelock: RoleAdminChanged, getRoleAdmin",
          origin,
          expected: false,
        }),
      ),
      ...pending.map(({ operation, readyAt, origin }) => {
        const what = `operation ${operation} can be executed from ${formatInstant(readyAt)} on`;
        const found = "Timelock: CallScheduled, getTimestamp";
        if (origin !== "deployment") return this.information(what, this.facts.at.governor, found);
        const meant = "nothing queued before the handover: have governance cancel it";
        return this.set({ what, found, origin, expected: false, meant });
      }),
    ];
  }

  private governor(): Power[] {
    const { governor, at } = this.facts;
    return [
      this.power({
        what: "vote on proposals",
        holder: governor.token === at.hold ? "holders of HOLD" : governor.token,
        found: "HoldGovernor: token",
        origin: "elsewhere",
        expected: governor.token === at.hold,
      }),
      this.power({
        what: "execute proposals",
        holder: governor.timelock,
        found: "HoldGovernor: timelock",
        origin: "elsewhere",
        expected: this.is(governor.timelock, "timelock"),
      }),
      ...governor.tribunals.map(({ holder, origin }) =>
        this.power({
          what: "have appeals proposed without a threshold",
          holder,
          found: "HoldGovernor: TribunalSet, isTribunal",
          origin,
          expected: this.is(holder, "disputes"),
        }),
      ),
    ];
  }

  private setting({ key, value, least, most, origin }: SettingFact): Power {
    const { at, reviewed } = this.facts;
    const within = value >= least && value <= most;
    const [now, from, to] = [value, least, most].map((number) => formatSetting(key, number));
    const expected = within && value === reviewed.settings[key];
    return this.power({
      what: `set the ${SETTINGS[key].words}, now ${now}, between ${from} and ${to}`,
      holder: !within ? "whoever passed its bounds" : expected ? at.timelock : originator(origin, at),
      found: homeOf(key),
      origin: within ? origin : "elsewhere",
      expected,
      meant: `${formatSetting(key, reviewed.settings[key])}, as the network file says`,
    });
  }

  private guardian(): Power[] {
    const { guardian, reviewed } = this.facts;
    const { holder, used, usedIn, origin, seatings } = guardian;
    const found = "Guardian: GuardianSeated, guardian, used";
    const seat = this.power({
      what: `pause new leases and offers once${used ? " (used)" : ""}`,
      holder: holder === ZeroAddress ? NOBODY : holder,
      found,
      origin,
      expected: origin === "deployment" && holder === reviewed.guardian,
    });
    const seated = seatings.filter((seating) => seating.origin !== "timelock").map((seating) => seating.holder);
    const isOnce = seated.length === 1 && seated[0] === reviewed.guardian;
    const isUsedUp = used && usedIn === "deployment" && origin !== "timelock";
    return [
      seat,
      ...(isOnce || seated.length === 0
        ? []
        : [
            this.set({
              what: `seated as guardian past governance, one after the other: ${seated.join(", ")}`,
              found,
              origin: "deployment",
              expected: false,
              meant: `${reviewed.guardian}, once`,
            }),
          ]),
      ...(isUsedUp
        ? [
            this.set({
              what: "the guardian's pause was used before the handover",
              found: "Guardian: GuardianPaused, used",
              origin: "deployment",
              expected: false,
              meant: "unused",
            }),
          ]
        : []),
    ];
  }

  private council(): Power[] {
    const { council, seats, reviewed } = this.facts;
    const found = "Council: Seated, Unseated, seatedSince";
    const holders = council.map(({ holder }) => holder);
    const changes = seats.filter(({ origin }) => origin !== "timelock");
    const of = (member: string) => changes.filter((change) => change.member === member);
    const unexplained = [...new Set(changes.map(({ member }) => member))].filter((member) => {
      const once = of(member).length === 1 && of(member)[0]?.seated === true;
      // Whom the file does not name and who still sits is told as a stranger.
      return !once || !(reviewed.council.includes(member) || holders.includes(member));
    });
    const vacant = reviewed.council.filter((member) => !holders.includes(member) && !unexplained.includes(member));
    return [
      ...council.map(({ holder, origin }) =>
        this.power({
          what: "rule on disputes, as one of the council",
          holder,
          found,
          origin,
          expected: origin === "deployment" && reviewed.council.includes(holder),
        }),
      ),
      ...unexplained.map((member) => {
        const told = of(member).map(({ seated }) => (seated ? "seated" : "unseated"));
        return this.set({
          what: `${member} was ${told.join(", then ")} past governance`,
          found,
          origin: of(member).at(-1)?.origin ?? "deployment",
          expected: false,
          meant: reviewed.council.includes(member) ? "seated once, for good" : "never seated",
        });
      }),
      ...vacant.map((member) => {
        const left = seats.findLast((change) => change.member === member && !change.seated);
        return this.power({
          what: `rule on disputes, as one of the council: ${member} does not`,
          holder: NOBODY,
          found,
          origin: left?.origin ?? "deployment",
          expected: false,
          meant: `${member} on the council`,
        });
      }),
    ];
  }

  private payees(): Power[] {
    const { rules, terms, at } = this.facts;
    const money = (what: string, holder: string, found: string, origin: Origin): Power =>
      this.power({ what, holder, found, origin, expected: holder === at.timelock });
    return [
      money("decide appeals", rules.appealAuthority, `Disputes: rules ${rules.version}`, rules.origin),
      money("receive fees and penalties of disputes", rules.treasury, `Disputes: rules ${rules.version}`, rules.origin),
      money("receive fees and penalties of leases", terms.treasury, `Market: terms ${terms.version}`, terms.origin),
    ];
  }
}
