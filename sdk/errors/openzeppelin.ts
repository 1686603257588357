import { type Words } from "./words";

type Sentences = Readonly<Record<string, (words: Words) => string>>;

const operation = (words: Words): string => `operation ${words.text("operationId")}`;

const SOLIDITY: Sentences = {
  "Error(string reason)": (words) => `the contract says: ${words.text("reason") || "(nothing)"}`,
  "Panic(uint256 code)": (words) => `the contract failed by itself: ${panic(words.number("code"))}`,
};

const PANICS: Readonly<Record<string, string>> = {
  "1": "an assertion does not hold",
  "17": "a number overflowed or went below zero",
  "18": "a division by zero",
  "33": "a number that is no member of its enum",
  "34": "a storage array is encoded wrongly",
  "49": "an empty array was popped",
  "50": "an index is outside its array",
  "65": "too much memory was asked for",
  "81": "a function that is not initialised was called",
};

function panic(code: bigint): string {
  return PANICS[code.toString()] ?? `code ${code}`;
}

const ERC20: Sentences = {
  "ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)": (words) =>
    `${words.who("sender")} has ${words.amount("balance")} in its wallet, ${words.amount("needed")} are needed`,
  "ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)": (words) =>
    `${words.who("spender")} may take ${words.amount("allowance")} out of the wallet, ${words.amount("needed")} are needed`,
  "ERC20InvalidSender(address sender)": (words) => `${words.who("sender")} can send no tokens`,
  "ERC20InvalidReceiver(address receiver)": (words) => `${words.who("receiver")} can receive no tokens`,
  "ERC20InvalidApprover(address approver)": (words) => `${words.who("approver")} can give no allowance`,
  "ERC20InvalidSpender(address spender)": (words) => `${words.who("spender")} can be given no allowance`,
  "ERC20ExceededSafeSupply(uint256 increasedSupply, uint256 cap)": (words) =>
    `a supply of ${words.amount("increasedSupply")} is more than votes can count, ${words.amount("cap")}`,
  "ERC2612ExpiredSignature(uint256 deadline)": (words) =>
    `the permit was to be used before ${words.instant("deadline")}: sign again`,
  "ERC2612InvalidSigner(address signer, address owner)": (words) =>
    `the permit of ${words.who("owner")} is signed by ${words.who("signer")}, or over another message: sign again`,
  "SafeERC20FailedOperation(address token)": (words) =>
    `the token ${words.token("token")} refused the transfer: it may be paused, have blocked an account, or be no token`,
  "SafeERC20FailedDecreaseAllowance(address spender, uint256 currentAllowance, uint256 requestedDecrease)": (words) =>
    `the allowance of ${words.who("spender")} is ${words.amount("currentAllowance")}, it cannot be lowered by ` +
    words.amount("requestedDecrease"),
};

const ACCESS_MANAGER: Sentences = {
  "AccessManagedUnauthorized(address caller)": (words) =>
    `${words.who("caller")} lacks the role that governance asks for here`,
  "AccessManagedRequiredDelay(address caller, uint32 delay)": (words) =>
    `${words.who("caller")} must schedule this and wait ${words.duration("delay")}`,
  "AccessManagedInvalidAuthority(address authority)": (words) => `${words.who("authority")} is no access manager`,
  "AccessManagerAlreadyScheduled(bytes32 operationId)": (words) => `${operation(words)} is scheduled already`,
  "AccessManagerNotScheduled(bytes32 operationId)": (words) => `${operation(words)} is not scheduled`,
  "AccessManagerNotReady(bytes32 operationId)": (words) =>
    `${operation(words)} is scheduled, and its time has not come`,
  "AccessManagerExpired(bytes32 operationId)": (words) => `${operation(words)} was scheduled, and is too old now`,
  "AccessManagerLockedRole(uint64 roleId)": (words) => `role ${words.number("roleId")} can be changed by nobody`,
  "AccessManagerLockedFunction(bytes4 selector)": (words) =>
    `function ${words.text("selector")} can be opened or closed by nobody`,
  "AccessManagerInvalidInitialAdmin(address initialAdmin)": (words) =>
    `${words.who("initialAdmin")} cannot be the first admin`,
  "AccessManagerBadConfirmation()": () => "a role is renounced by naming one's own account",
  "AccessManagerUnauthorizedAccount(address msgsender, uint64 roleId)": (words) =>
    `${words.who("msgsender")} does not have role ${words.number("roleId")}`,
  "AccessManagerUnauthorizedCall(address caller, address target, bytes4 selector)": (words) =>
    `${words.who("caller")} may not call function ${words.text("selector")} of ${words.who("target")}`,
  "AccessManagerUnauthorizedConsume(address target)": (words) =>
    `${words.who("target")} is not executing a scheduled operation`,
  "AccessManagerUnauthorizedCancel(address msgsender, address caller, address target, bytes4 selector)": (words) =>
    `${words.who("msgsender")} may not cancel what ${words.who("caller")} scheduled: function ` +
    `${words.text("selector")} of ${words.who("target")}`,
};

const VOTES: Sentences = {
  "ERC5805FutureLookup(uint256 timepoint, uint48 clock)": (words) =>
    `votes at ${words.instant("timepoint")} are not settled before that second is over; the chain is at ${words.instant("clock")}`,
  "ERC6372InconsistentClock()": () => "the token's clock is not the one that its votes are kept by",
  "VotesExpiredSignature(uint256 expiry)": (words) =>
    `the delegation was to be used before ${words.instant("expiry")}: sign again`,
  "CheckpointUnorderedInsertion()": () => "a vote record would be older than the one before it",
};

const SIGNATURES: Sentences = {
  "InvalidAccountNonce(address account, uint256 currentNonce)": (words) =>
    `${words.whose("account")} next signature carries nonce ${words.number("currentNonce")}: sign again`,
  "ECDSAInvalidSignature()": () => "the signature is no signature at all",
  "ECDSAInvalidSignatureLength(uint256 length)": (words) =>
    `the signature is ${words.number("length")} bytes long, 65 are expected`,
  "ECDSAInvalidSignatureS(bytes32 s)": (words) =>
    `the signature is in its malleable form (s = ${words.text("s")}), which is refused`,
  "ERC5267ExtensionsNotSupported()": () => "the signing domain has extensions, which are not supported",
};

const LIBRARIES: Sentences = {
  "AddressEmptyCode(address target)": (words) => `there is no contract at ${words.who("target")}`,
  "FailedCall()": () => "a call inside the transaction failed without a reason",
  "FailedDeployment()": () => "a contract could not be created",
  "Create2EmptyBytecode()": () => "there is no code to create a contract from",
  "Create3EmptyBytecode()": () => "there is no code to create a contract from, by CREATE3",
  "InsufficientBalance(uint256 balance, uint256 needed)": (words) =>
    `the contract has ${words.number("balance")} wei of native coin, ${words.number("needed")} are needed`,
  "MissingPrecompile(address)": (words) => `this chain lacks the built-in contract ${words.text("0")}`,
  "ReentrancyGuardReentrantCall()": () => "the token called back in the middle of its own transfer, which is refused",
  "InvalidShortString()": () => "a stored text is not in its short form",
  "StringTooLong(string str)": (words) => `the text "${words.text("str")}" is longer than 31 bytes`,
  "StringsInsufficientHexLength(uint256 value, uint256 length)": (words) =>
    `the number ${words.number("value")} does not fit ${words.number("length")} bytes`,
  "StringsInvalidChar()": () => "a text holds a character that is no digit",
  "StringsInvalidAddressFormat()": () => "a text is no address",
  "SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)": (words) =>
    `the number ${words.number("value")} does not fit ${words.number("bits")} bits`,
  "SafeCastOverflowedIntDowncast(uint8 bits, int256 value)": (words) =>
    `the signed number ${words.number("value")} does not fit ${words.number("bits")} bits`,
  "SafeCastOverflowedIntToUint(int256 value)": (words) => `the number ${words.number("value")} is below zero`,
  "SafeCastOverflowedUintToInt(uint256 value)": (words) =>
    `the number ${words.number("value")} is too large for a signed one`,
};

/** Errors of the compiler, of tokens, and of the libraries that the contracts are built on. */
export const OPENZEPPELIN: Readonly<Record<string, Sentences>> = {
  Solidity: SOLIDITY,
  ERC20,
  AccessManager: ACCESS_MANAGER,
  Votes: VOTES,
  Signatures: SIGNATURES,
  OpenZeppelin: LIBRARIES,
};
