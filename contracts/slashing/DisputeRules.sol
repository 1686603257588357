// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IDisputes} from "../interfaces/IDisputes.sol";
import {Collateral} from "../libraries/Collateral.sol";
import {FaultClass, Rules} from "../types/DisputeTypes.sol";

/// @title DisputeRules
/// @notice What disputes are filed under, in numbered versions: a dispute keeps the one that it was filed under, the
/// appeal authority included.
/// @dev `publishRules` is the only function of disputes that asks the AccessManager.
abstract contract DisputeRules is AccessManaged, IDisputes {
    /// @inheritdoc IDisputes
    uint256 public constant MIN_FRACTION_BPS = 100;
    /// @inheritdoc IDisputes
    uint256 public constant MAX_FRACTION_BPS = 10_000;
    /// @inheritdoc IDisputes
    /// @dev 10,000 HOLD: a higher floor would keep small tenants from claiming at all.
    uint256 public constant MAX_BOND_FLOOR = 1e10;
    uint256 private constant _BOND_DIVISOR = 10;

    uint16 private _version;
    mapping(uint16 version => Rules rules) private _rules;

    constructor(address authority) AccessManaged(authority) {}

    // ----------------------------------------------------------------------------------------------- governance

    /// @inheritdoc IDisputes
    function publishRules(Rules calldata rules) external restricted returns (uint16 version) {
        return _publish(rules);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IDisputes
    function currentRules() public view returns (uint16) {
        return _version;
    }

    /// @inheritdoc IDisputes
    function rulesOf(uint16 version) external view returns (Rules memory) {
        return _rules[version];
    }

    /// @inheritdoc IDisputes
    function bondFor(uint256 collateral) external view returns (uint256) {
        // Whole millionths, as collateral is counted.
        return _bondOf(_version, collateral / Collateral.UNIT);
    }

    // ------------------------------------------------------------------------------------------------- internal

    function _rulesAt(uint16 version) internal view returns (Rules storage) {
        return _rules[version];
    }

    /// @dev Bond for a collateral in millionths of a HOLD: a tenth of it, rounded up, at least the floor, at most all
    /// of it. Wei of HOLD.
    function _bondOf(uint16 version, uint256 collateral) internal view returns (uint256) {
        uint256 bond = (collateral + _BOND_DIVISOR - 1) / _BOND_DIVISOR;
        uint256 floor = _rules[version].bondFloor;
        if (bond < floor) bond = floor;
        if (bond > collateral) bond = collateral;
        return bond * Collateral.UNIT;
    }

    /// @dev Wei of HOLD.
    function _filingFeeOf(uint16 version) internal view returns (uint256) {
        return uint256(_rules[version].filingFee) * Collateral.UNIT;
    }

    /// @dev Basis points of the collateral that a fault costs.
    function _fractionOf(uint16 version, FaultClass faultClass) internal view returns (uint16) {
        Rules storage rules = _rules[version];
        if (faultClass == FaultClass.Unserved) return rules.unservedBps;
        if (faultClass == FaultClass.ShortOfTerms) return rules.shortOfTermsBps;
        if (faultClass == FaultClass.DataLost) return rules.dataLostBps;
        return rules.dataExposedBps;
    }

    /// @dev Demands that a treasury is an account that can take its money out again: none of our own contracts.
    function _requireOutside(address account) internal view virtual;

    /// @dev Publishes rules within their bounds.
    function _publish(Rules memory rules) internal returns (uint16 version) {
        if (rules.appealAuthority == address(0)) revert DisputesZeroAddress();
        _requireOutside(rules.treasury);
        _requireFraction("unservedBps", rules.unservedBps);
        _requireFraction("shortOfTermsBps", rules.shortOfTermsBps);
        _requireFraction("dataLostBps", rules.dataLostBps);
        _requireFraction("dataExposedBps", rules.dataExposedBps);
        _requireWithin("bondFloor", rules.bondFloor, 0, MAX_BOND_FLOOR);
        _requireWithin("filingFee", rules.filingFee, 0, rules.bondFloor);
        version = ++_version;
        _rules[version] = rules;
        emit RulesPublished(version, rules);
    }

    // -------------------------------------------------------------------------------------------------- private

    function _requireFraction(string memory name, uint256 bps) private pure {
        _requireWithin(name, bps, MIN_FRACTION_BPS, MAX_FRACTION_BPS);
    }

    function _requireWithin(string memory name, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert DisputesRuleOutOfBounds(name, value, least, most);
    }
}
