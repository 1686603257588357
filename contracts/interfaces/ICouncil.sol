// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Council: who rules on disputes
/// @notice Governance seats and unseats members; nobody else can, and members can do nothing but vote on disputes. Who was
/// seated when is kept for good, so that a dispute's denominator is the council of the second before it was filed,
/// whatever happens to the council later (INV-DSP-3).
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

    /// @notice Gives `member` a seat, of which there are at most 99. For governance.
    function seat(address member) external;

    /// @notice Takes the seat of `member`. For governance.
    function unseat(address member) external;

    /// @notice Seats that are taken now.
    function seats() external view returns (uint256);

    /// @notice Whether `member` has a seat now, and since when without a break; 0 where it has none.
    function seatedSince(address member) external view returns (uint48);

    /// @notice Members who were seated at the end of second `instant`, which is past, without those among `parties`, who
    /// may repeat.
    function eligibleAt(uint48 instant, address[] calldata parties) external view returns (uint256);
}
