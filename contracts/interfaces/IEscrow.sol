// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Entry} from "../types/Entry.sol";

/// @title Escrow: every payment token of tenants and providers, as internal balances
/// @notice Per token an account has a free balance, which only it can withdraw, and per module a slot {locked, ceiling,
/// nonce}. The ceiling is what the account lets that module hold: a lock needs locked + amount <= ceiling, and a payout
/// lowers both. So an unapproved module reaches nothing, and an approved one spends at most what was approved
/// (INV-ESC-3). Where another account adds to a lock, both rise by as much, so that a gift uses up no approval of its
/// receiver. That takes a receiver that approved the module itself once, since the module could take back later what it
/// gave. The largest ceiling never moves: it approves a module without limit.
///
/// There is no owner, no pause, no upgrade and no fee here. Withdrawing asks no other contract than the token
/// (INV-ESC-4).
///
/// Assumptions about tokens: any ERC-20 may sit here, whatever it returns from `transfer`. What arrived is credited,
/// not what was asked, so a fee on transfer is its depositor's. Out of scope: tokens whose balances change without a
/// transfer (rebasing); and a token that refuses to serve this contract at all cannot be helped.
interface IEscrow {
    /// @notice What an account lets a module hold of one token, and what the module holds. One storage slot.
    struct ModuleAccount {
        uint120 locked; // base units, part of no free balance
        uint120 ceiling; // locked may grow up to this
        uint16 nonce; // of the next `Funding` signature
    }

    /// @notice What an account signs to fund itself and approve a module at once (EIP-712).
    struct Funding {
        address account; // signer, payer and owner of what is deposited
        address token;
        address module;
        uint120 ceiling; // new ceiling of the module
        uint256 deposit; // base units to pull from the account's wallet; 0 only approves
        uint16 nonce; // `moduleAccount(...).nonce`
        uint48 deadline; // usable while block.timestamp < deadline
    }

    /// @notice An ERC-2612 permit that lets the escrow pull a deposit. Left empty (all zero) where the allowance
    /// suffices.
    struct Permit {
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice `payer` deposited; `amount` arrived and was credited to `account`, whose free balance is now `free`.
    event Deposited(
        address indexed token,
        address indexed account,
        address indexed payer,
        uint256 amount,
        uint256 free
    );

    /// @notice `account` sent `amount` of its free balance, which is now `free`, to `to`.
    event Withdrawn(address indexed token, address indexed account, address indexed to, uint256 amount, uint256 free);

    /// @notice `account` lets `module` hold up to `ceiling`; `nonce` is the next one to sign.
    event ModuleApproved(
        address indexed module,
        address indexed token,
        address indexed account,
        uint256 ceiling,
        uint256 nonce
    );

    /// @notice `module` moved `amount` from the free balance of `account` into its lock.
    event Locked(address indexed module, address indexed token, address indexed account, uint256 amount);

    /// @notice `module` moved `locked` from the free balance of `account` into its lock, and `paid` to that of `payee`;
    /// the payment lowered the account's ceiling.
    event LockedAndPaid(
        address indexed module,
        address indexed token,
        address indexed account,
        uint256 locked,
        address payee,
        uint256 paid
    );

    /// @notice `module` moved `amount` from the free balance of `payer`, another account, into its lock of `account`;
    /// ceilings moved as `lockFor` says.
    event LockedFor(
        address indexed module,
        address indexed token,
        address indexed account,
        address payer,
        uint256 amount
    );

    /// @notice `module` moved `amount` of what it holds from one account to another; ceilings moved as `moveLock` says.
    event LockMoved(address indexed module, address indexed token, address indexed from, address to, uint256 amount);

    /// @notice `module` settled: entry by entry, what leaves an account's lock and what joins its free balance.
    event Settled(address indexed module, address indexed token, Entry[] lines);

    /// @notice An account that could never withdraw: zero, the escrow itself, or the token.
    error EscrowInvalidAccount(address account);

    /// @notice There is no token at this address.
    error EscrowNotAToken(address token);

    /// @notice More arrived than one deposit may bring, 2^128 - 1 base units.
    error EscrowAmountTooLarge(address token, uint256 amount, uint256 most);

    /// @notice The free balance is too small.
    error EscrowInsufficientFree(address token, address account, uint256 free, uint256 required);

    /// @notice The lock would pass what the account lets the module hold; `headroom` is left below the ceiling.
    error EscrowCeilingExceeded(address module, address token, address account, uint256 headroom, uint256 required);

    /// @notice The module does not hold that much of the account.
    error EscrowInsufficientLocked(address module, address token, address account, uint256 locked, uint256 required);

    /// @notice `account` never approved the module, so nobody else's money joins a lock of it there.
    error EscrowModuleNotApproved(address module, address token, address account);

    /// @notice What another account pays or moves would make the lock pass the largest ceiling, 2^120 - 1; `room` is
    /// left below it.
    error EscrowLockTooLarge(address module, address token, address account, uint256 room, uint256 required);

    /// @notice A settlement in which not as much joins free balances as leaves locks.
    error EscrowUnbalanced(address token, uint256 fromLocks, uint256 toFree);

    /// @notice The signature was to be used before `deadline`.
    error EscrowSignatureExpired(uint256 deadline, uint256 now);

    /// @notice The signature is not the account's, or not over this message, chain and contract.
    error EscrowInvalidSignature(address account);

    /// @notice The signature carries another nonce than the account's next one.
    error EscrowInvalidNonce(address account, uint256 expected, uint256 actual);

    /// @notice Pulls `amount` of `token` from the caller and credits what arrives to `account`.
    /// @dev Reverts with the token's own error, or OpenZeppelin's SafeERC20FailedOperation, where the token refuses.
    /// @return credited base units that arrived.
    function deposit(address token, address account, uint256 amount) external returns (uint256 credited);

    /// @notice As `deposit`, and uses the caller's ERC-2612 permit where its allowance does not suffice: a permit that
    /// somebody submitted first is no failure.
    function depositWithPermit(
        address token,
        address account,
        uint256 amount,
        Permit calldata permit
    ) external returns (uint256 credited);

    /// @notice Sends `amount` of the caller's free balance to `to`. Always possible (INV-ESC-4).
    function withdraw(address token, address to, uint256 amount) external;

    /// @notice Lets `module` hold up to `ceiling` of the caller's `token`. A ceiling below what it holds now only stops
    /// growth. The nonce moves on, so that a funding which the caller signed before, for this module and token, is
    /// void.
    function approveModule(address token, address module, uint120 ceiling) external;

    /// @notice Carries out a signed funding: approves the module and deposits, for and from the signer. Anyone may
    /// submit it. Where the very same message was carried out last, the call does nothing, and does not fail. Any other
    /// message with a nonce that is not the next one is refused.
    /// @param signature ECDSA by the account, or ERC-1271 (ECDSA is tried first, whether or not the account has code).
    function fundBySignature(Funding calldata funding, bytes calldata signature, Permit calldata permit) external;

    /// @notice Moves `amount` of `account`'s free balance into the lock of the calling module, within what the account
    /// lets that module hold.
    function lock(address token, address account, uint256 amount) external;

    /// @notice Moves `locked` of `account`'s free balance into the lock of the calling module, and pays `paid` of it to
    /// `payee`'s free balance, as if that had been locked and paid out: both fit what the account lets the module hold,
    /// and the payment lowers its ceiling. Where free balance or headroom do not suffice it changes nothing instead of
    /// reverting.
    /// @return done whether it took place.
    function tryLockAndPay(
        address token,
        address account,
        uint256 locked,
        uint256 paid,
        address payee
    ) external returns (bool done);

    /// @notice Moves `amount` of `payer`'s free balance into the calling module's lock of `account`, within what the
    /// payer lets that module hold. It is a payout of the payer, which lowers its ceiling. The account's ceiling rises
    /// by as much, below the largest one; the account must have approved the module itself once. Where payer and
    /// account are one, it is `lock`, its event included.
    function lockFor(address token, address payer, address account, uint256 amount) external;

    /// @notice Moves `amount` of what the calling module holds of `from` to what it holds of `to`. It is a payout of
    /// `from`, which lowers its ceiling, not below zero. The ceiling of `to` rises by as much, below the largest one;
    /// `to` must have approved the module itself once. Where both are one, nothing changes.
    function moveLock(address token, address from, address to, uint256 amount) external;

    /// @notice Moves what the calling module holds: each entry takes from an account's lock and adds to its free
    /// balance. What an account loses by an entry is paid out and lowers its ceiling, not below zero; the largest
    /// ceiling stands. All or nothing; both columns must add up to the same.
    function settle(address token, Entry[] calldata lines) external;

    /// @notice Free balance of `account`, base units.
    function freeOf(address token, address account) external view returns (uint256);

    /// @notice What `module` holds, and may hold, of `account`.
    function moduleAccount(address module, address token, address account) external view returns (ModuleAccount memory);

    /// @notice Digest of the latest funding of `account` that was carried out for `module` and `token`; zero: none was.
    function lastFundingOf(address module, address token, address account) external view returns (bytes32);

    /// @notice The digest that `funding.account` signs.
    function fundingDigest(Funding calldata funding) external view returns (bytes32);
}
