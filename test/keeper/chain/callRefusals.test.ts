import { expect } from "chai";

import { type CallRefusal, callRefusalOf } from "../../../sdk/callRefusals";
import { CallRefusedError, FailedError, RevertError, WaitError } from "../../../keeper/chain/rpcErrors";
import { FakeChain, MARKET } from "./fakeChain";
import { Refusal } from "./fakeNode";
import { type Nodes, rejection, startNodes } from "./nodes";

const CALL = { from: "0x00000000000000000000000000000000000000c1", to: MARKET, data: "0x1234", gas: 16_000_000n };

/** What nodes and providers say to a call that fails: who, code, words, and what they mean. */
const WORDS: readonly (readonly [who: string, code: number, words: string, meaning: CallRefusal])[] = [
  ["geth", 3, "execution reverted", "revert"],
  ["geth", -32_000, "execution reverted", "revert"],
  ["geth", -32_000, "out of gas", "outOfGas"],
  ["geth", -32_000, "gas uint64 overflow", "outOfGas"],
  ["geth", -32_000, "err: intrinsic gas too low: have 21000, want 22240 (supplied gas 21000)", "outOfGas"],
  ["geth", -32_000, "err: insufficient gas for floor data gas cost: have 30000, want 40000", "outOfGas"],
  ["geth", -32_000, "gas required exceeds allowance (50000000)", "outOfGas"],
  ["geth", -32_000, "invalid opcode: INVALID", "revert"],
  ["geth", -32_000, "invalid jump destination", "revert"],
  ["geth", -32_000, "stack underflow (0 <=> 2)", "revert"],
  ["geth", -32_000, "execution aborted (timeout = 5s)", "aboutCall"],
  ["geth", -32_000, "err: max fee per gas less than block base fee (supplied gas 50000000)", "aboutCall"],
  ["geth", -32_000, "err: insufficient funds for gas * price + value: address 0xab have 0 want 1", "aboutCall"],
  ["geth", -32_003, "response too large", "aboutCall"],
  ["geth", -32_002, "request timed out", "aboutCall"],
  ["geth", -32_000, "header not found", "aboutNode"],
  ["geth", -32_000, "header for hash not found", "aboutNode"],
  ["geth", -32_000, "missing trie node 4ba2 (path ) state 0x4ba2 is not available", "aboutNode"],
  ["geth", -32_000, "required historical state unavailable (reexec=128)", "aboutNode"],
  ["geth", -32_601, "the method eth_call does not exist/is not available", "aboutNode"],
  ["Nethermind", -32_015, "VM execution error.", "revert"],
  ["Nethermind", -32_003, "out of gas", "outOfGas"],
  ["Nethermind", -32_000, "Block gas limit exceeded", "aboutCall"],
  ["Nethermind", -32_603, "Internal error", "aboutCall"],
  ["Nethermind", -32_016, "eth_call request was canceled due to enabled timeout.", "aboutCall"],
  ["Nethermind", 4_444, "pruned history unavailable", "aboutNode"],
  ["Erigon", -32_000, "execution aborted (timeout = 5m0s)", "aboutCall"],
  ["Erigon", -32_000, "block not found: 123", "aboutNode"],
  ["Reth", -32_000, "out of gas: gas exhausted: 16000000", "outOfGas"],
  ["Reth", -32_000, "execution aborted (timeout = 30s)", "aboutCall"],
  ["Reth", -32_603, "internal eth error", "aboutCall"],
  ["Besu", -32_000, "Execution reverted", "revert"],
  ["Besu", -32_003, "Intrinsic gas exceeds gas limit", "outOfGas"],
  ["Besu", -32_603, "Timeout expired", "aboutCall"],
  ["Besu", -32_000, "World state unavailable", "aboutNode"],
  ["anvil", -32_603, "EVM error OutOfGas", "outOfGas"],
  ["anvil", -32_603, "EVM error ReentrancySentryOOG", "outOfGas"],
  ["anvil", -32_603, "EVM error MemoryOOG", "outOfGas"],
  ["anvil", -32_603, "EVM error StackOverflow", "revert"],
  ["a provider", -32_000, "Compute units exceeded", "aboutCall"],
  ["a provider", -32_005, "query timeout exceeded", "aboutCall"],
  ["a provider", 30, "Request timeout on the free tier, please upgrade your tier to the paid one", "aboutCall"],
  ["a provider", -32_600, "HTTP 413", "aboutCall"],
  ["a provider", -32_600, "HTTP 403", "aboutNode"],
  ["a provider", -32_000, "Must be authenticated!", "aboutNode"],
  ["a provider", -32_000, "invalid api key", "aboutNode"],
  ["a provider", -32_000, "no available upstreams for this chain", "aboutNode"],
  ["nobody yet", -31_999, "wibble", "aboutCall"],
];

describe("a call that nodes refuse", () => {
  it("is understood by the words of nodes and providers, and by none that nobody knows (ATK-KPR-18)", () => {
    for (const [who, code, words, meaning] of WORDS) {
      expect(callRefusalOf(code, words), `${who}: ${words}`).to.equal(meaning);
    }
  });

  describe("by endpoints that agree", function () {
    this.timeout(20_000);
    let n: Nodes;
    afterEach(() => n.stop());
    const saying = (...words: readonly (string | undefined)[]): void =>
      words.forEach((said, index) =>
        n.nodes[index]?.others.set("eth_call", () => {
          if (said !== undefined) throw new Refusal(-32_000, said);
          return "0x07";
        }),
      );

    it("is refused by itself: the endpoints stay what they are (ATK-KPR-18)", async () => {
      n = await startNodes(1);
      for (const words of ["execution aborted (timeout = 5s)", "Compute units exceeded", "wibble"]) {
        saying(words);
        const error = await rejection(n.pool.call(CALL));
        expect(error).to.be.instanceOf(CallRefusedError).with.property("message").that.includes(words);
      }
      saying(undefined);
      expect(await n.pool.call(CALL)).to.equal("0x07");
    });

    it("runs out of gas in anvil's words, too (ATK-KPR-18)", async () => {
      n = await startNodes(1);
      saying("EVM error ReentrancySentryOOG");
      expect(await rejection(n.pool.call(CALL)))
        .to.be.instanceOf(RevertError)
        .with.property("data", "0x");
    });

    it("is answered where enough answer, and refused where enough say anything at all (ATK-KPR-18)", async () => {
      n = await startNodes(3, new FakeChain(10), { restMs: 60_000 });
      saying("wibble", undefined, undefined);
      expect(await n.pool.call(CALL)).to.equal("0x07");
      saying("wibble", "execution aborted (timeout = 5s)", undefined);
      expect(await rejection(n.pool.call(CALL))).to.be.instanceOf(CallRefusedError);
      saying("wibble", "header not found", "header not found");
      const error = await rejection(n.pool.call(CALL));
      expect(error).to.be.instanceOf(WaitError).and.not.instanceOf(CallRefusedError);
    });

    it("is refused by itself where a call that does nothing is answered, whatever the words are (ATK-KPR-18)", async () => {
      n = await startNodes(3);
      const large = { ...CALL, data: `0x${"11".repeat(200)}` };
      for (const { others } of n.nodes) {
        others.set("eth_call", (request) => {
          if ((request as { data: string }).data.length > 2 * 200) throw new Refusal(-32_000, "missing trie node 1f2e");
          return "0x07";
        });
      }
      expect(await rejection(n.pool.call(large))).to.be.instanceOf(CallRefusedError);
      expect(await n.pool.call(CALL)).to.equal("0x07");
    });

    it("is refused by itself where large calls alone meet a limit of the rate, every time (ATK-KPR-18)", async () => {
      n = await startNodes(1, new FakeChain(10), { restMs: 1 });
      const sized = (bytes: number): typeof CALL => ({ ...CALL, data: `0x${"11".repeat(bytes)}` });
      let most = 150;
      n.nodes[0]?.others.set("eth_call", (request) => {
        const { data } = request as { data: string };
        if (data.length > 2 + 2 * most)
          throw new Refusal(-32_007, "50/second request limit reached, too many requests");
        return "0x07";
      });
      const came = async (bytes: number): Promise<unknown> => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        await n.pool.wakeAll();
        return n.pool.call(sized(bytes)).catch((error: unknown) => (error as Error).name);
      };
      const answers: unknown[] = [];
      for (const bytes of [400, 300, 400, 400, 200, 300, 150]) answers.push(await came(bytes));
      const [wait, refused] = ["WaitError", "CallRefusedError"];
      // At 200 it is learnt that this is too much, too.
      expect(answers).to.deep.equal([wait, wait, wait, refused, wait, refused, "0x07"]);
      most = 1_000;
      for (let times = 0; times < 16; times++) await came(300);
      expect(await came(400)).to.equal("0x07");
    });

    it("is nobody's word where a provider limits the rate (ATK-KPR-18)", async () => {
      n = await startNodes(1, new FakeChain(10), { restMs: 1 });
      const limits = [
        "Your app has exceeded its compute units per second capacity",
        "daily request count exceeded, request rate limited",
        "Monthly capacity limit exceeded",
      ];
      for (const words of limits) {
        saying(words);
        await n.pool.wakeAll();
        const error = await rejection(n.pool.call(CALL));
        expect(error, words).to.be.instanceOf(WaitError).and.not.instanceOf(CallRefusedError);
        expect(n.endpoints[0]?.failure, words).to.be.instanceOf(FailedError).with.property("kind", "rateLimited");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
  });
});
