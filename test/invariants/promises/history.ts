import { MaxUint256 } from "ethers";

import { unpackMovement } from "../../helpers/words";
import type { ParsedLog } from "../driver/chain";
import { most, type Plain, Tally } from "../model/plain";
import { Broken } from "./broken";

/** One lease as its events tell it. */
export interface LeaseStory {
  readonly tenant: string;
  readonly provider: string;
  readonly units: bigint;
  readonly rate: bigint;
  readonly locked: bigint;
  readonly collateral: bigint;
  readonly feeBps: bigint;
  readonly treasury: string;
  readonly minimum: bigint;
  paid: bigint;
  paidSeconds: bigint;
  fee: bigint;
  refunded: bigint;
  bounty: bigint;
  penalties: bigint;
  billed: bigint;
  endings: number;
  /** Base units that each account received out of it. */
  readonly received: Tally;
}

interface Budget {
  approved: bigint;
  paidSince: bigint;
}

const UNLIMITED = 2n ** 120n - 1n;

/** What happened so far, as events and the seconds of their blocks tell it: no storage, no model. */
export class History {
  readonly deposits = new Tally();
  readonly withdrawals = new Tally();
  readonly locked = new Tally();
  readonly leases = new Map<string, LeaseStory>();
  readonly heartbeats = new Map<string, bigint[]>();
  /** Units and capacity of offers. */
  readonly capacity = new Tally();
  readonly used = new Tally();
  readonly #minimum = new Tally();
  readonly #terms = new Map<string, { feeBps: bigint; treasury: string }>();
  readonly #budgets = new Map<string, Budget>();
  readonly #readyAt = new Tally();
  readonly #penalties = new Map<string, { amount: bigint; challenged: boolean; matures: bigint; claimed: bigint }>();
  #unbondingDelay = 0n;

  /** Takes in the events of one call, in their order. */
  add(logs: readonly ParsedLog[], market: string, now: bigint): void {
    for (const [index, { name, args }] of logs.entries()) this.#one(name, args, market, now, logs.slice(index));
  }

  #one(name: string, args: Record<string, Plain>, market: string, now: bigint, rest: readonly ParsedLog[]): void {
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
        this.#budgets.set(slot.join("/"), {
          approved: amount("ceiling") === UNLIMITED ? MaxUint256 : amount("ceiling"),
          paidSince: 0n,
        });
        break;
      }
      case "Settled":
        for (const entry of Object.values(args)[2] as unknown as { account: string; movement: bigint }[]) {
          const { fromLock, toFree } = unpackMovement(entry.movement);
          const slot = [text("module"), text("token"), entry.account];
          this.locked.add(-fromLock, ...slot);
          const budget = this.#budgets.get(slot.join("/"));
          if (budget !== undefined) budget.paidSince += most(0n, fromLock - toFree);
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
          challenged: BigInt(text("challenger")) !== 0n,
          matures: now + this.#unbondingDelay,
          claimed: 0n,
        });
        break;
      case "PenaltyClaimed":
        this.#claim(id("penaltyId"), amount("amount"), now);
        break;
      case "OfferCreated":
        this.#minimum.set((args["terms"] as Record<string, bigint>)["minDuration"]!, id("offerId"));
        this.capacity.set(amount("capacity"), id("offerId"));
        break;
      case "OfferCapacitySet":
        this.capacity.set(amount("capacity"), id("offerId"));
        break;
      case "TermsPublished": {
        const { feeBps, treasury } = args["terms"] as { feeBps: bigint; treasury: string };
        this.#terms.set(id("version"), { feeBps, treasury });
        break;
      }
      case "LeaseOpened":
        this.#open(id("leaseId"), args);
        break;
      case "LeaseCollected":
      case "LeaseSettled":
      case "LeaseClosed":
      case "LeaseCancelled":
        this.#lease(name, id("leaseId"), args, market, rest);
        break;
      case "Locked":
        // Escrow and HOLD both have an event of this name.
        if ("module" in args) this.#lock([text("module"), text("token"), text("account")], amount("amount"));
        break;
      default:
    }
  }

  #lock(slot: string[], amount: bigint): void {
    this.locked.add(amount, ...slot);
    const locked = this.locked.of(...slot);
    const { approved, paidSince } = this.#budgets.get(slot.join("/")) ?? { approved: 0n, paidSince: 0n };
    if (amount > 0n && locked + paidSince > approved) {
      throw new Broken(
        "INV-ESC-3",
        `${slot.join("/")}: ${locked} locked, ${paidSince} paid since, approved ${approved}`,
      );
    }
  }

  #claim(id: string, amount: bigint, now: bigint): void {
    const penalty = this.#penalties.get(id);
    if (penalty === undefined) throw new Broken("INV-STK-2", `penalty ${id} was paid and never taken`);
    if (now < penalty.matures) throw new Broken("INV-STK-3", `penalty ${id} was paid ${penalty.matures - now} s early`);
    const treasury = penalty.amount / 5n;
    const challenger = penalty.challenged ? penalty.amount / 5n : 0n;
    const tenant = penalty.amount - treasury - challenger;
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

  /** HOLD of penalties that was not paid yet. */
  unpaidPenalties(): bigint {
    return [...this.#penalties.values()].reduce((sum, { amount, claimed }) => sum + amount - claimed, 0n);
  }

  #open(id: string, args: Record<string, Plain>): void {
    const offer = (BigInt(id) / 2n ** 32n).toString();
    const units = args["units"] as bigint;
    this.used.add(units, offer);
    if (this.used.of(offer) > this.capacity.of(offer)) {
      throw new Broken(
        "INV-LSE-6",
        `offer ${offer}: ${this.used.of(offer)} of ${this.capacity.of(offer)} units are used`,
      );
    }
    this.leases.set(id, {
      tenant: args["tenant"] as string,
      provider: args["provider"] as string,
      units,
      rate: args["ratePerSecondX32"] as bigint,
      locked: args["locked"] as bigint,
      collateral: args["collateral"] as bigint,
      ...this.#terms.get((args["termsVersion"] as bigint).toString())!,
      minimum: this.#minimum.of(offer),
      paid: 0n,
      paidSeconds: 0n,
      fee: 0n,
      refunded: 0n,
      bounty: 0n,
      penalties: 0n,
      billed: 0n,
      endings: 0,
      received: new Tally(),
    });
  }

  #lease(name: string, id: string, args: Record<string, Plain>, market: string, rest: readonly ParsedLog[]): void {
    const lease = this.leases.get(id);
    if (lease === undefined) throw new Broken("INV-LSE-5", `lease ${id}: ${name} before it was opened`);
    const amount = (field: string): bigint => (args[field] ?? 0n) as bigint;
    if (name === "LeaseCollected") {
      lease.paid += amount("amount");
      lease.paidSeconds = amount("paidSeconds");
      lease.received.add(amount("amount"), lease.provider);
    } else if (name === "LeaseSettled") {
      lease.fee += amount("fee");
      lease.received.add(amount("fee"), lease.treasury);
    } else {
      lease.endings += 1;
      if (lease.endings > 1) throw new Broken("INV-LSE-5", `lease ${id} ended twice`);
      this.used.add(-lease.units, (BigInt(id) / 2n ** 32n).toString());
      lease.billed = amount("billedSeconds");
      lease.refunded += amount("refund");
      lease.bounty += amount("bounty");
      lease.received.add(amount("refund"), lease.tenant);
      lease.received.add(amount("bounty"), args["by"] as string);
      if (amount("penalty") > 0n) this.#penalty(id, lease, amount("penalty"), market, rest);
    }
  }

  #penalty(id: string, lease: LeaseStory, penalty: bigint, market: string, rest: readonly ParsedLog[]): void {
    const taken = rest.find(({ name, args }) => name === "Penalised" && args["module"] === market)?.args;
    const fits =
      taken?.["amount"] === penalty &&
      taken["provider"] === lease.provider &&
      taken["tenant"] === lease.tenant &&
      taken["treasury"] === lease.treasury;
    lease.penalties += penalty;
    if (!fits) throw new Broken("INV-STK-2", `lease ${id}: penalty of ${penalty} is not what staking took`);
    if (lease.penalties > lease.collateral) {
      throw new Broken("INV-STK-2", `lease ${id}: penalties of ${lease.penalties}, collateral ${lease.collateral}`);
    }
  }
}
