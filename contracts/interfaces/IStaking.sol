// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Staking: providers' HOLD bonds, as native locks of HOLD
/// @notice A provider bonds into the pool of a module it chooses; each pool is one slot {free, reserved}. Only that
/// module reserves from it, and only what it reserved can it take as a penalty (INV-STK-4). Bonding into a pool, or
/// moving free HOLD there, is the approval of the module: strangers may add to such a pool (a gift), never open one.
///
/// Unbonding takes a delay and has one bucket per provider, so no list grows. What is reserved cannot start unbonding,
/// what unbonds can be reserved by nobody (INV-STK-3). Bonded and unbonding HOLD stays in the provider's balance,
/// locked, and keeps its votes.
///
/// A penalty is seized to this contract at once, where it has no vote. Its payees, the treasury among them, are paid
/// after one unbonding delay: nobody frees a bond faster by penalising itself. No exit asks a role.
interface IStaking {
    /// @notice What a provider bonded for one module. One storage slot.
    struct Pool {
        uint120 free; // wei of HOLD that the module may reserve
        uint120 reserved; // wei of HOLD that backs obligations
        bool opened; // the provider itself put HOLD here once
    }

    /// @notice What a provider is taking out. One storage slot.
    struct Unbonding {
        uint120 amount; // wei of HOLD
        uint40 readyAt; // free to leave from then on
    }

    /// @notice A penalty that was taken. Stored in two slots, and the challenger, where there is one, in a third.
    struct Penalty {
        address tenant; // zero: all of it is the treasury's
        uint96 amount; // wei of HOLD, all parts together
        address challenger; // zero: none
        uint40 maturesAt; // payees are paid from then on
        bool tenantPaid;
        bool challengerPaid;
        bool treasuryPaid;
        address treasury; // zero: all of it is the tenant's
    }

    /// @notice `payer` bonded `amount` for `provider` with `module`, whose free bond there is now `free`.
    event Bonded(address indexed module, address indexed provider, address indexed payer, uint256 amount, uint256 free);

    /// @notice `provider` moved `amount` of free bond from one module's pool to another's.
    event BondMoved(address indexed provider, address indexed from, address indexed to, uint256 amount);

    /// @notice `provider` took `amount` out of `module`'s pool; `unbonding` in all is ready at `readyAt`.
    event UnbondingStarted(
        address indexed module,
        address indexed provider,
        uint256 amount,
        uint256 unbonding,
        uint256 readyAt
    );

    /// @notice `provider` put `amount` of what was unbonding into `module`'s pool; `unbonding` is left.
    event UnbondingCancelled(address indexed module, address indexed provider, uint256 amount, uint256 unbonding);

    /// @notice `provider` has `amount` of HOLD free again.
    event Unbonded(address indexed provider, uint256 amount);

    /// @notice `module` reserved `amount` of `provider`'s free bond.
    event Reserved(address indexed module, address indexed provider, uint256 amount);

    /// @notice `module` gave `amount` of what it reserved back to `provider`'s free bond.
    event Released(address indexed module, address indexed provider, uint256 amount);

    /// @notice `module` took `amount` of what it reserved of `provider` as penalty `penaltyId`.
    event Penalised(
        uint256 indexed penaltyId,
        address indexed module,
        address indexed provider,
        address tenant,
        address challenger,
        address treasury,
        uint256 amount,
        uint256 maturesAt
    );

    /// @notice `payee` took its parts of penalty `penaltyId`, `amount` together, to `to`.
    event PenaltyClaimed(uint256 indexed penaltyId, address indexed payee, address indexed to, uint256 amount);

    /// @notice Unbonding that starts from now on takes `delay` seconds.
    event UnbondingDelaySet(uint256 delay);

    /// @notice The provider never put HOLD into this pool itself, so nobody else may.
    error StakingPoolNotOpened(address module, address provider);

    /// @notice The pool has `free` wei that are not reserved, `required` are asked for.
    error StakingInsufficientFree(address module, address provider, uint256 free, uint256 required);

    /// @notice The module reserved `reserved` wei of the provider, `required` are asked for.
    error StakingInsufficientReserved(address module, address provider, uint256 reserved, uint256 required);

    /// @notice `unbonding` wei are unbonding, `required` are asked for.
    error StakingInsufficientUnbonding(address provider, uint256 unbonding, uint256 required);

    /// @notice Nothing is unbonding.
    error StakingNothingUnbonding(address provider);

    /// @notice What unbonds is ready at `readyAt`.
    error StakingStillUnbonding(address provider, uint256 readyAt, uint256 now);

    /// @notice The unbonding delay would leave its bounds.
    error StakingDelayOutOfBounds(uint256 delay, uint256 least, uint256 most);

    /// @notice The penalty pays from `maturesAt` on.
    error StakingPenaltyNotMatured(uint256 penaltyId, uint256 maturesAt, uint256 now);

    /// @notice The caller has nothing, or nothing any more, to claim from this penalty.
    error StakingNothingToClaim(uint256 penaltyId, address caller);

    /// @notice An account that the HOLD could never leave again: this contract, or HOLD itself.
    error StakingInvalidRecipient(address to);

    /// @notice Nothing is bonded, moved or unbonded by an amount of zero; in particular it opens no pool.
    error StakingZeroAmount();

    /// @notice A penalty has a tenant, or a treasury, or both; a challenger only beside both.
    error StakingInvalidPayees(address tenant, address challenger, address treasury);

    /// @notice Bonds `amount` of the caller's HOLD with `module`: locks it, spending the caller's allowance to this
    /// contract. This lets the module reserve it, and take what it reserved.
    function bond(address module, uint256 amount) external;

    /// @notice Adds `amount` of the caller's HOLD to the bond of `provider`: a gift, it is the provider's from now on.
    /// @dev Only into a pool that the provider opened itself.
    function bondFor(address module, address provider, uint256 amount) external;

    /// @notice Moves free bond of the caller from one module's pool to another's, which thereby is approved.
    function moveBond(address from, address to, uint256 amount) external;

    /// @notice Takes `amount` of the caller's free bond out of a pool. Frees what finished unbonding before; restarts
    /// the delay of what has not.
    function startUnbonding(address module, uint256 amount) external;

    /// @notice Puts `amount` of what unbonds into the pool of `module`. The rest goes on as it was.
    function cancelUnbonding(address module, uint256 amount) external;

    /// @notice Frees everything of the caller that finished unbonding. Asks no role, in any state (INV-STK-3).
    function finishUnbonding() external;

    /// @notice Pays the caller its parts of matured penalties: as tenant, challenger or treasury, or several in one.
    /// @return amount wei of HOLD that were sent to `to`.
    function claimPenalties(uint256[] calldata penaltyIds, address to) external returns (uint256 amount);

    /// @notice Reserves `amount` of `provider`'s free bond with the calling module.
    /// @return done false, with nothing changed, where the free bond is too small.
    function tryReserve(address provider, uint256 amount) external returns (bool done);

    /// @notice Returns `amount` of what the calling module reserved to the free bond.
    function release(address provider, uint256 amount) external;

    /// @notice Takes `amount` of what the calling module reserved of `provider` as a penalty. It is split among those
    /// who are not zero. Tenant, challenger and treasury get 60, 20 and 20 %; tenant and treasury 80 and 20 %; tenant
    /// alone or treasury alone gets all. Parts are rounded down, and the remainder is the tenant's (INV-STK-2).
    /// @return penaltyId number of the penalty, from 1.
    function penalise(
        address provider,
        uint256 amount,
        address tenant,
        address challenger,
        address treasury
    ) external returns (uint256 penaltyId);

    /// @notice Sets the delay of unbonding that starts from now on, 10 to 60 days. For governance.
    function setUnbondingDelay(uint32 delay) external;

    /// @notice The token that is bonded.
    function HOLD() external view returns (address);

    /// @notice Seconds that unbonding takes if it starts now.
    function unbondingDelay() external view returns (uint32);

    /// @notice What `provider` bonded for `module`.
    function poolOf(address module, address provider) external view returns (Pool memory);

    /// @notice What `provider` is taking out.
    function unbondingOf(address provider) external view returns (Unbonding memory);

    /// @notice Penalty `penaltyId`; all zero where there is none.
    function penaltyOf(uint256 penaltyId) external view returns (Penalty memory);

    /// @notice Penalties that were taken so far; they are numbered from 1.
    function penaltyCount() external view returns (uint256);

    /// @notice Shortest delay that governance can set, seconds.
    function MIN_UNBONDING_DELAY() external view returns (uint32);

    /// @notice Longest delay that governance can set, seconds.
    function MAX_UNBONDING_DELAY() external view returns (uint32);

    /// @notice The three parts of a penalty of `amount`, in wei, by who is named; see `penalise`.
    function splitOf(
        uint256 amount,
        address tenant,
        address challenger,
        address treasury
    ) external pure returns (uint256 tenantAmount, uint256 challengerAmount, uint256 treasuryAmount);
}
