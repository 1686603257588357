import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";
import { z } from "zod";

import { Endpoint } from "../../../keeper/chain/endpoint";
import { FailedError, RefusedError } from "../../../keeper/chain/rpcErrors";
import { quantity } from "../../../keeper/chain/shapes";
import { FakeChain } from "./fakeChain";
import { FakeNode, type HttpFault, Refusal } from "./fakeNode";
import { rejection, sleep } from "./nodes";

const answerWith =
  (status: number, body: string): HttpFault =>
  (response) => {
    response.statusCode = status;
    response.end(body);
    return true;
  };

/** Answers that are JSON-RPC, but not as they should be, to a request. */
const reply = (make: (id: number) => unknown): HttpFault => {
  return (response, requests) => {
    response.end(JSON.stringify(make(requests[0]?.id ?? 0)));
    return true;
  };
};

const REST_MS = 10_000;

describe("an endpoint", function () {
  this.timeout(20_000);
  const chain = new FakeChain(3);
  const stopwatch = performance.now;
  let ahead = 0;
  /** Lets the stopwatch go on, so that nothing here depends on how busy the machine is. */
  const pass = (ms: number): void => void (ahead += ms);
  let node: FakeNode;
  let endpoint: Endpoint;
  let stats: string[];

  const open = (choices: { chainId?: number; timeoutMs?: number } = {}): Endpoint =>
    new Endpoint({
      url: node.url,
      name: "node",
      chainId: choices.chainId ?? 31_337,
      timeoutMs: choices.timeoutMs ?? 20_000,
      restMs: REST_MS,
      onRequest: ({ method, outcome }) => stats.push(`${method} ${outcome}`),
    });
  const blockNumber = (): Promise<bigint> => endpoint.request("eth_blockNumber", [], quantity);

  beforeEach(async () => {
    performance.now = () => stopwatch.call(performance) + ahead;
    node = new FakeNode(() => chain.blocks);
    node.others.set("eth_blockNumber", () => "0x2");
    await node.start();
    stats = [];
    endpoint = open();
    await endpoint.wake();
    stats.length = 0;
  });
  afterEach(async () => {
    endpoint.close();
    await node.stop();
    performance.now = stopwatch;
  });

  it("answers, and counts what it was asked", async () => {
    expect(await blockNumber()).to.equal(2n);
    expect(stats).to.deep.equal(["eth_blockNumber answered"]);
  });

  it("is asked again, once, when it closed the connection that it was asked over", async () => {
    let closes = 1;
    node.http = (response) => {
      if (closes-- > 0) response.destroy();
      return closes >= 0;
    };
    node.asked();
    expect(await blockNumber()).to.equal(2n);
    expect(node.asked()).to.deep.equal(["eth_blockNumber", "eth_blockNumber"]);
    expect(stats).to.deep.equal(["eth_blockNumber answered"]);
  });

  const faults: [string, string, HttpFault][] = [
    ["is rate limited", "rateLimited", answerWith(429, "slow down")],
    ["breaks", "http", answerWith(503, "{}")],
    ["answers garbage", "garbage", answerWith(200, "<html>")],
    ["cuts an answer off", "garbage", answerWith(200, '{"jsonrpc":"2.0","id":1,"resu')],
    ["answers nothing", "garbage", answerWith(200, "")],
    ["answers another request", "garbage", reply((id) => ({ jsonrpc: "2.0", id: id + 1, result: "0x2" }))],
    ["leaves the result out", "garbage", reply((id) => ({ jsonrpc: "2.0", id }))],
    ["answers twice", "garbage", reply((id) => [1, 2].map(() => ({ jsonrpc: "2.0", id, result: "0x2" })))],
    ["answers and refuses at once", "garbage", reply((id) => ({ id, result: "0x2", error: { code: 1, message: "" } }))],
    ["answers something else", "garbage", reply((id) => ({ jsonrpc: "2.0", id, result: { not: "a number" } }))],
    [
      "says that the limit is reached in an error",
      "rateLimited",
      reply((id) => ({ id, error: { code: -32_005, message: "exceeded compute units per second" } })),
    ],
    [
      "hangs up",
      "connection",
      (response) => {
        response.destroy();
        return true;
      },
    ],
    ["never answers", "timeout", () => true],
    [
      "never ends its answer",
      "timeout",
      (response) => {
        response.write('{"jsonrpc"');
        return true;
      },
    ],
  ];
  for (const [what, kind, fault] of faults) {
    it(`that ${what} fails, rests, and is heard again when it has proved its chain (ATK-KPR-2)`, async () => {
      if (kind === "timeout") {
        endpoint.close();
        endpoint = open({ timeoutMs: 500 });
        await endpoint.wake();
        stats.length = 0;
      }
      node.http = fault;
      const error = await rejection(blockNumber());
      expect(error).to.be.instanceOf(FailedError).with.property("kind", kind);
      expect(endpoint.isUp).to.equal(false);
      expect(stats).to.deep.equal([`eth_blockNumber ${kind}`]);

      node.asked();
      expect(await rejection(blockNumber())).to.have.property("kind", "resting");
      await endpoint.wake();
      expect(node.asked()).to.deep.equal([]); // it rests: nothing is asked

      node.http = undefined;
      pass(REST_MS);
      await endpoint.wake();
      expect(node.asked()).to.deep.equal(["eth_chainId", "eth_syncing"]);
      expect(await blockNumber()).to.equal(2n);
    });
  }

  it("that refuses is not failing: it goes on being asked", async () => {
    node.others.set("eth_blockNumber", () => {
      throw new Refusal(-32_000, "header not found", "0x01");
    });
    const error = await rejection(blockNumber());
    expect(error).to.be.instanceOf(RefusedError).and.include({ rpcCode: -32_000, reason: "header not found" });
    expect(endpoint.isUp).to.equal(true);
    expect(stats).to.deep.equal(["eth_blockNumber refused"]);
    node.http = answerWith(413, "too large");
    expect(await rejection(blockNumber())).to.be.instanceOf(RefusedError);
  });

  it("whose answer is too large to be read refuses, and goes on being asked (ATK-KPR-11)", async () => {
    node.http = (response) => {
      response.write(`{"jsonrpc":"2.0","result":"`);
      response.end("x".repeat(17 * 1024 * 1024));
      return true;
    };
    endpoint.close();
    endpoint = open({ timeoutMs: 10_000 });
    const fault = node.http;
    node.http = undefined;
    await endpoint.wake();
    node.http = fault;
    const error = await rejection(blockNumber());
    expect(error).to.be.instanceOf(RefusedError).with.property("reason", "an answer larger than 16 MiB");
    expect(endpoint.isUp).to.equal(true);
  });

  it("rests longer after every failure, and one failure of many requests counts once", async () => {
    node.http = answerWith(500, "");
    await Promise.all([1, 2, 3, 4, 5].map(() => rejection(blockNumber())));
    pass(REST_MS);
    await endpoint.wake(); // fails again: twice as long
    node.asked();
    pass(REST_MS);
    await endpoint.wake();
    expect(node.asked()).to.deep.equal([]);
    pass(REST_MS);
    await endpoint.wake();
    expect(node.asked()).to.deep.equal(["eth_chainId"]);
  });

  it("on another chain is not heard, nor one that moved there after a failure (ATK-KPR-2)", async () => {
    node.http = answerWith(500, "");
    await rejection(blockNumber());
    node.http = undefined;
    node.chainId = 1;
    pass(REST_MS);
    await endpoint.wake();
    expect(endpoint.isUp).to.equal(false);
    expect(endpoint.failure).to.include({ kind: "wrongChain", reason: "it is on chain 1, not on 31337" });
    expect(await rejection(blockNumber())).to.have.property("kind", "wrongChain");
  });

  it("that is still catching up with its chain is not heard", async () => {
    node.answer = ({ method }, result) => (method === "eth_syncing" ? { currentBlock: "0x1" } : result);
    endpoint = open();
    await endpoint.wake();
    expect(endpoint.failure).to.have.property("kind", "syncing");
  });

  it("that is a few blocks behind for ever is heard (ATK-KPR-25)", async () => {
    for (const [highestBlock, isUp] of [
      ["0x110", true],
      ["0x111", false],
    ] as const) {
      const syncing = { currentBlock: "0x100", highestBlock };
      node.answer = ({ method }, result) => (method === "eth_syncing" ? syncing : result);
      endpoint = open();
      await endpoint.wake();
      expect(endpoint.isUp).to.equal(isUp);
    }
  });

  it("takes several questions in one request, answered in any order, and refuses as a whole", async () => {
    node.http = (response, requests) => {
      const answers = requests.map(({ id, params }) => ({ jsonrpc: "2.0", id, result: params[0] }));
      response.end(JSON.stringify(answers.reverse()));
      return true;
    };
    const calls = ["a", "b", "c"].map((param) => ({ method: "echo", params: [param] }));
    expect(await endpoint.batch(calls, z.string())).to.deep.equal(["a", "b", "c"]);
    expect(stats).to.deep.equal(["batch answered"]);

    node.http = answerWith(
      200,
      JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32_600, message: "no batches" } }),
    );
    expect(await rejection(endpoint.batch(calls, z.string()))).to.be.instanceOf(RefusedError);
    expect(endpoint.isUp).to.equal(true);
  });

  for (const [what, ids] of [
    ["the same answer twice", [0, 0, 1]],
    ["too few answers", [0, 1]],
    ["too many answers", [0, 1, 2, 2]],
  ] as const) {
    it(`that gives ${what} to several questions says nothing (ATK-KPR-2)`, async () => {
      node.http = (response, requests) => {
        response.end(JSON.stringify(ids.map((index) => ({ jsonrpc: "2.0", id: requests[index]?.id, result: "x" }))));
        return true;
      };
      const calls = ["a", "b", "c"].map((param) => ({ method: "echo", params: [param] }));
      expect(await rejection(endpoint.batch(calls, z.string()))).to.have.property("kind", "garbage");
    });
  }

  it("whose URL has a name and a password sends them as such, and never names its URL", async () => {
    let authorization: string | undefined;
    const server = createServer((request, response) => {
      authorization = request.headers.authorization;
      response.statusCode = 500;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://me:se%20cret@127.0.0.1:${port}/key-1234`;
    const guarded = new Endpoint({ url, name: "guarded", chainId: 1, timeoutMs: 20_000 });
    await guarded.wake();
    server.close();
    expect(authorization).to.equal(`Basic ${Buffer.from("me:se cret").toString("base64")}`);
    expect(guarded.failure?.message).to.equal("guarded failed: HTTP 500");
  });

  it("that is closed ends what is under way", async () => {
    node.http = () => true;
    const asked = rejection(blockNumber());
    await sleep(20);
    endpoint.close();
    expect(await asked).to.have.property("kind", "closed");
  });

  it("keeps its pauses by a stopwatch, whatever the machine's clock says (ATK-KPR-7)", async () => {
    const { now } = Date;
    try {
      for (const shift of [3_600_000, -3_600_000]) {
        node.http = answerWith(500, "");
        await rejection(blockNumber());
        Date.now = () => now() + shift;
        node.asked();
        await endpoint.wake();
        expect(node.asked()).to.deep.equal([]); // not yet
        node.http = undefined;
        pass(2 * REST_MS);
        await endpoint.wake();
        expect(await blockNumber()).to.equal(2n);
      }
    } finally {
      Date.now = now;
    }
  });
});
