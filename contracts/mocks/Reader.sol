// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Reader
/// @notice Answers many questions in one call: tests that compare everything ask thousands.
contract Reader {
    struct Question {
        address target;
        bytes data;
    }

    /// @notice What `questions` are answered with, in their order; reverts as the first one does that fails.
    function ask(Question[] calldata questions) external view returns (bytes[] memory answers) {
        answers = new bytes[](questions.length);
        for (uint256 i = 0; i < questions.length; ++i) {
            (bool success, bytes memory answer) = questions[i].target.staticcall(questions[i].data);
            // Passes the reason on as it is.
            // solhint-disable-next-line no-inline-assembly
            if (!success)
                assembly ("memory-safe") {
                    revert(add(answer, 0x20), mload(answer))
                }
            answers[i] = answer;
        }
    }
}
