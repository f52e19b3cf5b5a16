// The convex CLI against a deployment: pushes that work, pushes that must not, and the commands around them.
import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import {
  cli,
  post,
  push,
  startServer,
  suiteContext,
  writeApp,
  writeFiles,
} from "../lib/harness.mjs";

const MESSAGES = `
import { query, mutation, internalMutation, internalQuery } from "./_generated/server";
import { v } from "convex/values";

export const list = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("messages").collect()).map((m) => m.body),
});
export const byBody = query({
  args: { body: v.string() },
  handler: async (ctx, { body }) =>
    await ctx.db.query("messages").withIndex("by_body", (q) => q.eq("body", body)).collect(),
});
export const send = mutation({
  args: { body: v.string() },
  handler: async (ctx, { body }) => {
    console.log("sending", body);
    return await ctx.db.insert("messages", { body });
  },
});
export const count = internalQuery({
  args: {},
  returns: v.number(),
  handler: async (ctx) => (await ctx.db.query("messages").collect()).length,
});
export const wipe = internalMutation({
  args: {},
  handler: async (ctx) => {
    for (const message of await ctx.db.query("messages").collect()) await ctx.db.delete(message._id);
  },
});
`;
const schemaOf = (table) => `
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({ ${table} });
`;
const SCHEMA = schemaOf('messages: defineTable({ body: v.string() }).index("by_body", ["body"])');

describe("convex CLI", { concurrency: false }, () => {
  let server;
  let app;
  const later = suiteContext();
  before(async () => {
    server = await startServer(later);
    app = await writeApp(later, { "convex/messages.ts": MESSAGES, "convex/schema.ts": SCHEMA });
  });

  const convex = (args, options) => cli(server, app, args, options);
  const ok = async (args, options) => {
    const result = await convex(args, options);
    assert.equal(result.code, 0, `convex ${args.join(" ")}\n${result.output}`);
    return result;
  };
  const refused = async (args, pattern) => {
    const result = await convex(args);
    assert.equal(result.timedOut, false, result.output);
    assert.notEqual(result.code, 0, `convex ${args.join(" ")} should fail\n${result.output}`);
    assert.match(result.output, pattern);
    return result;
  };
  const DEV = ["dev", "--once", "--typecheck", "disable", "--tail-logs", "disable"];
  const query = async (path, args = {}) =>
    (await post(`${server.url}/api/query`, { path, args })).body;
  const hashes = async () =>
    (await post(`${server.url}/api/get_config_hashes`, { version: "1.48.0", adminKey: server.key }))
      .body;

  test("dev --once pushes a new app, type-checked, and writes its address", async () => {
    const { output } = await ok(["dev", "--once", "--tail-logs", "disable"]);
    assert.match(output, /Convex functions ready!/);
    assert.match(output, /messages\.by_body/);
    assert.match(await readFile(join(app, ".env.local"), "utf8"), new RegExp(`CONVEX_URL=${server.url}`));
    assert.match(await readFile(join(app, "convex/_generated/api.d.ts"), "utf8"), /messages/);
    assert.deepEqual(await query("messages:list"), { status: "success", value: [] });
  });

  test("run calls queries, mutations and internal functions, and shows what they log", async () => {
    const sent = await ok(["run", "messages:send", '{"body":"first"}']);
    assert.match(sent.stdout, /^"[0-9a-z]{31,37}"\s*$/);
    assert.match(sent.stderr, /\[LOG\] 'sending' 'first'/);
    assert.match((await ok(["run", "messages:list"])).stdout, /\[\s*"first"\s*\]/);
    assert.match((await ok(["run", "messages:count"])).stdout, /^1(\.0)?\s*$/);
    await refused(["run", "messages:nothing"], /Could not find function for 'messages:nothing'/);
    await refused(["run", "messages:send", '{"body":1}'], /ArgumentValidationError/);
  });

  test("a second push uploads the changed file only and keeps the data", async () => {
    const extra = (value) =>
      `import { query } from "./_generated/server";\nexport const one = query({ args: {}, handler: async () => ${value} });\n`;
    await writeFiles(app, { "convex/extra.ts": extra(1) });
    await push(server, app);
    assert.deepEqual(await query("extra:one"), { status: "success", value: 1 });
    const hashOf = ({ moduleHashes }, path) => moduleHashes.find((module) => module.path === path).hash;
    const before = await hashes();
    await writeFiles(app, { "convex/extra.ts": extra(2) });
    await push(server, app);
    const afterwards = await hashes();
    assert.equal(hashOf(afterwards, "messages.js"), hashOf(before, "messages.js"));
    assert.notEqual(hashOf(afterwards, "extra.js"), hashOf(before, "extra.js"));
    assert.deepEqual(await query("extra:one"), { status: "success", value: 2 });
    assert.deepEqual((await query("messages:list")).value, ["first"]);
  });

  test("a file that is gone is gone on the server", async () => {
    await rm(join(app, "convex/extra.ts"));
    await push(server, app);
    assert.match((await query("extra:one")).errorMessage, /Could not find public function/);
  });

  test("deploy --dry-run shows what would change and changes nothing", async () => {
    const before = await hashes();
    const original = MESSAGES;
    await writeFiles(app, { "convex/messages.ts": original.replace("m.body)", 'm.body + "!")') });
    await ok(["deploy", "--dry-run", "--typecheck", "disable"]);
    assert.deepEqual(await hashes(), before);
    assert.deepEqual((await query("messages:list")).value, ["first"]);
    await ok(["deploy", "--typecheck", "disable"]);
    assert.deepEqual((await query("messages:list")).value, ["first!"]);
    await writeFiles(app, { "convex/messages.ts": original });
    await ok(["deploy", "--typecheck", "disable"]);
  });

  test("codegen writes the types and changes no function", async () => {
    const before = await hashes();
    await rm(join(app, "convex/_generated"), { recursive: true });
    await ok(["codegen", "--typecheck", "disable"]);
    assert.match(await readFile(join(app, "convex/_generated/dataModel.d.ts"), "utf8"), /DataModel/);
    assert.deepEqual(await hashes(), before);
  });

  test("data lists the tables and their documents", async () => {
    assert.match((await ok(["data"])).stdout, /messages/);
    await ok(["run", "messages:send", '{"body":"second"}']);
    const documents = await ok(["data", "messages", "--order", "asc"]);
    assert.match(documents.stdout, /"first"[\s\S]*"second"/);
    const newest = await ok(["data", "messages", "--limit", "1"]);
    assert.match(newest.stdout, /"second"/);
    assert.doesNotMatch(newest.stdout, /"first"/);
  });

  test("env sets, lists, reads and removes variables that functions see", async () => {
    await writeFiles(app, {
      "convex/settings.ts": 'import { query } from "./_generated/server";\nexport const color = query({ args: {}, handler: async () => process.env.COLOR ?? "none" });\n',
    });
    await push(server, app);
    assert.equal((await query("settings:color")).value, "none");
    await ok(["env", "set", "COLOR", "green blue"]);
    assert.equal((await query("settings:color")).value, "green blue");
    assert.match((await ok(["env", "list"])).stdout, /COLOR/);
    assert.match((await ok(["env", "get", "COLOR"])).stdout, /^green blue\s*$/);
    await ok(["env", "remove", "COLOR"]);
    assert.equal((await query("settings:color")).value, "none");
    await refused(["env", "set", "CONVEX_CLOUD_URL", "x"], /built-in/);
    await refused(["env", "set", "1X", "x"], /name/i);
  });

  test("function-spec and logs answer", async () => {
    const spec = JSON.parse((await ok(["function-spec"])).stdout);
    assert.equal(spec.url, server.url);
    const send = spec.functions.find((one) => one.identifier === "messages.js:send");
    assert.deepEqual([send.functionType, send.visibility.kind], ["Mutation", "public"]);
  });

  test("network-test finds nothing wrong", async () => {
    const { output } = await ok(["network-test", "--timeout", "30"]);
    assert.match(output, /WebSocket/i);
  });

  test("a module that throws when it is imported is refused with its source position", async () => {
    const before = await hashes();
    await writeFiles(app, { "convex/broken.ts": '\nexport const nothing = 1;\nthrow new Error("not today");\n' });
    await refused(DEV, /InvalidModules[\s\S]*not today[\s\S]*broken\.ts:3/);
    assert.deepEqual(await hashes(), before);
    assert.deepEqual((await query("messages:list")).value, ["first", "second"]);
    await rm(join(app, "convex/broken.ts"));
    await push(server, app);
  });

  test("a schema that existing data violates is refused, and accepted once the data is fixed", async () => {
    const before = await hashes();
    await writeFiles(app, {
      "convex/schema.ts": schemaOf('messages: defineTable({ body: v.string(), stars: v.number() }).index("by_body", ["body"])'),
    });
    await refused(DEV, /Schema validation failed[\s\S]*Document with ID "[0-9a-z]+" in table "messages" does not match the schema/);
    assert.deepEqual((await hashes()).moduleHashes, before.moduleHashes);
    assert.equal((await query("messages:list")).status, "success");
    await ok(["run", "messages:wipe"]);
    await push(server, app);
    const wrong = await convex(["run", "messages:send", '{"body":"no stars"}']);
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.output, /does not match the schema/);
    await writeFiles(app, { "convex/schema.ts": SCHEMA });
    await push(server, app);
  });

  test("an index on a table with data is filled before the push is done", async () => {
    for (const body of ["a", "b", "c"]) await ok(["run", "messages:send", JSON.stringify({ body })]);
    await writeFiles(app, {
      "convex/schema.ts": schemaOf("messages: defineTable({ body: v.string() })"),
      "convex/messages.ts": MESSAGES.replace(/export const byBody[\s\S]*?\}\);\n/, ""),
    });
    await push(server, app);
    await writeFiles(app, { "convex/messages.ts": MESSAGES, "convex/schema.ts": SCHEMA });
    const { output } = await push(server, app);
    assert.match(output, /messages\.by_body/);
    const { value } = await query("messages:byBody", { body: "b" });
    assert.deepEqual(value.map((message) => message.body), ["b"]);
  });

  test("actions and HTTP routes run as soon as they are pushed; crons are accepted", async () => {
    await writeFiles(app, {
      "convex/later.ts": 'import { action } from "./_generated/server";\nexport const act = action({ args: {}, handler: async () => 1 });\n',
      "convex/http.ts": 'import { httpRouter } from "convex/server";\nimport { httpAction } from "./_generated/server";\nconst http = httpRouter();\nhttp.route({ path: "/hi", method: "GET", handler: httpAction(async () => new Response("hi")) });\nexport default http;\n',
      "convex/crons.ts": 'import { cronJobs } from "convex/server";\nimport { internal } from "./_generated/api";\nconst crons = cronJobs();\ncrons.interval("wipe", { hours: 100 }, internal.messages.wipe);\nexport default crons;\n',
    });
    await push(server, app);
    const ran = await cli(server, app, ["run", "later:act"]);
    assert.equal(ran.stdout.trim(), "1", ran.output);
    const route = await fetch(`${server.siteUrl}/hi`);
    assert.equal(await route.text(), "hi");
    for (const file of ["later", "http", "crons"]) await rm(join(app, `convex/${file}.ts`));
    await push(server, app);
    assert.equal((await fetch(`${server.siteUrl}/hi`)).status, 404);
  });

  test("components are refused by name", async () => {
    await writeFiles(app, {
      "convex/convex.config.ts": 'import { defineApp } from "convex/server";\nimport widget from "./widget/convex.config";\nconst app = defineApp();\napp.use(widget);\nexport default app;\n',
      "convex/widget/convex.config.ts": 'import { defineComponent } from "convex/server";\nexport default defineComponent("widget");\n',
      "convex/widget/parts.ts": 'import { query } from "./_generated/server";\nexport const all = query({ args: {}, handler: async () => [] });\n',
    });
    await refused(DEV, /widget[\s\S]*not available yet|not available yet[\s\S]*widget/i);
    await rm(join(app, "convex/convex.config.ts"));
    await rm(join(app, "convex/widget"), { recursive: true });
    await push(server, app);
  });

  test("a key that is not the deployment's is refused", async () => {
    const result = await cli(server, app, DEV, { key: `${server.key.split("|")[0]}|00` });
    assert.notEqual(result.code, 0);
    assert.match(result.output, /BadDeployKey|admin key|deploy key/i);
  });
});
