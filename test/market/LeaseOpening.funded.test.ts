import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";

import type { IEscrow } from "../../typechain-types/contracts/escrow/Escrow";
import { type OpenMarket, openMarketFixture, whole } from "../helpers/fixture";
import { LeaseStatus, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { anOrder, candidateOf } from "../helpers/orders";
import { HOUR } from "../helpers/parameters";
import { offerOf } from "../helpers/scene";
import { FAR_DEADLINE, NO_PERMIT, signFunding, signPermit } from "../helpers/signatures";
import { at, now } from "../helpers/time";
import { storedLease } from "../helpers/words";

const DEPOSIT = whole(100n, 6);
const CEILING = whole(50n, 6);

/** What a first-time tenant, with tokens in its wallet and nothing else, signs to open its first lease. */
async function firstTimeFixture() {
  const f = await loadFixture(openMarketFixture);
  const newcomer = f.others[0]!;
  await f.usd6.mint(newcomer, DEPOSIT);
  const funding: IEscrow.FundingStruct = {
    account: newcomer.address,
    token: await f.usd6.getAddress(),
    module: await f.market.getAddress(),
    ceiling: CEILING,
    deposit: DEPOSIT,
    nonce: 0n,
    deadline: FAR_DEADLINE,
  };
  const order = await anOrder(f.market, { token: await f.usd6.getAddress(), offers: [f.offerA], duration: HOUR });
  const signature = await signFunding(newcomer, f.escrow, funding);
  const permit = await signPermit(newcomer, f.usd6, { spender: await f.escrow.getAddress(), value: DEPOSIT });
  return { f, newcomer, funding, order, signature, permit };
}

async function expectFirstLease(f: OpenMarket, newcomer: HardhatEthersSigner): Promise<void> {
  const id = leaseIdOf(f.offerA, 1);
  expect(await storedLease(f.market, id)).to.include({ tenant: BigInt(newcomer.address), status: LeaseStatus.Pending });
  const { locked } = await f.lens.leaseView(id);
  expect(await f.lens.fundsOf(f.usd6, newcomer)).to.deep.equal([DEPOSIT - locked, locked, CEILING]);
  expect(await f.usd6.balanceOf(newcomer)).to.equal(0n);
}

describe("LeaseOpening: openFunded", () => {
  it("deposits, approves and opens in one transaction, by signatures (INV-ESC-3)", async () => {
    const { f, newcomer, funding, order, signature, permit } = await loadFixture(firstTimeFixture);
    const opening = f.market.connect(newcomer).openFunded(order, funding, signature, permit);
    await expect(opening).to.emit(f.escrow, "Deposited").withArgs(f.usd6, newcomer, newcomer, DEPOSIT, DEPOSIT);
    await expect(opening).to.emit(f.escrow, "ModuleApproved").withArgs(f.market, f.usd6, newcomer, CEILING, 1n);
    await expect(opening).to.emit(f.market, "LeaseOpened");
    await expectFirstLease(f, newcomer);
  });

  it("opens where somebody submitted the permit first (ATK-ESC-3)", async () => {
    const { f, newcomer, funding, order, signature, permit } = await loadFixture(firstTimeFixture);
    const { deadline, v, r, s } = permit;
    await f.usd6.connect(f.stranger).permit(newcomer, f.escrow, DEPOSIT, deadline, v, r, s);
    await f.market.connect(newcomer).openFunded(order, funding, signature, permit);
    await expectFirstLease(f, newcomer);
  });

  it("opens where somebody submitted the funding first, and deposits once (ATK-ESC-3)", async () => {
    const { f, newcomer, funding, order, signature, permit } = await loadFixture(firstTimeFixture);
    await f.escrow.connect(f.stranger).fundBySignature(funding, signature, permit);
    await expect(f.market.connect(newcomer).openFunded(order, funding, signature, permit)).not.to.emit(
      f.escrow,
      "Deposited",
    );
    await expectFirstLease(f, newcomer);
  });

  it("opens without a permit where the allowance suffices", async () => {
    const { f, newcomer, funding, order, signature } = await loadFixture(firstTimeFixture);
    await f.usd6.connect(newcomer).approve(f.escrow, DEPOSIT);
    await f.market.connect(newcomer).openFunded(order, funding, signature, NO_PERMIT);
    await expectFirstLease(f, newcomer);
  });

  it("reverts for the funding of another account, whoever signed it", async () => {
    const { f, newcomer, funding, order, signature, permit } = await loadFixture(firstTimeFixture);
    await expect(f.market.connect(f.stranger).openFunded(order, funding, signature, permit))
      .to.be.revertedWithCustomError(f.market, "MarketNotFundingAccount")
      .withArgs(newcomer, f.stranger);
  });

  it("reverts for a signature that is not the caller's, with the escrow's error (ATK-ESC-2)", async () => {
    const { f, newcomer, funding, order, permit } = await loadFixture(firstTimeFixture);
    const forged = await signFunding(f.stranger, f.escrow, funding);
    await expect(f.market.connect(newcomer).openFunded(order, funding, forged, permit))
      .to.be.revertedWithCustomError(f.escrow, "EscrowInvalidSignature")
      .withArgs(newcomer);
  });

  it("reverts from the deadline of the signature on", async () => {
    const { f, newcomer, funding, order, permit } = await loadFixture(firstTimeFixture);
    const deadline = (await now()) + 100;
    const brief = { ...funding, deadline };
    const signature = await signFunding(newcomer, f.escrow, brief);
    await expect(at(deadline, () => f.market.connect(newcomer).openFunded(order, brief, signature, permit)))
      .to.be.revertedWithCustomError(f.escrow, "EscrowSignatureExpired")
      .withArgs(deadline, deadline);
  });

  it("undoes the deposit and the approval where no offer fits: all or nothing", async () => {
    const { f, newcomer, funding, order, signature, permit } = await loadFixture(firstTimeFixture);
    const tooMuch = { ...order, units: 11 };
    await expect(
      f.market.connect(newcomer).openFunded(tooMuch, funding, signature, permit),
    ).to.be.revertedWithCustomError(f.market, "MarketNoOfferFits");
    expect(await f.lens.fundsOf(f.usd6, newcomer)).to.deep.equal([0n, 0n, 0n]);
    expect(await f.usd6.balanceOf(newcomer)).to.equal(DEPOSIT);
  });

  it("reverts, with nothing moved, where the funding approves less than the lease locks", async () => {
    const { f, newcomer, funding, order, permit } = await loadFixture(firstTimeFixture);
    const [{ locked } = { locked: 0n }] = await f.lens.quote(order);
    const short = { ...funding, ceiling: locked - 1n };
    const signature = await signFunding(newcomer, f.escrow, short);
    await expect(f.market.connect(newcomer).openFunded(order, short, signature, permit))
      .to.be.revertedWithCustomError(f.escrow, "EscrowCeilingExceeded")
      .withArgs(f.market, f.usd6, newcomer, locked - 1n, locked);
    expect(await f.usd6.balanceOf(newcomer)).to.equal(DEPOSIT);
  });

  it("reverts for a funding of another module or another token: they pay for no lease here", async () => {
    const { f, newcomer, funding, order, permit } = await loadFixture(firstTimeFixture);
    const elsewhere = { ...funding, module: f.stranger.address };
    await expect(
      f.market.connect(newcomer).openFunded(order, elsewhere, await signFunding(newcomer, f.escrow, elsewhere), permit),
    ).to.be.revertedWithCustomError(f.escrow, "EscrowCeilingExceeded");
    const otherToken = { ...funding, token: await f.usd18.getAddress(), deposit: 0n };
    await expect(
      f.market
        .connect(newcomer)
        .openFunded(order, otherToken, await signFunding(newcomer, f.escrow, otherToken), NO_PERMIT),
    ).to.be.revertedWithCustomError(f.escrow, "EscrowInsufficientFree");
  });

  it("opens further leases of the same deposit without a signature", async () => {
    const { f, newcomer, funding, order, signature, permit } = await loadFixture(firstTimeFixture);
    const cheap = await offerOf(f, {});
    await f.market.connect(newcomer).openFunded(order, funding, signature, permit);
    const next = { ...order, candidates: [await candidateOf(f.market, cheap)] };
    await f.market.connect(newcomer).open(next);
    expect(await storedLease(f.market, leaseIdOf(cheap, 1))).to.include({ tenant: BigInt(newcomer.address) });
  });
});
