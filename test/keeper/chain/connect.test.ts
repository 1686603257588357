import { expect } from "chai";
import { keccak256 } from "ethers";

import { connect, ConnectionError, UnreachableError } from "../../../keeper/chain/connect";
import type { Oddity } from "../../../keeper/chain/oddities";
import type { Pool } from "../../../keeper/chain/pool";
import { WaitError } from "../../../keeper/chain/rpcErrors";
import { CODE, fakeBook } from "./fakeBook";
import { FakeChain, MARKET, ORDERS } from "./fakeChain";
import { FakeNode } from "./fakeNode";
import { rejection, sleep } from "./nodes";

describe("connecting", function () {
  this.timeout(20_000);
  const chain = new FakeChain(3);
  const book = fakeBook(chain);
  let nodes: FakeNode[];
  let oddities: Oddity[];
  let pool: Pool | undefined;

  const open = async (count: number): Promise<FakeNode[]> => {
    nodes = Array.from({ length: count }, () => new FakeNode(() => chain.blocks));
    for (const node of nodes) {
      node.others.set("eth_getCode", () => CODE);
      await node.start();
    }
    oddities = [];
    return nodes;
  };
  const connected = async (): Promise<Pool> => {
    const endpoints = nodes.map(({ url }, index) => ({ url, name: `node ${index}` }));
    const onOddity = (oddity: Oddity): void => void oddities.push(oddity);
    pool = await connect(book, { endpoints, timeoutMs: 2_000, restMs: 20, onOddity });
    return pool;
  };
  const refused = async (): Promise<string> => {
    const error = await rejection(connected());
    expect(error).to.be.instanceOf(ConnectionError);
    return error.message;
  };

  beforeEach(() => {
    pool = undefined;
  });
  afterEach(async () => {
    pool?.close();
    await Promise.all(nodes.map((node) => node.stop()));
  });

  it("asks every node for its chain, its first block and the code of the contracts, and nothing twice", async () => {
    await open(2);
    await connected();
    const once = ["eth_chainId", "eth_syncing", "eth_getBlockByNumber", "eth_getCode", "eth_getCode", "eth_getCode"];
    expect(nodes.map((node) => node.asked())).to.deep.equal([once, once]);
    expect((await pool!.head()).hash).to.equal(chain.head.hash);
    expect(oddities).to.deep.equal([]);
  });

  it("works with a node that takes no batches", async () => {
    const [node] = (await open(1)) as [FakeNode];
    node.http = (response, requests) => {
      if (requests.length === 1) return false;
      response.statusCode = 400;
      response.end("no batches");
      return true;
    };
    await connected();
  });

  it("names all faults of all nodes at once (ATK-KPR-2)", async () => {
    const [wrongChain, restarted, empty] = (await open(4)) as [FakeNode, FakeNode, FakeNode, FakeNode];
    wrongChain.chainId = 1;
    const other = new FakeChain(1).mine();
    restarted.answer = ({ method }, result) =>
      method === "eth_getBlockByNumber" ? { ...(result as object), hash: other.hash } : result;
    empty.others.set("eth_getCode", (address) => (address === MARKET ? "0x" : address === ORDERS ? "0x00" : CODE));
    const message = await refused();
    expect(message).to.include("node 0: it is on chain 1, not on 31337");
    expect(message).to.include(`node 1: genesis block ${book.genesisHash} is recorded, the chain has ${other.hash}`);
    expect(message).to.include(
      `node 2: nothing is at ${MARKET}, where the address book has the market; what is at ${ORDERS} is not the orders`,
    );
    expect(message).not.to.include("node 3");
    expect(message).to.include("Correct KEEPER_RPC_URLS");
  });

  it("is not kept from it by one of three that does not answer, but tells of it (ATK-KPR-2)", async () => {
    const [, dead] = (await open(3)) as [FakeNode, FakeNode];
    dead.http = (response) => response.destroy() !== undefined;
    await connected();
    expect(oddities.map(({ endpoint, kind, isNew }) => [endpoint, kind, isNew])).to.deep.equal([
      ["node 1", "failed", true],
    ]);
  });

  it("holds a node to it that did not answer at first (ATK-KPR-2)", async () => {
    const [, late] = (await open(2)) as [FakeNode, FakeNode];
    late.http = (response) => response.destroy() !== undefined;
    await connected();
    late.http = undefined;
    late.others.set("eth_getCode", () => "0x");
    await sleep(30);
    late.asked();
    await pool!.head();
    await sleep(50);
    await pool!.head();
    expect(late.asked()).to.include("eth_getCode");
    expect(oddities.at(-1)).to.include({ endpoint: "node 1", kind: "wrongChain", isNew: true });
    expect((await pool!.head()).hash).to.equal(chain.head.hash);
  });

  it("fails where too few answer, and says which ones do not (ATK-KPR-2)", async () => {
    const [first, second] = (await open(3)) as [FakeNode, FakeNode];
    for (const node of [first, second]) {
      node.http = (response) => {
        response.statusCode = 503;
        response.end();
        return true;
      };
    }
    const message = await refused();
    expect(message).to.match(/^1 of 3 endpoints answer, 2 are needed:\n {2}node 0: HTTP 503\n {2}node 1: HTTP 503\n/);
  });

  describe("with endpoints of their own for sending (ATK-KPR-17)", () => {
    const raw = `0x${"ab".repeat(40)}`;
    const hash = keccak256(raw);
    /** The first is asked, the others are sent to. */
    const connectedTo = async (): Promise<Pool> => {
      const [reader, ...relays] = nodes.map(({ url }, index) => ({ url, name: `node ${index}` }));
      const onOddity = (oddity: Oddity): void => void oddities.push(oddity);
      const endpoints = reader === undefined ? [] : [reader];
      pool = await connect(book, { endpoints, broadcasters: relays, timeoutMs: 2_000, restMs: 20, onOddity });
      return pool;
    };

    it("sends to them alone, and asks them nothing but their chain", async () => {
      const [reader, relay] = (await open(2)) as [FakeNode, FakeNode];
      relay.others.set("eth_sendRawTransaction", () => hash);
      const connection = await connectedTo();
      expect(relay.asked()).to.deep.equal(["eth_chainId", "eth_syncing"]);
      reader.asked();
      expect(await connection.broadcast(raw)).to.include({ hash, verdict: "accepted" });
      await connection.head();
      expect(relay.asked()).to.deep.equal(["eth_sendRawTransaction"]);
      expect(reader.asked()).not.to.include("eth_sendRawTransaction");
    });

    it("sends to none of the others while none of them answers, and to them again when they are back", async () => {
      const [reader, relay] = (await open(2)) as [FakeNode, FakeNode];
      relay.others.set("eth_sendRawTransaction", () => hash);
      const connection = await connectedTo();
      relay.http = (response) => {
        response.statusCode = 503;
        response.end();
        return true;
      };
      expect(await rejection(connection.broadcast(raw))).to.be.instanceOf(WaitError);
      relay.http = undefined;
      await sleep(60);
      expect(await connection.broadcast(raw)).to.include({ verdict: "accepted" });
      expect(reader.asked()).not.to.include("eth_sendRawTransaction");
    });

    it("refuses one of another chain, and goes on where one of several is down", async () => {
      const [, relay, dead] = (await open(3)) as [FakeNode, FakeNode, FakeNode];
      dead.http = (response) => {
        response.statusCode = 503;
        response.end();
        return true;
      };
      await connectedTo();
      pool?.close();
      relay.chainId = 5;
      const error = await rejection(connectedTo());
      expect(error).to.be.instanceOf(ConnectionError);
      expect(error.message).to.include("node 1: it is on chain 5, not on 31337").and.include("KEEPER_BROADCAST_URLS");
    });

    it("says so where none of them answers", async () => {
      const [, dead] = (await open(2)) as [FakeNode, FakeNode];
      dead.http = (response) => {
        response.statusCode = 503;
        response.end();
        return true;
      };
      const error = await rejection(connectedTo());
      expect(error).to.be.instanceOf(UnreachableError);
      expect(error.message).to.match(/^No endpoint for sending answers:\n {2}node 1: /);
    });
  });
});
