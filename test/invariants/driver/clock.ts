import { LeaseStatus } from "../../helpers/leases";
import {
  ANSWER_WINDOW,
  APPEAL_WINDOW,
  DECISION_WINDOW,
  type Dispute,
  Phase,
  phaseOf,
  phaseSince,
  RULING_WINDOW,
} from "../model/dispute";
import { type Lease, releasableAt } from "../model/lease";
import type { World } from "../model/world";
import type { Cast } from "./cast";
import type { Dice } from "./dice";
import type { Kind } from "./kinds";

/** A second at which something starts or stops being possible, and the calls that can tell. */
interface Edge {
  second: bigint;
  kinds: readonly Kind[];
}

const HOUR = 3_600;
const DAY = 86_400;
const { Pending, Active, Closed } = LeaseStatus;

/**
 * When the next call is made: mostly soon; often just before, at or just after an edge, and then by a call that can tell;
 * now and then at an edge of a dispute, days away; seldom anywhere.
 */
export function nextMoment(dice: Dice, world: World, cast: Cast): { second: bigint; kind: Kind | undefined } {
  const draw = dice.below(1_000);
  const next = world.now + 1n;
  if (draw < 620) return { second: next, kind: undefined };
  if (draw < 760) return { second: next + BigInt(dice.below(60)), kind: undefined };
  const disputed = draw < 972 ? [] : soonest([...world.disputes.all.values()].flatMap(edgesOfDispute), world.now);
  if (draw < 985) {
    const edges = edgesOf(world, cast);
    const near = edges.filter(({ second }) => second <= world.now + BigInt(HOUR)).slice(0, 6);
    const edge = dice.oneOf(disputed.slice(0, 3)) ??
      dice.oneOf(dice.chance(98) ? near : edges) ?? { second: next, kinds: [] };
    const second = edge.second + BigInt(dice.below(3)) - 1n;
    return { second: second > next ? second : next, kind: dice.chance(75) ? dice.oneOf(edge.kinds) : undefined };
  }
  return { second: next + BigInt(draw < 998 ? dice.below(HOUR) : dice.below(20 * DAY)), kind: undefined };
}

/** Edges that are still to come, soonest first. */
function edgesOf(world: World, cast: Cast): Edge[] {
  const { leases, offers, liveness, staking, parameters, now } = world;
  const edges = [...leases.all.values()].flatMap(edgesOfLease);
  edges.push(...[...world.disputes.all.values()].flatMap(edgesOfDispute));
  for (const provider of cast.providers) {
    const seen = liveness.heartbeatsOf(provider).at(-1);
    if (seen !== undefined) edges.push({ second: seen + liveness.grace / 2n, kinds: ["open", "grow", "resize"] });
    edges.push({ second: staking.unbondingOf(provider).readyAt, kinds: ["finishUnbonding"] });
    const last = liveness.heartbeatsOf(provider).at(-1);
    if (last !== undefined) edges.push({ second: last + liveness.grace, kinds: ["open", "activate", "heartbeat"] });
  }
  for (const { prices, retired } of offers.all) {
    if (!retired)
      edges.push({ second: prices.at(-1)!.since + BigInt(DAY), kinds: ["renew", "renewOrders", "setPrice"] });
  }
  for (const { penalty } of staking.unpaid()) edges.push({ second: penalty.maturesAt, kinds: ["claimPenalties"] });
  edges.push({ second: parameters.pausedUntil, kinds: ["open", "createOffer"] });
  return soonest(edges, now);
}

const soonest = (edges: readonly Edge[], now: bigint): Edge[] =>
  edges.filter(({ second }) => second > now).sort((one, other) => (one.second < other.second ? -1 : 1));

function edgesOfDispute(dispute: Dispute): Edge[] {
  const from = phaseSince(dispute);
  switch (phaseOf(dispute)) {
    case Phase.Filed: {
      const silence = dispute.filedAt + ANSWER_WINDOW;
      return [
        { second: silence, kinds: ["answer", "concede", "withdrawClaim", "appeal"] },
        { second: silence + APPEAL_WINDOW, kinds: ["appeal", "execute"] },
      ];
    }
    case Phase.Answered:
      return [
        { second: from + RULING_WINDOW, kinds: ["rule", "recuse", "concede", "withdrawClaim", "appeal"] },
        { second: from + RULING_WINDOW + APPEAL_WINDOW, kinds: ["appeal", "execute"] },
      ];
    case Phase.Decided:
      return [{ second: from + APPEAL_WINDOW, kinds: ["appeal", "execute"] }];
    case Phase.Appealed:
      return [{ second: from + DECISION_WINDOW, kinds: ["decide", "proposeAppeal", "execute"] }];
    default:
      return [];
  }
}

function edgesOfLease(lease: Lease): Edge[] {
  switch (lease.status) {
    case Pending:
      return [
        { second: lease.deadline, kinds: ["decline", "cancel", "activate"] },
        { second: lease.cutoff, kinds: ["activate", "cancel", "cancelNoShows"] },
      ];
    case Active:
      return [
        { second: lease.startedAt + lease.minimum, kinds: ["close", "resize", "collect"] },
        { second: lease.end - BigInt(HOUR), kinds: ["renew", "renewOrders", "failOver", "failOverOrder"] },
        { second: lease.end - BigInt(HOUR / 4), kinds: ["failOver", "failOverOrder"] },
        { second: lease.end, kinds: ["close", "expire", "collect", "renew", "renewOrders", "extend", "resize"] },
      ];
    case Closed:
      return [{ second: releasableAt(lease), kinds: ["collect", "file", "openClaim"] }];
    default:
      return [];
  }
}
