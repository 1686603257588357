import { isAddress, ZeroAddress } from "ethers";

import { DeployError } from "../errors";
import { type Draft, fieldOf } from "./draft";

/** What a person is asked for a network file, and the option that answers it for scripts. */
export interface Question {
  readonly option: string;
  readonly value: string;
  readonly path: string;
  readonly text: string;
  /** An answer as the file has it. */
  readonly read: (answer: string) => unknown;
  /** What the file has, as an answer; undefined: somebody has to say. */
  readonly preset: (draft: Draft) => string | undefined;
}

const words = (path: string) => (draft: Draft) => {
  const value = fieldOf(draft, path);
  const text = typeof value === "number" || typeof value === "string" ? String(value) : undefined;
  return text === ZeroAddress ? undefined : text;
};

const text = (option: string, value: string, path: string, question: string): Question => ({
  option,
  value,
  path,
  text: question,
  read: (answer) => answer,
  preset: words(path),
});

const account = (option: string, path: string, question: string): Question => text(option, "address", path, question);

const listOf = (answer: string): string[] =>
  answer
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** Asked in this order, once the kind of network is known. */
export const QUESTIONS: readonly Question[] = [
  { ...text("network", "name", "network", "Name of the network, for people"), preset: () => undefined },
  {
    ...text("chainId", "number", "chainId", "Chain id"),
    read: Number,
    preset: (draft) => (fieldOf(draft, "network") === "local" ? words("chainId")(draft) : undefined),
  },
  text("release", "name", "release", "Release; it enters every address, so keep it the same on every network"),
  account("deployer", "deployer", "Account that deploys, and ends without any power"),
  account("guardian", "roles.guardian", "Guardian, who may pause new leases and offers once"),
  account("initialHolder", "roles.initialHolder", "Account that receives all HOLD, and with it all votes"),
  {
    option: "council",
    value: "addresses",
    path: "disputes.council",
    text: 'Council members, with commas between them ("none": claims fail until governance seats three)',
    read: (answer) => (answer === "none" ? [] : listOf(answer)),
    preset(draft) {
      const council = fieldOf(draft, "disputes.council");
      const members = Array.isArray(council) ? council.map(String) : [];
      return members.length > 0 && members.every((one) => isAddress(one) && one !== ZeroAddress)
        ? members.join(",")
        : undefined;
    },
  },
  text("maxFee", "fee", "transactions.maxFeePerGas", "Highest fee per gas that is ever offered"),
];

/** `USDC,0x...,6,0.50,0.25` as the file has it. */
export function readToken(answer: string): object {
  const [symbol, address, decimals, minimumLock, bounty, ...more] = listOf(answer);
  if (bounty === undefined || more.length > 0) {
    throw new DeployError(
      "OPTIONS",
      `"${answer}" is no token.`,
      "write its symbol, address, decimals, least lock and bounty, as in USDC,0x...,6,0.50,0.25.",
    );
  }
  return { symbol, address, decimals: Number(decimals), minimumLock, bounty };
}
