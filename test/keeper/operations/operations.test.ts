import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { formatEther } from "ethers";
import { parse } from "yaml";
import { z } from "zod";

import { KEEPER_EXIT } from "../../../keeper/cli";
import { loadConfig } from "../../../keeper/config/load";
import { VARIABLES } from "../../../keeper/config/schema";
import { SHARED } from "../../../keeper/config/shared";
import { PREFIX } from "../../../keeper/ops/instruments";
import { PrometheusMeter } from "../../../keeper/ops/metrics";
import { MEANINGS } from "../../../keeper/ops/undone";
import { KEEPER } from "../../../scripts/cli/commands/keeper";
import { temporaryDirectory } from "../../helpers/databases";

const ROOT = path.join(__dirname, "../../..");
const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");

const dashboardSchema = z.object({
  uid: z.string(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  panels: z.array(
    z.object({
      id: z.number(),
      type: z.string(),
      title: z.string().min(1),
      datasource: z.object({ uid: z.string() }).optional(),
      targets: z.array(z.object({ expr: z.string(), datasource: z.object({ uid: z.string() }) })).default([]),
    }),
  ),
});
const alertsSchema = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.object({
          alert: z.string().regex(/^Keeper[A-Z]/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smh]$/)
            .optional(),
          labels: z.object({ severity: z.enum(["page", "warn"]) }),
          annotations: z.object({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
});

const prometheusSchema = z.object({
  rule_files: z.array(z.string()),
  scrape_configs: z.array(
    z.object({ job_name: z.string(), static_configs: z.array(z.object({ targets: z.array(z.string()) })) }),
  ),
});

/** Names that an expression asks for, those of histograms without what Prometheus appends. */
function namesIn(expression: string, histograms: ReadonlySet<string>): string[] {
  const names = expression.match(new RegExp(`${PREFIX}[a-z_]+`, "g")) ?? [];
  return names.map((name) => {
    const base = name.replace(/_(bucket|sum|count)$/, "");
    return histograms.has(base) ? base : name;
  });
}

const runbook = read("docs/runbook.md");
const keeperPage = runbook.slice(runbook.indexOf("\n## Keeper"));

/** Lines that set a variable, and those that do so once the mark of a remark is taken away. */
const SETTING = /^(KEEPER_[A-Z0-9_]+)=(.*)$/gm;
const SUGGESTION = /^#?(KEEPER_[A-Z0-9_]+)=(.*)$/gm;

function assignments(text: string, pattern: RegExp): Record<string, string> {
  return Object.fromEntries([...text.matchAll(pattern)].map(([, name = "", value = ""]) => [name, value]));
}

/** Cells of the keeper's table that has such titles. */
function rowsOf(titles: string): string[][] {
  const table = keeperPage.slice(keeperPage.indexOf(titles));
  const rows = table.slice(0, table.indexOf("\n\n")).split("\n").slice(2);
  return rows.map((row) => row.split("|").slice(1, -1)).map((cells) => cells.map((cell) => cell.trim()));
}

function firstColumn(titles: string): string[] {
  return rowsOf(titles).map(([first = ""]) => first);
}

describe("Files for operators", () => {
  const dashboard = dashboardSchema.parse(JSON.parse(read("operations/dashboard.json")));
  const { groups } = alertsSchema.parse(parse(read("operations/alerts.yml")));
  const alerts = groups.flatMap(({ rules }) => rules);
  const unit = read("operations/keeper.service");
  const example = read("operations/keeper.env.example");
  let metrics: ReadonlyMap<string, string>;
  let histograms: ReadonlySet<string>;

  before(async () => {
    const { text } = await new PrometheusMeter(() => 0, []).expose();
    metrics = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]));
    histograms = new Set([...metrics].flatMap(([name, type]) => (type === "histogram" ? [name] : [])));
  });

  it("the dashboard shows every metric that there is, and none that there is not", () => {
    const shown = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr, histograms)));
    expect([...new Set(shown)].sort()).to.deep.equal([...metrics.keys()].sort());
  });

  it("the dashboard asks a data source that is chosen, in panels that have names and ids of their own", () => {
    expect(dashboard.templating.list).to.deep.include({ name: "datasource", type: "datasource" });
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const { type, title, targets, datasource } of dashboard.panels) {
      if (type === "row") continue;
      expect(targets, title).not.to.be.empty;
      expect(datasource?.uid, title).to.equal("${datasource}");
      for (const target of targets) expect(target.datasource.uid, title).to.equal("${datasource}");
    }
  });

  it("the alerts ask for metrics that there are, with labels that these have", async () => {
    const meter = new PrometheusMeter(() => 0, ["node.example"]);
    meter.failed("expire");
    const head = { number: 1, timestamp: 1 };
    meter.left({ byReason: new Map([["account empty", 1]]), backlog: { duties: 1, dueSince: 1 } }, head);
    const { text } = await meter.expose();
    for (const { alert, expr } of alerts) {
      const names = namesIn(expr, histograms);
      if (/^KeeperGone$|^KeeperNotScraped$/.test(alert)) expect(expr).to.contain('up{job="leasehold-keeper"}');
      else expect(names, alert).not.to.be.empty;
      for (const name of names) expect([...metrics.keys()], alert).to.include(name);
      for (const [, name = "", label = ""] of expr.matchAll(/(leasehold_keeper_[a-z_]+)\{([a-z]+)/g)) {
        expect(text, `${alert}: ${name}`).to.match(new RegExp(`^${name}\\{.*\\b${label}="`, "m"));
      }
    }
    expect(new Set(alerts.map(({ alert }) => alert)).size).to.equal(alerts.length);
  });

  it("Prometheus scrapes the job that the alerts ask for, where the example of settings listens (ATK-KPR-22)", () => {
    const { rule_files: files, scrape_configs: jobs } = prometheusSchema.parse(
      parse(read("operations/prometheus.yml")),
    );
    expect(files).to.deep.equal(["alerts.yml"]);
    expect(jobs.map(({ job_name: name }) => name)).to.deep.equal(["leasehold-keeper"]);
    const asked = alerts.flatMap(({ expr }) => [...expr.matchAll(/job="([^"]*)"/g)].map(([, name]) => name));
    expect([...new Set(asked)]).to.deep.equal(["leasehold-keeper"]);
    const port = /^Environment=KEEPER_LISTEN=.*:(\d+)$/m.exec(unit)?.[1];
    for (const { targets } of jobs[0]!.static_configs) {
      expect(targets.map((target) => target.split(":")[1])).to.deep.equal([port]);
    }
  });

  it("promtool finds the settings sound, and the alerts fire when they should (ATK-KPR-22)", function () {
    if (spawnSync("promtool", ["--version"]).error !== undefined) return this.skip(); // Debian's package prometheus has it
    this.timeout(60_000);
    const directory = temporaryDirectory();
    for (const file of ["operations/alerts.yml", "operations/prometheus.yml"]) {
      writeFileSync(path.join(directory, path.basename(file)), read(file));
    }
    const stories = path.join(directory, "stories.yml");
    writeFileSync(stories, read("test/keeper/operations/alerts.promtool.yml"));
    for (const words of [
      ["check", "config", path.join(directory, "prometheus.yml")],
      ["test", "rules", stories],
    ]) {
      const { status, stdout, stderr } = spawnSync("promtool", words, { encoding: "utf8" });
      expect(status, `${stdout}\n${stderr}`).to.equal(0);
    }
  });

  it("the runbook says of every alert what it means and what to do, and of no other", () => {
    const rows = [...keeperPage.matchAll(/^\s*\| `(Keeper[A-Za-z]+)` \| [^|]{20,} \| [^|]{10,} \|$/gm)];
    expect(rows.map(([, name]) => name).sort()).to.deep.equal(alerts.map(({ alert }) => alert).sort());
  });

  it("the runbook lists every variable and no other", () => {
    const table = keeperPage.slice(keeperPage.indexOf("| variable |"));
    const rows = table.slice(0, table.indexOf("\n\n")).split("\n").slice(2);
    const listed = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(KEEPER_[A-Z0-9_]+)`/g)]);
    expect(listed.map(([, name]) => name).sort()).to.deep.equal([...VARIABLES].sort());
    for (const [name] of runbook.matchAll(/KEEPER_[A-Z0-9_]*[A-Z]/g)) expect(VARIABLES).to.include(name);
  });

  it("the runbook tells the defaults that there are", () => {
    const config = loadConfig({ KEEPER_RPC_URLS: "http://a", KEEPER_ADDRESS_BOOK: "b" }, { key: false });
    const defaultOf = (variable: string): string | undefined =>
      new RegExp(`^\\| \`${variable}\`[^|]*\\| ([^|]*) \\|`, "m").exec(keeperPage)?.[1]?.trim();
    expect(defaultOf("KEEPER_POLL_SECONDS")).to.equal(String(config.pollMs / 1_000));
    expect(defaultOf("KEEPER_RPC_TIMEOUT_SECONDS")).to.equal(String(config.rpcTimeoutMs / 1_000));
    expect(defaultOf("KEEPER_STORE")).to.equal(`\`${config.store}\``);
    expect(keeperPage).to.contain("\n| `KEEPER_MAX_FEE_GWEI` | | ");
    expect(defaultOf("KEEPER_MAX_TRANSACTION_COST")).to.equal(formatEther(config.maxTransactionCost ?? 0n));
    expect(defaultOf("KEEPER_BUMP_BLOCKS")).to.equal(String(config.bumpBlocks));
    expect(defaultOf("KEEPER_CONFIRMATIONS")).to.equal(String(config.confirmations));
    expect(defaultOf("KEEPER_REORG_DEPTH")).to.equal(String(config.reorgDepth));
    expect(defaultOf("KEEPER_CLAIM_SECONDS")).to.equal(String(config.claimSeconds));
    expect(defaultOf("KEEPER_MAX_IN_FLIGHT")).to.equal(String(config.maxInFlight));
    expect(defaultOf("KEEPER_LOG_RANGE")).to.equal(String(config.logRange));
    expect(defaultOf("KEEPER_NODE_GAS_LIMIT")).to.equal(String(config.nodeGasLimit));
    expect(defaultOf("KEEPER_PATIENCE_SECONDS")).to.equal(String(config.patience));
    expect(defaultOf("KEEPER_MIN_PROFIT")).to.equal(String(config.minProfit));
    expect(defaultOf("KEEPER_STALE_SECONDS")).to.equal(String(config.staleMs / 1_000));
    expect(defaultOf("KEEPER_DISPUTES")).to.equal(config.disputes ? "on" : "off");
    expect(defaultOf("KEEPER_LOG_LEVEL")).to.equal(config.logLevel);
  });

  it("the unit does not restart what would fail again, and everything else", () => {
    const settings = new Map(
      [...unit.matchAll(/^([A-Za-z]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
    );
    expect(settings.get("RestartPreventExitStatus")).to.equal(String(KEEPER_EXIT.configuration));
    expect(settings.get("Restart")).to.equal("on-failure");
    expect(settings.get("KillSignal")).to.equal("SIGTERM");
    expect(Number(settings.get("TimeoutStopSec"))).to.be.above(5);
  });

  it("the runbook and the command's help explain every exit code (ATK-KPR-22)", () => {
    const codes = Object.values(KEEPER_EXIT).map(String);
    expect(firstColumn("| exit code |").sort()).to.deep.equal(codes.sort());
    const details = KEEPER.commands.map(({ details: text }) => text ?? "");
    for (const text of details) {
      const told = [...text.slice(text.indexOf("Exit codes:")).matchAll(/\n(\d) /g)];
      expect(told.map(([, code]) => code)).to.deep.equal(codes);
    }
  });

  it("the runbook says for every reason whether it is work, and what to do (ATK-KPR-22)", () => {
    const told = rowsOf("| reason | backlog |").map(([reason = "", work = "", advice = ""]) => [
      reason,
      { isWork: work === "yes", advice: advice.replaceAll("`", "") },
    ]);
    expect(Object.fromEntries(told)).to.deep.equal(MEANINGS);
  });

  it("the example of settings is a whole configuration for the container, as it stands (ATK-KPR-22)", () => {
    const image = assignments(read("Dockerfile"), /\b(KEEPER_[A-Z0-9_]+)=(\S+)/g);
    const config = loadConfig({ ...image, ...assignments(example, SETTING) }, { key: true });
    expect(config).to.deep.include({
      addressBook: "/etc/leasehold/address-book.json",
      key: {
        type: "keystore",
        file: "/etc/leasehold/keystore.json",
        passwordFile: "/etc/leasehold/keystore.password",
      },
      store: "/var/lib/leasehold/keeper.sqlite",
      listen: { host: "0.0.0.0", port: 9_464 },
    });
    expect(config.rpcUrls).to.have.length(3);
    // Docker's reader of such files knows neither quotes nor remarks behind values.
    for (const line of example.split("\n")) expect(line).to.match(/^(?:#.*|[A-Z0-9_]+=[^\s"'#]*|)$/);
    // What is left out as a suggestion is sound, too.
    expect(() => loadConfig({ ...image, ...assignments(example, SUGGESTION) }, { key: true })).not.to.throw();
  });

  it("the unit hands over keystore, password and address book, and the same settings are whole with it (ATK-KPR-22)", () => {
    const unitSets = assignments(unit, /^Environment=(KEEPER_[A-Z0-9_]+)=(.*)$/gm);
    const overrides = assignments(
      /^ExecStart=\/usr\/bin\/env (.*)$/m.exec(unit)?.[1] ?? "",
      /(KEEPER_[A-Z0-9_]+)=(\S+)/g,
    );
    const config = loadConfig({ ...unitSets, ...assignments(example, SETTING), ...overrides }, { key: true });
    const handedOver = [...unit.matchAll(/^LoadCredential=([a-z-]+):(\S+)$/gm)];
    const files = assignments(example, SETTING);
    expect(handedOver.map(([, , file]) => file).sort()).to.deep.equal(
      [files["KEEPER_ADDRESS_BOOK"], files["KEEPER_KEYSTORE"], files["KEEPER_KEYSTORE_PASSWORD_FILE"]].sort(),
    );
    const credentials = handedOver.map(([, name = ""]) => `%d/${name}`);
    expect(credentials).to.include(config.addressBook);
    if (config.key?.type !== "keystore") throw new Error("it has no keystore");
    expect(credentials).to.include(config.key.file).and.to.include(config.key.passwordFile);
    expect(config.listen).to.deep.equal({ host: "127.0.0.1", port: 9_464 });
    expect(config.store).to.equal("%S/leasehold-keeper/keeper.sqlite");
  });

  it("the image's build needs no package for development (ATK-KPR-22)", () => {
    const lock = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });
    const { packages } = lock.parse(JSON.parse(read("package-lock.json")));
    for (const name of ["esbuild", "tsx", "zod"])
      expect(packages[`node_modules/${name}`]?.dev, name).not.to.equal(true);
  });

  it("the runbook lists every variable that is shared with the command line (ATK-KPR-22)", () => {
    const rows = rowsOf("| of the keeper | of the command line |").map(([own = "", theirs = ""]) => [own, theirs]);
    const plain = rows.map((cells) => cells.map((cell) => cell.replaceAll("`", "")));
    expect(Object.fromEntries(plain)).to.deep.equal(SHARED);
  });

  it("the image is pinned, compiled, keeps secrets out, and runs as nobody in particular (ATK-KPR-22)", () => {
    const dockerfile = read("Dockerfile");
    const ignored = read(".dockerignore").split("\n");
    const stages = dockerfile.split(/^FROM /m).slice(1);
    expect(stages).to.have.length(2);
    const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].map(([, words = ""]) => words.split(" "));
    for (const source of copies.flatMap((words) => words.slice(0, -1))) {
      expect(existsSync(path.join(ROOT, source)), source).to.equal(true);
      expect(ignored).to.include(`!${source}`);
    }
    expect(ignored).to.include("*");
    // By digest: a tag may point to something else tomorrow. Node 24 is maintained until April 2028.
    expect(dockerfile).to.match(/^ARG BASE=node:24\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/m);
    for (const stage of stages) expect(stage).to.match(/^\$\{BASE\}/);
    expect(stages[1]).to.match(/^USER 1000:1000$/m);
    expect(stages[1]).not.to.match(/^(?:RUN|COPY (?!--from=build))/m);
    expect(stages[0]).to.contain("npm ci --omit=dev").and.to.contain("npm run build");
    expect(dockerfile).not.to.match(/PRIVATE_KEY|PASSWORD|https:\/\//);
    expect(dockerfile)
      .to.match(/^HEALTHCHECK /m)
      .and.to.match(/^STOPSIGNAL SIGTERM$/m);
    for (const [name] of dockerfile.matchAll(/KEEPER_[A-Z0-9_]*[A-Z]/g)) expect(VARIABLES).to.include(name);
  });
});
