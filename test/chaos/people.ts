import { Transaction, Wallet } from "ethers";
import { z } from "zod";

import { Escrow__factory, Liveness__factory, Market__factory, StandingOrders__factory } from "../../typechain-types";
import { type Chain, CHAIN_ID, GWEI } from "./chain";
import { leaseWords, type LeaseWords } from "./leaseWords";
import type { Random } from "./random";
import { data, quantity } from "./rpc";
import { addressOfKey, type Prepared } from "./world";

const market = Market__factory.createInterface();
const orders = StandingOrders__factory.createInterface();
const escrow = Escrow__factory.createInterface();
const liveness = Liveness__factory.createInterface();

const PENDING = 1n;
const ACTIVE = 2n;
/** What most people pay on top; rivals pay more, so that they are first, and never so much that the price of gas is another. */
const TIP = GWEI;
const RIVAL_TIP = 2n * GWEI;
const MORE = GWEI / 10n;
/** Mined after all others. */
const LAST_TIP = 1n;
const MOST = 2n ** 120n - 1n;
/** Leases of which providers give notice. */
const NOTICES = 2;

/** Everybody else on the chain: a rival keeper, tenants, operators, and somebody with the keeper's key. */
export class People {
  readonly foreign = new Set<string>();
  private leases: readonly LeaseWords[] = [];
  readonly did = new Map<string, number>();

  constructor(
    private readonly prepared: Prepared,
    private readonly chain: Chain,
    private readonly random: Random,
  ) {}

  /** Looks at the leases that there are. */
  async look(): Promise<void> {
    const ids: bigint[] = [];
    for (let offer = 1n; offer <= BigInt(this.prepared.offers.length); offer++) {
      const count = this.prepared.offers[Number(offer) - 1] ?? 0;
      for (let index = 1; index <= count; index++) ids.push((offer << 32n) | BigInt(index));
    }
    this.leases = await leaseWords(this.chain, this.prepared.addresses.lens, ids);
  }

  async heartbeats(): Promise<void> {
    for (const [i, operator] of this.prepared.keys.operators.entries()) {
      const provider = this.prepared.providers[i] ?? "";
      const input = liveness.encodeFunctionData("heartbeat", [provider]);
      await this.send(addressOfKey(operator), this.prepared.addresses.liveness, input, 200_000n);
    }
  }

  /** The rival does what is due in the next block, for a tip that nobody else pays. */
  async rival(next: number): Promise<void> {
    const rival = addressOfKey(this.prepared.keys.rival[0] ?? "");
    const due = this.leases.filter(({ status, end }) => status === ACTIVE && Number(end) <= next);
    const noShows = this.leases.filter(({ status, cutoff }) => status === PENDING && Number(cutoff) <= next);
    const own = (views: readonly LeaseWords[]): bigint[] => views.map(({ leaseId }) => leaseId);
    const { market: marketAt, orders: ordersAt } = this.prepared.addresses;
    const fresh = own(due).slice(-8);
    if (fresh.length > 0) {
      await this.send(rival, marketAt, market.encodeFunctionData("expire", [fresh]), 4_000_000n, RIVAL_TIP);
      if (this.random.chance(0.2)) {
        await this.send(rival, ordersAt, orders.encodeFunctionData("renew", [fresh]), 4_000_000n, RIVAL_TIP);
      }
    }
    if (noShows.length > 0) {
      await this.send(
        rival,
        marketAt,
        market.encodeFunctionData("cancelNoShows", [own(noShows)]),
        4_000_000n,
        RIVAL_TIP,
      );
    }
    this.count("rival");
  }

  /** A tenant ends a lease by itself, or pays for more of it. */
  async tenant(now: number): Promise<void> {
    const running = this.leases.filter(({ status, end }) => status === ACTIVE && Number(end) > now + 30);
    if (running.length === 0) return;
    const { leaseId, tenant } = this.random.pick(running);
    const input = this.random.chance(0.5)
      ? market.encodeFunctionData("close", [leaseId])
      : market.encodeFunctionData("extend", [leaseId, tenant, 60, 2n ** 120n - 1n]);
    await this.send(tenant, this.prepared.addresses.market, input, 600_000n);
    this.count("tenant");
  }

  /** Providers say of the last leases that they will not go on: these end when they would, and are never renewed. */
  async notices(now: number): Promise<void> {
    const running = this.leases.filter(({ status, end }) => status === ACTIVE && Number(end) > now + 30);
    for (const { leaseId, provider, end } of running.slice(-NOTICES)) {
      const input = market.encodeFunctionData("giveNotice", [leaseId, end]);
      await this.send(provider, this.prepared.addresses.market, input, 600_000n);
    }
    if (running.length > 0) this.count("notice");
  }

  /** Somebody with the keeper's key sends a transaction of their own, with the next nonce that the node names. */
  async useKey(): Promise<void> {
    const wallet = new Wallet(this.prepared.keys.keeper[0] ?? "");
    const nonce = await this.chain.rpc.ask(quantity, "eth_getTransactionCount", wallet.address, "pending");
    const raw = await wallet.signTransaction({
      chainId: CHAIN_ID,
      type: 2,
      to: wallet.address,
      value: 1n,
      nonce,
      gasLimit: 21_000n,
      maxFeePerGas: 200n * GWEI,
      maxPriorityFeePerGas: 2n * GWEI,
    });
    const sent = await this.chain.rpc.send("eth_sendRawTransaction", raw).catch(() => undefined);
    const hash = data.safeParse(sent);
    if (!hash.success) return;
    this.foreign.add(hash.data);
    this.count("foreign nonce");
  }

  /** The rival sees in the pool what the keeper is about to do, and does it first. Whether there was anything to do. */
  async outbid(raw: string): Promise<boolean> {
    const { to, data: input, gasLimit, maxPriorityFeePerGas } = Transaction.from(raw);
    if (to === null || input === "0x") return false;
    await this.send(
      addressOfKey(this.prepared.keys.rival[0] ?? ""),
      to,
      input,
      gasLimit + 100_000n,
      (maxPriorityFeePerGas ?? TIP) + MORE,
    );
    this.count("reactive rival");
    return true;
  }

  /**
   * A tenant whose order the keeper is about to carry out has no money in the moment when it does, and has it again right
   * after: what is tried at the end of any block works. Whether this is about an order.
   */
  async toggle(raw: string): Promise<boolean> {
    const { to, data: input, maxPriorityFeePerGas } = Transaction.from(raw);
    const { orders: ordersAt, escrow: escrowAt, market: marketAt } = this.prepared.addresses;
    if (to?.toLowerCase() !== ordersAt.toLowerCase() || input === "0x") return false;
    const call = orders.parseTransaction({ data: input });
    const [first] = (call?.args ?? []) as unknown as [bigint | bigint[] | undefined];
    const named = new Set(first === undefined ? [] : Array.isArray(first) ? first : [first]);
    const tenants = new Set(this.leases.filter(({ leaseId }) => named.has(leaseId)).map(({ tenant }) => tenant));
    for (const tenant of tenants) {
      for (const token of this.prepared.tokens) {
        const leave = (most: bigint): string => escrow.encodeFunctionData("approveModule", [token, marketAt, most]);
        await this.send(tenant, escrowAt, leave(0n), 100_000n, (maxPriorityFeePerGas ?? TIP) + MORE);
        await this.send(tenant, escrowAt, leave(MOST), 100_000n, LAST_TIP);
      }
    }
    if (tenants.size > 0) this.count("toggling tenant");
    return tenants.size > 0;
  }

  private count(what: string): void {
    this.did.set(what, (this.did.get(what) ?? 0) + 1);
  }

  private async send(from: string, to: string, input: string, gas: bigint, tip = TIP): Promise<void> {
    const hex = (value: bigint): string => `0x${value.toString(16)}`;
    // A node refuses what an account without funds, or one that is too late, sends: then it did not happen.
    await this.chain.rpc
      .ask(z.string(), "eth_sendTransaction", {
        from,
        to,
        data: input,
        gas: hex(gas),
        maxFeePerGas: hex(300n * GWEI),
        maxPriorityFeePerGas: hex(tip),
      })
      .catch(() => undefined);
  }
}
