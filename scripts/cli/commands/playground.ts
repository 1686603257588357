import { existsSync } from "node:fs";
import path from "node:path";

import { JsonRpcProvider, ZeroAddress } from "ethers";
import { z } from "zod";

import { formatAmount, formatDuration, formatInstant, parseAmount } from "../../../sdk/units";
import { MockToken__factory } from "../../../typechain-types";
import type * as Playground from "../../playground";
import { command, type CommandGroup } from "../command";
import { Failure } from "../failure";
import { address, amount, duration } from "../inputs";
import type { Session } from "../session";

const DEFAULT_PORT = 8545;
/** Seconds between two heartbeats: less than half of the grace, since no lease is opened with who was not heard since. */
const HEARTBEAT = 240;
const MOST_WITH_HEARTBEATS = 86_400;
/** Providers and their operators, by the number of their account. */
const HEARD = [
  { provider: 4, operator: 7 },
  { provider: 5, operator: 8 },
  { provider: 6, operator: 9 },
];
/** The chain of every development node. */
const DEVELOPMENT_CHAIN = 31337;

/** The node, if it is a development chain: only there is money free, and time at hand. */
async function developmentNode(session: Session): Promise<JsonRpcProvider> {
  const { provider, chainId } = await session.connection();
  if (chainId === DEVELOPMENT_CHAIN && provider instanceof JsonRpcProvider) return provider;
  throw new Failure("usage", `this is chain ${chainId}, no playground: start one by \`leasehold playground\``);
}

const run = command({
  usage: "playground",
  summary: "a chain of your own, with a market on it, until Ctrl-C",
  details:
    "A development node, the protocol, two test tokens, HOLD for ten accounts, a keeper, and three\n" +
    "providers with offers. It prints keys, and what to type next.",
  options: [["--port <n>", `where the node listens (default ${DEFAULT_PORT}; 0: any free port)`]],
  hasOwnSettings: true,
  input: z.object({
    port: z.coerce
      .number("is no number")
      .int("is no whole number")
      .min(0, "is no port")
      .max(65_535, "is no port")
      .default(DEFAULT_PORT),
  }),
  run: async ({ outside }, { port }) => {
    const file = path.resolve(outside.packageRoot, "scripts/playground.ts");
    if (!existsSync(file)) {
      throw new Failure(
        "usage",
        "the playground is part of the repository: there, npm ci, then npx leasehold playground",
      );
    }
    // By a path that bundlers do not follow: what it needs is not in the built program.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would not know TypeScript
    const program = require(file) as typeof Playground;
    return program.playground(port);
  },
});

const faucet = command({
  usage: "faucet <amount>",
  summary: "mint test tokens",
  options: [
    ["--token <token>", "symbol of a test token, or address; left out: the only one"],
    ["--to <address>", "who gets them; left out: you"],
  ],
  input: z.object({ amount, token: z.string().optional(), to: address.optional() }),
  run: async (session, input) => {
    const node = await developmentNode(session);
    const token = await (await session.tokens()).resolve(input.token);
    const to = input.to ?? (await session.account());
    const wei = parseAmount(input.amount, token.decimals);
    const minter = await node.getSigner(0);
    await (await MockToken__factory.connect(token.address, minter).mint(to, wei)).wait();
    const has = await MockToken__factory.connect(token.address, node).balanceOf(to);
    return {
      data: { token: token.address, to, minted: wei, balance: has },
      text: `${to} has ${formatAmount(has, token.decimals)} ${token.symbol} in the wallet.`,
    };
  },
});

const pass = command({
  usage: "pass <duration>",
  summary: "let time pass on the playground's chain",
  details:
    "The playground's providers are heard all the while, up to a day at a time; in more than that they are dark\n" +
    "but for the end. Other providers send their own heartbeats.",
  input: z.object({ duration }),
  run: async (session, input) => {
    const node = await developmentNode(session);
    const { liveness } = await session.handles();
    const accounts = z.array(z.string()).parse(await node.send("eth_accounts", []));
    const to = await liveness.getAddress();
    const step = input.duration <= MOST_WITH_HEARTBEATS ? HEARTBEAT : input.duration;
    for (let left = input.duration; left > 0; left -= step) {
      await node.send("evm_increaseTime", [Math.min(step, left)]);
      await node.send("evm_mine", []);
      for (const { provider, operator } of HEARD) {
        const data = liveness.interface.encodeFunctionData("heartbeat", [accounts[provider] ?? ZeroAddress]);
        await node.send("eth_sendTransaction", [{ from: accounts[operator], to, data }]);
      }
    }
    const now = await session.now();
    return {
      data: { now },
      text: `${formatDuration(input.duration)} have passed: it is ${formatInstant(now)} on the chain.`,
    };
  },
});

/** A market to try things out on. */
export const playground: CommandGroup = {
  name: "playground",
  summary: "a chain of your own with a market on it, to try things out",
  itself: run,
  commands: [faucet, pass],
};
