import { DECISION_WINDOW, type Dispute, Outcome, Phase } from "../../model/dispute";
import type { AppealDecision } from "../../model/disputes";
import { appeal, inPhase } from "./disputes";
import type { Choice, Table } from "./table";

const sidesOf = ({ claimant, provider }: Dispute): string[] => [...new Set([claimant, provider])];

/** Sides of a dispute that had no proposal about it; the one that did not appeal comes first. */
function waiting({ world }: Table, dispute: Dispute): string[] {
  const { id, filedAt, claimant, appealed } = dispute;
  const sides = sidesOf(dispute).filter((side) => !world.governor.had(id, filedAt, side));
  const appellant = appealed?.by === "claimant" ? claimant : dispute.provider;
  return sides.sort((one, other) => Number(one === appellant) - Number(other === appellant));
}

/** The side that did not appeal can put the appeal to the vote. */
export const isOthersTurn = (table: Table, dispute: Dispute): boolean => {
  const { appealed, claimant, provider } = dispute;
  return waiting(table, dispute)[0] === (appealed?.by === "claimant" ? provider : claimant);
};

/** Appeals that wait, or did until a moment ago, for the governor's timelock; with a side that had no proposal. */
export const proposable = (table: Table): Dispute[] =>
  inPhase(table.world, Phase.Appealed).filter(
    (dispute) =>
      dispute.rules.appealAuthority === table.world.governor.timelock &&
      table.world.now <= dispute.appealed!.at + DECISION_WINDOW &&
      waiting(table, dispute).length > 0,
  );

const isTurnOf =
  (table: Table, party: string) =>
  (dispute: Dispute): boolean =>
    waiting(table, dispute).includes(party);

/** Who can put several appeals to one vote. */
export const ofSeveral = (table: Table, open: readonly Dispute[]): string[] =>
  table.cast.everybody.filter((party) => open.filter(isTurnOf(table, party)).length > 1);

/**
 * Mostly by a side that had no proposal yet, rather the one that did not appeal; often about all appeals that it may name,
 * now and then about others', about one twice, about a claim of another second, or to another tribunal.
 */
export const proposeAppeal: Choice = (table) => {
  const { world, cast, commands, dice } = table;
  const open = proposable(table);
  if (open.length === 0 && dice.chance(85)) return appeal(table);
  const others = [...inPhase(world, Phase.Appealed), ...world.disputes.all.values()];
  const party = dice.chance(95) ? dice.oneOf(ofSeveral(table, open)) : undefined;
  const first = dice.oneOf(party === undefined ? dice.listOf(open, others, 92) : open.filter(isTurnOf(table, party)));
  if (first === undefined) return appeal(table);
  const sides = dice.listOf(waiting(table, first), sidesOf(first), 90);
  const by = party ?? (dice.chance(92) ? dice.rather(sides.slice(0, 1), sides, 70) : dice.pick(cast.everybody));
  const own = open.filter((dispute) => dispute !== first && isTurnOf(table, by)(dispute));
  const more = dice.listOf(dice.chance(80) ? own : [], dice.chance(6) ? others.slice(0, 1) : [], 94);
  const chosen = [first, ...more.slice(0, 2), ...(dice.chance(4) ? [first] : [])];
  const decisions = chosen.map(({ id, filedAt }): AppealDecision => ({
    disputeId: id,
    filedAt: filedAt + (dice.chance(4) ? 1n : 0n),
    outcome: dice.chance(2) ? Outcome.None : dice.between(1n, 3n),
  }));
  const tribunal = dice.chance(2) ? dice.pick([cast.market, cast.governor]) : cast.disputes;
  const reasons = dice.pick(["", "The council did not look at the logs."]);
  return commands.proposeAppeal(by, tribunal, dice.chance(2) ? [] : decisions, reasons);
};
