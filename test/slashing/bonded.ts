/** Disputes whose sides bonded HOLD with the contract of disputes, too. For tests upon `loadFixture`. */
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { MaxUint256, parseEther } from "ethers";

import { disputeFixture, fileClaim } from "../helpers/disputes";
import { loadFixture } from "../helpers/loadFixture";
import { DAY } from "../helpers/parameters";
import { activeLease } from "../helpers/scene";
import { at, moveTo, now } from "../helpers/time";

/** What either side bonded with disputes. */
export const POOL = parseEther("50");

export type Bonded = Awaited<ReturnType<typeof bondedFixture>>;

/** A lease of four units for 30 days; provider, tenant and a challenger bonded with disputes, too. */
export async function bondedFixture() {
  const f = await loadFixture(disputeFixture);
  for (const side of [f.tenantA, f.stranger, f.providerA]) {
    await f.hold.connect(side).approve(f.staking, MaxUint256);
    await f.staking.connect(side).bond(f.disputes, POOL);
  }
  return { ...f, lease: await activeLease(f, { offer: f.offerD, units: 4, duration: 30 * DAY }) };
}

/** [free, reserved] of what an account bonded with disputes, wei. */
export async function poolOf(
  { staking, disputes }: Bonded,
  account: HardhatEthersSigner,
): Promise<readonly [bigint, bigint]> {
  const { free, reserved } = await staking.poolOf(disputes, account);
  return [free, reserved];
}

/** Three members vote. */
export async function ruleAll(
  f: Bonded,
  { id, filedAt }: { id: bigint; filedAt: number },
  uphold: boolean,
): Promise<void> {
  for (const member of [f.memberA, f.memberB, f.memberC]) await f.disputes.connect(member).rule(id, filedAt, uphold);
}

/** A claim of the tenant, answered out of the provider's bond, on which the council voted. */
export async function ruled(f: Bonded, uphold: boolean, claimant: HardhatEthersSigner = f.tenantA) {
  const dispute = await fileClaim(f, f.lease, { claimant });
  await f.disputes.connect(f.providerA).answer(dispute.id, dispute.filedAt, true);
  await ruleAll(f, dispute, uphold);
  return dispute;
}

/** Executes once nobody can do anything any more; returns the settlement, sent by a keeper in `second`. */
export async function settled(f: Bonded, id: bigint) {
  const { endsAt } = await f.disputes.disputeView(id);
  if (endsAt > BigInt(await now())) await moveTo(endsAt);
  await f.disputes.connect(f.keeper).execute(id);
  const second = (await now()) + 1;
  const penaltyId = (await f.staking.penaltyCount()) + 1n;
  const settling = at(second, () => f.disputes.connect(f.keeper).settle(id));
  return { settling, second, penaltyId };
}
