import { expect } from "chai";

import type { Facts } from "../../deploy/census/facts";
import { renderPower, summaryOf } from "../../deploy/census/report";
import { failuresOf, refusalsOf } from "../../deploy/census/verdict";
import { ROLES } from "../../sdk/roles";
import { at, deployer, type Draft, memberA, memberB, NOW, seated, stranger, usd, verdictAfter } from "./facts";

const names = { at, deployer };

describe("the verdict on a deployment that differs from its network file (ATK-GOV-10)", () => {
  /** Each difference from the network file, what it is called, what it should be. */
  const differences: readonly [title: string, plant: (facts: Draft<Facts>) => void, what: string, meant: string][] = [
    [
      "a contract that was closed",
      ({ manager }) => manager.closed.push({ target: at.market, origin: "elsewhere" }),
      `call restricted functions of ${at.market}: it is closed`,
      "open",
    ],
    [
      "a contract whose rules change late",
      ({ manager }) =>
        manager.delays.push({ target: at.market, seconds: 60n, pending: undefined, origin: "elsewhere" }),
      `change who may call ${at.market}, which counts after 1m`,
      "no delay, now or later",
    ],
    [
      "a grant that counts late, from later on",
      ({ manager }) =>
        manager.grantDelays.push({
          role: ROLES.admin,
          seconds: 0n,
          pending: { seconds: 60n, from: 1_800_000_000n },
          origin: "deployment",
        }),
      "grant role admin, which counts after 0s, 1m from 2027-01-15 08:00:00 UTC on",
      "no delay, now or later",
    ],
    [
      "a member whose role begins later",
      ({ manager }) => (manager.members[0]!.since = NOW + 50_000_000n),
      "role admin, from 2027-01-15 08:00:00 UTC on",
      "at once, with no delay, now or later",
    ],
    [
      "a member whose delay ends later",
      ({ manager }) =>
        Object.assign(manager.members[0]!, { delay: 9n, pending: { seconds: 0n, from: 1_800_000_000n } }),
      "role admin, announced 9 s before, announced 0 s before from 2027-01-15 08:00:00 UTC on",
      "at once, with no delay, now or later",
    ],
    [
      "a role that nobody has",
      ({ manager }) => {
        manager.members.shift();
        manager.absent.push({ role: ROLES.admin, holder: at.timelock, origin: "deployment" });
      },
      `role admin: ${at.timelock} does not have it`,
      at.timelock,
    ],
    [
      "a call that was announced before the handover",
      ({ manager }) =>
        manager.scheduled.push({ operation: "0x02", caller: stranger, target: at.market, origin: "deployment" }),
      `announced a call of ${at.market} (0x02)`,
      "nothing announced before the handover: cancel it",
    ],
    [
      "an operation that was queued before the handover",
      ({ timelock }) => timelock.pending.push({ operation: "0x01", readyAt: 1_800_000_000n, origin: "deployment" }),
      "operation 0x01 can be executed from 2027-01-15 08:00:00 UTC on",
      "nothing queued before the handover: have governance cancel it",
    ],
    [
      "a setting beyond its bounds, even by vote",
      ({ settings }) => {
        const quorum = settings.find(({ key }) => key === "quorum");
        Object.assign(quorum!, { value: 1n, origin: "timelock" });
      },
      "set the quorum, now 1 %, between 2 % and 20 %",
      "4 %, as the network file says",
    ],
    [
      "a guardian who was seated twice",
      ({ guardian }) => guardian.seatings.push({ holder: seated, origin: "deployment" }),
      `seated as guardian past governance, one after the other: ${seated}, ${seated}`,
      `${seated}, once`,
    ],
    [
      "a pause that was used before the handover",
      ({ guardian }) => (guardian.used = true),
      "the guardian's pause was used before the handover",
      "unused",
    ],
    [
      "a market that somebody else than the guardian paused",
      ({ pause }) => Object.assign(pause, { until: 1_800_000_000n, origin: "elsewhere" }),
      "new leases and offers are paused until 2027-01-15 08:00:00 UTC",
      "no pause but by the guardian",
    ],
    [
      "a member who left before the handover",
      ({ council, seats }) => {
        council.pop();
        seats.push({ member: memberB, seated: false, origin: "deployment" });
      },
      `${memberB} was seated, then unseated past governance`,
      "seated once, for good",
    ],
    [
      "a member who was never seated",
      ({ council, seats }) => [council.pop(), seats.pop()],
      `rule on disputes, as one of the council: ${memberB} does not`,
      `${memberB} on the council`,
    ],
    [
      "first terms of other values",
      ({ published }) => (published.terms[0]!.values.fee = 300n),
      "terms of leases, version 1: fee 3 %",
      "2.5 %, as the network file says",
    ],
    [
      "second terms that nobody voted for",
      ({ published }) => published.terms.push({ ...published.terms[0]!, version: 2n, origin: "elsewhere" }),
      "terms of leases, version 2: as version 1",
      "no other version than 1 but by vote",
    ],
    [
      "first rules that leave out a value",
      ({ published }) => delete published.rules[0]!.values.dataLost,
      "rules of disputes, version 1: data-lost penalty unknown",
      "50 %, as the network file says",
    ],
    [
      "a token that was never listed",
      ({ listings }) => listings.pop(),
      `USDC ${usd} was never listed`,
      "listed, least lock 0.5 USDC, bounty 0.25 USDC, as the network file says",
    ],
    [
      "another amount of a listing",
      ({ listings }) => (listings[0]!.bounty = 1n),
      `lease for ${usd} as listing 1 says: least lock 0.5 USDC, bounty 0.000001 USDC`,
      "listed once, least lock 0.5 USDC, bounty 0.25 USDC, as the network file says",
    ],
    [
      "a token that was taken off the list past governance",
      ({ delistings }) => delistings.push({ token: usd, origin: "elsewhere" }),
      `${usd} was taken off the list`,
      "nothing taken off the list but by vote",
    ],
    [
      "another constructor argument",
      ({ constants }) => (constants[0]!.value = "60"),
      "GRACE of liveness: 60",
      "600, as the network file says",
    ],
    [
      "another first holder of HOLD, the deployer included",
      ({ minted }) => (minted[0]!.holder = deployer),
      "received 1,000,000,000.00 HOLD at the start",
      `all HOLD to ${memberA}`,
    ],
  ];
  describe("fails, naming what and what it should be, for", () => {
    for (const [title, plant, what, meant] of differences) {
      it(title, () => {
        const verdict = verdictAfter(plant);
        const failures = failuresOf(verdict);
        expect(failures.map((power) => [power.what, power.meant, power.standing])).to.deep.equal([
          [what, meant, "not as reviewed"],
        ]);
        expect(verdict).to.include({ sound: false, notAsReviewed: 1, ofStrangers: 0, ofDeployer: 0, overEscrow: 0 });
        expect(refusalsOf(verdict)).to.deep.equal(failures);
        expect(summaryOf(verdict, names)).to.contain("1 finding not as reviewed").and.to.contain("THE CENSUS FAILS");
        expect(renderPower(failures[0]!, names)).to.match(/ \(not as reviewed: should be .+\)$/);
      });
    }
  });
});
