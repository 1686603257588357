// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Native locks of a token
/// @notice A locked token stays where it is: it counts in `balanceOf` and in votes, but cannot be transferred.
/// Anyone may be a locker, and reaches nothing but what it locked itself: it locks by spending an allowance, unlocks,
/// or seizes. Several lockers never lock the same token twice (INV-STK-4). Others lock tokens in an account only with
/// lockers that the account itself locked some with: nobody can pay it in tokens that can be taken back (INV-TOK-1).
interface IERC20Locks {
    /// @notice `locker` locked `amount` of `owner`; its lock there is now `lockedByLocker`.
    event Locked(address indexed locker, address indexed owner, uint256 amount, uint256 lockedByLocker);

    /// @notice `locker` freed `amount` of `owner`; its lock there is now `lockedByLocker`.
    event Unlocked(address indexed locker, address indexed owner, uint256 amount, uint256 lockedByLocker);

    /// @notice `locker` took `amount` out of its lock on `owner`, which is now `lockedByLocker`, and sent it to `to`.
    event Seized(
        address indexed locker,
        address indexed owner,
        address indexed to,
        uint256 amount,
        uint256 lockedByLocker
    );

    /// @notice `owner` has `unlocked` tokens that are not locked, `required` are asked for.
    error ERC20LocksInsufficientUnlocked(address owner, uint256 unlocked, uint256 required);

    /// @notice `locker` locked `locked` of `owner`, `required` are asked for.
    error ERC20LocksInsufficientLock(address locker, address owner, uint256 locked, uint256 required);

    /// @notice `owner` never locked anything with `locker` itself, so nobody else may lock for it there.
    error ERC20LocksNotOpened(address locker, address owner);

    /// @notice Locks `amount` of `owner`, for the caller to hold. Spends the allowance that `payer` gave the caller.
    /// Where payer and owner differ, an ordinary transfer from payer to owner comes first, and the owner must have
    /// locked a positive amount with the caller before, out of its own balance.
    /// @param amount in wei.
    function lock(address payer, address owner, uint256 amount) external;

    /// @notice Frees `amount` of what the caller locked of `owner`.
    function unlock(address owner, uint256 amount) external;

    /// @notice Takes `amount` out of what the caller locked of `owner` and transfers it to `to`.
    function seize(address owner, address to, uint256 amount) external;

    /// @notice Tokens of `owner` that are locked, by all lockers together, in wei.
    function lockedOf(address owner) external view returns (uint256);

    /// @notice Tokens of `owner` that `locker` locked, in wei.
    function lockOf(address locker, address owner) external view returns (uint256);

    /// @notice Whether `owner` itself locked a positive amount with `locker` once: others may lock for it there since.
    function isOpened(address locker, address owner) external view returns (bool);
}
