import { ZeroAddress } from "ethers";

import { unpackMovement } from "../../helpers/words";
import { least, most, Tally } from "../model/plain";
import { Args, type Event } from "./event";

const UNLIMITED = 2n ** 120n - 1n;

/** HOLD's balances, delegates and locks, from its events alone. */
export class HoldReplay {
  readonly balances = new Tally();
  readonly votes = new Tally();
  readonly locked = new Tally();
  readonly locks = new Tally();
  readonly delegates = new Map<string, string>();

  apply({ name, args }: Event): void {
    const of = new Args(args);
    switch (name) {
      case "Transfer":
        this.balances.add(-of.amount("value"), of.text("from"));
        this.balances.add(of.amount("value"), of.text("to"));
        break;
      case "DelegateChanged":
        this.delegates.set(of.text("delegator"), of.text("toDelegate"));
        break;
      case "DelegateVotesChanged":
        this.votes.set(of.amount("newVotes"), of.text("delegate"));
        break;
      case "Locked":
      case "Unlocked":
      case "Seized": {
        const before = this.locks.of(of.text("locker"), of.text("owner"));
        this.locks.set(of.amount("lockedByLocker"), of.text("locker"), of.text("owner"));
        this.locked.add(of.amount("lockedByLocker") - before, of.text("owner"));
        break;
      }
      default:
    }
  }
}

/** Free balances, locks, ceilings and nonces of the escrow, from its events alone. */
export class EscrowReplay {
  readonly free = new Tally();
  readonly locked = new Tally();
  readonly ceilings = new Tally();
  readonly nonces = new Tally();

  apply({ name, args }: Event): void {
    const of = new Args(args);
    switch (name) {
      case "Deposited":
      case "Withdrawn":
        this.free.set(of.amount("free"), of.text("token"), of.text("account"));
        break;
      case "ModuleApproved": {
        const slot = [of.text("module"), of.text("token"), of.text("account")];
        this.ceilings.set(of.amount("ceiling"), ...slot);
        this.nonces.set(of.amount("nonce"), ...slot);
        break;
      }
      case "Locked":
        this.free.add(-of.amount("amount"), of.text("token"), of.text("account"));
        this.locked.add(of.amount("amount"), of.text("module"), of.text("token"), of.text("account"));
        break;
      case "Settled":
        for (const { account, movement } of of.struct<{ account: string; movement: bigint }[]>(Object.keys(args)[2]!)) {
          const { fromLock, toFree } = unpackMovement(movement);
          const slot = [of.text("module"), of.text("token"), account];
          this.free.add(toFree, of.text("token"), account);
          this.locked.add(-fromLock, ...slot);
          this.#lower(slot, most(0n, fromLock - toFree));
        }
        break;
      case "LockedAndPaid": {
        const [module, token, account] = [of.text("module"), of.text("token"), of.text("account")];
        this.free.add(-of.amount("locked") - of.amount("paid"), token, account);
        this.free.add(of.amount("paid"), token, of.text("payee"));
        this.locked.add(of.amount("locked"), module, token, account);
        this.#lower([module, token, account], of.amount("paid"));
        break;
      }
      case "LockedFor": {
        const [module, token, payer, amount] = [
          of.text("module"),
          of.text("token"),
          of.text("payer"),
          of.amount("amount"),
        ];
        this.free.add(-amount, token, payer);
        this.#lower([module, token, payer], amount);
        this.#gift([module, token, of.text("account")], amount);
        break;
      }
      case "LockMoved": {
        const [module, token, from, amount] = [
          of.text("module"),
          of.text("token"),
          of.text("from"),
          of.amount("amount"),
        ];
        if (from === of.text("to")) break;
        this.locked.add(-amount, module, token, from);
        this.#lower([module, token, from], amount);
        this.#gift([module, token, of.text("to")], amount);
        break;
      }
      default:
    }
  }

  #lower(slot: string[], amount: bigint): void {
    const ceiling = this.ceilings.of(...slot);
    if (ceiling !== UNLIMITED) this.ceilings.set(most(0n, ceiling - amount), ...slot);
  }

  #gift(slot: string[], amount: bigint): void {
    this.locked.add(amount, ...slot);
    const ceiling = this.ceilings.of(...slot);
    if (ceiling !== UNLIMITED) this.ceilings.set(least(UNLIMITED - 1n, ceiling + amount), ...slot);
  }
}

export interface PenaltyRecord {
  tenant: string;
  amount: bigint;
  challenger: string;
  maturesAt: bigint;
  tenantPaid: boolean;
  challengerPaid: boolean;
  treasuryPaid: boolean;
  treasury: string;
}

/** Pools, unbonding and penalties, from the events of staking alone. */
export class StakingReplay {
  readonly free = new Tally();
  readonly reserved = new Tally();
  readonly opened = new Set<string>();
  readonly unbonding = new Map<string, { amount: bigint; readyAt: bigint }>();
  readonly penalties = new Map<string, PenaltyRecord>();
  delay = 0n;

  apply({ name, args }: Event): void {
    const of = new Args(args);
    const pool = (module = "module"): [string, string] => [of.text(module), of.text("provider")];
    switch (name) {
      case "Bonded":
        this.free.set(of.amount("free"), ...pool());
        if (of.text("payer") === of.text("provider")) this.opened.add(pool().join("/"));
        break;
      case "BondMoved":
        this.free.add(-of.amount("amount"), ...pool("from"));
        this.free.add(of.amount("amount"), ...pool("to"));
        this.opened.add(pool("to").join("/"));
        break;
      case "UnbondingStarted":
        this.free.add(-of.amount("amount"), ...pool());
        this.unbonding.set(of.text("provider"), { amount: of.amount("unbonding"), readyAt: of.amount("readyAt") });
        break;
      case "UnbondingCancelled": {
        this.free.add(of.amount("amount"), ...pool());
        this.opened.add(pool().join("/"));
        const readyAt = this.unbonding.get(of.text("provider"))?.readyAt ?? 0n;
        this.unbonding.set(of.text("provider"), { amount: of.amount("unbonding"), readyAt });
        break;
      }
      case "Unbonded":
        this.unbonding.delete(of.text("provider"));
        break;
      case "Reserved":
        this.free.add(-of.amount("amount"), ...pool());
        this.reserved.add(of.amount("amount"), ...pool());
        break;
      case "Released":
        this.reserved.add(-of.amount("amount"), ...pool());
        this.free.add(of.amount("amount"), ...pool());
        break;
      case "Penalised":
        this.reserved.add(-of.amount("amount"), ...pool());
        this.penalties.set(of.id("penaltyId"), {
          tenant: of.text("tenant"),
          amount: of.amount("amount"),
          challenger: of.text("challenger"),
          maturesAt: of.amount("maturesAt"),
          tenantPaid: false,
          challengerPaid: false,
          treasuryPaid: false,
          treasury: of.text("treasury"),
        });
        break;
      case "PenaltyClaimed": {
        const penalty = this.penalties.get(of.id("penaltyId"))!;
        penalty.tenantPaid ||= penalty.tenant === of.text("payee");
        penalty.challengerPaid ||= penalty.challenger === of.text("payee");
        penalty.treasuryPaid ||= penalty.treasury === of.text("payee");
        break;
      }
      case "UnbondingDelaySet":
        this.delay = of.amount("delay");
        break;
      default:
    }
  }
}

export interface Clock {
  operator: string;
  lastSeen: bigint;
  darkSeconds: bigint;
  outages: { start: bigint; end: bigint; darkBefore: bigint }[];
}

/** Clocks and outages, from the events of liveness alone. */
export class LivenessReplay {
  readonly #clocks = new Map<string, Clock>();

  clockOf(provider: string): Clock {
    return this.#clocks.get(provider) ?? { operator: ZeroAddress, lastSeen: 0n, darkSeconds: 0n, outages: [] };
  }

  apply({ name, args }: Event): void {
    const of = new Args(args);
    if (name !== "OperatorSet" && name !== "Heartbeat" && name !== "OutageEnded") return;
    const provider = of.text("provider");
    const clock = this.clockOf(provider);
    this.#clocks.set(provider, clock);
    if (name === "OperatorSet") clock.operator = of.text("operator");
    if (name === "Heartbeat") clock.lastSeen = of.amount("seenAt");
    if (name === "OutageEnded") {
      const [start, end] = [of.amount("start"), of.amount("end")];
      clock.outages[Number(of.amount("index"))] = { start, end, darkBefore: clock.darkSeconds };
      clock.darkSeconds = of.amount("darkSeconds");
    }
  }
}
