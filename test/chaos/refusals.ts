/** What nodes and hosted providers say when they refuse something. The numbers in them are those of their defaults. */

/** An error of JSON-RPC, and who words it so. */
export interface Refusal {
  readonly node: string;
  readonly code: number;
  readonly message: string;
}

const said = (node: string, code: number, ...messages: readonly string[]): Refusal[] =>
  messages.map((message) => ({ node, code, message }));

/** Of a transaction, for reasons of the node's own. */
export const TRANSACTION_REFUSALS: readonly Refusal[] = [
  ...said("geth", -32000, "txpool is full", "transaction pool limit reached", "transaction type not supported"),
  ...said("geth", -32000, "account limit exceeded", "in-flight transaction limit reached for delegated accounts"),
  ...said("Nethermind", -32010, "TxPoolFull", "FailedToResolveSender", "AcceptTxResult: SenderIsContract"),
  ...said("Erigon", -32000, "transaction would overflow the pool", "pending sub-pool is full", "not replaced"),
  ...said("Reth", -32003, "txpool is full", "transaction rejected: sender is blocked", "invalid sender"),
  ...said("Besu", -32000, "TRANSACTION_REJECTED", "TX_POOL_DISABLED", "NONCE_TOO_FAR_IN_FUTURE_FOR_SENDER"),
  ...said("anvil", -32003, "transaction rejected"),
  ...said("Alchemy", -32600, "Transaction rejected by policy", "Unsupported transaction for this network"),
  ...said("Infura", -32601, "The method eth_sendRawTransaction does not exist/is not available"),
  ...said("QuickNode", -32009, "eth_sendRawTransaction is not permitted on this endpoint"),
  ...said("Ankr", -32052, "method is not whitelisted for this API key"),
];

/** Of a call, for reasons of the node's own: nothing is known of what it would do. */
export const CALL_REFUSALS: readonly Refusal[] = [
  ...said("geth", -32000, "execution aborted (timeout = 5s)", "header not found", "missing trie node 1f2e3d (path )"),
  ...said("geth", -32000, "state is not available", "required historical state unavailable (reexec=128)"),
  ...said("Nethermind", -32000, "No state available for block", "Execution timed out", "VM execution error."),
  ...said("Erigon", -32000, "execution aborted (timeout = 50s)", "block is pruned", "evm call cancelled"),
  ...said("Reth", -32000, "execution timed out", "too many concurrent calls", "pruned history unavailable"),
  ...said("Besu", -32000, "Internal error", "World state unavailable", "Timeout expired"),
  ...said("anvil", -32603, "EVM error ReentrancySentryOOG", "EVM error FatalExternalError"),
  ...said("Alchemy", -32000, "Compute units exceeded", "request timed out"),
  ...said("Infura", -32005, "query timeout exceeded"),
  ...said("QuickNode", -32007, "call timed out: limit 10s"),
  ...said("dRPC", 30, "Request timeout on the free tier, please upgrade your tier to the paid one"),
];

/** Of a call that comes too soon after others. */
export const RATE_REFUSALS: readonly Refusal[] = [
  ...said("Alchemy", -32005, "Your app has exceeded its compute units per second capacity"),
  ...said("Infura", -32005, "project ID request rate exceeded"),
  ...said("QuickNode", -32007, "50/second request limit reached"),
];

/** Of a transaction that could cost more than a node lets anyone spend. */
export const COST_REFUSALS: readonly Refusal[] = [
  ...said("geth", -32000, "tx fee (1.20 ether) exceeds the configured cap (1.00 ether)"),
  ...said("Erigon", -32000, "tx fee (1.20 ether) exceeds the configured cap (1.00 ether)"),
  ...said("Reth", -32003, "tx fee (1200000000000000000 wei) exceeds the configured cap (1000000000000000000 wei)"),
  ...said("Besu", -32000, "TX_FEECAP_EXCEEDED", "Transaction fee cap exceeded"),
  ...said("Nethermind", -32010, "FeeCapExceeded"),
];

/** Of a transaction that asks for more gas than a block has, or than the node lets one have. */
export const GAS_REFUSALS: readonly Refusal[] = [
  ...said("geth", -32000, "exceeds block gas limit", "transaction gas limit too high (cap: 16777216, tx: 30000000)"),
  ...said("Nethermind", -32010, "GasLimitExceeded", "TxGasLimitCapExceeded: 30000000 > 16777216"),
  ...said("Erigon", -32000, "exceeds block gas limit", "gas limit too high"),
  ...said("Reth", -32003, "exceeds block gas limit", "transaction gas limit is greater than the cap"),
  ...said("Besu", -32000, "EXCEEDS_BLOCK_GAS_LIMIT", "Transaction gas limit exceeds block gas limit"),
  ...said("anvil", -32003, "intrinsic gas too high", "tx gas limit exceeds block gas limit"),
];

/** Of a method that a node does not have. */
export const METHOD_REFUSALS: readonly Refusal[] = [
  ...said("geth", -32601, "the method eth_maxPriorityFeePerGas does not exist/is not available"),
  ...said("Nethermind", -32601, "The method 'eth_maxPriorityFeePerGas' is not supported."),
  ...said("Besu", -32601, "Method not found", "Method not enabled"),
  ...said("hosted", -32600, "unsupported method", "eth_maxPriorityFeePerGas is not available on this chain"),
];
