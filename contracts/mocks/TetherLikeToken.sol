// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title TetherLikeToken
/// @notice Imitates USDT: `transfer`, `transferFrom` and `approve` return nothing, and an allowance that is not zero
/// must be set to zero before it can be set to anything else.
contract TetherLikeToken {
    string public constant name = "Tether-like"; // solhint-disable-line const-name-snakecase
    string public constant symbol = "TETH"; // solhint-disable-line const-name-snakecase
    uint8 public constant decimals = 6; // solhint-disable-line const-name-snakecase

    uint256 public totalSupply;
    mapping(address account => uint256 amount) public balanceOf;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error TetherLikeApproveZeroFirst(uint256 allowance);

    /// @notice Mints `amount` base units to `account`.
    function mint(address account, uint256 amount) external {
        totalSupply += amount;
        balanceOf[account] += amount;
        emit Transfer(address(0), account, amount);
    }

    function approve(address spender, uint256 amount) external {
        uint256 current = allowance[msg.sender][spender];
        if (amount != 0 && current != 0) revert TetherLikeApproveZeroFirst(current);
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }
}
