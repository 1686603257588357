import type { Weights } from "../../helpers/money";
import { entryOf, packResources } from "../../helpers/words";
import type { Funding, Line } from "../model/escrow";
import type { Order } from "../model/matching";
import type { OfferTerms } from "../model/offers";
import type { Terms } from "../model/parameters";
import type { World } from "../model/world";
import type { Cast } from "./cast";
import type { Call } from "./chain";

/** A call, and what the model does in its place: it throws a `Refusal` where the call must revert. */
export interface Command {
  call: Call;
  predict(world: World): void;
}

export type Commands = ReturnType<typeof commandsOf>;

const NO_PERMIT = { deadline: 0n, v: 0n, r: `0x${"00".repeat(32)}`, s: `0x${"00".repeat(32)}` };

/** Bits of a word of resources that mean nothing. */
const JUNK = 2n ** 200n;

/** Every state-changing call that the actors make. Of each, the first argument is who makes it. */
export function commandsOf(cast: Cast) {
  const { hold, escrow, staking, liveness, market } = cast;
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
    fundBySignature: (by: string, funding: Funding, signer: string, signature: string) =>
      command(by, escrow, "fundBySignature", [{ ...funding }, signature, NO_PERMIT], (world) =>
        world.escrow.fund(funding, signer, world.now),
      ),
    lock: (by: string, token: string, account: string, amount: bigint) =>
      command(by, escrow, "lock", [token, account, amount], (world) => world.escrow.lock(by, token, account, amount)),
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
    setPrice: (by: string, offer: bigint, price: bigint) =>
      command(by, market, "setPrice", [offer, price], (world) => world.offers.setPrice(by, offer, price)),
    setCapacity: (by: string, offer: bigint, capacity: bigint) =>
      command(by, market, "setCapacity", [offer, capacity], (world) => world.offers.setCapacity(by, offer, capacity)),
    retireOffer: (by: string, offer: bigint) =>
      command(by, market, "retireOffer", [offer], (world) => world.offers.retire(by, offer)),

    // ------------------------------------------------------------------------------------------------- leases
    open: (by: string, order: Order) =>
      command(
        by,
        market,
        "open",
        [
          {
            ...order,
            requirement: packResources(order.requirement),
            candidates: order.candidates.map(({ offer, maxPrice }) => ({ offer, maxPricePerSecondX32: maxPrice })),
          },
        ],
        (world) => world.leases.open(by, order, world.now),
      ),
    activate: (by: string, ids: readonly bigint[]) =>
      command(by, market, "activate", [ids], (world) => world.leases.activate(by, ids, world.now)),
    decline: (by: string, id: bigint) =>
      command(by, market, "decline", [id], (world) => world.leases.decline(by, id, world.now)),
    cancel: (by: string, id: bigint) =>
      command(by, market, "cancel", [id], (world) => world.leases.cancel(by, id, world.now)),
    close: (by: string, id: bigint) =>
      command(by, market, "close", [id], (world) => world.leases.close(by, id, world.now)),
    cancelNoShows: (by: string, ids: readonly bigint[]) =>
      command(by, market, "cancelNoShows", [ids], (world) => world.leases.cancelNoShows(by, ids, world.now)),
    expire: (by: string, ids: readonly bigint[]) =>
      command(by, market, "expire", [ids], (world) => world.leases.expire(by, ids, world.now)),
    collect: (by: string, ids: readonly bigint[]) =>
      command(by, market, "collect", [ids], (world) => world.leases.collect(ids, world.now)),

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
