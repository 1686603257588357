// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Liveness: one heartbeat clock per provider, and its outages
/// @notice A provider's operator key says 'all my active leases are served' for all of them at once. The provider is
/// live until its last heartbeat + `GRACE`, and dark from then to the next one (half-open: dark at that very second).
/// Before its first heartbeat it is dark. The dark seconds between two past moments never depend on when they are asked
/// for (INV-LIV-1), and no loop runs over leases or outages.
interface ILiveness {
    /// @notice A provider's clock. One storage slot.
    struct Clock {
        address operator; // zero: the provider itself
        uint40 lastSeen; // 0: never
        uint32 darkSeconds; // in all outages that ended
        uint24 outages; // that ended
    }

    /// @notice An outage that ended: the provider was dark in [start, end). One storage slot.
    struct Outage {
        uint40 start;
        uint40 end;
        uint32 darkBefore; // seconds of all earlier outages
    }

    /// @notice `provider` lets `operator` heartbeat and activate for it, from now on alone.
    event OperatorSet(address indexed provider, address indexed operator);

    /// @notice `provider` was seen at `seenAt`.
    event Heartbeat(address indexed provider, uint256 seenAt);

    /// @notice The heartbeat ended outage number `index` of `provider`, dark in [start, end); `darkSeconds` in all now.
    event OutageEnded(address indexed provider, uint256 indexed index, uint256 start, uint256 end, uint256 darkSeconds);

    /// @notice Only the operator may do this.
    error LivenessNotOperator(address provider, address operator, address caller);

    /// @notice `GRACE` would be outside its bounds.
    error LivenessGraceOutOfBounds(uint256 grace, uint256 least, uint256 most);

    /// @notice Asked for a moment that has not come.
    error LivenessInFuture(uint256 instant, uint256 now);

    /// @notice There is no such outage.
    error LivenessUnknownOutage(address provider, uint256 index, uint256 outages);

    /// @notice Seconds that a heartbeat lasts. Immutable.
    function GRACE() external view returns (uint32);

    /// @notice Shortest grace that a network can have, seconds.
    function MIN_GRACE() external view returns (uint32);

    /// @notice Longest grace that a network can have, seconds.
    function MAX_GRACE() external view returns (uint32);

    /// @notice Hands the operator's work to another key at once; zero takes it back to the caller. The key never
    /// touches money.
    function setOperator(address operator) external;

    /// @notice Keeps `provider` live until now + `GRACE`; ends its outage if it is dark. For its operator.
    function heartbeat(address provider) external;

    /// @notice The key that works for `provider`.
    function operatorOf(address provider) external view returns (address);

    /// @notice What activating needs: the operator, whether the provider is live now, and its dark seconds until now.
    function statusOf(address provider) external view returns (address operator, bool live, uint32 darkSeconds);

    /// @notice Whether `provider` is live now.
    function isLive(address provider) external view returns (bool);

    /// @notice Whether `provider` was seen within half of `GRACE`. Only then are leases opened on its offers, and do
    /// its leases grow.
    function isFresh(address provider) external view returns (bool);

    /// @notice Seconds that `provider` was dark from its first heartbeat until `instant`, which may be any past one or
    /// now. Meaningful between two moments after the first heartbeat; zero before it.
    function darkSecondsUntil(address provider, uint40 instant) external view returns (uint32);

    /// @notice The clock of `provider`.
    function clockOf(address provider) external view returns (Clock memory);

    /// @notice Outage `index` (from 0) of `provider`.
    function outageOf(address provider, uint256 index) external view returns (Outage memory);
}
