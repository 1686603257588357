import { unpackMovement } from "../../helpers/words";
import type { ParsedLog } from "../driver/chain";
import { least, most, Tally } from "../model/plain";
import { disputeIdOf } from "../model/disputes";
import { type Figures, NO_FIGURES, sumOf } from "../model/records";
import { fractionOf, type Rules } from "../model/rules";
import { AppealStories } from "./appeals";
import { Broken } from "./broken";
import { DisputeStories } from "./disputes";
import { type LeaseStory, Stories } from "./stories";

const UNLIMITED = 2n ** 120n - 1n;

/** What an order still allows. */
interface OrderStory {
  period: bigint;
  count: bigint;
  maxPrice: bigint;
  maxBounty: bigint;
}

/** Where events come from and how. */
export interface Source {
  market: string;
  hold: string;
  disputes: string;
  /** Second of the block. */
  now: bigint;
  /** The test called the market in the name of the contract of orders. */
  hooked: boolean;
}

/** What happened so far, as events and the seconds of their blocks tell it: no storage, no model. */
export class History {
  readonly deposits = new Tally();
  readonly withdrawals = new Tally();
  readonly locked = new Tally();
  readonly heartbeats = new Map<string, bigint[]>();
  /** Figures of providers, by module and provider, as they were added. */
  readonly records = new Map<string, Figures>();
  readonly stories: Stories;
  readonly disputes = new DisputeStories();
  readonly appeals = new AppealStories();
  /** Penalties of leases, by provider. */
  readonly slashed = new Tally();
  /** What the market moved into and out of free balances, by token and account. */
  readonly flows = new Tally();
  /** Bounties of failovers, which no lease pays, by token and account. */
  readonly failOvers = new Tally();
  /** Lockers and owners of HOLD who locked some of their own. */
  readonly opened = new Set<string>();
  readonly #offers = new Map<string, { minimum: bigint; prices: { price: bigint; since: bigint }[] }>();
  readonly #terms = new Map<string, { feeBps: bigint; toleranceBps: bigint; treasury: string }>();
  readonly #listings = new Map<string, string>();
  readonly #orders = new Map<string, OrderStory>();
  /** What modules may still take, by module, token and account. */
  readonly #budgets = new Tally();
  readonly #readyAt = new Tally();
  readonly #rules = new Map<string, Rules>();
  /** Of the collateral, that the faults of disputes cost. */
  readonly #fractions = new Map<string, bigint>();
  readonly #penalties = new Map<string, { amount: bigint; parts: bigint[]; matures: bigint; claimed: bigint }>();
  #unbondingDelay = 0n;

  constructor(
    grace: bigint,
    outageAllowance: bigint,
    /** Who gives no HOLD away, and where it may go all the same. */
    private readonly honest: { accounts: readonly string[]; payees: readonly string[] },
  ) {
    this.stories = new Stories({
      grace,
      allowanceOf: (version, lived) => outageAllowance + (lived * this.#terms.get(version)!.toleranceBps) / 10_000n,
      heartbeatsOf: (provider) => this.heartbeats.get(provider) ?? [],
      termsOf: (version) => this.#terms.get(version)!,
      tokenOf: (listing) => this.#listings.get(listing)!,
      offerOf: (id) => this.#offers.get(id)!,
      fractionOf: (leaseId, claimant) => this.#fractions.get(disputeIdOf(BigInt(leaseId), claimant).toString()),
    });
  }

  get leases(): ReadonlyMap<string, LeaseStory> {
    return this.stories.leases;
  }

  /** Takes in the events of one call, in their order. */
  add(logs: readonly ParsedLog[], source: Source): void {
    const failingOver = logs.some(({ name }) => name === "LeaseOpened");
    for (const [index, log] of logs.entries()) {
      if (failingOver && log.name === "LockedAndPaid") this.#failOver(log);
      if (log.address === source.hold && log.name === "Locked") this.#lockHold(logs, index, source.hold);
      if (log.address === source.hold && log.name === "Transfer") this.#transferHold(log);
      this.#one(log, source);
      this.#order(log, source);
      this.disputes.add(log, source.now, source.disputes);
      this.appeals.add(log, source.now);
      if (log.address === source.market && "leaseId" in log.args) {
        this.stories.add(logs.slice(index), source.market, source.now);
      }
    }
  }

  #one({ name, args }: ParsedLog, { market, now }: Source): void {
    const text = (field: string): string => args[field] as string;
    const amount = (field: string): bigint => args[field] as bigint;
    const id = (field: string): string => (args[field] as bigint).toString();
    switch (name) {
      case "Deposited":
        this.deposits.add(amount("amount"), text("token"));
        break;
      case "Withdrawn":
        this.withdrawals.add(amount("amount"), text("token"));
        break;
      case "ModuleApproved": {
        const slot = [text("module"), text("token"), text("account")];
        this.#budgets.set(amount("ceiling"), ...slot);
        break;
      }
      case "Settled":
        this.#flow(text("module") === market, text("token"), args);
        for (const entry of Object.values(args)[2] as unknown as { account: string; movement: bigint }[]) {
          const { fromLock, toFree } = unpackMovement(entry.movement);
          const slot = [text("module"), text("token"), entry.account];
          this.locked.add(-fromLock, ...slot);
          this.#spend(slot, most(0n, fromLock - toFree));
        }
        break;
      case "Heartbeat":
        this.heartbeats.set(text("provider"), [...(this.heartbeats.get(text("provider")) ?? []), amount("seenAt")]);
        break;
      case "UnbondingDelaySet":
        this.#unbondingDelay = amount("delay");
        break;
      case "UnbondingStarted":
        this.#readyAt.set(now + this.#unbondingDelay, text("provider"));
        break;
      case "Unbonded":
        if (now < this.#readyAt.of(text("provider"))) {
          throw new Broken(
            "INV-STK-3",
            `${text("provider")} unbonded ${this.#readyAt.of(text("provider")) - now} s early`,
          );
        }
        break;
      case "Penalised":
        this.#penalties.set(id("penaltyId"), {
          amount: amount("amount"),
          parts: partsOf(amount("amount"), [text("tenant"), text("challenger"), text("treasury")]),
          matures: now + this.#unbondingDelay,
          claimed: 0n,
        });
        if (text("module") === market) this.slashed.add(amount("amount"), text("provider"));
        break;
      case "PenaltyClaimed":
        this.#claim(id("penaltyId"), amount("amount"), now);
        break;
      case "OfferCreated": {
        const { minDuration } = args["terms"] as { minDuration: bigint };
        this.#offers.set(id("offerId"), {
          minimum: minDuration,
          prices: [{ price: amount("pricePerSecondX32"), since: now }],
        });
        this.stories.capacity.set(amount("capacity"), id("offerId"));
        break;
      }
      case "OfferPriceSet":
        this.#offers.get(id("offerId"))!.prices.push({ price: amount("pricePerSecondX32"), since: now });
        break;
      case "OfferCapacitySet":
        this.stories.capacity.set(amount("capacity"), id("offerId"));
        break;
      case "RulesPublished":
        this.#rules.set(id("version"), args["rules"] as unknown as Rules);
        break;
      case "DisputeFiled":
        this.#fractions.set(id("disputeId"), fractionOf(this.#rules.get(id("rules"))!, amount("faultClass")));
        break;
      case "TokenListed":
        this.#listings.set(id("listing"), text("token"));
        break;
      case "RecordAdded": {
        const key = `${text("module")}/${text("provider")}`;
        this.records.set(key, sumOf(this.records.get(key) ?? NO_FIGURES, args["delta"] as unknown as Figures));
        break;
      }
      case "TermsPublished": {
        const terms = args["terms"] as { feeBps: bigint; toleranceBps: bigint; treasury: string };
        this.#terms.set(id("version"), terms);
        break;
      }
      case "Locked":
        // Escrow and HOLD both have an event of this name.
        if ("module" in args && text("module") === market) {
          this.flows.add(-amount("amount"), text("token"), text("account"));
        }
        if ("module" in args) this.#lock([text("module"), text("token"), text("account")], amount("amount"));
        break;
      case "LockedAndPaid": {
        const slot = [text("module"), text("token"), text("account")];
        this.#mayTake(slot, amount("locked") + amount("paid"));
        if (text("module") === market) {
          this.flows.add(-amount("locked") - amount("paid"), text("token"), text("account"));
          this.flows.add(amount("paid"), text("token"), text("payee"));
        }
        this.locked.add(amount("locked"), ...slot);
        this.#spend(slot, amount("paid"));
        break;
      }
      case "LockedFor":
        if (text("module") === market) this.flows.add(-amount("amount"), text("token"), text("payer"));
        this.#mayTake([text("module"), text("token"), text("payer")], amount("amount"));
        this.#spend([text("module"), text("token"), text("payer")], amount("amount"));
        this.#receive([text("module"), text("token"), text("account")], amount("amount"));
        break;
      case "LockMoved":
        if (text("from") === text("to")) break;
        this.locked.add(-amount("amount"), text("module"), text("token"), text("from"));
        this.#spend([text("module"), text("token"), text("from")], amount("amount"));
        this.#receive([text("module"), text("token"), text("to")], amount("amount"));
        break;
      default:
    }
  }

  #lock(slot: string[], amount: bigint): void {
    this.#mayTake(slot, amount);
    this.locked.add(amount, ...slot);
  }

  #mayTake(slot: string[], amount: bigint): void {
    const [locked, budget] = [this.locked.of(...slot), this.#budgets.of(...slot)];
    if (amount > 0n && locked + amount > budget) {
      throw new Broken("INV-ESC-3", `${slot.join("/")}: ${amount} taken, ${locked} locked, ${budget} approved`);
    }
  }

  #spend(slot: string[], amount: bigint): void {
    const budget = this.#budgets.of(...slot);
    if (budget !== UNLIMITED) this.#budgets.set(most(0n, budget - amount), ...slot);
  }

  #receive(slot: string[], amount: bigint): void {
    this.locked.add(amount, ...slot);
    const budget = this.#budgets.of(...slot);
    if (budget !== UNLIMITED) this.#budgets.set(least(UNLIMITED - 1n, budget + amount), ...slot);
  }

  /** A renewal is one that the tenant ordered, within the caps of its order. */
  #order({ name, args }: ParsedLog, { hooked }: Source): void {
    const amount = (field: string): bigint => args[field] as bigint;
    const id = (args["leaseId"] ?? args["from"] ?? 0n).toString();
    const order = this.#orders.get(id);
    switch (name) {
      case "OrderPlaced": {
        const [period, count, maxBounty] = [amount("period"), amount("count"), amount("maxBounty")];
        this.#orders.set(id, { period, count, maxPrice: amount("maxPricePerSecondX32"), maxBounty });
        break;
      }
      case "OrderFailedOver":
        this.#orders.delete(id);
        if (order === undefined || order.count - 1n !== amount("count")) {
          throw new Broken("INV-ORD-1", `lease ${id} failed over, ${amount("count")} of its renewals are left`);
        }
        if (order.count > 1n) this.#orders.set(amount("to").toString(), { ...order, count: order.count - 1n });
        break;
      case "OrderCancelled":
      case "LeaseTransferred":
        this.#orders.delete(id);
        break;
      case "LeaseRenewed":
        if (!hooked) this.#carryOut(id, order, amount("duration"), amount("bounty"));
        break;
      default:
    }
  }

  #carryOut(id: string, order: OrderStory | undefined, duration: bigint, bounty: bigint): void {
    const lease = this.leases.get(id)!;
    const prolonged = lease.startedAt + duration - lease.end;
    const fits =
      order !== undefined &&
      prolonged === order.period &&
      lease.rate <= order.maxPrice * lease.units &&
      bounty <= order.maxBounty;
    if (!fits) throw new Broken("INV-ORD-1", `lease ${id} was renewed for ${prolonged} s at ${lease.rate}, unordered`);
    order.count -= 1n;
    if (order.count === 0n) this.#orders.delete(id);
  }

  #claim(id: string, amount: bigint, now: bigint): void {
    const penalty = this.#penalties.get(id);
    if (penalty === undefined) throw new Broken("INV-STK-2", `penalty ${id} was paid and never taken`);
    if (now < penalty.matures) throw new Broken("INV-STK-3", `penalty ${id} was paid ${penalty.matures - now} s early`);
    const [tenant, challenger, treasury] = penalty.parts as [bigint, bigint, bigint];
    // Whoever is several of them is paid several parts in one.
    const sums = [tenant, challenger, treasury, tenant + challenger, tenant + treasury, challenger + treasury];
    if (![...sums, penalty.amount].includes(amount)) {
      throw new Broken("INV-STK-2", `penalty ${id} of ${penalty.amount} paid ${amount}, which is no part of it`);
    }
    penalty.claimed += amount;
    if (penalty.claimed > penalty.amount) {
      throw new Broken("INV-STK-2", `penalty ${id} of ${penalty.amount} paid ${penalty.claimed} in all`);
    }
  }

  /** Of what the market moves in a settlement, what becomes free. */
  #flow(byMarket: boolean, token: string, args: ParsedLog["args"]): void {
    if (!byMarket) return;
    for (const { account, movement } of Object.values(args)[2] as unknown as { account: string; movement: bigint }[]) {
      this.flows.add(unpackMovement(movement).toFree, token, account);
    }
  }

  /** HOLD of the honest goes into bonds of disputes, their savings, and penalties alone. */
  #transferHold({ args }: ParsedLog): void {
    const { from, to, value } = args as { from: string; to: string; value: bigint };
    if (this.honest.accounts.includes(from) && !this.honest.payees.includes(to) && value > 0n) {
      throw new Broken("INV-LSE-8", `${value} HOLD of ${from} went to ${to}, which it did not give away`);
    }
  }

  #failOver({ args }: ParsedLog): void {
    const { token, account, payee, paid } = args as { token: string; account: string; payee: string; paid: bigint };
    this.failOvers.add(-paid, token, account);
    this.failOvers.add(paid, token, payee);
  }

  /** A lock on what somebody else paid asks for one that the owner once made out of its own (INV-TOK-1). */
  #lockHold(logs: readonly ParsedLog[], index: number, hold: string): void {
    const { locker, owner, amount } = logs[index]!.args as { locker: string; owner: string; amount: bigint };
    const earlier = logs.slice(0, index).findLastIndex(({ name, address }) => name === "Locked" && address === hold);
    const payment = logs
      .slice(earlier + 1, index)
      .find(({ name, address, args }) => name === "Transfer" && address === hold && args["to"] === owner);
    const isGift = payment !== undefined && payment.args["from"] !== owner && payment.args["value"] === amount;
    const key = `${locker}/${owner}`;
    if (isGift && !this.opened.has(key)) {
      throw new Broken("INV-TOK-1", `${locker} locked ${amount} in ${owner}, which never locked any with it`);
    }
    if (!isGift && amount > 0n) this.opened.add(key);
  }

  /** HOLD of penalties that was not paid yet. */
  unpaidPenalties(): bigint {
    return [...this.#penalties.values()].reduce((sum, { amount, claimed }) => sum + amount - claimed, 0n);
  }
}

/** Parts of tenant, challenger and treasury: a fifth for each of the others, the rest for the tenant; all for who is alone. */
function partsOf(amount: bigint, payees: readonly string[]): bigint[] {
  const [hasTenant, hasChallenger, hasTreasury] = payees.map((payee) => BigInt(payee) !== 0n);
  if (!hasTenant) return [0n, 0n, amount];
  const fifth = amount / 5n;
  const [challenger, treasury] = [hasChallenger ? fifth : 0n, hasTreasury ? fifth : 0n];
  return [amount - challenger - treasury, challenger, treasury];
}
