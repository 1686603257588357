import type { Refusal } from "../../../sdk/nodeErrors";

/** What a node answers to a transaction that it does not take. */
export interface RefusalWords {
  readonly client: string;
  readonly words: string;
  readonly means: Refusal;
}

const of =
  (client: string) =>
  (means: Refusal, ...all: readonly string[]): RefusalWords[] =>
    all.map((words) => ({ client, words, means }));

const geth = of("geth");
const opGeth = of("op-geth");
const nitro = of("Arbitrum Nitro");
const nethermind = of("Nethermind");
const oldNethermind = of("older versions of Nethermind");
const erigon = of("Erigon");
const reth = of("Reth");
const besu = of("Besu");
const anvil = of("anvil");
const hardhat = of("Hardhat");
const older = of("older and other clients");
const hosted = of("hosted providers");

/** From the sources of each client, with the numbers that they put in. Providers pass on what their nodes say, and add some. */
export const REFUSAL_WORDS: readonly RefusalWords[] = [
  ...geth("known", "already known"),
  ...geth("nonceUsed", "nonce too low: next nonce 7, tx nonce 6"),
  ...geth("underpriced", "replacement transaction underpriced"),
  ...geth("insufficientFunds", "insufficient funds for gas * price + value: balance 0, tx cost 21000, overshot 21000"),
  ...geth(
    "insufficientFunds",
    "insufficient funds for gas * price + value: balance 9, queued cost 5, tx cost 8, overshot 4",
  ),
  ...geth(
    "feeTooLow",
    "transaction underpriced",
    "transaction underpriced: gas tip cap 0, minimum needed 1",
    "transaction gas price below minimum: gas tip cap 0, minimum needed 1",
    "max fee per gas less than block base fee: address 0xab, maxFeePerGas: 1, baseFee: 7",
  ),
  ...geth(
    "notNow",
    "txpool is full",
    "future transaction tries to replace pending",
    "account limit exceeded: pooled 16 txs",
    "in-flight transaction limit reached for delegated accounts",
    "gapped-nonce tx from delegated accounts",
    "address already reserved",
    "nonce too high: tx nonce 9, gapped nonce 7",
    "sender not an eoa: address 0xab, codehash: 0xcd",
  ),
  ...geth(
    "rejected",
    "tx fee (1.50 ether) exceeds the configured cap (1.00 ether)",
    "exceeds block gas limit",
    "transaction gas limit too high (cap: 16777216, tx: 20000000)",
    "intrinsic gas too low: gas 21000, minimum needed 53000",
    "insufficient gas for floor data gas cost: gas 21000, minimum needed 40000",
    "oversized data: transaction size 200000, limit 131072",
    "max priority fee per gas higher than max fee per gas",
    "invalid sender",
  ),

  ...opGeth("rejected", "tx fee (1.63 ether) exceeds the configured cap (1.00 ether)"),
  ...opGeth("insufficientFunds", "insufficient funds for gas * price + value: balance 5, tx cost 9, overshot 4"),

  ...nitro("nonceUsed", "nonce too low: address 0xab, tx: 6 state: 7"),
  ...nitro("notNow", "nonce too high: address 0xab, tx: 9 state: 7"),
  ...nitro("feeTooLow", "max fee per gas less than block base fee: address 0xab, maxFeePerGas: 1 baseFee: 7"),
  ...nitro("insufficientFunds", "insufficient funds for gas * price + value: address 0xab have 5 want 9"),
  ...nitro(
    "notNow",
    "sequencer temporarily not available",
    "sequencer internal error",
    "currently not accepting transactions due to expected surplus being below threshold",
    "transaction sender is not on the whitelist",
    "context deadline exceeded",
  ),
  ...nitro("rejected", "intrinsic gas too low"),

  ...nethermind("known", "already known"),
  ...nethermind("nonceUsed", "nonce too low"),
  ...nethermind("underpriced", "replacement transaction underpriced"),
  ...nethermind(
    "insufficientFunds",
    "insufficient funds for gas * price + value, Balance is 5 less than sending value",
  ),
  ...nethermind("feeTooLow", "transaction underpriced, MaxFeePerGas needs to be at least 9 to be added to the TxPool"),
  ...nethermind(
    "notNow",
    "nonce too high",
    "nonce too far in future",
    "pending transaction type conflict",
    "delegation nonce gap",
    "delegation authority has pending transaction",
    "node is syncing",
    "sender not an eoa",
  ),
  ...nethermind(
    "rejected",
    "gas limit reached",
    "transaction too large",
    "transaction invalid",
    "transaction cost overflow",
  ),
  ...oldNethermind("known", "AlreadyKnown"),
  ...oldNethermind("nonceUsed", "OldNonce, Current nonce: 7, nonce of rejected tx: 6"),
  ...oldNethermind("underpriced", "ReplacementNotAllowed"),
  ...oldNethermind("insufficientFunds", "InsufficientFunds, Account balance: 0, cumulative cost: 9"),
  ...oldNethermind("feeTooLow", "FeeTooLow, MaxFeePerGas too low", "FeeTooLowToCompete"),
  ...oldNethermind(
    "notNow",
    "NonceGap, Future nonce. Expected nonce: 7",
    "NonceTooFarInFuture",
    "PendingTxsOfConflictingType",
    "SenderIsContract",
    "Syncing",
  ),
  ...oldNethermind(
    "rejected",
    "GasLimitExceeded, Gas limit: 30000000, gas limit of rejected tx: 40000000",
    "MaxTxSizeExceeded",
  ),

  ...erigon("known", "already known", "existing txn with same hash"),
  ...erigon("nonceUsed", "nonce too low"),
  ...erigon(
    "underpriced",
    "replacement transaction underpriced",
    "could not replace existing tx",
    "replaced by transaction with higher tip",
  ),
  ...erigon("insufficientFunds", "insufficient funds"),
  ...erigon("feeTooLow", "underpriced", "fee too low"),
  ...erigon(
    "notNow",
    "pending sub-pool is full",
    "baseFee sub-pool is full",
    "queued sub-pool is full",
    "spammer",
    "EIP-7702 transaction with authority already reserved",
  ),
  ...erigon(
    "rejected",
    "tx fee (1.50 ether) exceeds the configured cap (1.00 ether)",
    "oversized data",
    "RLPTooLong",
    "gas limit is too high",
    "IntrinsicGas",
    "GasUintOverflow",
    "invalid sender",
  ),

  ...reth("known", "already known"),
  ...reth("nonceUsed", "nonce too low: next nonce 7, tx nonce 6"),
  ...reth(
    "underpriced",
    "replacement transaction underpriced",
    "[0xab]: insufficient gas price to replace existing transaction",
  ),
  ...reth(
    "insufficientFunds",
    "insufficient funds for gas * price + value: have 5 want 9",
    "transaction overdraws from account, balance: 5, cost: 9",
  ),
  ...reth(
    "feeTooLow",
    "transaction underpriced",
    "[0xab]: transaction feeCap 6 below chain minimum",
    "transaction priority fee below minimum required priority fee 1",
    "max fee per gas less than block base fee",
  ),
  ...reth(
    "notNow",
    "txpool is full",
    "[0xab]: transaction discarded outright due to pool size constraints",
    "[0xab]: rejected due to 0xcd being identified as a spammer",
    "[0xab]: transaction type 2 conflicts with existing transaction for 0xcd",
    "nonce too high",
    "sender is not an EOA",
  ),
  ...reth(
    "rejected",
    "tx fee (1500000000000000000 wei) exceeds the configured cap (1000000000000000000 wei)",
    "exceeds block gas limit",
    "exceeds max transaction gas limit",
    "transaction's gas limit 40000000 exceeds block's gas limit 30000000",
    "oversized data: transaction size 200000, limit 131072",
    "intrinsic gas too low",
    "gas limit too high",
  ),

  ...besu("known", "Known transaction"),
  ...besu("nonceUsed", "Nonce too low"),
  ...besu("underpriced", "Replacement transaction underpriced"),
  ...besu("insufficientFunds", "Upfront cost exceeds account balance"),
  ...besu("feeTooLow", "Gas price below configured minimum gas price", "Gas price below current base fee"),
  ...besu(
    "notNow",
    "Nonce too high",
    "Transaction nonce is too distant from current sender nonce",
    "An invalid transaction with a lower nonce exists",
    "Initial sync is still in progress",
    "Transaction pool not enabled. (Either txpool explicitly disabled, or node not yet in sync).",
    "Sender account not authorized to send transactions",
    "Internal error",
    "Timeout expired",
    "TX_POOL_DISABLED",
    "NONCE_TOO_FAR_IN_FUTURE_FOR_SENDER",
  ),
  ...besu(
    "rejected",
    "Transaction fee cap exceeded",
    "Transaction gas limit exceeds block gas limit",
    "Transaction gas limit cap exceeded",
    "Intrinsic gas exceeds gas limit",
    "Plugin has marked the transaction as invalid",
  ),

  ...anvil("known", "transaction already imported", "Tx: [0xab] already Imported"),
  ...anvil("nonceUsed", "nonce too low"),
  ...anvil("underpriced", "Tx: [0xab] insufficient gas price to replace existing transaction"),
  ...anvil("insufficientFunds", "Insufficient funds for gas * price + value"),
  ...anvil("feeTooLow", "max fee per gas less than block base fee"),
  ...anvil("notNow", "Nonce too high"),
  ...anvil(
    "rejected",
    "intrinsic gas too low",
    "intrinsic gas too high -- tx.gas_limit > env.block.gas_limit",
    "Transaction gas limit is greater than the block gas limit, gas_limit: 40000000, cap: 30000000",
  ),

  ...hardhat("known", "Known transaction: 0xab"),
  ...hardhat("nonceUsed", "Nonce too low. Expected nonce to be 7 but got 6."),
  ...hardhat(
    "underpriced",
    "Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 2 is necessary to replace the existing transaction",
  ),
  ...hardhat("insufficientFunds", "Sender doesn't have enough funds to send tx. The max upfront cost is: 9"),
  ...hardhat("feeTooLow", "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 7"),
  ...hardhat(
    "notNow",
    "Nonce too high. Expected nonce to be 0 but got 5. Note that transactions can't be queued when automining.",
  ),
  ...hardhat("rejected", "Transaction gas limit is 40000000 and exceeds block gas limit of 30000000"),

  ...older("known", "[0xab]: already imported", "tx already in mempool"),
  ...older("nonceUsed", "transaction nonce is too low", "Nonce below current sender nonce"),
  ...older(
    "underpriced",
    "could not replace existing tx: replacement fee too low",
    "There is another transaction with same nonce in the queue",
  ),

  ...hosted(
    "notNow",
    "Your app has exceeded its compute units per second capacity",
    "daily request count exceeded, request rate limited",
    "project ID request rate exceeded",
    "over rate limit",
    "Limit exceeded",
    "daily request limit reached - upgrade your account at https://quicknode.com",
    "50/second request limit reached",
    "You've exceeded the RPS limit available on the current plan",
    "rate limit exceeded",
    "the method eth_sendRawTransaction does not exist/is not available",
    "Unauthorized: you must authenticate your request with an API key",
    "Internal server error",
    "upstream request timed out",
    "service temporarily unavailable, try again later",
    "HTTP 403",
    "Transaction rejected by policy",
    "transaction rejected: sender is blocked",
    "TxPoolFull",
    "transaction pool limit reached",
  ),
  ...hosted("rejected", "HTTP 413"),
];
