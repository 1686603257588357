// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiveness} from "../interfaces/ILiveness.sol";

/// @title Liveness
/// @notice The manual is ILiveness.
/// @dev Seconds of darkness fit 32 bits: they are part of the time since the first heartbeat, and 2^32 s are 136 years.
/// Outages begin at least `GRACE` apart, so 2^24 of them take longer than that.
contract Liveness is ILiveness {
    /// @inheritdoc ILiveness
    uint32 public constant MIN_GRACE = 10 minutes;
    /// @inheritdoc ILiveness
    uint32 public constant MAX_GRACE = 1 days;

    /// @inheritdoc ILiveness
    uint32 public immutable GRACE;

    mapping(address provider => Clock clock) private _clocks;
    mapping(address provider => mapping(uint256 index => Outage outage)) private _outages;

    /// @notice Fixes the grace for good.
    /// @param grace seconds that a heartbeat lasts, 10 minutes to 1 day.
    constructor(uint32 grace) {
        if (grace < MIN_GRACE || grace > MAX_GRACE) {
            revert LivenessGraceOutOfBounds(grace, MIN_GRACE, MAX_GRACE);
        }
        GRACE = grace;
    }

    // ------------------------------------------------------------------------------------------------- provider

    /// @inheritdoc ILiveness
    function setOperator(address operator) external {
        _clocks[msg.sender].operator = operator;
        emit OperatorSet(msg.sender, operator);
    }

    /// @inheritdoc ILiveness
    function heartbeat(address provider) external {
        // Check
        address operator = _operator(provider, _clocks[provider]);
        if (msg.sender != operator) revert LivenessNotOperator(provider, operator, msg.sender);

        // Effect
        Clock memory clock = _clocks[provider];
        uint40 now_ = uint40(block.timestamp);
        uint40 darkFrom = clock.lastSeen + GRACE;
        if (clock.lastSeen != 0 && now_ > darkFrom) {
            uint24 index = clock.outages;
            _outages[provider][index] = Outage({start: darkFrom, end: now_, darkBefore: clock.darkSeconds});
            clock.darkSeconds += uint32(now_ - darkFrom);
            clock.outages = index + 1;
            emit OutageEnded(provider, index, darkFrom, now_, clock.darkSeconds);
        }
        clock.lastSeen = now_;
        _clocks[provider] = clock;
        emit Heartbeat(provider, now_);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ILiveness
    function operatorOf(address provider) external view returns (address) {
        return _operator(provider, _clocks[provider]);
    }

    /// @inheritdoc ILiveness
    function statusOf(address provider) external view returns (address operator, bool live, uint32 darkSeconds) {
        Clock storage clock = _clocks[provider];
        operator = _operator(provider, clock);
        live = _isLive(clock);
        darkSeconds = _darkSince(clock, uint40(block.timestamp));
    }

    /// @inheritdoc ILiveness
    function isLive(address provider) external view returns (bool) {
        return _isLive(_clocks[provider]);
    }

    /// @inheritdoc ILiveness
    function isFresh(address provider) external view returns (bool) {
        uint256 lastSeen = _clocks[provider].lastSeen;
        // 40 bits and 32.
        unchecked {
            return lastSeen != 0 && block.timestamp < lastSeen + GRACE / 2;
        }
    }

    /// @inheritdoc ILiveness
    function darkSecondsUntil(address provider, uint40 instant) external view returns (uint32) {
        if (instant > block.timestamp) revert LivenessInFuture(instant, block.timestamp);
        Clock storage clock = _clocks[provider];
        if (instant >= clock.lastSeen) return _darkSince(clock, instant);
        return _darkBefore(provider, clock, instant);
    }

    /// @inheritdoc ILiveness
    function clockOf(address provider) external view returns (Clock memory) {
        return _clocks[provider];
    }

    /// @inheritdoc ILiveness
    function outageOf(address provider, uint256 index) external view returns (Outage memory) {
        uint256 outages = _clocks[provider].outages;
        if (index >= outages) revert LivenessUnknownOutage(provider, index, outages);
        return _outages[provider][index];
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _operator(address provider, Clock storage clock) private view returns (address) {
        address operator = clock.operator;
        return operator == address(0) ? provider : operator;
    }

    function _isLive(Clock storage clock) private view returns (bool) {
        return clock.lastSeen != 0 && block.timestamp < clock.lastSeen + GRACE;
    }

    /// @dev Dark seconds until an instant that is not before the last heartbeat: the outages that ended, and the one
    /// that may go on. A heartbeat in the very second `instant` changes nothing, since it would end the outage there.
    function _darkSince(Clock storage clock, uint40 instant) private view returns (uint32) {
        (uint40 lastSeen, uint32 darkSeconds) = (clock.lastSeen, clock.darkSeconds);
        uint40 darkFrom = lastSeen + GRACE;
        if (lastSeen == 0 || instant <= darkFrom) return darkSeconds;
        return darkSeconds + uint32(instant - darkFrom);
    }

    /// @dev Dark seconds until an instant before the last heartbeat: found by halving the outages, newest first, since
    /// most questions are about the recent past.
    function _darkBefore(address provider, Clock storage clock, uint40 instant) private view returns (uint32) {
        mapping(uint256 index => Outage) storage outages = _outages[provider];
        uint256 low = 0; // outages before `low` start before the instant
        uint256 high = clock.outages; // outages from `high` on do not
        if (high == 0) return 0;

        Outage memory outage = outages[high - 1];
        if (outage.end <= instant) return clock.darkSeconds;
        if (outage.start >= instant) {
            high -= 1;
            while (low < high) {
                uint256 middle = (low + high) / 2;
                if (outages[middle].start < instant) low = middle + 1;
                else high = middle;
            }
            if (low == 0) return 0;
            outage = outages[low - 1];
        }
        return outage.darkBefore + uint32((instant < outage.end ? instant : outage.end) - outage.start);
    }
}
