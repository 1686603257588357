import { keccak256 } from "ethers";

import { type Refusal, refusalOf } from "../../sdk/nodeErrors";
import type { Broadcast, Verdict } from "./api";
import { heard, note } from "./ask";
import type { Endpoint } from "./endpoint";
import type { Oddities } from "./oddities";
import * as requests from "./requests";
import { RefusedError, UnansweredError, VoidAnswerError, WaitError } from "./rpcErrors";

const WHAT = "a transaction";

/**
 * Hands a signed transaction to all endpoints, and ends when the first one has it, or all have refused it. Where they refuse
 * for different reasons, the most frequent one counts, and of equally frequent ones the one that is most on the account's side.
 */
export function broadcast(signed: string, endpoints: readonly Endpoint[], oddities: Oddities): Promise<Broadcast> {
  const hash = keccak256(signed);
  return new Promise((resolve, reject) => {
    const verdicts = new Map<Endpoint, { readonly verdict: Verdict; readonly reason: string }>();
    const failures: string[] = [];
    let pending = endpoints.length;
    let taken = false;

    const send = async (endpoint: Endpoint): Promise<void> => {
      try {
        const answer = await requests.sendRaw(endpoint, signed);
        heard(oddities, endpoint);
        if (typeof answer !== "string" || answer.toLowerCase() !== hash) {
          throw new VoidAnswerError(`it says that the hash of ${hash} is ${JSON.stringify(answer)}`);
        }
        verdicts.set(endpoint, { verdict: "accepted", reason: "" });
      } catch (error) {
        if (error instanceof RefusedError) verdicts.set(endpoint, refused(error));
        else failures.push(note(oddities, endpoint, WHAT, error));
      }
      const verdict = verdicts.get(endpoint);
      if (verdict?.verdict !== "accepted" && verdict?.verdict !== "known") return;
      taken = true;
      resolve({ hash, ...verdict, refusedByAll: false });
    };

    const last = (): void => {
      if (taken) return noteRefusals(verdicts, oddities);
      const refusals = [...verdicts.values()];
      const refusal = mostFrequent(refusals);
      const refusedByAll = failures.length === 0 && refusals.every(({ verdict }) => FINAL.has(verdict));
      if (refusal !== undefined) return resolve({ hash, ...refusal, refusedByAll });
      const Silence = endpoints.length === 0 ? WaitError : UnansweredError;
      reject(
        new Silence(
          `No endpoint answered to a transaction (${failures.join("; ") || "all rest after failures"}): it may be under ` +
            "way all the same. Check the endpoints.",
        ),
      );
    };

    for (const endpoint of endpoints) {
      send(endpoint)
        .then(() => {
          pending -= 1;
          if (pending === 0) last();
        })
        .catch(reject);
    }
    if (endpoints.length === 0) last();
  });
}

function refused({ reason }: RefusedError): { verdict: Refusal; reason: string } {
  return { verdict: refusalOf(reason), reason };
}

/** Where one endpoint took it: those that found something to say against it. */
function noteRefusals(
  verdicts: ReadonlyMap<Endpoint, { readonly verdict: Verdict; readonly reason: string }>,
  oddities: Oddities,
): void {
  for (const [endpoint, { verdict, reason }] of verdicts) {
    if (verdict === "accepted" || verdict === "known") oddities.right(endpoint.name, WHAT);
    else oddities.note(endpoint.name, "refused", WHAT, reason);
  }
}

/** Verdicts of a node that looked at the transaction and does not have it. After others it may have it all the same. */
const FINAL: ReadonlySet<Verdict> = new Set<Verdict>(["underpriced", "feeTooLow", "insufficientFunds", "rejected"]);

const ORDER: readonly Verdict[] = ["nonceUsed", "underpriced", "feeTooLow", "insufficientFunds", "notNow", "rejected"];

function mostFrequent<T extends { readonly verdict: Verdict }>(refusals: readonly T[]): T | undefined {
  const times = (verdict: Verdict): number => refusals.filter((refusal) => refusal.verdict === verdict).length;
  return [...refusals].sort(
    (a, b) => times(b.verdict) - times(a.verdict) || ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict),
  )[0];
}
