// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Governed} from "../libraries/Governed.sol";
import {Terms, Weights} from "../types/Parameters.sol";
import {LeaseBook} from "./LeaseBook.sol";
import {LeaseDisputes} from "./LeaseDisputes.sol";
import {LeaseEnd} from "./LeaseEnd.sol";
import {LeaseLife} from "./LeaseLife.sol";
import {LeaseOpening} from "./LeaseOpening.sol";
import {LeaseStart} from "./LeaseStart.sol";
import {MarketParameters} from "./MarketParameters.sol";

/// @title Market
/// @notice The whole of IMarket, from its parts: parameters, offers, the book of leases, the four chapters of a
/// lease's life, and claims. Holds no token and no bond; the vaults do.
contract Market is LeaseOpening, LeaseStart, LeaseEnd, LeaseDisputes {
    /// @notice Wires the market to the contracts around it and publishes version 1 of its parameters.
    /// @param authority AccessManager that gates the governed parameters, and nothing else.
    /// @param around the vaults below and the two contracts above.
    /// @param outageAllowance seconds, at most a day; see `OUTAGE_ALLOWANCE`.
    /// @param terms version 1 of the terms.
    /// @param weights version 1 of the collateral weights.
    constructor(
        address authority,
        Around memory around,
        uint32 outageAllowance,
        Terms memory terms,
        Weights memory weights
    ) MarketParameters(authority) LeaseBook(around, outageAllowance) LeaseLife(around.orders) {
        _requireOutside(terms.treasury);
        Governed.publish(_book, terms, weights);
    }

    function _requireOutside(address treasury) internal view override {
        address[9] memory ours = [
            address(0),
            address(this),
            address(_ESCROW),
            address(_STAKING),
            address(_LIVENESS),
            address(_RECORDS),
            _ORDERS,
            _QUOTES,
            _STAKING.HOLD()
        ];
        for (uint256 i = 0; i < ours.length; ++i) {
            if (treasury == ours[i]) revert MarketInvalidTreasury(treasury);
        }
    }
}
