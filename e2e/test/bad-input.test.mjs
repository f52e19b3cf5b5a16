// Input nobody should send: each gets its own error, and the server goes on.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { afterEach, before, describe, test } from "node:test";
import { FreshetServer, LAUNCHER, freePort, run } from "../../tools/freshet.mjs";
import {
  post,
  sharedServer,
  suiteContext,
  temporaryDirectory,
  uniqueName,
} from "../lib/harness.mjs";
import { SyncSocket } from "../lib/sync-socket.mjs";

describe("bad input", () => {
  const later = suiteContext();
  let server;
  const name = uniqueName("untouched");
  before(async () => {
    server = await sharedServer(later);
  });
  afterEach(async () => {
    const { body } = await post(`${server.url}/api/query`, { path: "counters:get", args: { name } });
    assert.deepEqual(body, { status: "success", value: 0 }, "the server still answers");
  });
  const call = (endpoint, body, headers) => post(`${server.url}/api/${endpoint}`, body, headers);

  test("malformed bodies", async () => {
    for (const body of ["", "{", "[]", '"text"', '{"path":7,"args":{}}', '{"args":{}}', '{"path":"a:b","args":"\\ud800"}']) {
      const { status, body: error } = await call("query", body);
      assert.equal(status, 400, body);
      assert.equal(error.code, "BadJsonBody", body);
      assert.equal(typeof error.message, "string");
    }
    const typed = await call("query", "{}", { "Content-Type": "text/plain" });
    assert.deepEqual([typed.status, typed.body.code], [400, "BadJsonBody"]);
  });

  test("function names that are none", async () => {
    for (const path of ["", ":", "a b:c", "x:y:z", "../etc:passwd", "counters:1x"]) {
      const { status, body } = await call("query", { path, args: {} });
      assert.deepEqual([status, body.code], [400, "BadConvexFunctionIdentifier"], path);
    }
  });

  test("arguments that are no values", async () => {
    for (const value of [{ $integer: "!" }, { $bytes: 7 }, { $set: [] }, { "a\u0001": 1 }]) {
      const { status, body } = await call("mutation", { path: "values:store", args: { value } });
      assert.equal(status, 200);
      assert.equal(body.status, "error");
      assert.match(body.errorMessage, /Invalid arguments for values\.js:store/);
    }
  });

  test("a body over the limit, and values over theirs", async () => {
    const huge = await call("mutation", {
      path: "values:store",
      args: { value: "x".repeat(17 * 1024 * 1024) },
    });
    assert.deepEqual([huge.status, huge.body.code], [400, "BadJsonBody"]);
    const document = await call("mutation", {
      path: "values:store",
      args: { value: "x".repeat(2 * 1024 * 1024) },
    });
    assert.equal(document.status, 200);
    assert.match(document.body.errorMessage, /too large/i);
    const long = await call("mutation", { path: "values:store", args: { value: Array(8193).fill(0) } });
    assert.match(long.body.errorMessage, /8192/);
  });

  test("keys that open nothing", async () => {
    const [instance] = server.key.split("|");
    for (const [authorization, status, code] of [
      [`Convex ${instance}|0123456789abcdef`, 401, "BadAdminKey"],
      [`Convex ${server.key}00`, 401, "BadAdminKey"],
      ["Convex", 400, "InvalidHeaderFailure"],
      ["Basic dXNlcjpwYXNz", 400, "InvalidAdminKey"],
      [`Convex ${server.key}:%%%`, 400, "HeaderParseFailure"],
    ]) {
      const { status: got, body } = await call(
        "query",
        { path: "counters:get", args: { name } },
        { Authorization: authorization },
      );
      assert.deepEqual([got, body.code], [status, code], authorization.slice(0, 40));
    }
    const push = await call("deploy2/start_push", { adminKey: `${instance}|00`, functions: "convex/" });
    assert.deepEqual([push.status, push.body.code], [403, "BadDeployKey"]);
    const hashes = await call("get_config_hashes", { version: "1.48.0", adminKey: "x" });
    assert.deepEqual([hashes.status, hashes.body.code], [403, "BadDeployKey"]);
    const environment = await call("update_environment_variables", { changes: [] });
    assert.ok([401, 403].includes(environment.status));
  });

  test("pushes that are no pushes", async () => {
    const adminKey = server.key;
    for (const body of [
      { adminKey },
      { adminKey, functions: 7, appDefinition: {} },
      { adminKey, dryRun: false, functions: "convex/", appDefinition: { changedModules: [{ path: "a b.js" }] } },
    ]) {
      const { status, body: error } = await call("deploy2/start_push", body);
      assert.equal(status, 400, JSON.stringify(body).slice(0, 80));
      assert.equal(typeof error.code, "string");
    }
    const garbled = await call("deploy2/start_push", "not brotli at all", { "Content-Encoding": "br" });
    assert.equal(garbled.status, 400);
    const finish = await call("deploy2/finish_push", { adminKey, startPush: { app: 1 }, dryRun: false });
    assert.equal(finish.status, 400);
  });

  test("a socket that sends rubbish is closed alone", async () => {
    const bystander = await SyncSocket.open(server);
    const { id } = await bystander.subscribe("counters:get", { name });
    for (const rubbish of ["", "null", "[]", '{"type":"Connect"}', "\u0000", "{".repeat(100_000)]) {
      const socket = await SyncSocket.open(server, { silent: true });
      socket.sendRaw(rubbish);
      await socket.untilClosed();
    }
    const twice = await SyncSocket.open(server);
    for (const [baseVersion, newVersion] of [[0, 1], [1, 2]]) {
      twice.send({
        type: "ModifyQuerySet",
        baseVersion,
        newVersion,
        modifications: [{ type: "Add", queryId: 1, udfPath: "counters:get", args: [{ name }] }],
      });
    }
    assert.equal((await twice.untilClosed()).code, 1011);
    assert.equal(bystander.closed, null);
    assert.equal(bystander.value(id), 0);
    await bystander.close();
  });

  test("bytes that are no HTTP", async () => {
    for (const bytes of [
      Buffer.from("HELLO\r\n\r\n"),
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]),
      Buffer.from("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n"),
    ]) {
      const port = Number(new URL(server.url).port);
      await new Promise((resolve) => {
        const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
        socket.on("data", () => {});
        socket.on("error", resolve);
        socket.on("close", resolve);
      });
    }
  });

  test("WebSocket frames that are none", async () => {
    const port = Number(new URL(server.url).port);
    await new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () =>
        socket.write(
          "GET /api/1.48.0/sync HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        ),
      );
      socket.once("data", (head) => {
        if (!String(head).startsWith("HTTP/1.1 101")) reject(new Error(String(head)));
        socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
      });
      socket.on("error", resolve);
      socket.on("close", resolve);
    });
  });

  test("a second server on the same data directory refuses to start", async () => {
    const second = await run(
      LAUNCHER,
      ["serve", "--data-dir", server.dataDir, "--port", await freePort(), "--site-proxy-port", await freePort()].map(String),
      { env: { ...process.env, FRESHET_NO_BUILD: "1" }, timeoutMs: 30_000 },
    );
    assert.equal(second.timedOut, false);
    assert.notEqual(second.code, 0);
    assert.match(second.output, /data directory|in use|another/i);
    assert.doesNotMatch(second.output, /^\s+at /m, "a message, not a stack trace");
  });

  test("a port that is taken, and flags that do not exist, end the start with a clear line", async () => {
    const env = { ...process.env, FRESHET_NO_BUILD: "1" };
    const dataDir = await temporaryDirectory(later);
    const port = new URL(server.url).port;
    const taken = await run(LAUNCHER, ["serve", "--data-dir", dataDir, "--port", port], { env, timeoutMs: 30_000 });
    assert.notEqual(taken.code, 0);
    assert.match(taken.output, new RegExp(port));
    const flag = await run(LAUNCHER, ["serve", "--prot", "1"], { env, timeoutMs: 30_000 });
    assert.notEqual(flag.code, 0);
    assert.match(flag.output, /--port/);
    const variable = await run(LAUNCHER, ["serve", "--data-dir", dataDir], {
      env: { ...env, FRESHET_DATADIR: "x" },
      timeoutMs: 30_000,
    });
    assert.notEqual(variable.code, 0);
    assert.match(variable.output, /FRESHET_DATADIR/);
  });

  test("secrets are readable by their owner only", async () => {
    const { readdir, stat } = await import("node:fs/promises");
    const { join } = await import("node:path");
    const own = await FreshetServer.start({ dataDir: await temporaryDirectory(later) });
    try {
      const entries = await readdir(own.dataDir, { recursive: true, withFileTypes: true });
      const secrets = entries.filter((entry) => entry.isFile() && /secret|credential/i.test(entry.name));
      assert.ok(secrets.length > 0);
      for (const entry of secrets) {
        const { mode } = await stat(join(entry.path, entry.name));
        assert.equal(mode & 0o777, 0o600, entry.name);
      }
      assert.ok(!own.output.includes(await own.adminKey()), "keys are not printed by serve");
    } finally {
      await own.stop();
    }
  });
});
