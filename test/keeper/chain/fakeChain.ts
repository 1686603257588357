import { getAddress, getBytes, id, keccak256, toBeHex } from "ethers";

export interface FakeLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly index: number;
}

export interface FakeBlock {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: number;
  readonly logsBloom: string;
  readonly logs: readonly FakeLog[];
}

export const MARKET = getAddress("0x00000000000000000000000000000000000000a1");
export const ORDERS = getAddress("0x00000000000000000000000000000000000000a2");
export const DISPUTES = getAddress("0x00000000000000000000000000000000000000a3");
export const TOPIC = id("Said(uint256)");
export const FILTER = { addresses: [MARKET, ORDERS, DISPUTES], topics: [TOPIC] };

const QUIET = bloomOf([]);
const LOUD = bloomOf([MARKET, TOPIC]);

/** A chain in memory that can fork. Blocks say numbers. */
export class FakeChain {
  blocks: FakeBlock[] = [];
  private made = 0;

  constructor(count = 1) {
    for (let block = 0; block < count; block++) this.mine();
  }

  get head(): FakeBlock {
    return this.blocks.at(-1) as FakeBlock;
  }

  /** Makes a block, 12 seconds after the last, in which the market says these numbers. */
  mine(...said: number[]): FakeBlock {
    this.made += 1;
    const number = this.blocks.length;
    const hash = id(`block ${number}, the ${this.made}th made`);
    const logs = said.map((value, index) => ({
      address: MARKET,
      topics: [TOPIC],
      data: toBeHex(value, 32),
      blockNumber: number,
      blockHash: hash,
      transactionHash: hash.slice(0, 58) + index.toString(16).padStart(8, "0"),
      index,
    }));
    const parentHash = this.blocks.at(-1)?.hash ?? id("none");
    const logsBloom = said.length > 0 ? LOUD : QUIET;
    const block = { number, hash, parentHash, timestamp: number * 12, logsBloom, logs };
    this.blocks.push(block);
    return block;
  }

  mineMany(count: number): void {
    for (let block = 0; block < count; block++) this.mine();
  }

  /** Forgets the newest blocks. */
  drop(count: number): void {
    this.blocks = this.blocks.slice(0, this.blocks.length - count);
  }

  /** All that the chain, as it is, says. */
  said(): number[] {
    return this.blocks.flatMap(({ logs }) => logs.map(({ data }) => Number(data)));
  }
}

/** The bloom of a header whose block's logs have these addresses and topics. */
export function bloomOf(values: readonly string[]): string {
  const bytes = new Uint8Array(256);
  for (const value of values) {
    const hash = getBytes(keccak256(value));
    for (const at of [0, 2, 4]) {
      const bit = (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 2_047;
      const place = 255 - Math.floor(bit / 8);
      bytes[place] = (bytes[place] ?? 0) | (1 << (bit % 8));
    }
  }
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
