import { selectorOf } from "../actions";
import { restrictedFunctions } from "../roles";
import { readFacts } from "./read";
import type { Scope } from "./scope";
import { judge, type Verdict } from "./verdict";

/** Who can do what with a deployment, from the chain's events and storage. Reads only; what it cannot read it says. */
export async function census(scope: Scope): Promise<Verdict> {
  const map = restrictedFunctions().map((line) => ({ ...line, selector: selectorOf(scope.contracts, line) }));
  return judge(await readFacts(scope), map);
}
