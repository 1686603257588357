import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";

import { NO_CEILING, whole } from "../helpers/fixture";
import { createOffer, leaseIdOf } from "../helpers/leases";
import { loadFixture } from "../helpers/loadFixture";
import { anOffer, MOST_LOCK } from "../helpers/orders";
import { HOUR } from "../helpers/parameters";
import { FAR_DEADLINE, NO_PERMIT, signFunding, signPermit } from "../helpers/signatures";
import { storedLease, storedOffer } from "../helpers/words";
import { quotesFixture, type Signed, stateOf } from "./quoting";

const DEPOSIT = whole(100n, 6);
const CEILING = whole(50n, 6);
/** An hour at $0.30, and the bounty. */
const LOCKED = 350_000n;

/** What a first-time tenant, with tokens in its wallet and nothing else, signs to open with a quote. */
async function firstTimeFixture() {
  const f = await loadFixture(quotesFixture);
  const newcomer = f.others[0]!;
  await f.usd6.mint(newcomer, DEPOSIT);
  const funding = {
    account: newcomer.address,
    token: await f.usd6.getAddress(),
    module: await f.market.getAddress(),
    ceiling: CEILING,
    deposit: DEPOSIT,
    nonce: 0n,
    deadline: FAR_DEADLINE,
  };
  const signature = await signFunding(newcomer, f.escrow, funding);
  const permit = await signPermit(newcomer, f.usd6, { spender: await f.escrow.getAddress(), value: DEPOSIT });
  const open = ({ quote, signature: by }: Signed, tenant = newcomer, used: typeof NO_PERMIT = permit) =>
    f.quotes.connect(tenant).openFunded(quote, by, 1, HOUR, MOST_LOCK, funding, signature, used);
  const expectLease = async (): Promise<void> => {
    expect((await storedLease(f.market, leaseIdOf(f.offerA, 1))).tenant).to.equal(BigInt(newcomer.address));
    expect(await f.lens.fundsOf(f.usd6, newcomer)).to.deep.equal([DEPOSIT - LOCKED, LOCKED, CEILING]);
    expect(await f.usd6.balanceOf(newcomer)).to.equal(0n);
  };
  return { ...f, newcomer, funding, signature, permit, open, expectLease };
}

/**
 * A tenant whose account has an attacker's code, with money in escrow in a token that calls it in the middle of a
 * transfer; it will open with `units` units of a quote in that token, inside the deposit and after it.
 */
async function hookedFixture() {
  const f = await loadFixture(quotesFixture);
  const { escrow, market, quotes, admin, providerA } = f;
  const token = await ethers.deployContract("HookedToken");
  await market.connect(admin).listToken(token, 100_000n, 50_000n);
  const offer = await createOffer(market, providerA, anOffer({ token: await token.getAddress() }));
  const key = f.others[0]!;
  await token.mint(key, DEPOSIT);
  await token.connect(key).approve(escrow, DEPOSIT);
  await escrow.connect(key).deposit(token, key, DEPOSIT / 2n);
  await escrow.connect(key).approveModule(token, market, NO_CEILING);
  const funding = {
    account: key.address,
    token: await token.getAddress(),
    module: await market.getAddress(),
    ceiling: NO_CEILING,
    deposit: DEPOSIT / 2n,
    nonce: 1n, // the approval took the one before
    deadline: FAR_DEADLINE,
  };
  const signature = await signFunding(key, escrow, funding);
  await setCode(key.address, await ethers.provider.getCode(await ethers.deployContract("HookedAccount")));
  const attacker = await ethers.getContractAt("HookedAccount", key.address);
  await token.register(attacker);
  const attack = async ({ quote, signature: by }: Signed) => {
    const inner = quotes.interface.encodeFunctionData("open", [quote, by, 1, HOUR, MOST_LOCK]);
    await attacker.connect(f.stranger).arm(quotes, inner, false);
    const outer = [quote, by, 1, HOUR, MOST_LOCK, funding, signature, NO_PERMIT] as const;
    const data = quotes.interface.encodeFunctionData("openFunded", [...outer]);
    return attacker.connect(f.stranger).execute(quotes, data);
  };
  return { ...f, attacker, attack, offer };
}

describe("Quotes: openFunded", () => {
  it("counts a lease that a token's hook opened in the middle of the deposit (INV-QTE-1, ATK-TOK-1)", async () => {
    const { quotes, providerA, attacker, attack, offer, signed } = await loadFixture(hookedFixture);
    const quote = await signed({ offer, units: 2 });
    await attack(quote);
    expect(await attacker.succeeded()).to.equal(true);
    expect((await stateOf(quotes, providerA, quote.digest))[2]).to.equal(2n);
  });

  it("opens no more than the quote's units through a token's hook (INV-QTE-1, ATK-TOK-1)", async () => {
    const { quotes, market, providerA, attack, offer, signed } = await loadFixture(hookedFixture);
    const quote = await signed({ offer, units: 1 });
    await expect(attack(quote))
      .to.be.revertedWithCustomError(quotes, "QuotesUnitsShort")
      .withArgs(quote.digest, 0n, 1n);
    expect((await stateOf(quotes, providerA, quote.digest))[2]).to.equal(0n);
    expect((await storedOffer(market, offer)).leaseCount).to.equal(0n);
  });

  it("deposits, approves the market and opens in one transaction, by signatures (INV-ESC-3)", async () => {
    const fixture = await loadFixture(firstTimeFixture);
    const { quotes, escrow, market, usd6, newcomer, providerA, offerA, signed, open, expectLease } = fixture;
    const quote = await signed({ tenant: newcomer.address });
    const opening = open(quote);
    await expect(opening).to.emit(escrow, "Deposited").withArgs(usd6, newcomer, newcomer, DEPOSIT, DEPOSIT);
    await expect(opening).to.emit(escrow, "ModuleApproved").withArgs(market, usd6, newcomer, CEILING, 1n);
    await expect(opening).to.emit(quotes, "QuoteOpened").withArgs(providerA, quote.digest, leaseIdOf(offerA, 1), 1, 1);
    await expectLease();
  });

  it("returns the id of the lease", async () => {
    const { quotes, newcomer, offerA, funding, signature, permit, signed } = await loadFixture(firstTimeFixture);
    const { quote, signature: by } = await signed();
    const leaseId = await quotes
      .connect(newcomer)
      .openFunded.staticCall(quote, by, 1, HOUR, MOST_LOCK, funding, signature, permit);
    expect(leaseId).to.equal(leaseIdOf(offerA, 1));
  });

  it("opens where somebody submitted permit and funding first, and deposits once (ATK-ESC-3)", async () => {
    const fixture = await loadFixture(firstTimeFixture);
    const { escrow, stranger, funding, signature, permit, signed, open, expectLease } = fixture;
    await escrow.connect(stranger).fundBySignature(funding, signature, permit);
    await expect(open(await signed())).not.to.emit(escrow, "Deposited");
    await expectLease();
  });

  it("opens without a permit where the allowance suffices", async () => {
    const { escrow, usd6, newcomer, signed, open, expectLease } = await loadFixture(firstTimeFixture);
    await usd6.connect(newcomer).approve(escrow, DEPOSIT);
    await open(await signed(), newcomer, NO_PERMIT);
    await expectLease();
  });

  it("reverts for anybody else's funding, tokens and quote in order or not (INV-ESC-3)", async () => {
    const { quotes, newcomer, tenantA, signed, open } = await loadFixture(firstTimeFixture);
    await expect(open(await signed(), tenantA))
      .to.be.revertedWithCustomError(quotes, "QuotesNotFundingAccount")
      .withArgs(newcomer, tenantA);
  });

  it("deposits nothing where the quote is refused (INV-ESC-3)", async () => {
    const { quotes, escrow, market, usd6, newcomer, tenantA, providerA, signed, open } =
      await loadFixture(firstTimeFixture);
    const quote = await signed({ tenant: tenantA.address });
    await expect(open(quote)).to.be.revertedWithCustomError(quotes, "QuotesNotTenant").withArgs(tenantA, newcomer);
    expect(await escrow.freeOf(usd6, newcomer)).to.equal(0n);
    expect(await escrow.moduleAccount(market, usd6, newcomer)).to.deep.equal([0n, 0n, 0n]);
    expect((await stateOf(quotes, providerA, quote.digest))[2]).to.equal(0n);
  });

  it("reverts for a funding that the tenant did not sign (ATK-ESC-2)", async () => {
    const { quotes, escrow, newcomer, funding, signature, permit, signed } = await loadFixture(firstTimeFixture);
    const { quote, signature: by } = await signed();
    const more = { ...funding, ceiling: CEILING + 1n };
    await expect(quotes.connect(newcomer).openFunded(quote, by, 1, HOUR, MOST_LOCK, more, signature, permit))
      .to.be.revertedWithCustomError(escrow, "EscrowInvalidSignature")
      .withArgs(newcomer);
  });

  it("reverts where another funding took the nonce, whose deposit is not this one's (INV-ESC-3)", async () => {
    const { quotes, escrow, usd6, newcomer, stranger, funding, signed, open } = await loadFixture(firstTimeFixture);
    const other = { ...funding, deposit: 0n };
    await escrow.connect(stranger).fundBySignature(other, await signFunding(newcomer, escrow, other), NO_PERMIT);
    const quote = await signed();
    await expect(open(quote)).to.be.revertedWithCustomError(escrow, "EscrowInvalidNonce").withArgs(newcomer, 1, 0);
    expect(await escrow.freeOf(usd6, newcomer)).to.equal(0n);
    expect((await stateOf(quotes, quote.quote.provider, quote.digest))[2]).to.equal(0n);
  });

  it("reverts for a funding that the tenant revoked by an approval (INV-ESC-3)", async () => {
    const { escrow, market, usd6, newcomer, signed, open } = await loadFixture(firstTimeFixture);
    await escrow.connect(newcomer).approveModule(usd6, market, 0n);
    await expect(open(await signed()))
      .to.be.revertedWithCustomError(escrow, "EscrowInvalidNonce")
      .withArgs(newcomer, 1, 0);
    expect(await escrow.freeOf(usd6, newcomer)).to.equal(0n);
  });
});
