import { expect } from "chai";
import { parseEther } from "ethers";

import { fileClaim, concede } from "../../helpers/disputes";
import {
  callsOf,
  carryEach,
  carryOut,
  govern,
  type Governed,
  governedFixture,
  TREASURY_HOLD,
} from "../../helpers/governance";
import { loadFixture } from "../../helpers/loadFixture";
import { earnedOf, partOf, penaltyParts } from "../../helpers/money";
import { DAY, FEE_BPS, HOUR } from "../../helpers/parameters";
import { activeLease, dueLease } from "../../helpers/scene";
import { at, moveTo } from "../../helpers/time";
import { moved } from "../ledger";

const GRANT = parseEther("1234567");

/** A lease that earned its fee, a penalty that matures, a filing fee that no member earned. */
async function earningFixture() {
  const f = await loadFixture(governedFixture);
  const lease = await dueLease(f);
  const disputed = await activeLease(f, { offer: f.offerD, duration: DAY });
  await f.market.expire([lease.id]);
  await moveTo(lease.end + HOUR);
  await f.market.collect([lease.id]);
  const fee = partOf(earnedOf(lease.rate, HOUR), FEE_BPS);
  expect(await f.escrow.freeOf(f.usd6, f.timelock)).to.equal(fee);

  const filed = await fileClaim(f, disputed);
  await concede(f.disputes, f.providerA, filed.id);
  await f.disputes.execute(filed.id);
  expect(await moved(f, () => f.disputes.settle(filed.id))).to.deep.equal({
    "tenantA: HOLD": filed.bond,
    "timelock: HOLD": parseEther("1"),
    "disputes: HOLD": -filed.bond - parseEther("1"),
  });
  const { amount, maturesAt } = await f.staking.penaltyOf(1n);
  return { f, fee, penalty: penaltyParts(amount, false).treasury, maturesAt };
}

const paying = ({ hold, keeper }: Governed) => hold.transfer.populateTransaction(keeper, GRANT);

describe("Drill: the treasury pays (INV-GOV-2, INV-ESC-4)", () => {
  it("pays HOLD that it holds, to whom the holders say", async () => {
    const f = await loadFixture(governedFixture);
    const [id] = await carryEach(f, [[paying(f)]]);
    expect(await moved(f, () => carryOut(f, id!))).to.deep.equal({
      "timelock: HOLD": -GRANT,
      "keeper: HOLD": GRANT,
    });
  });

  it("withdraws the fees that the escrow credited to it, as every account does", async () => {
    const { f, fee } = await loadFixture(earningFixture);
    const { escrow, usd6, stranger } = f;
    const [id] = await carryEach(f, [[escrow.withdraw.populateTransaction(usd6, stranger, fee)]]);
    const wallet = await usd6.balanceOf(stranger);
    expect(await moved(f, () => carryOut(f, id!))).to.deep.equal({
      "timelock: free USD6": -fee,
      "USD6 in the escrow": -fee,
    });
    expect(await usd6.balanceOf(stranger)).to.equal(wallet + fee);
  });

  it("withdraws no more than its own: the rest of the escrow is others' (INV-GOV-4)", async () => {
    const { f, fee } = await loadFixture(earningFixture);
    const more = await callsOf(f.escrow.withdraw.populateTransaction(f.usd6, f.stranger, fee + 1n));
    await expect(govern(f, more, "A unit more"))
      .to.be.revertedWithCustomError(f.escrow, "EscrowInsufficientFree")
      .withArgs(f.usd6, f.timelock, fee, fee + 1n);
  });

  it("pulls its part of penalties once they are mature, and of nobody else's", async () => {
    const { f, penalty, maturesAt } = await loadFixture(earningFixture);
    expect(penalty).to.be.greaterThan(0n);
    const [early, due] = await carryEach(f, [
      [f.staking.claimPenalties.populateTransaction([1n], f.timelock)],
      [f.staking.claimPenalties.populateTransaction([1n], f.keeper)],
    ]);
    await expect(at(maturesAt - 1n, () => carryOut(f, early!)))
      .to.be.revertedWithCustomError(f.staking, "StakingPenaltyNotMatured")
      .withArgs(1n, maturesAt, maturesAt - 1n);
    expect(await moved(f, () => carryOut(f, due!))).to.deep.equal({
      "staking: HOLD": -penalty,
      "keeper: HOLD": penalty,
    });
    await expect(carryOut(f, early!))
      .to.be.revertedWithCustomError(f.staking, "StakingNothingToClaim")
      .withArgs(1n, f.timelock);
  });

  it("pays nobody without a proposal: not the deployer, not the guardian, not the governor's voters (ATK-GOV-7)", async () => {
    const f = await loadFixture(governedFixture);
    for (const caller of [f.admin, f.guardian, f.voterA]) {
      await expect(f.hold.connect(caller).transferFrom(f.timelock, caller, 1n))
        .to.be.revertedWithCustomError(f.hold, "ERC20InsufficientAllowance")
        .withArgs(caller, 0n, 1n);
    }
    expect(await f.hold.balanceOf(f.timelock)).to.equal(TREASURY_HOLD);
  });
});
