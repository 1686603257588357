// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Council: who rules on disputes
/// @notice Governance seats and unseats members; nobody else can, and members can do nothing but vote on disputes. Who
/// was seated at the end of which second is kept for good, so that a dispute's denominator is the council of the second
/// before it was filed, whatever happens to the council later (INV-DSP-3). Whoever is unseated loses the votes of the
/// disputes that are open, and does not get them back with another seat.
interface ICouncil {
    /// @notice `member` has a seat; there are `seats` now.
    event Seated(address indexed member, uint256 seats);

    /// @notice `member` has no seat any more; there are `seats` now.
    event Unseated(address indexed member, uint256 seats);

    /// @notice The member has a seat.
    error CouncilAlreadySeated(address member);

    /// @notice The member has no seat.
    error CouncilNotSeated(address member);

    /// @notice All seats are taken.
    error CouncilFull(uint256 seats);

    /// @notice Nobody can sit at the zero address.
    error CouncilZeroMember();

    /// @notice A second can be asked about once it is over: until then its council may still change.
    error CouncilSecondNotOver(uint256 instant, uint256 now);

    /// @notice Gives `member` a seat, of which there are at most 99. For governance.
    function seat(address member) external;

    /// @notice Takes the seat of `member`. For governance.
    function unseat(address member) external;

    /// @notice Seats at the most.
    function MAX_SEATS() external view returns (uint256);

    /// @notice Seats that are taken now.
    function seats() external view returns (uint256);

    /// @notice The second since which `member` has a seat without a break; 0 where it has none now. A member who was
    /// unseated and seated again within one second had a break: its seat counts from that second.
    function seatedSince(address member) external view returns (uint48);

    /// @notice How many members were seated at the end of second `instant`, those among `parties` left out. Parties may
    /// repeat, be zero, or be no members. Refuses the present second and later ones; the answer for an earlier one is
    /// final.
    /// @dev Takes time in the square of the number of parties: it is meant for a handful.
    function eligibleAt(uint48 instant, address[] calldata parties) external view returns (uint256);
}
