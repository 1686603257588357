import { ZeroAddress } from "ethers";

import { LeaseStatus } from "../../helpers/leases";
import { isRipe, Phase } from "../model/dispute";
import { CLAIM_LIFE } from "../model/lease";
import { isOthersTurn, ofSeveral, proposable } from "./choices/appeals";
import { appealable, concedable, inPhase, overlapping, uncollected } from "./choices/disputes";
import { failing, failingNow, renewable } from "./choices/renewals";
import type { Table } from "./choices/table";
import type { Kind } from "./kinds";

const { Pending, Active } = LeaseStatus;

/** Kinds of calls that can succeed now and seldom can: what the dice favour when they are asked for one. */
export function opportunitiesOf(table: Table): Kind[] {
  const { world } = table;
  const kinds: Kind[] = [];
  const pending = world.leases.withStatus(Pending);
  if (pending.some(({ provider, cutoff }) => cutoff > world.now && world.liveness.isLive(provider, world.now))) {
    kinds.push("activate");
  }
  if (pending.some(({ deadline, cutoff }) => deadline <= world.now && world.now < cutoff)) kinds.push("cancel");
  const isOffered = world.leases
    .withStatus(Active)
    .some(({ recipient, end }) => recipient !== ZeroAddress && end > world.now);
  if (isOffered) kinds.push("acceptTransfer");
  const isYoung = world.leases
    .withStatus(Active)
    .some(({ noticed, startedAt, minimum, end }) => noticed && world.now < startedAt + minimum && world.now < end);
  if (isYoung) kinds.push("close");
  const soon = renewable(table);
  const hasOrder = ({ id }: { id: bigint }): boolean => world.orders.of(id) !== undefined;
  if (soon.length > 0) kinds.push("renew", "setPrice", "publishTerms");
  if (soon.some(hasOrder)) kinds.push("renewOrders", "renewOrders");
  if (soon.some(({ id }) => (world.orders.of(id)?.fallbacks.length ?? 0) > 0)) kinds.push("letDown");
  if (soon.some((lease) => !hasOrder(lease))) kinds.push("setOrder");
  const lost = failing(table);
  if (lost.length > 0) kinds.push("failOver");
  // Seldom there: failovers after a notice.
  if (lost.some(({ noticed }) => noticed)) kinds.push("setOrder", "failOver");
  if (failingNow(table).length > 0) kinds.push(...Array<Kind>(8).fill("failOverOrder"));
  return [...kinds, ...disputeOpportunities(table)];
}

function disputeOpportunities(table: Table): Kind[] {
  const { world } = table;
  const kinds: Kind[] = [];
  if (inPhase(world, Phase.Filed).length > 0) kinds.push("answer");
  if (inPhase(world, Phase.Answered).length > 0) kinds.push("rule", "rule");
  if (inPhase(world, Phase.Filed).some(({ leaseId }) => world.leases.all.get(leaseId)!.end > world.now)) {
    kinds.push("concede");
  }
  if (concedable(table).length > 0) kinds.push("concede", "concede");
  if (appealable(table).length > 0) kinds.push("appeal", "appeal", "appeal");
  const toVote = proposable(table);
  const others = toVote.filter((dispute) => isOthersTurn(table, dispute));
  if (toVote.length > 0) kinds.push("proposeAppeal", "proposeAppeal");
  if (others.length > 0) kinds.push("proposeAppeal", "proposeAppeal");
  // Seldom there: two appeals at a time that one side may name in one proposal.
  if (toVote.length > 0 && appealable(table).length > 0) kinds.push(...Array<Kind>(6).fill("appeal"));
  if (ofSeveral(table, toVote).length > 0) kinds.push(...Array<Kind>(8).fill("proposeAppeal"));
  // Rather when the side that did not appeal had its say.
  if (inPhase(world, Phase.Appealed).some((dispute) => !others.includes(dispute))) kinds.push("decide");
  if ([...world.disputes.all.values()].some((dispute) => isRipe(dispute, world.now))) kinds.push("execute");
  if (inPhase(world, Phase.Executed).length > 0) kinds.push("settleDispute");
  if (world.claims.open.some(({ filedAt }) => filedAt + CLAIM_LIFE <= world.now)) kinds.push("lapseClaim", "endClaim");
  if (overlapping(table).length > 0) kinds.push("endClaim", "endClaim");
  if (uncollected(world).length > 0) kinds.push("collectFee");
  const staying = world.leases
    .withStatus(Active)
    .some(({ openClaims, recipient, end }) => openClaims > 0n && recipient === ZeroAddress && world.now < end);
  if (staying) kinds.push("offerTransfer");
  const atFault = world.leases.withStatus(Active).some(({ coveredUntil, end }) => coveredUntil > 0n && world.now < end);
  if (atFault) kinds.push("close");
  return kinds;
}
