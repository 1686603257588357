import { expect } from "chai";
import {
  FeeData,
  makeError,
  type Provider,
  type Signer,
  type TransactionReceipt,
  type TransactionRequest,
} from "ethers";

import { Sender, type SenderEvent, type SendingPolicy, StuckError } from "../../keeper/chain/sender";

const ACCOUNT = "0x00000000000000000000000000000000000000C1";
const CALL = { to: ACCOUNT, data: "0x", gasLimit: 21_000n };

/** A node with one account whose transactions it mines when `mines` says so. */
class FakeNode {
  nonce = 7;
  readonly pool: (TransactionRequest & { hash: string })[] = [];
  readonly receipts = new Map<string, TransactionReceipt>();
  mines: (sent: number) => boolean = () => true;
  refuses: (sent: number) => Error | undefined = () => undefined;
  feeData = new FeeData(1_000n, 1_000n, 100n);
  sends = 0;

  readonly provider = {
    getTransactionCount: () => Promise.resolve(this.nonce),
    getFeeData: () => Promise.resolve(this.feeData),
    getTransactionReceipt: (hash: string) => Promise.resolve(this.receipts.get(hash) ?? null),
  } as unknown as Provider;

  readonly signer = {
    sendTransaction: (request: TransactionRequest) => {
      this.sends += 1;
      const refusal = this.refuses(this.sends);
      if (refusal !== undefined) return Promise.reject(refusal);
      const sent = { ...request, hash: `hash ${this.sends}` };
      this.pool.push(sent);
      if (this.mines(this.sends)) this.mine(sent.hash);
      return Promise.resolve(sent);
    },
  } as unknown as Signer;

  mine(hash: string): void {
    this.nonce += 1;
    this.receipts.set(hash, { hash } as TransactionReceipt);
  }
}

describe("Sender", () => {
  let node: FakeNode;
  let told: SenderEvent[];
  let stop: AbortController;

  beforeEach(() => {
    node = new FakeNode();
    told = [];
    stop = new AbortController();
  });

  const sender = (policy: Partial<SendingPolicy> = {}): Sender =>
    new Sender(node.signer, node.provider, ACCOUNT, { stuckAfterMs: 0, ...policy }, stop.signal, (event) =>
      told.push(event),
    );

  it("sends with the next nonce and the network's fees, and returns the receipt", async () => {
    const receipt = await sender().send(CALL);
    expect(receipt?.hash).to.equal("hash 1");
    expect(node.pool).to.deep.equal([
      { ...CALL, nonce: 7, maxFeePerGas: 1_000n, maxPriorityFeePerGas: 100n, hash: "hash 1" },
    ]);
    expect(told).to.deep.equal([{ type: "sent", hash: "hash 1", nonce: 7 }]);
  });

  it("offers a quarter more for the same nonce when stuck (ATK-KPR-4)", async () => {
    node.mines = (sends) => sends === 3;
    const receipt = await sender().send(CALL);
    expect(receipt?.hash).to.equal("hash 3");
    expect(
      node.pool.map(({ nonce, maxFeePerGas, maxPriorityFeePerGas }) => [nonce, maxFeePerGas, maxPriorityFeePerGas]),
    ).to.deep.equal([
      [7, 1_000n, 100n],
      [7, 1_251n, 126n],
      [7, 1_564n, 158n],
    ]);
    expect(told.filter(({ type }) => type === "stuck")).to.have.lengthOf(2);
  });

  it("finds the receipt of an earlier transaction of the nonce that was mined after all (ATK-KPR-4)", async () => {
    node.mines = () => false;
    node.refuses = (sends) => {
      if (sends !== 2) return undefined;
      node.mine("hash 1");
      return makeError("nonce too low", "NONCE_EXPIRED", { transaction: {} as never });
    };
    expect((await sender().send(CALL))?.hash).to.equal("hash 1");
  });

  it("never offers more than the cap, and waits where a replacement would need more (ATK-KPR-6)", async () => {
    node.mines = () => false;
    const error = await sender({ maxFeePerGas: 1_300n })
      .send(CALL)
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(StuckError);
    expect(node.pool.map(({ maxFeePerGas }) => maxFeePerGas)).to.deep.equal([1_000n, 1_251n]);
  });

  it("caps the first offer, too, and the tip with it", async () => {
    await sender({ maxFeePerGas: 60n }).send(CALL);
    expect(node.pool[0]).to.include({ maxFeePerGas: 60n, maxPriorityFeePerGas: 60n });
  });

  it("offers a gas price where the network knows no tips", async () => {
    node.feeData = new FeeData(500n, null, null);
    node.mines = (sends) => sends === 2;
    await sender().send(CALL);
    expect(node.pool.map(({ gasPrice }) => gasPrice)).to.deep.equal([500n, 626n]);
  });

  it("says that nothing is known where another transaction of the account took the nonce (ATK-KPR-4)", async () => {
    node.refuses = () => {
      node.nonce += 1;
      return makeError("nonce too low", "NONCE_EXPIRED", { transaction: {} as never });
    };
    expect(await sender().send(CALL)).to.equal(undefined);
  });

  it("replaces what an earlier run left stuck at its nonce (ATK-KPR-1)", async () => {
    const taken = makeError("replacement", "REPLACEMENT_UNDERPRICED", { transaction: {} as never });
    node.refuses = (sends) => (sends <= 2 ? taken : undefined);
    expect((await sender().send(CALL))?.hash).to.equal("hash 3");
    expect(node.pool[0]).to.include({ nonce: 7, maxFeePerGas: 1_564n });
  });

  it("throws what the node refused for another reason, and is ready for the next (ATK-KPR-8)", async () => {
    const poor = makeError("insufficient funds", "INSUFFICIENT_FUNDS", { transaction: {} as never });
    node.refuses = (sends) => (sends === 1 ? poor : undefined);
    const one = sender();
    expect(await one.send(CALL).catch((reason: unknown) => reason)).to.equal(poor);
    expect((await one.send(CALL))?.hash).to.equal("hash 2");
    expect(node.pool[0]).to.include({ nonce: 7, maxFeePerGas: 1_000n });
  });

  it("gives up after some raises, and remembers the nonce's transactions for the next time", async () => {
    node.mines = () => false;
    const one = sender();
    expect(await one.send(CALL).catch((reason: unknown) => reason)).to.be.instanceOf(StuckError);
    expect(node.pool).to.have.lengthOf(6);
    node.refuses = () => {
      node.mine("hash 2");
      return makeError("nonce too low", "NONCE_EXPIRED", { transaction: {} as never });
    };
    expect((await one.send(CALL))?.hash).to.equal("hash 2");
  });

  it("stops waiting when it is told to stop", async () => {
    node.mines = () => false;
    const waiting = sender({ stuckAfterMs: 60_000 }).send(CALL);
    const reason = new Error("stopped");
    setTimeout(() => stop.abort(reason), 10);
    expect(await waiting.catch((error: unknown) => error)).to.equal(reason);
  });
});
