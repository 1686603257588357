import type { AddressBook } from "../../sdk/addressBook";
import type { Stage } from "../scene";
import { census } from "./census";
import { scopeOf } from "./scope";
import type { Verdict } from "./verdict";

/** The census of a deployment on its way, whose book may not be complete yet. */
export function censusOf(stage: Stage, book: AddressBook | undefined): Promise<Verdict> {
  const { provider, at, deployer, plan, parameters } = stage;
  const place = { provider, at, deployer, fromBlock: book?.startBlock ?? 0 };
  return census(scopeOf(place, parameters, book, plan));
}
