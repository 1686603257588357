// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Locks} from "../interfaces/IERC20Locks.sol";

/// @title ERC-20 with native locks
/// @notice The manual is IERC20Locks.
/// @dev Locks never touch balances, so checkpoints, delegation and permit of other extensions go on as they are.
abstract contract ERC20Locks is ERC20, IERC20Locks {
    /// @dev Set in a lock whose owner itself locked something with this locker once; amounts stay far below.
    uint256 private constant _OPENED_BIT = 1 << 255;

    mapping(address owner => uint256 amount) private _locked;
    /// @dev What is locked, and `_OPENED_BIT`.
    mapping(address locker => mapping(address owner => uint256 word)) private _locks;

    /// @inheritdoc IERC20Locks
    function lock(address payer, address owner, uint256 amount) external {
        // Check: only the owner's own lock opens its account to a locker. Otherwise a payment could arrive locked and
        // be taken back, and would make transfers of the whole balance fail (INV-TOK-1).
        uint256 word = _locks[msg.sender][owner];
        _spendAllowance(payer, msg.sender, amount);
        if (payer != owner) {
            if (word & _OPENED_BIT == 0) revert ERC20LocksNotOpened(msg.sender, owner);
            _transfer(payer, owner, amount);
        } else if (amount != 0) {
            word |= _OPENED_BIT;
        }

        // Check: every locked token is owned. The balance covers all locks at any time, so the subtraction is exact.
        uint256 locked = _locked[owner];
        uint256 unlocked = balanceOf(owner) - locked;
        if (amount > unlocked) revert ERC20LocksInsufficientUnlocked(owner, unlocked, amount);

        // Effect
        _locked[owner] = locked + amount;
        _locks[msg.sender][owner] = word + amount;
        emit Locked(msg.sender, owner, amount, (word + amount) & ~_OPENED_BIT);
    }

    /// @inheritdoc IERC20Locks
    function unlock(address owner, uint256 amount) external {
        emit Unlocked(msg.sender, owner, amount, _lower(owner, amount));
    }

    /// @inheritdoc IERC20Locks
    function seize(address owner, address to, uint256 amount) external {
        emit Seized(msg.sender, owner, to, amount, _lower(owner, amount));
        _transfer(owner, to, amount);
    }

    /// @inheritdoc IERC20Locks
    function lockedOf(address owner) external view returns (uint256) {
        return _locked[owner];
    }

    /// @inheritdoc IERC20Locks
    function lockOf(address locker, address owner) external view returns (uint256) {
        return _locks[locker][owner] & ~_OPENED_BIT;
    }

    /// @inheritdoc IERC20Locks
    function isOpened(address locker, address owner) external view returns (bool) {
        return _locks[locker][owner] & _OPENED_BIT != 0;
    }

    /// @dev Refuses to move locked tokens, to whomever and by whatever path (INV-STK-3).
    function _update(address from, address to, uint256 value) internal virtual override {
        uint256 locked = _locked[from];
        if (locked != 0) {
            uint256 unlocked = balanceOf(from) - locked;
            if (value > unlocked) revert ERC20LocksInsufficientUnlocked(from, unlocked, value);
        }
        super._update(from, to, value);
    }

    /// @dev Takes `amount` out of the caller's lock on `owner`; returns what is left of that lock.
    function _lower(address owner, uint256 amount) private returns (uint256 lockedByLocker) {
        uint256 word = _locks[msg.sender][owner];
        uint256 held = word & ~_OPENED_BIT;
        if (amount > held) revert ERC20LocksInsufficientLock(msg.sender, owner, held, amount);
        lockedByLocker = held - amount;
        _locks[msg.sender][owner] = word - amount;
        // A locker's lock is part of the total, so this cannot underflow.
        _locked[owner] -= amount;
    }
}
