import { expect } from "chai";
import {
  type BaseContract,
  type ContractTransaction,
  FunctionFragment,
  MaxUint256,
  ZeroAddress,
  ZeroHash,
} from "ethers";

import { disputeIdOf, EVIDENCE, fileClaim, Outcome } from "../../helpers/disputes";
import { NO_CEILING } from "../../helpers/fixture";
import { carryEach, carryOut, type Governed, governedFixture } from "../../helpers/governance";
import { leaseIdOf } from "../../helpers/leases";
import { loadFixture } from "../../helpers/loadFixture";
import { anOffer, anOrder, MOST_LOCK, MOST_PRICE } from "../../helpers/orders";
import { DAY, DEFAULT_RULES, DEFAULT_TERMS, DEFAULT_WEIGHTS, HOUR } from "../../helpers/parameters";
import { pendingLease } from "../../helpers/scene";
import { FAR_DEADLINE, NO_PERMIT } from "../../helpers/signatures";
import { now } from "../../helpers/time";
import { leaseAgain } from "../appealing";
import { everybody, ledgerOf } from "../ledger";

/** One unit, or one wei, of somebody else's: whoever can take that can take all. */
const ONE = 1n;

/** What the holders' proposals aim at; it exists by the time that they are executed. */
interface Aims {
  /** A running lease of tenantA and a pending one of tenantB. */
  running: bigint;
  pending: bigint;
  /** The dispute about the running one, and when it is filed. */
  disputeId: bigint;
  filedAt: number;
}

type Attempts = Record<string, Promise<ContractTransaction>>;
const CONTRACTS = [
  ...["escrow", "staking", "market", "hold", "council"],
  ...["disputes", "orders", "quotes", "liveness", "records"],
] as const satisfies readonly (keyof Governed)[];

/** Every function that changes state, of every contract that holds money, bonds or leases, called for the treasury's good. */
async function everyAttempt(f: Governed, aims: Aims): Promise<Record<string, Attempts>> {
  const { escrow, staking, market, hold, disputes, council, orders, quotes, liveness, records } = f;
  const { usd6, tenantA, tenantB, providerA, offerA, timelock, stranger } = f;
  const { running, pending, disputeId, filedAt } = aims;
  const [treasury, token] = [await timelock.getAddress(), await usd6.getAddress()];
  const { terms, price, capacity } = anOffer({ token });
  const candidate = { offer: f.offerB, provider: f.providerB.address, maxPricePerSecondX32: MOST_PRICE };
  const order = await anOrder(market, { token, candidates: [candidate], duration: HOUR });
  const account = tenantA.address;
  const funding = {
    account,
    token,
    module: treasury,
    ceiling: NO_CEILING,
    deposit: ONE,
    nonce: 0,
    deadline: FAR_DEADLINE,
  };
  const quote = {
    ...{
      provider: providerA.address,
      offer: offerA,
      terms: { ...terms, token: ZeroAddress, resources: 0, maxDuration: 0 },
    },
    ...{ pricePerSecondX32: ONE, units: 1, expiry: 2 ** 40 - 1, tenant: ZeroAddress, salt: 0, epoch: 0 },
  };
  const renewal = {
    leaseId: running,
    period: HOUR,
    maxPricePerSecondX32: MOST_PRICE,
    maxBounty: MOST_LOCK >> 40n,
    transfers: 0,
  };
  const record = { served: 1, noShows: 1, liveSeconds: 1, darkSeconds: 1, slashed: 1 };
  return {
    escrow: {
      approveModule: escrow.approveModule.populateTransaction(usd6, timelock, NO_CEILING),
      deposit: escrow.deposit.populateTransaction(usd6, timelock, ONE),
      depositWithPermit: escrow.depositWithPermit.populateTransaction(usd6, timelock, ONE, NO_PERMIT),
      fundBySignature: escrow.fundBySignature.populateTransaction(funding, "0x", NO_PERMIT),
      lock: escrow.lock.populateTransaction(usd6, tenantA, ONE),
      lockFor: escrow.lockFor.populateTransaction(usd6, tenantA, timelock, ONE),
      moveLock: escrow.moveLock.populateTransaction(usd6, tenantA, timelock, ONE),
      settle: escrow.settle.populateTransaction(usd6, [
        { account: tenantA, movement: ONE },
        { account: timelock, movement: ONE << 128n },
      ]),
      tryLockAndPay: escrow.tryLockAndPay.populateTransaction(usd6, tenantA, ONE, ONE, timelock),
      withdraw: escrow.withdraw.populateTransaction(usd6, timelock, ONE),
    },
    staking: {
      bond: staking.bond.populateTransaction(timelock, ONE),
      bondFor: staking.bondFor.populateTransaction(timelock, providerA, ONE),
      cancelUnbonding: staking.cancelUnbonding.populateTransaction(timelock, ONE),
      claimPenalties: staking.claimPenalties.populateTransaction([1], timelock),
      finishUnbonding: staking.finishUnbonding.populateTransaction(),
      moveBond: staking.moveBond.populateTransaction(market, timelock, ONE),
      penalise: staking.penalise.populateTransaction(providerA, ONE, timelock, timelock, timelock),
      release: staking.release.populateTransaction(providerA, ONE),
      setAuthority: staking.setAuthority.populateTransaction(timelock),
      setUnbondingDelay: staking.setUnbondingDelay.populateTransaction(60 * DAY),
      startUnbonding: staking.startUnbonding.populateTransaction(market, ONE),
      tryReserve: staking.tryReserve.populateTransaction(providerA, ONE),
    },
    market: {
      acceptTransfer: market.acceptTransfer.populateTransaction(running, 0),
      activate: market.activate.populateTransaction([pending]),
      cancel: market.cancel.populateTransaction(pending),
      cancelNoShows: market.cancelNoShows.populateTransaction([pending]),
      close: market.close.populateTransaction(running),
      collect: market.collect.populateTransaction([running, pending]),
      createOffer: market.createOffer.populateTransaction(terms, price, capacity),
      createQuotedOffer: market.createQuotedOffer.populateTransaction(providerA, terms, ONE, capacity),
      decline: market.decline.populateTransaction(pending),
      endClaim: market.endClaim.populateTransaction(running, tenantA, 10_000, true),
      expire: market.expire.populateTransaction([running, pending]),
      extend: market.extend.populateTransaction(running, tenantA, DAY, MOST_LOCK),
      failOver: market.failOver.populateTransaction(running, order, MOST_LOCK, timelock),
      giveNotice: market.giveNotice.populateTransaction(running, filedAt + 2 * DAY),
      lapseClaim: market.lapseClaim.populateTransaction(running, tenantA),
      listToken: market.listToken.populateTransaction(usd6, ONE, ONE),
      offerTransfer: market.offerTransfer.populateTransaction(running, timelock),
      open: market.open.populateTransaction(order),
      openClaim: market.openClaim.populateTransaction(running, timelock, filedAt),
      openFunded: market.openFunded.populateTransaction(order, funding, "0x", NO_PERMIT),
      openQuoted: market.openQuoted.populateTransaction(tenantA, order),
      pauseEntries: market.pauseEntries.populateTransaction(7 * DAY),
      publishTerms: market.publishTerms.populateTransaction(
        { treasury, ...DEFAULT_TERMS, feeBps: 1_000n },
        DEFAULT_WEIGHTS,
      ),
      renew: market.renew.populateTransaction([renewal], timelock),
      resize: market.resize.populateTransaction(running, 2, MOST_PRICE, MOST_LOCK),
      retireOffer: market.retireOffer.populateTransaction(offerA),
      setAuthority: market.setAuthority.populateTransaction(timelock),
      setCapacity: market.setCapacity.populateTransaction(offerA, 0),
      setPrice: market.setPrice.populateTransaction(offerA, ONE),
      delistToken: market.delistToken.populateTransaction(usd6),
    },
    hold: {
      approve: hold.approve.populateTransaction(timelock, MaxUint256),
      delegate: hold.delegate.populateTransaction(timelock),
      delegateBySig: hold.delegateBySig.populateTransaction(timelock, 0, MaxUint256, 27, ZeroHash, ZeroHash),
      lock: hold.lock.populateTransaction(tenantA, tenantA, ONE),
      permit: hold.permit.populateTransaction(tenantA, timelock, ONE, MaxUint256, 27, ZeroHash, ZeroHash),
      seize: hold.seize.populateTransaction(providerA, timelock, ONE),
      transfer: hold.transfer.populateTransaction(timelock, ONE),
      transferFrom: hold.transferFrom.populateTransaction(tenantA, timelock, ONE),
      unlock: hold.unlock.populateTransaction(providerA, ONE),
    },
    council: {
      seat: council.seat.populateTransaction(timelock),
      setAuthority: council.setAuthority.populateTransaction(timelock),
      unseat: council.unseat.populateTransaction(f.memberE),
    },
    disputes: {
      answer: disputes.answer.populateTransaction(disputeId, filedAt, false),
      appeal: disputes.appeal.populateTransaction(disputeId, filedAt, true),
      collectFee: disputes.collectFee.populateTransaction(disputeId, filedAt, timelock),
      concede: disputes.concede.populateTransaction(disputeId, filedAt),
      decide: disputes.decide.populateTransaction([{ disputeId, filedAt, outcome: Outcome.Rejected }]),
      execute: disputes.execute.populateTransaction(disputeId),
      file: disputes.file.populateTransaction(running, tenantA, 0, filedAt, EVIDENCE),
      publishRules: disputes.publishRules.populateTransaction({
        appealAuthority: treasury,
        treasury,
        ...DEFAULT_RULES,
      }),
      recuse: disputes.recuse.populateTransaction(disputeId, filedAt),
      rule: disputes.rule.populateTransaction(disputeId, filedAt, true),
      setAuthority: disputes.setAuthority.populateTransaction(timelock),
      settle: disputes.settle.populateTransaction(disputeId),
      withdraw: disputes.withdraw.populateTransaction(disputeId, filedAt),
    },
    orders: {
      cancelOrder: orders.cancelOrder.populateTransaction(running),
      failOver: orders.failOver.populateTransaction(running),
      renew: orders.renew.populateTransaction([running]),
      setOrder: orders.setOrder.populateTransaction(running, HOUR, 1, 2n ** 120n - 1n, 2n ** 88n - 1n, []),
    },
    quotes: {
      cancel: quotes.cancel.populateTransaction(ZeroHash),
      cancelAll: quotes.cancelAll.populateTransaction(),
      open: quotes.open.populateTransaction(quote, "0x", 1, HOUR, MOST_LOCK),
      openFunded: quotes.openFunded.populateTransaction(quote, "0x", 1, HOUR, MOST_LOCK, funding, "0x", NO_PERMIT),
    },
    liveness: {
      heartbeat: liveness.heartbeat.populateTransaction(tenantB),
      setOperator: liveness.setOperator.populateTransaction(stranger),
    },
    records: { add: records.add.populateTransaction(providerA, record) },
  };
}

/** What goes through: parameters and seats, which are its own to change, and what every account may do with its own. */
const ITS_OWN = [
  ...["escrow.approveModule", "escrow.tryLockAndPay", "staking.setUnbondingDelay", "staking.tryReserve"],
  ...["market.cancelNoShows", "market.collect", "market.createOffer", "market.expire", "market.listToken"],
  ...["market.publishTerms", "market.delistToken", "hold.approve", "hold.transfer", "disputes.decide"],
  ...["disputes.publishRules", "council.seat", "council.unseat", "orders.renew", "quotes.cancel", "quotes.cancelAll"],
  ...["liveness.setOperator", "records.add"],
];

/** What the rest is refused with. */
const REFUSED: Readonly<Record<string, string>> = {
  "escrow.deposit": "ERC20InsufficientAllowance",
  "escrow.depositWithPermit": "ERC20InsufficientAllowance",
  "escrow.fundBySignature": "EscrowInvalidSignature",
  "escrow.lock": "EscrowCeilingExceeded",
  "escrow.lockFor": "EscrowCeilingExceeded",
  "escrow.moveLock": "EscrowInsufficientLocked",
  "escrow.settle": "EscrowInsufficientLocked",
  "escrow.withdraw": "EscrowInsufficientFree",
  "staking.bond": "ERC20InsufficientAllowance",
  "staking.bondFor": "StakingPoolNotOpened",
  "staking.cancelUnbonding": "StakingInsufficientUnbonding",
  "staking.claimPenalties": "StakingNothingToClaim",
  "staking.finishUnbonding": "StakingNothingUnbonding",
  "staking.moveBond": "StakingInsufficientFree",
  "staking.penalise": "StakingInsufficientReserved",
  "staking.release": "StakingInsufficientReserved",
  "staking.setAuthority": "AccessManagedUnauthorized",
  "staking.startUnbonding": "StakingInsufficientFree",
  "market.acceptTransfer": "MarketNotRecipient",
  "market.activate": "MarketNotOperator",
  "market.cancel": "MarketNotTenant",
  "market.close": "MarketNotTenant",
  "market.createQuotedOffer": "MarketNotQuotes",
  "market.decline": "MarketNotProvider",
  "market.endClaim": "MarketNotSlasher",
  "market.extend": "EscrowInsufficientFree",
  "market.failOver": "MarketNotOrders",
  "market.giveNotice": "MarketNotProvider",
  "market.lapseClaim": "MarketClaimNotLapsed",
  "market.offerTransfer": "MarketNotTenant",
  "market.open": "EscrowInsufficientFree",
  "market.openClaim": "MarketNotSlasher",
  "market.openFunded": "MarketNotFundingAccount",
  "market.openQuoted": "MarketNotQuotes",
  "market.pauseEntries": "AccessManagedUnauthorized",
  "market.renew": "MarketNotOrders",
  "market.resize": "MarketNotTenant",
  "market.retireOffer": "MarketNotProvider",
  "market.setAuthority": "AccessManagedUnauthorized",
  "market.setCapacity": "MarketNotProvider",
  "market.setPrice": "MarketNotProvider",
  "hold.delegate": "TimelockKeepsVotes",
  "hold.delegateBySig": "ECDSAInvalidSignature",
  "hold.lock": "ERC20InsufficientAllowance",
  "hold.permit": "ECDSAInvalidSignature",
  "hold.seize": "ERC20LocksInsufficientLock",
  "hold.transferFrom": "ERC20InsufficientAllowance",
  "hold.unlock": "ERC20LocksInsufficientLock",
  "disputes.answer": "DisputesWrongPhase",
  "disputes.appeal": "DisputesWrongPhase",
  "disputes.collectFee": "DisputesNoShare",
  "disputes.concede": "DisputesNotParty",
  "disputes.execute": "DisputesWrongPhase",
  "disputes.file": "ERC20InsufficientAllowance",
  "disputes.recuse": "DisputesNotSeated",
  "disputes.rule": "DisputesNotSeated",
  "disputes.setAuthority": "AccessManagedUnauthorized",
  "disputes.settle": "DisputesWrongPhase",
  "disputes.withdraw": "DisputesNotParty",
  "council.setAuthority": "AccessManagedUnauthorized",
  "orders.cancelOrder": "OrdersNotTenant",
  "orders.failOver": "OrdersNoOrder",
  "orders.setOrder": "OrdersNotTenant",
  "quotes.open": "QuotesInvalidSignature",
  "quotes.openFunded": "QuotesNotFundingAccount",
  "liveness.heartbeat": "LivenessNotOperator",
};

/** One proposal for each function, ready; and the leases and the dispute that they aim at. */
async function aimedFixture() {
  const f = await loadFixture(governedFixture);
  const aims: Aims = {
    running: leaseIdOf(f.offerD, 1),
    pending: leaseIdOf(f.offerB, 1),
    disputeId: disputeIdOf(leaseIdOf(f.offerD, 1), f.tenantA),
    filedAt: (await now()) + 10 * DAY,
  };
  const named = Object.entries(await everyAttempt(f, aims)).flatMap(([contract, attempts]) =>
    Object.entries(attempts).map(([name, attempt]) => ({ name: `${contract}.${name}`, attempt })),
  );
  const ids = await carryEach(
    f,
    named.map(({ attempt }) => [attempt]),
  );
  const running = await leaseAgain(f, { offer: f.offerD, duration: 20 * DAY });
  const filed = await fileClaim(f, running, { filedAt: aims.filedAt });
  await f.disputes.connect(f.providerA).answer(filed.id, filed.filedAt, false);
  expect((await f.disputes.disputeView(filed.id)).held).to.be.greaterThan(0n);
  await f.market.collect([running.id]); // nothing is due any more that anyone could call for
  await f.liveness.connect(f.operatorB).heartbeat(f.providerB);
  const pending = await pendingLease(f, { offer: f.offerB, tenant: f.tenantB });
  expect([running.id, pending.id, filed.id]).to.deep.equal([aims.running, aims.pending, aims.disputeId]);
  return { f, aims, proposals: named.map(({ name }, index) => ({ name, id: ids[index]! })) };
}

/** The name of the contract's error that a transaction reverted with. */
function errorOf(error: unknown): string {
  const [, name] = /custom error '(\w+)\(/.exec(String(error)) ?? [];
  if (name === undefined) throw error;
  return name;
}

const changing = (contract: BaseContract): string[] =>
  contract.interface.fragments
    .filter(FunctionFragment.isFragment)
    .filter(({ constant }) => !constant)
    .map(({ name }) => name);

describe("Drill: the holders reach for what is not theirs (INV-GOV-4, ATK-STK-8, INV-ESC-3, INV-STK-4, INV-LSE-9)", () => {
  it("knows every function that changes state, by the contracts' own interfaces", async () => {
    const f = await loadFixture(governedFixture);
    const aims = { running: 1n, pending: 1n, disputeId: 1n, filedAt: 10 * DAY };
    const attempts = await everyAttempt(f, aims);
    expect(Object.keys(attempts)).to.deep.equal(CONTRACTS);
    for (const name of CONTRACTS) {
      expect(Object.keys(attempts[name]!).sort(), name).to.deep.equal(changing(f[name]).sort());
    }
  });

  it("moves no balance, no lock, no bond, no lease and no dispute of anybody by any of them", async () => {
    const { f, aims, proposals } = await loadFixture(aimedFixture);
    const stored = async () => [
      await f.market.leaseById(aims.running),
      await f.market.leaseById(aims.pending),
      await f.disputes.disputeById(aims.disputeId),
      await f.market.offerById(f.offerA),
      await f.hold.allowance(f.tenantA, f.timelock),
      (await f.escrow.moduleAccount(f.timelock, f.usd6, f.tenantA)).ceiling,
    ];
    const [money, things] = [await ledgerOf(f, everybody(f)), await stored()];
    const through: string[] = [];
    const refused: Record<string, string> = {};
    for (const { name, id } of proposals) {
      await carryOut(f, id).then(
        () => through.push(name),
        (error: unknown) => (refused[name] = errorOf(error)),
      );
    }
    expect(refused).to.deep.equal(REFUSED);
    expect(through).to.have.members(ITS_OWN);
    expect(await ledgerOf(f, everybody(f))).to.deep.equal(money);
    expect(await stored()).to.deep.equal(things);
  });
});
