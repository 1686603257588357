/** What a keeper would know of a chain and have to do on it, from its logs alone. */
import { ethers, network } from "hardhat";
import { z } from "zod";

import type { Asked } from "../../keeper/chain/endpoint";
import type { Simulator } from "../../keeper/chain/executor";
import { decodeEvent, type Sources, TOPICS } from "../../keeper/chain/events";
import { callOf } from "../../keeper/chain/requests";
import { RefusedError, RevertError } from "../../keeper/chain/rpcErrors";
import type { Duty } from "../../keeper/core/duties";
import { rulesFor } from "../../keeper/core/items";
import type { Item, Rules } from "../../keeper/core/rules";
import type { OpenMarket } from "./fixture";
import { OUTAGE_ALLOWANCE } from "./parameters";

/** The contracts whose logs a keeper reads. */
export async function sourcesOf({ market, orders, disputes }: OpenMarket): Promise<Sources> {
  return {
    market: await market.getAddress(),
    orders: await orders.getAddress(),
    disputes: await disputes.getAddress(),
  };
}

/** Every item that all logs of the chain lead to, the times of their blocks included. */
export async function itemsOf(sources: Sources, rules: Rules): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  const logs = await ethers.provider.getLogs({
    address: Object.values(sources) as string[],
    topics: [[...TOPICS]],
    fromBlock: 0,
  });
  for (const log of logs) {
    const event = decodeEvent(log, sources);
    if (event === undefined) throw new Error(`a topic is read that no event has: ${log.topics[0]}`);
    const keys = new Set(rules.keysOf(event));
    const checked = (key: string): string => {
      if (!keys.has(key)) throw new Error(`${event.type} touches ${key}, which it does not announce`);
      return key;
    };
    rules.reduce(event, {
      get: (key) => items.get(checked(key)),
      set: (key, item) => void items.set(checked(key), JSON.parse(JSON.stringify(item)) as Item),
      delete: (key) => void items.delete(checked(key)),
    });
  }
  for (const [key, item] of items) {
    const block = rules.untimed(item);
    if (block === undefined) continue;
    const { timestamp } = (await ethers.provider.getBlock(block.hash))!;
    items.set(key, rules.timed(item, timestamp));
  }
  return items;
}

/** All duties, whenever they are due, by key. */
export async function dutiesOn(f: OpenMarket, serve: readonly string[] = []): Promise<Map<string, Duty>> {
  const rules = rulesFor({ outageAllowance: OUTAGE_ALLOWANCE, serve });
  const items = await itemsOf(await sourcesOf(f), rules);
  return new Map([...items.values()].flatMap((item) => rules.dutiesOf(item)).map((duty) => [duty.key, duty]));
}

const refusalSchema = z.object({ code: z.number().catch(-32_000), message: z.string(), data: z.unknown() });

/** Hardhat's chain, as the keeper asks endpoints. */
const ENDPOINT: Asked = {
  name: "hardhat",
  request: async (method, params, answer) => {
    const told = await network.provider.send(method, [...params]).catch((error: unknown) => {
      const { code, message, data } = refusalSchema.parse(error);
      throw new RefusedError("hardhat", code, message, data);
    });
    return answer.parse(told);
  },
  batch: (calls, answer) =>
    Promise.all(calls.map(({ method, params }) => ENDPOINT.request(method, params ?? [], answer))),
};

/** Tries calls on the newest block, and reads what the node says of them as the keeper does. */
export const SIMULATOR: Simulator = {
  call: async (request) => {
    const called = await callOf(ENDPOINT, request, await ethers.provider.getBlockNumber());
    if (called.type === "reverts") throw new RevertError(called.data, called.reason);
    return called.data;
  },
};
