import { withoutCarriageReturns } from "../../sdk/text";
import type { Variable } from "./schema";

/** Variables of the command line that a keeper reads, too, where its own are not set. */
export const SHARED: Readonly<Partial<Record<Variable, string>>> = {
  KEEPER_RPC_URLS: "LEASEHOLD_RPC",
  KEEPER_ADDRESS_BOOK: "LEASEHOLD_BOOK",
  KEEPER_KEYSTORE: "LEASEHOLD_KEYSTORE",
  KEEPER_KEYSTORE_PASSWORD_FILE: "LEASEHOLD_PASSWORD_FILE",
};

/** Settings that belong together: whoever sets one of them for the keeper sets all. */
const KEY: readonly Variable[] = ["KEEPER_PRIVATE_KEY", "KEEPER_KEYSTORE", "KEEPER_KEYSTORE_PASSWORD_FILE"];

/** The environment with what the keeper shares with the command line. The keeper's own variables win. */
export function withShared(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const env = withoutCarriageReturns(variables);
  const isSet = (name: string): boolean => (env[name] ?? "") !== "";
  const hasKey = KEY.some(isSet);
  const shared = Object.entries(SHARED).filter(([name, other]) => {
    const isKey = KEY.includes(name as Variable);
    return !isSet(name) && isSet(other) && !(isKey && hasKey);
  });
  return { ...env, ...Object.fromEntries(shared.map(([name, other]) => [name, env[other]])) };
}
