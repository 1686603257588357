/** Appeals that wait for the holders of HOLD, and what follows from how they decide. For tests upon `governedFixture`. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";

import { ANSWER_WINDOW, fileClaim, type FiledDispute, RULING_WINDOW } from "../helpers/disputes";
import { argumentsOf, callsOf, type Governed, governedFixture, type ProposalArguments } from "../helpers/governance";
import { loadFixture } from "../helpers/loadFixture";
import { DAY, GRACE } from "../helpers/parameters";
import { type ActiveLease, activeLease, houseOf, type LeaseChoices, offerOf } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";

/** A dispute that was appealed, as governance meets it. */
export interface Appealed extends FiledDispute {
  lease: ActiveLease;
  /** Second of the appeal: it waits for 21 days. */
  appealedAt: number;
}

/** Three disputes at one moment, of leases of one provider, about ten live minutes of each. */
export interface Appealing {
  f: Governed;
  /** Upheld by the provider's silence, appealed by the provider: claims of tenantA and of tenantB. */
  silentA: Appealed;
  silentB: Appealed;
  /** Failed by the council's silence, appealed by its claimant, tenantB. */
  unruled: Appealed;
}

/** The decision about a claim, for `proposeAppeal` and `decide`. */
export const decisionOn = ({ id, filedAt }: FiledDispute, outcome: number) => ({ disputeId: id, filedAt, outcome });

/** A lease on a provider that comes back from the dark for it. */
export async function leaseAgain(f: Governed, choices: LeaseChoices & { offer: bigint }): Promise<ActiveLease> {
  const { provider, operator } = await houseOf(f, choices.offer);
  await f.liveness.connect(operator).heartbeat(provider);
  return activeLease(f, choices);
}

/** Appeals a dispute in the next second. */
export async function appeal(
  { disputes }: Governed,
  lease: ActiveLease,
  filed: FiledDispute,
  appellant: HardhatEthersSigner,
): Promise<Appealed> {
  const appealedAt = (await now()) + 1;
  await at(appealedAt, () => disputes.connect(appellant).appeal(filed.id, filed.filedAt, false));
  return { ...filed, lease, appealedAt };
}

/** Provider A's appeals of two claims, and tenant B's own. For `loadFixture`. */
export async function appealingFixture(): Promise<Appealing> {
  const f = await loadFixture(governedFixture);
  // None of these people has a vote: their HOLD is undelegated.
  const longest = 60 * DAY;
  const offer = await offerOf(f, { slasher: await f.disputes.getAddress(), maxDuration: longest });
  const leaseOf = (tenant: HardhatEthersSigner) => activeLease(f, { tenant, offer, duration: longest });
  const [leaseA, leaseB, leaseC] = [await leaseOf(f.tenantA), await leaseOf(f.tenantB), await leaseOf(f.tenantB)];
  await moveTo(leaseC.startedAt + GRACE); // dark by now
  const unruled = await fileClaim(f, leaseC);
  await f.disputes.connect(f.providerA).answer(unruled.id, unruled.filedAt, false);
  await moveTo(unruled.filedAt + RULING_WINDOW - ANSWER_WINDOW);
  const silentA = await fileClaim(f, leaseA);
  const silentB = await fileClaim(f, leaseB);
  await moveTo(silentB.filedAt + ANSWER_WINDOW);
  return {
    f,
    silentA: await appeal(f, leaseA, silentA, f.providerA),
    silentB: await appeal(f, leaseB, silentB, f.providerA),
    unruled: await appeal(f, leaseC, unruled, f.tenantB),
  };
}

/** The proposal that `proposeAppeal` of `appellant` makes, argument by argument. */
export async function appealProposal(
  { disputes }: Governed,
  appellant: HardhatEthersSigner,
  decisions: readonly ReturnType<typeof decisionOn>[],
  reasons: string,
): Promise<ProposalArguments> {
  const calls = await callsOf(disputes.decide.populateTransaction([...decisions]));
  return argumentsOf(calls, `${reasons}\n#proposer=${appellant.address.toLowerCase()}`);
}
