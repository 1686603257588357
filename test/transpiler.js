/**
 * What ts-node turns TypeScript into JavaScript with (tsconfig.json): esbuild, which takes a twentieth of the time of the
 * compiler. What it made is kept under cache/, by content, for every process and every run. Types are checked elsewhere
 * (`npm run check:typescript`).
 */
const { createHash } = require("node:crypto");
const { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const path = require("node:path");

const esbuild = require("esbuild");

const ROOT = path.join(__dirname, "..");
const KEPT = path.join(ROOT, "cache/transpiled");
const SOURCES = ["sdk", "deploy", "scripts", "keeper", "test", "typechain-types"];

const OPTIONS = {
  format: "cjs",
  platform: "node",
  target: "es2022",
  sourcemap: "external",
  sourcesContent: false,
  // Modules are found by ts-node's `require`, which knows TypeScript; Node's own `import()` does not.
  supported: { "dynamic-import": false },
  tsconfigRaw: { compilerOptions: { target: "es2022", strict: true } },
  logLevel: "silent",
};
const SEED = `${esbuild.version} ${JSON.stringify(OPTIONS)}`;

const keptAs = (source) => path.join(KEPT, createHash("sha256").update(SEED).update(source).digest("hex"));

/** Other processes may write the same at the same time: what is half written has another name. */
function write(file, content) {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, file);
}

function keep(source, code, map) {
  const file = keptAs(source);
  write(`${file}.map`, map);
  write(`${file}.js`, code);
}

/** Everything at once, where nothing is kept yet: esbuild starts a process for each call. */
function transpileAll() {
  const files = SOURCES.flatMap((directory) =>
    readdirSync(path.join(ROOT, directory), { recursive: true })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
      .map((name) => path.join(ROOT, directory, name)),
  );
  const built = esbuild.buildSync({
    ...OPTIONS,
    entryPoints: files,
    absWorkingDir: ROOT,
    outbase: ROOT,
    outdir: KEPT,
    bundle: false,
    write: false,
  });
  const outputs = new Map(built.outputFiles.map(({ path: file, text }) => [file, text]));
  for (const file of files) {
    const output = path.join(KEPT, path.relative(ROOT, file).replace(/ts$/, "js"));
    keep(readFileSync(file, "utf8"), outputs.get(output), outputs.get(`${output}.map`));
  }
}

function read(file) {
  try {
    return { outputText: readFileSync(`${file}.js`, "utf8"), sourceMapText: readFileSync(`${file}.map`, "utf8") };
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  }
}

module.exports.create = () => {
  if (mkdirSync(KEPT, { recursive: true }) !== undefined) transpileAll();
  return {
    transpile(source, { fileName }) {
      const file = keptAs(source);
      const kept = read(file);
      if (kept !== undefined) return kept;
      const { code, map } = esbuild.transformSync(source, { ...OPTIONS, loader: "ts", sourcefile: fileName });
      keep(source, code, map);
      return { outputText: code, sourceMapText: map };
    },
  };
};
