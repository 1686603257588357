import { EVIDENCE } from "../../helpers/disputes";
import type { Weights } from "../../helpers/money";
import { entryOf, packResources } from "../../helpers/words";
import type { AppealDecision } from "../model/disputes";
import type { Funding, Line } from "../model/escrow";
import type { Order } from "../model/matching";
import type { OfferTerms } from "../model/offers";
import type { StandingOrder } from "../model/orders";
import type { Terms } from "../model/parameters";
import { refuse } from "../model/plain";
import type { Figures } from "../model/records";
import type { Renewal } from "../model/renewals";
import type { Rules } from "../model/rules";
import type { World } from "../model/world";
import type { Cast } from "./cast";
import type { Call } from "./chain";

/** A call, and what the model does in its place: it throws a `Refusal` where the call must revert. */
export interface Command {
  call: Call;
  predict(world: World): void;
}

/** An order as the market takes it. */
const orderOf = (order: Order) => ({
  ...order,
  requirement: packResources(order.requirement),
  candidates: order.candidates.map(({ offer, provider, maxPrice }) => ({
    offer,
    provider,
    maxPricePerSecondX32: maxPrice,
  })),
});

const plain = (fallbacks: StandingOrder["fallbacks"]) => fallbacks.map((fallback) => ({ ...fallback }));

export type Commands = ReturnType<typeof commandsOf>;

const NO_PERMIT = { deadline: 0n, v: 0n, r: `0x${"00".repeat(32)}`, s: `0x${"00".repeat(32)}` };

/** Bits of a word of resources that mean nothing. */
const JUNK = 2n ** 200n;

/** Every state-changing call that the actors make. Of each, the first argument is who makes it. */
export function commandsOf(cast: Cast) {
  const { hold, escrow, staking, liveness, market, orders, disputes, council, governor, pair, vault, forwarder } = cast;
  const command = (by: string, to: string, fn: string, args: Call["args"], predict: Command["predict"]): Command => ({
    call: { by, to, fn, args },
    predict,
  });
  const governed = (by: string, to: string, fn: string, args: Call["args"], predict: Command["predict"]): Command =>
    command(by, to, fn, args, (world) => {
      world.parameters.requireAdmin(by);
      predict(world);
    });
  const tokenOf = (world: World, token: string) => (token === hold ? world.hold : world.tokens.get(token)!);

  return {
    // ------------------------------------------------------------------------------------------------- tokens
    transfer: (by: string, token: string, to: string, amount: bigint) =>
      command(by, token, "transfer", [to, amount], (world) => tokenOf(world, token).transfer(by, to, amount)),
    transferFrom: (by: string, token: string, from: string, to: string, amount: bigint) =>
      command(by, token, "transferFrom", [from, to, amount], (world) =>
        tokenOf(world, token).transferFrom(by, from, to, amount),
      ),
    approve: (by: string, token: string, spender: string, amount: bigint) =>
      command(by, token, "approve", [spender, amount], (world) => tokenOf(world, token).approve(by, spender, amount)),
    delegate: (by: string, to: string) => command(by, hold, "delegate", [to], (world) => world.hold.delegate(by, to)),

    lockHold: (by: string, payer: string, owner: string, amount: bigint) =>
      command(by, hold, "lock", [payer, owner, amount], (world) => world.hold.lock(by, payer, owner, amount)),
    unlockHold: (by: string, owner: string, amount: bigint) =>
      command(by, hold, "unlock", [owner, amount], (world) => world.hold.unlock(by, owner, amount)),
    seizeHold: (by: string, owner: string, to: string, amount: bigint) =>
      command(by, hold, "seize", [owner, to, amount], (world) => world.hold.seize(by, owner, to, amount)),

    // -------------------------------------------------------------------------------------- contracts of others
    swap: (by: string, sellsHold: boolean, to: string) =>
      command(by, pair, "swap", [sellsHold, to], (world) => world.pair.swap(sellsHold, to)),
    save: (by: string, assets: bigint, receiver: string) =>
      command(by, vault, "deposit", [assets, receiver], (world) => world.vault.deposit(by, assets, receiver)),
    redeem: (by: string, shares: bigint, receiver: string) =>
      command(by, vault, "redeem", [shares, receiver, by], (world) => world.vault.redeem(by, shares, receiver)),
    sweep: (by: string, token: string) =>
      command(by, forwarder, "sweep", [token], (world) => world.forwarder.sweep(tokenOf(world, token))),

    // ------------------------------------------------------------------------------------------------- escrow
    deposit: (by: string, token: string, account: string, amount: bigint) =>
      command(by, escrow, "deposit", [token, account, amount], (world) =>
        world.escrow.deposit(by, token, account, amount),
      ),
    withdraw: (by: string, token: string, to: string, amount: bigint) =>
      command(by, escrow, "withdraw", [token, to, amount], (world) => world.escrow.withdraw(by, token, to, amount)),
    approveModule: (by: string, token: string, module: string, ceiling: bigint) =>
      command(by, escrow, "approveModule", [token, module, ceiling], (world) =>
        world.escrow.approveModule(by, token, module, ceiling),
      ),
    fundBySignature: (by: string, { digest, ...funding }: Funding, signer: string, signature: string) =>
      command(by, escrow, "fundBySignature", [{ ...funding }, signature, NO_PERMIT], (world) =>
        world.escrow.fund({ ...funding, digest }, signer, world.now),
      ),
    lock: (by: string, token: string, account: string, amount: bigint) =>
      command(by, escrow, "lock", [token, account, amount], (world) => world.escrow.lock(by, token, account, amount)),
    tryLockAndPay: (by: string, token: string, account: string, locked: bigint, paid: bigint, payee: string) =>
      command(by, escrow, "tryLockAndPay", [token, account, locked, paid, payee], (world) => {
        world.escrow.tryLockAndPay(by, token, account, locked, paid, payee);
      }),
    lockFor: (by: string, token: string, payer: string, account: string, amount: bigint) =>
      command(by, escrow, "lockFor", [token, payer, account, amount], (world) =>
        world.escrow.lockFor(by, token, payer, account, amount),
      ),
    moveLock: (by: string, token: string, from: string, to: string, amount: bigint) =>
      command(by, escrow, "moveLock", [token, from, to, amount], (world) =>
        world.escrow.moveLock(by, token, from, to, amount),
      ),
    settle: (by: string, token: string, lines: readonly Line[]) =>
      command(
        by,
        escrow,
        "settle",
        [
          token,
          lines.map(({ account, fromLock, toFree }) => ({
            account,
            movement: entryOf(account, fromLock, toFree).movement,
          })),
        ],
        (world) => world.escrow.settle(by, token, lines),
      ),

    // ------------------------------------------------------------------------------------------------ staking
    bond: (by: string, module: string, amount: bigint) =>
      command(by, staking, "bond", [module, amount], (world) => world.staking.bond(by, module, amount)),
    bondFor: (by: string, module: string, provider: string, amount: bigint) =>
      command(by, staking, "bondFor", [module, provider, amount], (world) =>
        world.staking.bondFor(by, module, provider, amount),
      ),
    moveBond: (by: string, from: string, to: string, amount: bigint) =>
      command(by, staking, "moveBond", [from, to, amount], (world) => world.staking.moveBond(by, from, to, amount)),
    startUnbonding: (by: string, module: string, amount: bigint) =>
      command(by, staking, "startUnbonding", [module, amount], (world) =>
        world.staking.startUnbonding(by, module, amount, world.now),
      ),
    cancelUnbonding: (by: string, module: string, amount: bigint) =>
      command(by, staking, "cancelUnbonding", [module, amount], (world) =>
        world.staking.cancelUnbonding(by, module, amount),
      ),
    finishUnbonding: (by: string) =>
      command(by, staking, "finishUnbonding", [], (world) => world.staking.finishUnbonding(by, world.now)),
    claimPenalties: (by: string, ids: readonly bigint[], to: string) =>
      command(by, staking, "claimPenalties", [ids, to], (world) =>
        world.staking.claimPenalties(by, ids, to, world.now),
      ),
    tryReserve: (by: string, provider: string, amount: bigint) =>
      command(by, staking, "tryReserve", [provider, amount], (world) => {
        world.staking.tryReserve(by, provider, amount);
      }),
    release: (by: string, provider: string, amount: bigint) =>
      command(by, staking, "release", [provider, amount], (world) => world.staking.release(by, provider, amount)),
    penalise: (
      by: string,
      provider: string,
      amount: bigint,
      payees: { tenant: string; challenger: string; treasury: string },
    ) =>
      command(by, staking, "penalise", [provider, amount, payees.tenant, payees.challenger, payees.treasury], (world) =>
        world.staking.penalise(by, { provider, amount, ...payees }, world.now),
      ),
    setUnbondingDelay: (by: string, delay: bigint) =>
      governed(by, staking, "setUnbondingDelay", [delay], (world) => world.staking.setDelay(delay)),

    // ----------------------------------------------------------------------------------------------- liveness
    setOperator: (by: string, operator: string) =>
      command(by, liveness, "setOperator", [operator], (world) => world.liveness.setOperator(by, operator)),
    heartbeat: (by: string, provider: string) =>
      command(by, liveness, "heartbeat", [provider], (world) => world.liveness.heartbeat(by, provider, world.now)),

    // ------------------------------------------------------------------------------------------------- offers
    createOffer: (by: string, terms: OfferTerms, price: bigint, capacity: bigint, junk = false) =>
      command(
        by,
        market,
        "createOffer",
        [{ ...terms, resources: packResources(terms.resources) + (junk ? JUNK : 0n) }, price, capacity],
        (world) => world.offers.create(by, terms, price, capacity, world.now),
      ),
    createQuotedOffer: (by: string, provider: string, terms: OfferTerms, price: bigint, capacity: bigint) =>
      command(
        by,
        market,
        "createQuotedOffer",
        [provider, { ...terms, resources: packResources(terms.resources) }, price, capacity],
        (world) => {
          if (by !== cast.quotes) refuse("MarketNotQuotes", by);
          world.offers.create(provider, terms, price, capacity, world.now, true);
        },
      ),
    setPrice: (by: string, offer: bigint, price: bigint) =>
      command(by, market, "setPrice", [offer, price], (world) => world.offers.setPrice(by, offer, price, world.now)),
    setCapacity: (by: string, offer: bigint, capacity: bigint) =>
      command(by, market, "setCapacity", [offer, capacity], (world) => world.offers.setCapacity(by, offer, capacity)),
    retireOffer: (by: string, offer: bigint) =>
      command(by, market, "retireOffer", [offer], (world) => world.offers.retire(by, offer)),

    // ------------------------------------------------------------------------------------------------- leases
    open: (by: string, order: Order) =>
      command(by, market, "open", [orderOf(order)], (world) => world.openings.open(by, order, world.now)),
    openQuoted: (by: string, tenant: string, order: Order) =>
      command(by, market, "openQuoted", [tenant, orderOf(order)], (world) =>
        world.openings.openQuoted(by, tenant, order, world.now),
      ),
    activate: (by: string, ids: readonly bigint[]) =>
      command(by, market, "activate", [ids], (world) => world.openings.activate(by, ids, world.now)),
    decline: (by: string, id: bigint) =>
      command(by, market, "decline", [id], (world) => world.openings.decline(by, id, world.now)),
    cancel: (by: string, id: bigint) =>
      command(by, market, "cancel", [id], (world) => world.openings.cancel(by, id, world.now)),
    close: (by: string, id: bigint) =>
      command(by, market, "close", [id], (world) => world.endings.close(by, id, world.now)),
    cancelNoShows: (by: string, ids: readonly bigint[]) =>
      command(by, market, "cancelNoShows", [ids], (world) => world.openings.cancelNoShows(by, ids, world.now)),
    expire: (by: string, ids: readonly bigint[]) =>
      command(by, market, "expire", [ids], (world) => world.endings.expire(by, ids, world.now)),
    collect: (by: string, ids: readonly bigint[]) =>
      command(by, market, "collect", [ids], (world) => world.endings.collect(ids, world.now)),

    extend: (by: string, id: bigint, tenant: string, seconds: bigint, maxCost: bigint) =>
      command(by, market, "extend", [id, tenant, seconds, maxCost], (world) =>
        world.changes.extend(by, id, tenant, seconds, maxCost, world.now),
      ),
    resize: (by: string, id: bigint, units: bigint, maxPrice: bigint, maxCost: bigint) =>
      command(by, market, "resize", [id, units, maxPrice, maxCost], (world) =>
        world.changes.resize(by, id, units, maxPrice, maxCost, world.now),
      ),
    giveNotice: (by: string, id: bigint, end: bigint) =>
      command(by, market, "giveNotice", [id, end], (world) => world.changes.giveNotice(by, id, end, world.now)),
    offerTransfer: (by: string, id: bigint, recipient: string) =>
      command(by, market, "offerTransfer", [id, recipient], (world) =>
        world.changes.offerTransfer(by, id, recipient, world.now),
      ),
    acceptTransfer: (by: string, id: bigint, minLocked: bigint) =>
      command(by, market, "acceptTransfer", [id, minLocked], (world) =>
        world.changes.acceptTransfer(by, id, minLocked, world.now),
      ),
    renew: (by: string, renewals: readonly Renewal[], caller: string) =>
      command(
        by,
        market,
        "renew",
        [
          renewals.map(({ id, period, maxPrice, maxBounty, transfers }) => ({
            leaseId: id,
            period,
            maxPricePerSecondX32: maxPrice,
            maxBounty,
            transfers,
          })),
          caller,
        ],
        (world) => void world.renewals.renew(by, renewals, caller, world.now),
      ),
    failOver: (by: string, from: bigint, order: Order, maxBounty: bigint, caller: string) =>
      command(by, market, "failOver", [from, orderOf(order), maxBounty, caller], (world) =>
        world.renewals.failOver(by, from, order, maxBounty, caller, world.now),
      ),
    setOrder: (by: string, id: bigint, { period, count, maxPrice, maxBounty, fallbacks }: StandingOrder) =>
      command(by, orders, "setOrder", [id, period, count, maxPrice, maxBounty, plain(fallbacks)], (world) =>
        world.orders.set(by, id, { period, count, maxPrice, maxBounty, fallbacks }, world.now),
      ),
    cancelOrder: (by: string, id: bigint) =>
      command(by, orders, "cancelOrder", [id], (world) => world.orders.cancel(by, id)),
    renewOrders: (by: string, ids: readonly bigint[]) =>
      command(by, orders, "renew", [ids], (world) => world.orders.renew(ids, by, world.now)),
    failOverOrder: (by: string, id: bigint) =>
      command(by, orders, "failOver", [id], (world) => world.orders.failOver(id, by, world.now)),
    addRecord: (by: string, provider: string, figures: Figures) =>
      command(by, cast.records, "add", [provider, { ...figures }], (world) => world.records.add(by, provider, figures)),

    // ----------------------------------------------------------------------------------------------- disputes
    file: (by: string, leaseId: bigint, tenant: string, faultClass: bigint, faultStart: bigint) =>
      command(by, disputes, "file", [leaseId, tenant, faultClass, faultStart, EVIDENCE], (world) =>
        world.disputes.file(by, leaseId, tenant, faultClass, faultStart, world.now),
      ),
    answer: (by: string, id: bigint, filedAt: bigint, reserved: boolean) =>
      command(by, disputes, "answer", [id, filedAt, reserved], (world) =>
        world.disputes.answer(by, id, filedAt, reserved, world.now),
      ),
    concede: (by: string, id: bigint, filedAt: bigint) =>
      command(by, disputes, "concede", [id, filedAt], (world) => world.disputes.concede(by, id, filedAt, world.now)),
    withdrawClaim: (by: string, id: bigint, filedAt: bigint) =>
      command(by, disputes, "withdraw", [id, filedAt], (world) => world.disputes.withdraw(by, id, filedAt, world.now)),
    rule: (by: string, id: bigint, filedAt: bigint, uphold: boolean) =>
      command(by, disputes, "rule", [id, filedAt, uphold], (world) =>
        world.disputes.rule(by, id, filedAt, uphold, world.now),
      ),
    recuse: (by: string, id: bigint, filedAt: bigint) =>
      command(by, disputes, "recuse", [id, filedAt], (world) => world.disputes.recuse(by, id, filedAt, world.now)),
    appeal: (by: string, id: bigint, filedAt: bigint, reserved: boolean) =>
      command(by, disputes, "appeal", [id, filedAt, reserved], (world) =>
        world.disputes.appeal(by, id, filedAt, reserved, world.now),
      ),
    decide: (by: string, decisions: readonly AppealDecision[]) =>
      command(by, disputes, "decide", [decisions.map((decision) => ({ ...decision }))], (world) =>
        world.disputes.decide(by, decisions, world.now),
      ),
    proposeAppeal: (by: string, tribunal: string, decisions: readonly AppealDecision[], reasons: string) =>
      command(by, governor, "proposeAppeal", [tribunal, decisions.map((one) => ({ ...one })), reasons], (world) =>
        world.governor.proposeAppeal(by, tribunal, decisions, reasons, world.now),
      ),
    execute: (by: string, id: bigint) =>
      command(by, disputes, "execute", [id], (world) => world.disputes.execute(id, world.now)),
    settleDispute: (by: string, id: bigint) =>
      command(by, disputes, "settle", [id], (world) => world.disputes.settle(id, world.now)),
    collectFee: (by: string, id: bigint, filedAt: bigint, to: string) =>
      command(by, disputes, "collectFee", [id, filedAt, to], (world) => world.disputes.collectFee(by, id, filedAt, to)),
    publishRules: (by: string, rules: Rules) =>
      governed(by, disputes, "publishRules", [{ ...rules }], (world) => world.disputes.publish(rules)),
    seat: (by: string, member: string) =>
      governed(by, council, "seat", [member], (world) => world.council.seat(member, world.now)),
    unseat: (by: string, member: string) =>
      governed(by, council, "unseat", [member], (world) => world.council.unseat(member, world.now)),

    /** By a key that is a slashing module. */
    openClaim: (by: string, leaseId: bigint, claimant: string, faultStart: bigint) =>
      command(by, market, "openClaim", [leaseId, claimant, faultStart], (world) => {
        world.claims.begin(by, leaseId, claimant, faultStart, world.now);
      }),
    endClaim: (by: string, leaseId: bigint, claimant: string, fractionBps: bigint, upheld: boolean) =>
      command(by, market, "endClaim", [leaseId, claimant, fractionBps, upheld], (world) => {
        world.claims.end(by, leaseId, claimant, fractionBps, upheld, world.now);
      }),
    lapseClaim: (by: string, leaseId: bigint, claimant: string) =>
      command(by, market, "lapseClaim", [leaseId, claimant], (world) =>
        world.claims.lapse(leaseId, claimant, world.now),
      ),

    // --------------------------------------------------------------------------------------------- governance
    publishTerms: (by: string, terms: Terms, weights: Weights) =>
      governed(by, market, "publishTerms", [{ ...terms }, { ...weights }], (world) =>
        world.parameters.publish(terms, weights),
      ),
    listToken: (by: string, token: string, minimumLock: bigint, bounty: bigint) =>
      governed(by, market, "listToken", [token, minimumLock, bounty], (world) =>
        world.parameters.list(token, minimumLock, bounty),
      ),
    delistToken: (by: string, token: string) =>
      governed(by, market, "delistToken", [token], (world) => world.parameters.delist(token)),
    pauseEntries: (by: string, duration: bigint) =>
      command(by, market, "pauseEntries", [duration], (world) => world.parameters.pause(by, duration, world.now)),
  };
}
