import { expect } from "chai";
import { JsonRpcProvider, toQuantity } from "ethers";

import { post } from "../../chaos/rpc";
import { type Anvil, noAnvil, startAnvil } from "../../deploy/anvil";
import {
  after as afterwards,
  behind,
  blocksBehind,
  changed,
  drop,
  http,
  rangeOfAtMost,
  refuse,
  say,
  truncated,
} from "../../helpers/faultAnswers";
import { FaultProxy } from "../../helpers/faultProxy";

/** What one request got: the result, the error's words, or what HTTP said. */
async function ask(url: string, method: string, ...params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const text = await post(url, body).catch(() => "gone");
  try {
    const { result, error } = JSON.parse(text) as { result?: unknown; error?: { message: string } };
    return error?.message ?? result;
  } catch {
    return text;
  }
}

describe("the proxy that makes nodes fail", () => {
  let anvil: Anvil;
  let proxy: FaultProxy;

  before(async function () {
    if (noAnvil() !== undefined) this.skip();
    anvil = await startAnvil(31_337, "--threads", "1");
    proxy = await FaultProxy.start(anvil.url);
    await anvil.provider.send("anvil_mine", ["0x5"]);
  });
  after(async () => {
    await proxy?.stop();
    await anvil?.stop();
  });
  afterEach(() => proxy.mend());

  it("passes on what it was told nothing of, and counts it", async () => {
    expect(await ask(proxy.url, "eth_blockNumber")).to.equal("0x5");
    expect([proxy.count("eth_blockNumber"), proxy.count("eth_call")]).to.deep.equal([1, 0]);
  });

  it("befalls the calls that match, from one on and so often", async () => {
    const told = proxy.when("eth_getBalance", refuse(-32_005, "rate limited"), { matching: "0xAB", skip: 1, times: 2 });
    const [own, other] = [`0x${"ab".repeat(20)}`, `0x${"cd".repeat(20)}`];
    const answers = [];
    for (const of of [own, other, own, own, own]) answers.push(await ask(proxy.url, "eth_getBalance", of, "latest"));
    expect(answers).to.deep.equal(["0x0", "0x0", "rate limited", "rate limited", "0x0"]);
    expect(told.hits).to.equal(2);
    expect(proxy.count("eth_getBalance", "0xab")).to.equal(4);
  });

  it("lets the last word count, until it is taken back", async () => {
    proxy.when("*", say("0x1"));
    const second = proxy.when(
      "eth_chainId",
      changed((result) => [result]),
    );
    expect(await ask(proxy.url, "eth_chainId")).to.deep.equal(["0x7a69"]);
    second.end();
    expect(await ask(proxy.url, "eth_chainId")).to.equal("0x1");
  });

  it("fails below JSON-RPC, before or after the node did what it was asked to", async () => {
    const mine = (fault: Parameters<FaultProxy["when"]>[1]): Promise<unknown> => {
      proxy.when("evm_mine", fault);
      return ask(proxy.url, "evm_mine");
    };
    const start = await anvil.provider.getBlockNumber();
    expect(await mine(drop)).to.equal("gone");
    expect(await mine(http(429, "slow down"))).to.equal("slow down");
    expect(await anvil.provider.getBlockNumber()).to.equal(start);
    expect(await mine(afterwards(drop))).to.equal("gone");
    expect(await mine(afterwards(http(502, "bad gateway")))).to.equal("bad gateway");
    expect(await mine(truncated)).to.equal('{"jsonrpc":"2.0","i');
    expect(await anvil.provider.getBlockNumber()).to.equal(start + 3);
  });

  it("stands still as a replica does that lags", async () => {
    const signer = await anvil.provider.getSigner(0);
    const head = await anvil.provider.getBlockNumber();
    const sent = await signer.sendTransaction({ to: signer, value: 1n });
    await sent.wait();
    proxy.when("*", behind(head));
    const next = toQuantity(head + 1);
    expect(await ask(proxy.url, "eth_blockNumber")).to.equal(toQuantity(head));
    expect(await ask(proxy.url, "eth_getBlockByNumber", next, false)).to.equal(null);
    expect(await ask(proxy.url, "eth_getTransactionReceipt", sent.hash)).to.equal(null);
    expect(await ask(proxy.url, "eth_getTransactionByHash", sent.hash)).to.equal(null);
    expect(await ask(proxy.url, "eth_getTransactionCount", signer.address, "latest")).to.equal("0x0");
    expect(await ask(proxy.url, "eth_getTransactionCount", signer.address, next)).to.equal("header not found");
    expect(await ask(proxy.url, "eth_getStorageAt", signer.address, "0x0", next)).to.equal("header not found");
    proxy.mend();
    proxy.when("*", blocksBehind(2));
    expect(await ask(proxy.url, "eth_blockNumber")).to.equal(toQuantity(head - 1));
  });

  it("limits the blocks of a question for logs", async () => {
    proxy.when("eth_getLogs", rangeOfAtMost(2));
    const logs = (toBlock: string): Promise<unknown> => ask(proxy.url, "eth_getLogs", { fromBlock: "0x1", toBlock });
    expect(await logs("0x2")).to.deep.equal([]);
    expect(await logs("0x3")).to.equal("query exceeds max block range of 2");
  });

  it("limits batches, or takes none", async () => {
    const batch = async (): Promise<string[]> => {
      const provider = new JsonRpcProvider(proxy.url, 31_337, { staticNetwork: true, cacheTimeout: -1 });
      const all = await Promise.allSettled([1, 2, 3].map(() => provider.send("eth_chainId", [])));
      provider.destroy();
      return all.map((one) => (one.status === "fulfilled" ? String(one.value) : "refused"));
    };
    expect(await batch()).to.deep.equal(["0x7a69", "0x7a69", "0x7a69"]);
    proxy.batches = { most: 2, inPart: true };
    expect(await batch()).to.deep.equal(["0x7a69", "0x7a69", "refused"]);
    proxy.batches = { most: 0 };
    expect(await batch()).to.deep.equal(["refused", "refused", "refused"]);
  });
});
