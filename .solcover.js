const Module = require("node:module");
const path = require("node:path");

// A factory of typechain-types/ carries bytecode, and the committed one is not instrumented: what it deploys would count
// as never run. The coverage run generates its own types (hardhat.config.ts) and this leads every import there.
const committed = path.join(__dirname, "typechain-types") + path.sep;
const instrumented = path.join(__dirname, "cache", "coverage", "typechain-types") + path.sep;
const resolve = Module._resolveFilename;
Module._resolveFilename = function (...args) {
  const file = resolve.apply(this, args);
  return file.startsWith(committed) ? instrumented + file.slice(committed.length) : file;
};

// The plugin numbers what it instruments by 8-byte hashes, and reads them off the stack as numbers, from which two zeros in
// front are gone: about one hash in 256 would never be found, other ones for each path of the checkout.
const Collector = require("solidity-coverage/lib/collector");
const normalizeHash = Collector.prototype._normalizeHash;
Collector.prototype._normalizeHash = function (hash) {
  const missing = 2 + 64 - hash.length; // zeros in front of a word of 32 bytes
  if (missing > 0 && missing <= 8) {
    const padded = `0x${hash.slice(2).padStart(64, "0").slice(0, 16)}`;
    if (this.instrumentationData[padded]) return padded;
  }
  return normalizeHash.call(this, hash);
};

module.exports = {
  // With viaIR the plugin keeps the optimizer on and instruments in a way that it cannot remove.
  skipFiles: ["mocks/", "test/"],
  istanbulReporter: ["html", "lcov", "json-summary", "text"],
};
