// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Entry, Movement} from "../types/Entry.sol";
import {ModuleLock} from "../types/ModuleLock.sol";

/// @title Escrow
/// @notice The manual is IEscrow.
/// @dev Token transfers happen in `_pull` and `withdraw` only, both under one guard: what arrives is measured as a
/// difference of balances, which a nested deposit or withdrawal would falsify. What modules call moves no token.
contract Escrow is IEscrow, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    bytes32 private constant _FUNDING_TYPEHASH = keccak256(
        "Funding(address account,address token,address module,uint120 ceiling,uint256 deposit,uint16 nonce,uint48 deadline)"
    );

    mapping(address token => mapping(address account => uint256 amount)) private _free;
    mapping(address module => mapping(address token => mapping(address account => ModuleLock held))) private _locks;
    /// @dev Digest of the latest funding that was carried out.
    mapping(address module => mapping(address token => mapping(address account => bytes32 digest))) private _fundings;

    constructor() EIP712("Leasehold Escrow", "1") {}

    // ------------------------------------------------------------------------------------------------- accounts

    /// @inheritdoc IEscrow
    function deposit(address token, address account, uint256 amount) external nonReentrant returns (uint256 credited) {
        return _pull(token, msg.sender, account, amount);
    }

    /// @inheritdoc IEscrow
    function depositWithPermit(
        address token,
        address account,
        uint256 amount,
        Permit calldata permit
    ) external nonReentrant returns (uint256 credited) {
        _permit(token, msg.sender, amount, permit);
        return _pull(token, msg.sender, account, amount);
    }

    /// @inheritdoc IEscrow
    function withdraw(address token, address to, uint256 amount) external nonReentrant {
        // Check: a transfer to the escrow itself, or to the token, would leave the tokens to nobody.
        if (to == address(this) || to == token) revert EscrowInvalidAccount(to);

        // Effect
        uint256 free = _takeFree(token, msg.sender, amount);
        emit Withdrawn(token, msg.sender, to, amount, free);

        // Interaction
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IEscrow
    function approveModule(address token, address module, uint120 ceiling) external {
        ModuleLock held = _locks[module][token][msg.sender];
        // The next nonce: a funding that was signed before is revoked. The largest nonce carries out no funding any
        // more.
        uint16 nonce = held.nonce();
        if (nonce != type(uint16).max) ++nonce;
        _locks[module][token][msg.sender] = held.withCeiling(ceiling, nonce);
        emit ModuleApproved(module, token, msg.sender, ceiling, nonce);
    }

    // --------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc IEscrow
    function fundBySignature(
        Funding calldata funding,
        bytes calldata signature,
        Permit calldata permit
    ) external nonReentrant {
        // Check
        if (block.timestamp >= funding.deadline) revert EscrowSignatureExpired(funding.deadline, block.timestamp);
        bytes32 digest = fundingDigest(funding);
        if (!Signatures.isValidNow(funding.account, digest, signature)) revert EscrowInvalidSignature(funding.account);
        ModuleLock held = _locks[funding.module][funding.token][funding.account];
        uint16 nonce = held.nonce();
        if (nonce != funding.nonce) {
            // This very message was the last one carried out: somebody else submitted it first.
            bool done = _fundings[funding.module][funding.token][funding.account] == digest;
            if (done && nonce == uint256(funding.nonce) + 1) return;
            revert EscrowInvalidNonce(funding.account, nonce, funding.nonce);
        }

        // Effect: after 65,535 approvals and fundings the nonce overflows, which reverts: only `approveModule` is left.
        _fundings[funding.module][funding.token][funding.account] = digest;
        _locks[funding.module][funding.token][funding.account] = held.withCeiling(funding.ceiling, nonce + 1);
        emit ModuleApproved(funding.module, funding.token, funding.account, funding.ceiling, nonce + 1);

        // Interaction
        if (funding.deposit != 0) {
            _permit(funding.token, funding.account, funding.deposit, permit);
            _pull(funding.token, funding.account, funding.account, funding.deposit);
        }
    }

    // -------------------------------------------------------------------------------------------------- modules

    /// @inheritdoc IEscrow
    function lock(address token, address account, uint256 amount) external {
        _lock(token, account, amount);
    }

    /// @inheritdoc IEscrow
    function tryLockAndPay(
        address token,
        address account,
        uint256 locked,
        uint256 paid,
        address payee
    ) external returns (bool done) {
        uint256 free = _free[token][account];
        if (locked > free || paid > free - locked) return false;
        uint256 amount = locked + paid;
        ModuleLock held = _locks[msg.sender][token][account];
        if (amount > held.headroom()) return false;
        _free[token][account] = free - amount;
        _locks[msg.sender][token][account] = held.plusLocked(locked).afterPayout(paid); // at most the ceiling
        if (paid != 0) _free[token][payee] += paid;
        emit LockedAndPaid(msg.sender, token, account, locked, payee, paid);
        return true;
    }

    /// @inheritdoc IEscrow
    function lockFor(address token, address payer, address account, uint256 amount) external {
        if (payer == account) {
            _lock(token, account, amount);
            return;
        }
        _takeFree(token, payer, amount);
        mapping(address account => ModuleLock held) storage locks = _locks[msg.sender][token];
        ModuleLock held = locks[payer];
        if (amount > held.headroom()) revert EscrowCeilingExceeded(msg.sender, token, payer, held.headroom(), amount);
        locks[payer] = held.afterPayout(amount);
        locks[account] = _afterGift(locks[account], token, account, amount);
        emit LockedFor(msg.sender, token, account, payer, amount);
    }

    /// @inheritdoc IEscrow
    function moveLock(address token, address from, address to, uint256 amount) external {
        mapping(address account => ModuleLock held) storage locks = _locks[msg.sender][token];
        ModuleLock left = _afterTaking(locks[from], token, from, amount, 0);
        // A move to itself is neither a payout nor a gift, and raises no ceiling.
        if (from != to) {
            locks[from] = left;
            locks[to] = _afterGift(locks[to], token, to, amount);
        }
        emit LockMoved(msg.sender, token, from, to, amount);
    }

    /// @inheritdoc IEscrow
    function settle(address token, Entry[] calldata lines) external {
        mapping(address account => ModuleLock held) storage locks = _locks[msg.sender][token];
        mapping(address account => uint256 amount) storage free = _free[token];
        uint256 fromLocks;
        uint256 toFree;
        for (uint256 i = 0; i < lines.length; ++i) {
            Entry calldata line = lines[i];
            (address account, Movement movement) = (line.account, line.movement);
            (uint256 taken, uint256 given) = (movement.fromLock(), movement.toFree());
            // Sums of 128-bit amounts, as many as calldata can carry, stay below 2^256.
            unchecked {
                fromLocks += taken;
                toFree += given;
            }
            if (taken != 0) locks[account] = _afterTaking(locks[account], token, account, taken, given);
            if (given != 0) free[account] += given;
        }
        if (fromLocks != toFree) revert EscrowUnbalanced(token, fromLocks, toFree);
        emit Settled(msg.sender, token, lines);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IEscrow
    function freeOf(address token, address account) external view returns (uint256) {
        return _free[token][account];
    }

    /// @inheritdoc IEscrow
    function moduleAccount(
        address module,
        address token,
        address account
    ) external view returns (ModuleAccount memory) {
        ModuleLock held = _locks[module][token][account];
        return
            ModuleAccount({
                locked: uint120(held.locked()), // masked to 120 bits
                ceiling: uint120(held.ceiling()), // masked to 120 bits
                nonce: held.nonce()
            });
    }

    /// @inheritdoc IEscrow
    function lastFundingOf(address module, address token, address account) external view returns (bytes32) {
        return _fundings[module][token][account];
    }

    /// @inheritdoc IEscrow
    function fundingDigest(Funding calldata funding) public view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        _FUNDING_TYPEHASH,
                        funding.account,
                        funding.token,
                        funding.module,
                        funding.ceiling,
                        funding.deposit,
                        funding.nonce,
                        funding.deadline
                    )
                )
            );
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Uses the permit only where the allowance does not suffice: one that somebody else submitted has raised the
    /// allowance already.
    function _permit(address token, address payer, uint256 amount, Permit calldata permit) private {
        if (permit.deadline == 0) return;
        if (_ask(token, abi.encodeCall(IERC20.allowance, (payer, address(this)))) >= amount) return;
        IERC20Permit(token).permit(payer, address(this), amount, permit.deadline, permit.v, permit.r, permit.s);
    }

    /// @dev Credits what arrives (INV-ESC-2). The credit follows the transfer because it is measured by it; the guard
    /// on every token movement stands where the order cannot.
    function _pull(address token, address payer, address account, uint256 amount) private returns (uint256 credited) {
        if (account == address(0) || account == address(this) || account == token) revert EscrowInvalidAccount(account);
        uint256 before = _ask(token, abi.encodeCall(IERC20.balanceOf, (address(this))));
        IERC20(token).safeTransferFrom(payer, address(this), amount);
        credited = IERC20(token).balanceOf(address(this)) - before;
        // With this bound no sum of credits ever overflows, so that no token stops a settlement (INV-LSE-7).
        if (credited > type(uint128).max) revert EscrowAmountTooLarge(token, credited, type(uint128).max);
        uint256 free = _free[token][account] + credited;
        _free[token][account] = free;
        emit Deposited(token, account, payer, credited, free);
    }

    /// @dev A figure that a token tells; refuses an address that does not answer as a token does.
    function _ask(address token, bytes memory question) private view returns (uint256) {
        (bool success, bytes memory answer) = token.staticcall(question);
        if (!success || answer.length < 32) revert EscrowNotAToken(token);
        return abi.decode(answer, (uint256));
    }

    /// @dev Locks for the calling module.
    function _lock(address token, address account, uint256 amount) private {
        _takeFree(token, account, amount);
        ModuleLock held = _locks[msg.sender][token][account];
        uint256 headroom = held.headroom();
        if (amount > headroom) revert EscrowCeilingExceeded(msg.sender, token, account, headroom, amount);
        _locks[msg.sender][token][account] = held.plusLocked(amount); // at most the ceiling
        emit Locked(msg.sender, token, account, amount);
    }

    /// @dev Lowers a free balance; returns what is left of it.
    function _takeFree(address token, address account, uint256 amount) private returns (uint256 left) {
        uint256 free = _free[token][account];
        if (amount > free) revert EscrowInsufficientFree(token, account, free, amount);
        // Not more than the balance, checked above.
        unchecked {
            left = free - amount;
        }
        _free[token][account] = left;
    }

    /// @dev A lock of the calling module after `taken` left it; what of that is not given back is paid out for good.
    function _afterTaking(
        ModuleLock held,
        address token,
        address account,
        uint256 taken,
        uint256 given
    ) private view returns (ModuleLock) {
        uint256 locked = held.locked();
        if (taken > locked) revert EscrowInsufficientLocked(msg.sender, token, account, locked, taken);
        // Not more than the lock, checked above; and only the part that is more than what is given.
        unchecked {
            held = held.minusLocked(taken);
            return taken > given ? held.afterPayout(taken - given) : held;
        }
    }

    /// @dev A lock of the calling module after `given`, paid by another account, joined it. The account approved the
    /// module itself once: each approval moves the nonce.
    function _afterGift(
        ModuleLock held,
        address token,
        address account,
        uint256 given
    ) private view returns (ModuleLock) {
        if (held.nonce() == 0) revert EscrowModuleNotApproved(msg.sender, token, account);
        uint256 room = type(uint120).max - held.locked();
        if (given > room) revert EscrowLockTooLarge(msg.sender, token, account, room, given);
        return held.afterGift(given);
    }
}
