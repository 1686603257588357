import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Imports that climb to a top-level directory: "../keeper/x", "../../keeper". A neighbour may be called the same. */
const directories = (names, message) => ({ regex: `^(\\.\\.?/)*\\.\\./(${names.join("|")})(/|$)`, message });

const HARDHAT = {
  regex: "^(hardhat($|[/-])|@nomicfoundation/|@typechain/hardhat)",
  message: "Hardhat stays at the edge: only hardhat.config.ts, deploy/ and test/ may know it.",
};
const TEST = { regex: "^(\\.\\.?/)+test(/|$)", message: "Nothing outside test/ imports test/." };

/** One layer: what the files of a directory may not import. Arrows point down: scripts, keeper, deploy -> sdk -> typechain-types. */
const layer = (files, ...patterns) => ({
  files,
  rules: {
    "no-restricted-imports": ["error", { patterns: [TEST, ...patterns] }],
    "no-restricted-syntax": [
      "error",
      ...[TEST, ...patterns].map(({ regex, message }) => ({
        selector: `:matches(ImportExpression, TSImportType, CallExpression[callee.name="require"]) Literal[value=/${regex.replaceAll("/", "\\/")}/]`,
        message,
      })),
    ],
  },
});

export default tseslint.config(
  { ignores: ["node_modules/", "artifacts/", "cache/", "coverage/", "typechain-types/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // The rules that need types, and earn the time: a forgotten await is a test that proves nothing.
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ["**/*.js"],
    languageOptions: {
      sourceType: "commonjs",
      globals: {
        __dirname: "readonly",
        console: "readonly",
        module: "writable",
        process: "readonly",
        require: "readonly",
      },
    },
  },
  {
    files: ["sdk/**/*.ts", "keeper/**/*.ts", "deploy/**/*.ts"],
    rules: { "no-console": "error" },
  },
  layer(["hardhat.config.ts"]),
  layer(
    ["sdk/**/*.{ts,js}"],
    HARDHAT,
    directories(["deploy", "scripts", "keeper"], "sdk/ is the bottom: it imports only typechain-types/ and packages."),
  ),
  layer(
    ["deploy/**/*.{ts,js}"],
    directories(["scripts", "keeper"], "deploy/ imports sdk/ and typechain-types/, nothing beside or above it."),
  ),
  layer(
    ["keeper/**/*.{ts,js}"],
    HARDHAT,
    directories(["deploy", "scripts"], "keeper/ imports sdk/ and typechain-types/, nothing beside it."),
  ),
  layer(
    ["scripts/**/*.{ts,js}"],
    HARDHAT,
    directories(
      ["keeper"],
      "scripts/ imports sdk/ and deploy/; the demo and the command `keeper` alone know a keeper.",
    ),
  ),
  layer(["scripts/demo.ts", "scripts/demo/**/*.ts"], HARDHAT),
  layer(["scripts/cli/commands/keeper.ts"], HARDHAT, {
    regex: "^(\\.\\.?/)*\\.\\./keeper(?!/cli$)(/|$)",
    message: "The door to the keeper is keeper/cli.ts.",
  }),
  {
    files: ["test/**/*.ts"],
    ignores: ["test/helpers/loadFixture.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: [
            {
              name: "@nomicfoundation/hardhat-network-helpers",
              importNames: ["loadFixture"],
              message: "test/helpers/loadFixture.ts also keeps the chain's clock.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // `expect(x).to.be.true` is an assertion, not a forgotten call.
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "no-restricted-properties": [
        "error",
        ...["describe", "it", "context", "specify"].map((object) => ({
          object,
          property: "only",
          message: "A focused test hides the others.",
        })),
      ],
    },
  },
);
