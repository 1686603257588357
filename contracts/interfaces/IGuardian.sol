// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Guardian: one pause of entries for each seating
/// @notice Holds the only role that can pause the opening of leases and offers, and lends it to one account, for one
/// use, within the bounds of the markets (INV-GOV-3). Governance seats the account again, or another, to renew it.
interface IGuardian {
    /// @notice `guardian` may pause once from now on; zero: nobody may.
    event GuardianSeated(address indexed guardian);

    /// @notice The guardian used its pause: entries of these markets wait for `duration` seconds.
    event GuardianPaused(address indexed guardian, address[] markets, uint256 duration);

    /// @notice The guardian ended the pause of these markets.
    event GuardianResumed(address indexed guardian, address[] markets);

    /// @notice Only the seated guardian may do this.
    error GuardianNotSeated(address guardian, address caller);

    /// @notice The guardian used its pause; governance can seat it again.
    error GuardianPauseUsed(address guardian);

    /// @notice Seats `guardian` with one pause. For governance.
    function seat(address guardian) external;

    /// @notice Pauses entries of `markets` for `duration` seconds, at most their bound. For the guardian, once.
    function pause(address[] calldata markets, uint32 duration) external;

    /// @notice Ends the pause of `markets` before its time. For the guardian, whether it used its pause or not.
    function resume(address[] calldata markets) external;

    /// @notice The account that is seated.
    function guardian() external view returns (address);

    /// @notice Whether it used its pause.
    function used() external view returns (bool);
}
