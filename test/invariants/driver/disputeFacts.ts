import { ZeroAddress } from "ethers";

import {
  appealBondTo,
  deadlinesOf,
  type Dispute,
  isRipe,
  Outcome,
  phaseOf,
  phaseSince,
  standingOf,
  Vote,
  votesFor,
} from "../model/dispute";
import type { Plain } from "../model/plain";
import { bondOf, feeOf, fractionOf } from "../model/rules";
import type { World } from "../model/world";
import type { Cast } from "./cast";
import type { Fact } from "./facts";

const MILLIONTH = 10n ** 12n;
const SIDES = { none: 0n, claimant: 1n, provider: 2n };

/** The fact behind a key about disputes, rules or the council, if it is one. */
export function disputeFactOf(key: string, world: World, cast: Cast): Fact | undefined {
  const [kind, a = "", b = "", c = ""] = key.split("/");
  const { disputes, council, now } = world;
  switch (kind) {
    case "dispute":
      return { ask: [cast.disputes, "disputeById", BigInt(a)], expected: storedDispute(disputes.all.get(BigInt(a))!) };
    case "disputeView": {
      const expected = disputeView(disputes.all.get(BigInt(a))!, now);
      return { ask: [cast.disputes, "disputeView", BigInt(a)], expected };
    }
    case "vote":
      return { ask: [cast.disputes, "voteOf", BigInt(a), BigInt(b), c], expected: disputes.votes.of(a, b, c) };
    case "share":
      return { ask: [cast.disputes, "shareOf", BigInt(a), BigInt(b)], expected: disputes.shares.of(a, b) };
    case "currentRules":
      return { ask: [cast.disputes, "currentRules"], expected: BigInt(disputes.versions.length) };
    case "rules":
      return { ask: [cast.disputes, "rulesOf", BigInt(a)], expected: { ...disputes.versions[Number(a) - 1]! } };
    case "seats":
      return { ask: [cast.council, "seats"], expected: BigInt(council.members.length) };
    case "seat":
      return { ask: [cast.council, "seatedSince", a], expected: council.seatedSince(a) };
    case "eligible": {
      const { claimant, tenant, provider, filedAt } = disputes.all.get(BigInt(a))!;
      const parties = [tenant, claimant, ZeroAddress, provider];
      const expected = BigInt(council.eligibleAt(filedAt - 1n, parties).length);
      return { ask: [cast.council, "eligibleAt", filedAt - 1n, parties], expected };
    }
    default:
      return undefined;
  }
}

/** Keys of everything that there is to know about disputes and the council. */
export const disputeKeys = ({ disputes }: World, cast: Cast): string[] => [
  ...["currentRules", "seats"],
  ...disputes.versions.map((_, index) => `rules/${index + 1}`),
  ...cast.everybody.map((account) => `seat/${account}`),
  ...[...disputes.all.keys()].flatMap((id) => [`dispute/${id}`, `disputeView/${id}`, `eligible/${id}`]),
  ...disputes.votes.entries().map(([key]) => `vote/${key.join("/")}`),
  ...disputes.shares.entries().map(([key]) => `share/${key.join("/")}`),
];

function storedDispute(dispute: Dispute): Plain {
  const { held, collateral, filedAt, faultStart, version, faultClass, claimant, tenant } = dispute;
  const { answered, decided, appealed, final, executed } = dispute;
  return {
    claim: {
      held,
      collateral: collateral / MILLIONTH,
      filedAt,
      faultAge: filedAt - faultStart,
      rules: version,
      faultClass,
    },
    proceeding: {
      tenant: claimant === tenant ? ZeroAddress : tenant,
      since: phaseSince(dispute),
      eligible: answered?.eligible ?? 0n,
      upholds: votesFor(dispute, Vote.Uphold),
      rejects: votesFor(dispute, Vote.Reject),
      phase: phaseOf(dispute),
      outcome: executed ?? final?.outcome ?? appealed?.outcome ?? decided?.outcome ?? Outcome.None,
      postings: postingsWord(dispute),
      appealBondTo: SIDES[appealBondTo(dispute) ?? "none"],
    },
  };
}

/** Who posted, and where the bonds are, in bits; see `Postings`. */
function postingsWord({ answered, appealed }: Dispute): bigint {
  const bits = [
    answered !== undefined,
    answered?.among,
    answered?.reserved,
    appealed?.by === "provider",
    appealed?.reserved,
  ];
  return bits.reduce((word, bit, index) => (bit ? word + 2n ** BigInt(index) : word), 0n);
}

function disputeView(dispute: Dispute, now: bigint): Plain {
  const { claimant, tenant, provider, filedAt, faultStart, held, collateral, rules, faultClass } = dispute;
  return {
    phase: phaseOf(dispute),
    outcome: standingOf(dispute, now)?.outcome ?? Outcome.None,
    ...{ claimant, tenant, provider, byTenant: claimant === tenant },
    ripe: isRipe(dispute, now),
    ...{ filedAt, faultStart, held, collateral },
    ...deadlinesOf(dispute, now),
    fractionBps: fractionOf(rules, faultClass),
    bond: bondOf(rules, collateral),
    filingFee: feeOf(rules),
  };
}
