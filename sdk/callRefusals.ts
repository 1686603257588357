/** What a node means by refusing a call that is only tried. Pure: the words of clients and providers. */

/**
 * `revert`: the contract's word. `outOfGas`: the call needs more gas than it was given. `aboutNode`: the node cannot answer
 * any such call now, which says nothing about this one. `aboutCall`: anything else, in words that nobody has to know.
 */
export type CallRefusal = "revert" | "outOfGas" | "aboutNode" | "aboutCall";

/** Codes of a call that the contracts ended: geth's, and the one of OpenEthereum and Nethermind. */
const EXECUTION_ERRORS: ReadonlySet<number> = new Set([3, -32_015]);
/** Method unknown; resource unknown; method not supported; history pruned. */
const NODE_ERRORS: ReadonlySet<number> = new Set([-32_601, -32_001, -32_004, 4_444]);

const OUT_OF_GAS =
  /out ?of ?gas|OOG\b|intrinsic ?gas|gas floor|floor data gas|gas required exceeds|gas uint64 overflow/i;
const REVERT = /revert|invalid opcode|invalid jump|stack ?(overflow|underflow|limit)|write protection|EVM halted/i;
const NODE = new RegExp(
  [
    "header not found|header for hash not found|missing trie node|world state (is )?unavailable",
    "(unknown|no such|cannot find|could not find|can't find) (the )?(block|header)|block [^ ]* ?(not found|is not available)",
    "(historical|required|block|pruned) state|state (at block [^ ]+ )?(is )?(not available|unavailable|pruned)|pruned history",
    "method .*(not found|not exist|not available|not supported|not allowed|disabled)",
    "unauthori[sz]ed|authenticat|forbidden|access denied|api[ -]?key|project id|payment required|HTTP 40[1-5]",
    "still syncing|not (yet )?synced|initial sync|no available upstream|upstreams? (is |are )?unavailable|route your request",
  ].join("|"),
  "i",
);

/** By the code of JSON-RPC and the words; whether data of a revert came along is for the caller to see. */
export function callRefusalOf(code: number, reason: string): CallRefusal {
  if (OUT_OF_GAS.test(reason)) return "outOfGas";
  if (EXECUTION_ERRORS.has(code) || REVERT.test(reason)) return "revert";
  return NODE_ERRORS.has(code) || NODE.test(reason) ? "aboutNode" : "aboutCall";
}
