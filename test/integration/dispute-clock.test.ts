import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import fc from "fast-check";

import { type Duty, isOfDispute } from "../../keeper/core/duties";
import {
  disputeFixture,
  disputeIdOf,
  type DisputeMarket,
  EVIDENCE,
  FaultClass,
  Outcome,
  Phase,
  concede,
  decide,
  present,
} from "../helpers/disputes";
import { dutiesOn } from "../helpers/duties";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, HOUR } from "../helpers/parameters";
import { holds } from "../helpers/property";
import { activeLease } from "../helpers/scene";

describe("the keeper's clock of disputes", () => {
  async function disputed() {
    const f = await loadFixture(disputeFixture);
    const lease = await activeLease(f, { offer: f.offerD, duration: 30 * DAY });
    return { ...f, lease };
  }

  it("wants executed what the contract calls ripe, second by second, over random histories (INV-DSP-1)", async () => {
    const step = fc.record({
      byTenant: fc.boolean(),
      choice: fc.nat(100),
      uphold: fc.boolean(),
      // Whether everybody is silent from then on, until what is open is ripe.
      silent: fc.nat(5).map((die) => die === 0),
      // A second around the end of the open window, or a while from now.
      wait: fc.oneof(
        fc.record({ from: fc.constant("deadline" as const), seconds: fc.integer({ min: -1, max: 1 }) }),
        fc.record({ from: fc.constant("now" as const), seconds: fc.integer({ min: 1, max: DAY }) }),
        fc.record({ from: fc.constant("now" as const), seconds: fc.integer({ min: 1, max: HOUR }) }),
      ),
    });
    const seen = new Set<string>();
    const edges = new Set<bigint>();
    const history = fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 14 }), async (steps) => {
      const f = await loadFixture(disputed);
      const claimants = [f.tenantA, f.stranger];
      const agree = async (): Promise<void> => {
        const timestamp = await time.latest();
        const duties = await disputeDuties(f);
        for (const claimant of claimants) {
          const id = disputeIdOf(f.lease.id, claimant);
          const { filedAt, phase, ripe } = await f.disputes.disputeView(id);
          const wanted = duties.find((duty) => duty.id === id);
          const isOpen = filedAt !== 0n && phase !== BigInt(Phase.Settled);
          const isDue = wanted !== undefined && wanted.dueAt <= timestamp;
          const kept = { isOpen: wanted !== undefined, execute: isDue && wanted.kind === "execute" };
          const told = { isOpen, execute: ripe };
          expect(kept, `dispute of ${claimant.address} in second ${timestamp}`).to.deep.equal(told);
          expect(wanted?.kind === "settle").to.equal(phase === BigInt(Phase.Executed) && isOpen);
          if (isOpen) seen.add(`${phase}, ${ripe ? "ripe" : "not ripe"}`);
        }
      };

      const becomeRipe = async (): Promise<void> => {
        for (const { dueAt, id } of (await disputeDuties(f)).sort((a, b) => a.dueAt - b.dueAt)) {
          if (dueAt - 1 <= (await time.latest())) continue;
          await time.increaseTo(dueAt - 1);
          await agree();
          await time.increaseTo(dueAt);
          await agree();
          edges.add((await f.disputes.disputeView(id)).phase);
        }
      };

      await ACT.file(f, true);
      for (const { byTenant, choice, uphold, wait, silent } of steps) {
        const { filedAt, phase, deadline } = await f.disputes.disputeView(idOf(f, byTenant));
        const present = await time.latest();
        const from = wait.from === "deadline" ? Number(deadline) : present;
        await time.setNextBlockTimestamp(Math.max(from + wait.seconds, present + 1));
        const acts = filedAt === 0n ? (["file"] as const) : POSSIBLE[Number(phase) as keyof typeof POSSIBLE];
        await ACT[acts[choice % acts.length]!](f, byTenant, uphold).catch(passOverReverts);
        await agree();
        if (silent) await becomeRipe();
      }
      await becomeRipe();
    });
    await holds(history, 25);
    const awaited = [Phase.Filed, Phase.Answered, Phase.Decided, Phase.Appealed];
    expect([...edges].sort(), "phases watched as they became ripe").to.deep.equal(awaited.map(BigInt));
    expect([...seen].sort()).to.deep.equal([
      ...awaited.flatMap((phase) => [`${phase}, not ripe`, `${phase}, ripe`]),
      `${Phase.Final}, ripe`,
      `${Phase.Executed}, not ripe`,
    ]);
  }).timeout(4 * 60_000);
});

async function disputeDuties(f: DisputeMarket): Promise<Duty[]> {
  return [...(await dutiesOn(f)).values()].filter(({ kind }) => isOfDispute(kind));
}

function passOverReverts(error: unknown): void {
  if (!(error instanceof Error) || !error.message.includes("reverted with custom error")) throw error;
}

type Scene = DisputeMarket & { readonly lease: { readonly id: bigint } };
type Act = (f: Scene, byTenant: boolean, uphold: boolean) => Promise<unknown>;

const claimantOf = (f: Scene, byTenant: boolean) => (byTenant ? f.tenantA : f.stranger);
const idOf = (f: Scene, byTenant: boolean): bigint => disputeIdOf(f.lease.id, claimantOf(f, byTenant));

/** What anyone may try with the dispute of the tenant, or with that of the stranger. */
const ACT = {
  file: async (f, byTenant) => {
    const faultStart = (await time.latest()) - HOUR;
    const start = Number((await f.lens.leaseView(f.lease.id)).startedAt);
    const from = Math.max(faultStart, start);
    return f.disputes.connect(claimantOf(f, byTenant)).file(f.lease.id, f.tenantA, FaultClass.Unserved, from, EVIDENCE);
  },
  answer: (f, byTenant) => present(f.disputes.connect(f.providerA)).answer(idOf(f, byTenant)),
  concede: (f, byTenant) => concede(f.disputes, f.providerA, idOf(f, byTenant)),
  withdraw: (f, byTenant) => present(f.disputes.connect(claimantOf(f, byTenant))).withdraw(idOf(f, byTenant)),
  rule: async (f, byTenant, uphold) => {
    for (const member of [f.memberA, f.memberB, f.memberC]) {
      await present(f.disputes.connect(member)).rule(idOf(f, byTenant), uphold);
    }
  },
  appeal: (f, byTenant, uphold) =>
    present(f.disputes.connect(uphold ? claimantOf(f, byTenant) : f.providerA)).appeal(idOf(f, byTenant)),
  decide: (f, byTenant, uphold) =>
    decide(f.disputes, f.appeals, [idOf(f, byTenant)], [uphold ? Outcome.Upheld : Outcome.Rejected]),
  execute: (f, byTenant) => f.disputes.connect(f.stranger).execute(idOf(f, byTenant)),
  settle: (f, byTenant) => f.disputes.connect(f.stranger).settle(idOf(f, byTenant)),
} as const satisfies Record<string, Act>;

/** What each phase lets somebody do, in one of its windows or later. */
const POSSIBLE = {
  [Phase.Filed]: ["answer", "answer", "answer", "answer", "concede", "withdraw", "appeal", "execute"],
  [Phase.Answered]: ["rule", "rule", "rule", "rule", "concede", "withdraw", "appeal", "execute"],
  [Phase.Decided]: ["appeal", "execute"],
  [Phase.Appealed]: ["decide", "execute"],
  [Phase.Final]: ["execute"],
  [Phase.Executed]: ["settle"],
  [Phase.Settled]: ["file"],
} as const satisfies Record<number, readonly (keyof typeof ACT)[]>;
