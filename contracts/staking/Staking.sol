// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC20Locks} from "../interfaces/IERC20Locks.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {BondPool} from "../types/BondPool.sol";

/// @title Staking
/// @notice The manual is IStaking.
/// @dev HOLD is the one token that is called here; it calls nobody back, so no guard is needed around it. Its supply
/// fits 90 bits, so sums of HOLD fit every field below.
contract Staking is IStaking, AccessManaged {
    using SafeERC20 for IERC20;

    /// @dev What every penalty needs. One storage slot.
    struct Settings {
        uint32 unbondingDelay; // seconds
        uint64 penaltyCount; // number of the latest penalty
    }

    /// @dev A penalty as it is stored: two slots, and a third where there is a challenger.
    struct StoredPenalty {
        address tenant;
        uint96 amount;
        address treasury;
        uint40 maturesAt;
        bool tenantPaid;
        bool challengerPaid;
        bool treasuryPaid;
        bool challenged; // the third slot is written
        address challenger;
    }

    /// @inheritdoc IStaking
    uint32 public constant MIN_UNBONDING_DELAY = 10 days;
    /// @inheritdoc IStaking
    uint32 public constant MAX_UNBONDING_DELAY = 60 days;

    uint256 private constant _PERCENT = 100;
    uint256 private constant _TREASURY_PERCENT = 20;
    uint256 private constant _CHALLENGER_PERCENT = 20;

    IERC20Locks private immutable _HOLD;

    Settings private _settings;
    mapping(address module => mapping(address provider => BondPool pool)) private _pools;
    mapping(address provider => Unbonding unbonding) private _unbondings;
    mapping(uint256 penaltyId => StoredPenalty penalty) private _penalties;

    /// @notice Wires the vault to HOLD and sets the first unbonding delay.
    /// @param authority AccessManager that gates `setUnbondingDelay`, and nothing else.
    /// @param hold the token that is bonded.
    /// @param delay of unbonding, seconds.
    constructor(address authority, address hold, uint32 delay) AccessManaged(authority) {
        _HOLD = IERC20Locks(hold);
        _setUnbondingDelay(delay);
    }

    // ------------------------------------------------------------------------------------------------- provider

    /// @inheritdoc IStaking
    function bond(address module, uint256 amount) external {
        _bond(module, msg.sender, amount);
    }

    /// @inheritdoc IStaking
    function moveBond(address from, address to, uint256 amount) external {
        _requirePositive(amount);
        _takeFree(from, msg.sender, amount);
        _giveFree(to, msg.sender, amount);
        emit BondMoved(msg.sender, from, to, amount);
    }

    /// @inheritdoc IStaking
    function startUnbonding(address module, uint256 amount) external {
        // Check and effect: what finished unbonding leaves first, so that a new request does not restart its delay.
        _requirePositive(amount);
        _takeFree(module, msg.sender, amount);
        Unbonding memory unbonding = _unbondings[msg.sender];
        uint256 finished;
        if (unbonding.amount != 0 && block.timestamp >= unbonding.readyAt) {
            finished = unbonding.amount;
            unbonding.amount = 0;
            emit Unbonded(msg.sender, finished);
        }
        // Parts of HOLD's supply, which fits 90 bits.
        unchecked {
            unbonding.amount += uint120(amount);
        }
        unbonding.readyAt = uint40(block.timestamp) + _settings.unbondingDelay;
        _unbondings[msg.sender] = unbonding;
        emit UnbondingStarted(module, msg.sender, amount, unbonding.amount, unbonding.readyAt);

        // Interaction
        if (finished != 0) _HOLD.unlock(msg.sender, finished);
    }

    /// @inheritdoc IStaking
    function cancelUnbonding(address module, uint256 amount) external {
        _requirePositive(amount);
        Unbonding storage unbonding = _unbondings[msg.sender];
        uint256 unbondingAmount = unbonding.amount;
        if (amount > unbondingAmount) revert StakingInsufficientUnbonding(msg.sender, unbondingAmount, amount);
        unbonding.amount = uint120(unbondingAmount - amount); // not more than it was
        _giveFree(module, msg.sender, amount);
        emit UnbondingCancelled(module, msg.sender, amount, unbondingAmount - amount);
    }

    /// @inheritdoc IStaking
    function finishUnbonding() external {
        // Check
        Unbonding memory unbonding = _unbondings[msg.sender];
        if (unbonding.amount == 0) revert StakingNothingUnbonding(msg.sender);
        if (block.timestamp < unbonding.readyAt) {
            revert StakingStillUnbonding(msg.sender, unbonding.readyAt, block.timestamp);
        }

        // Effect
        delete _unbondings[msg.sender];
        emit Unbonded(msg.sender, unbonding.amount);

        // Interaction
        _HOLD.unlock(msg.sender, unbonding.amount);
    }

    // --------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc IStaking
    function bondFor(address module, address provider, uint256 amount) external {
        if (!_pools[module][provider].opened()) revert StakingPoolNotOpened(module, provider);
        _bond(module, provider, amount);
    }

    /// @inheritdoc IStaking
    function claimPenalties(uint256[] calldata penaltyIds, address to) external returns (uint256 amount) {
        if (to == address(this) || to == address(_HOLD)) revert StakingInvalidRecipient(to);
        for (uint256 i = 0; i < penaltyIds.length; ++i) amount += _claim(penaltyIds[i], to);
        IERC20(address(_HOLD)).safeTransfer(to, amount);
    }

    // -------------------------------------------------------------------------------------------------- modules

    /// @inheritdoc IStaking
    function tryReserve(address provider, uint256 amount) external returns (bool done) {
        BondPool pool = _pools[msg.sender][provider];
        if (amount > pool.free()) return false;
        _pools[msg.sender][provider] = pool.reserve(amount);
        emit Reserved(msg.sender, provider, amount);
        return true;
    }

    /// @inheritdoc IStaking
    function release(address provider, uint256 amount) external {
        BondPool pool = _requireReserved(provider, amount);
        _pools[msg.sender][provider] = pool.release(amount);
        emit Released(msg.sender, provider, amount);
    }

    /// @inheritdoc IStaking
    function penalise(
        address provider,
        uint256 amount,
        address tenant,
        address challenger,
        address treasury
    ) external returns (uint256 penaltyId) {
        // Check
        _requirePayees(tenant, challenger, treasury);
        BondPool pool = _requireReserved(provider, amount);

        // Effect
        _pools[msg.sender][provider] = pool.seize(amount);
        Settings memory settings = _settings;
        penaltyId = ++settings.penaltyCount;
        _settings = settings;
        uint40 maturesAt = uint40(block.timestamp) + settings.unbondingDelay;
        StoredPenalty storage penalty = _penalties[penaltyId];
        (penalty.tenant, penalty.amount) = (tenant, uint96(amount)); // HOLD's supply fits 90 bits
        bool challenged = challenger != address(0);
        (penalty.treasury, penalty.maturesAt, penalty.challenged) = (treasury, maturesAt, challenged);
        if (challenged) penalty.challenger = challenger;
        emit Penalised(penaltyId, msg.sender, provider, tenant, challenger, treasury, amount, maturesAt);

        // Interaction
        _HOLD.seize(provider, address(this), amount);
    }

    // ----------------------------------------------------------------------------------------------- governance

    /// @inheritdoc IStaking
    function setUnbondingDelay(uint32 delay) external restricted {
        _setUnbondingDelay(delay);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IStaking
    function HOLD() external view returns (address) {
        return address(_HOLD);
    }

    /// @inheritdoc IStaking
    function unbondingDelay() external view returns (uint32) {
        return _settings.unbondingDelay;
    }

    /// @inheritdoc IStaking
    function poolOf(address module, address provider) external view returns (Pool memory) {
        BondPool pool = _pools[module][provider];
        return Pool({free: uint120(pool.free()), reserved: uint120(pool.reserved()), opened: pool.opened()}); // masked
    }

    /// @inheritdoc IStaking
    function unbondingOf(address provider) external view returns (Unbonding memory) {
        return _unbondings[provider];
    }

    /// @inheritdoc IStaking
    function penaltyOf(uint256 penaltyId) external view returns (Penalty memory) {
        StoredPenalty memory penalty = _penalties[penaltyId];
        return
            Penalty({
                tenant: penalty.tenant,
                amount: penalty.amount,
                challenger: penalty.challenger,
                maturesAt: penalty.maturesAt,
                tenantPaid: penalty.tenantPaid,
                challengerPaid: penalty.challengerPaid,
                treasuryPaid: penalty.treasuryPaid,
                treasury: penalty.treasury
            });
    }

    /// @inheritdoc IStaking
    function penaltyCount() external view returns (uint256) {
        return _settings.penaltyCount;
    }

    /// @inheritdoc IStaking
    function splitOf(
        uint256 amount,
        address tenant,
        address challenger,
        address treasury
    ) public pure returns (uint256 tenantAmount, uint256 challengerAmount, uint256 treasuryAmount) {
        _requirePayees(tenant, challenger, treasury);
        if (tenant == address(0)) return (0, 0, amount);
        if (treasury == address(0)) return (amount, 0, 0);
        treasuryAmount = (amount * _TREASURY_PERCENT) / _PERCENT;
        if (challenger != address(0)) challengerAmount = (amount * _CHALLENGER_PERCENT) / _PERCENT;
        tenantAmount = amount - challengerAmount - treasuryAmount;
    }

    // ------------------------------------------------------------------------------------------------- internal

    /// @dev Locking spends the payer's allowance, and reverts where HOLD is missing: more than the supply never fits.
    function _bond(address module, address provider, uint256 amount) private {
        _requirePositive(amount);
        _HOLD.lock(msg.sender, provider, amount);
        uint256 free = _giveFree(module, provider, amount);
        emit Bonded(module, provider, msg.sender, amount, free);
    }

    /// @dev Raises a free bond, which opens the pool: its provider is behind every path to here but a gift, and a gift
    /// asks for an open one.
    function _giveFree(address module, address provider, uint256 amount) private returns (uint256) {
        BondPool pool = _pools[module][provider].plusFree(amount).asOpened();
        _pools[module][provider] = pool;
        return pool.free();
    }

    function _takeFree(address module, address provider, uint256 amount) private {
        BondPool pool = _pools[module][provider];
        if (amount > pool.free()) revert StakingInsufficientFree(module, provider, pool.free(), amount);
        _pools[module][provider] = pool.minusFree(amount);
    }

    /// @dev The calling module's pool, in which that much is reserved.
    function _requireReserved(address provider, uint256 amount) private view returns (BondPool pool) {
        pool = _pools[msg.sender][provider];
        uint256 reserved = pool.reserved();
        if (amount > reserved) revert StakingInsufficientReserved(msg.sender, provider, reserved, amount);
    }

    /// @dev Marks the caller's parts of a penalty as paid; returns their sum.
    function _claim(uint256 penaltyId, address to) private returns (uint256 amount) {
        // Check
        StoredPenalty storage penalty = _penalties[penaltyId];
        (address tenant, address treasury) = (penalty.tenant, penalty.treasury);
        address challenger = penalty.challenged ? penalty.challenger : address(0);
        bool asTenant = msg.sender == tenant && !penalty.tenantPaid;
        bool asChallenger = msg.sender == challenger && !penalty.challengerPaid;
        bool asTreasury = msg.sender == treasury && !penalty.treasuryPaid;
        if (!asTenant && !asChallenger && !asTreasury) revert StakingNothingToClaim(penaltyId, msg.sender);
        if (block.timestamp < penalty.maturesAt) {
            revert StakingPenaltyNotMatured(penaltyId, penalty.maturesAt, block.timestamp);
        }

        // Effect
        (uint256 tenantAmount, uint256 challengerAmount, uint256 treasuryAmount) = splitOf(
            penalty.amount,
            tenant,
            challenger,
            treasury
        );
        if (asTenant) {
            penalty.tenantPaid = true;
            amount = tenantAmount;
        }
        if (asChallenger) {
            penalty.challengerPaid = true;
            amount += challengerAmount;
        }
        if (asTreasury) {
            penalty.treasuryPaid = true;
            amount += treasuryAmount;
        }
        emit PenaltyClaimed(penaltyId, msg.sender, to, amount);
    }

    /// @dev Nobody is named for a part that does not exist, and every part has a payee: none of it stays here for good.
    function _requirePayees(address tenant, address challenger, address treasury) private pure {
        bool whole = tenant == address(0) || treasury == address(0);
        bool nobody = tenant == treasury && whole;
        if (nobody || (whole && challenger != address(0))) revert StakingInvalidPayees(tenant, challenger, treasury);
    }

    function _requirePositive(uint256 amount) private pure {
        if (amount == 0) revert StakingZeroAmount();
    }

    function _setUnbondingDelay(uint32 delay) private {
        if (delay < MIN_UNBONDING_DELAY || delay > MAX_UNBONDING_DELAY) {
            revert StakingDelayOutOfBounds(delay, MIN_UNBONDING_DELAY, MAX_UNBONDING_DELAY);
        }
        _settings.unbondingDelay = delay;
        emit UnbondingDelaySet(delay);
    }
}
