import { type Figures, NO_FIGURES, sumOf } from "../model/records";
import { Args, type Event } from "./event";

/** Figures of providers, from the events of the records alone. */
export class RecordsReplay {
  readonly figures = new Map<string, Figures>();

  apply({ name, args }: Event): void {
    if (name !== "RecordAdded") return;
    const of = new Args(args);
    const key = `${of.text("module")}/${of.text("provider")}`;
    this.figures.set(key, sumOf(this.figures.get(key) ?? NO_FIGURES, of.struct<Figures>("delta")));
  }
}

export interface OrderRecord {
  period: bigint;
  count: bigint;
  maxPricePerSecondX32: bigint;
  maxBounty: bigint;
  transfers: bigint;
  /** Numbers of offers. */
  fallbacks: readonly bigint[];
}

/** Standing orders, from their events and those of the market: renewals, transfers and ends of leases. */
export class OrdersReplay {
  readonly orders = new Map<string, OrderRecord>();
  readonly #transfers = new Map<string, bigint>();

  apply({ name, args }: Event): void {
    const of = new Args(args);
    switch (name) {
      case "OrderPlaced":
        this.orders.set(of.id("leaseId"), {
          period: of.amount("period"),
          count: of.amount("count"),
          maxPricePerSecondX32: of.amount("maxPricePerSecondX32"),
          maxBounty: of.amount("maxBounty"),
          transfers: this.#transfers.get(of.id("leaseId")) ?? 0n,
          fallbacks: of.struct<readonly { offer: bigint }[]>("fallbacks").map(({ offer }) => offer),
        });
        break;
      case "OrderFailedOver": {
        const order = this.orders.get(of.id("from"))!;
        this.orders.delete(of.id("from"));
        if (of.amount("count") === 0n) break;
        this.orders.set(of.id("to"), { ...order, count: of.amount("count"), transfers: 0n });
        break;
      }
      case "LeaseRenewed": {
        const order = this.orders.get(of.id("leaseId"));
        // Without an order: the test called the market in the name of the contract of orders.
        if (order === undefined) break;
        order.count -= 1n;
        if (order.count === 0n) this.orders.delete(of.id("leaseId"));
        break;
      }
      case "LeaseTransferred":
        this.#transfers.set(of.id("leaseId"), (this.#transfers.get(of.id("leaseId")) ?? 0n) + 1n);
        this.orders.delete(of.id("leaseId"));
        break;
      case "OrderCancelled":
      case "LeaseClosed":
      case "LeaseCancelled":
        this.orders.delete(of.id("leaseId"));
        break;
      default:
    }
  }
}
