import type { AddressBook } from "../../sdk/addressBook";
import { constructorArgsOf, type Stage } from "../scene";
import { census } from "./census";
import { scopeOf } from "./scope";
import type { Verdict } from "./verdict";

/** The census of a deployment on its way, whose book may not be complete yet. */
export function censusOf(stage: Stage, book: AddressBook | undefined): Promise<Verdict> {
  const { provider, at, deployer, plan, parameters } = stage;
  const records = plan.contracts.map((entry) => {
    const { name } = entry;
    const bytecodeHash = book?.contracts[name]?.bytecodeHash;
    return [name, { constructorArgs: constructorArgsOf(stage, entry), bytecodeHash }] as const;
  });
  const where = {
    provider,
    at,
    deployer,
    fromBlock: book?.startBlock ?? 0,
    foundingMembers: parameters.disputes.council,
  };
  return census(scopeOf(where, Object.fromEntries(records)));
}
