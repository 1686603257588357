/** A node in this process: JSON-RPC over HTTP, in front of a chain that the tests make, with the faults that they want. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { FakeBlock, FakeLog } from "./fakeChain";

export interface RpcRequest {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a fault does to one HTTP exchange: writes the response itself (true), or leaves it to the node. */
export type HttpFault = (response: ServerResponse, requests: readonly RpcRequest[]) => boolean;
/** What a fault makes of one answer: the result to give instead. Throw a Refusal to answer with an error. */
export type AnswerFault = (request: RpcRequest, result: unknown) => unknown;

/** A JSON-RPC error. */
export class Refusal extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
  }
}

const UNKNOWN_BLOCK = -32_000;

export class FakeNode {
  readonly requests: RpcRequest[] = [];
  chainId = 31_337;
  http: HttpFault | undefined;
  answer: AnswerFault | undefined;
  delayMs = 0;
  /** Answers to methods beyond those of the chain. */
  readonly others = new Map<string, (...params: readonly unknown[]) => unknown>();
  private server: Server | undefined;

  /** `view` is the chain as this node sees it, oldest block first. */
  constructor(private readonly view: () => readonly FakeBlock[]) {}

  /** `port` 0: any that is free. */
  async start(port = 0): Promise<string> {
    const server = createServer((request, response) => void this.serve(request, response));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server?.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  /** Methods that were asked for since the last time. */
  asked(): string[] {
    return this.requests.splice(0).map(({ method }) => method);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as RpcRequest | RpcRequest[];
    const requests = Array.isArray(body) ? body : [body];
    this.requests.push(...requests);
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs).unref());
    if (this.http?.(response, requests) === true) return;
    const answers = requests.map((each) => this.reply(each));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  }

  private reply(request: RpcRequest): unknown {
    const { id } = request;
    try {
      const result = this.result(request);
      return { jsonrpc: "2.0", id, result: this.answer === undefined ? result : this.answer(request, result) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { jsonrpc: "2.0", id, error: { code: error.code, message: error.message, data: error.data } };
    }
  }

  private result({ method, params }: RpcRequest): unknown {
    const blocks = this.view();
    switch (method) {
      case "eth_chainId":
        return toHex(this.chainId);
      case "eth_syncing":
        return false;
      case "eth_getBlockByNumber": {
        const block = params[0] === "latest" ? blocks.at(-1) : blocks[Number(params[0])];
        return block === undefined ? null : blockJson(block);
      }
      case "eth_getBlockByHash": {
        const block = blocks.find(({ hash }) => hash === params[0]);
        return block === undefined ? null : blockJson(block);
      }
      case "eth_getLogs":
        return this.logs(blocks, params[0] as Record<string, string>);
      default: {
        const other = this.others.get(method);
        if (other === undefined) throw new Refusal(-32_601, `the method ${method} does not exist`);
        return other(...params);
      }
    }
  }

  private logs(blocks: readonly FakeBlock[], filter: Record<string, string>): unknown {
    const { blockHash, fromBlock, toBlock } = filter;
    const asked =
      blockHash === undefined
        ? blocks.slice(Number(fromBlock), Number(toBlock) + 1)
        : blocks.filter(({ hash }) => hash === blockHash);
    if (blockHash !== undefined && asked.length === 0) throw new Refusal(UNKNOWN_BLOCK, "unknown block");
    return asked.flatMap(({ logs }) => logs.map(logJson));
  }
}

export const toHex = (value: number | bigint): string => `0x${value.toString(16)}`;

function blockJson({ number, hash, parentHash, timestamp, logsBloom }: FakeBlock): unknown {
  return {
    number: toHex(number),
    hash,
    parentHash,
    timestamp: toHex(timestamp),
    gasLimit: "0x1c9c380",
    baseFeePerGas: "0x7",
    logsBloom,
    transactions: [],
  };
}

export function logJson(log: FakeLog): Record<string, unknown> {
  return {
    address: log.address.toLowerCase(),
    topics: log.topics,
    data: log.data,
    blockNumber: toHex(log.blockNumber),
    blockHash: log.blockHash,
    transactionHash: log.transactionHash,
    transactionIndex: "0x0",
    logIndex: toHex(log.index),
    removed: false,
  };
}
