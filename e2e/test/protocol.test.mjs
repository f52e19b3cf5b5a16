// The sync protocol, message by message.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";
import { sharedServer, suiteContext, uniqueName } from "../lib/harness.mjs";
import { SyncSocket, decodeTs, encodeTs } from "../lib/sync-socket.mjs";

const int64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return { $integer: bytes.toString("base64") };
};
const float64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return { $float: bytes.toString("base64") };
};

describe("sync protocol", () => {
  const later = suiteContext();
  let server;
  let idle;
  const open = async (options) => {
    const socket = await SyncSocket.open(server, options);
    later.after(() => socket.closed ?? socket.cut());
    return socket;
  };
  before(async () => {
    server = await sharedServer(later);
    idle = await open();
  });

  test("an empty query set is confirmed by a transition", async () => {
    const socket = await open();
    socket.modify();
    await socket.until(() => socket.transitions.length === 1, "the first transition");
    const { startVersion, endVersion, modifications } = socket.transitions[0];
    assert.deepEqual(startVersion, { querySet: 0, identity: 0, ts: "AAAAAAAAAAA=" });
    assert.equal(endVersion.querySet, 1);
    assert.deepEqual(modifications, []);
    await socket.close();
  });

  test("query set versions need not be dense, and several changes may be folded into one transition", async () => {
    const socket = await open();
    const add = (queryId, baseVersion, newVersion) =>
      socket.send({
        type: "ModifyQuerySet",
        baseVersion,
        newVersion,
        modifications: [{ type: "Add", queryId, udfPath: "counters:get", args: [{ name: "x" }] }],
      });
    add(10, 0, 5);
    add(11, 5, 6);
    await socket.until(() => socket.version.querySet === 6, "version 6");
    assert.deepEqual([...socket.results.keys()].sort(), [10, 11]);
    await socket.close();
  });

  test("a mutation is confirmed by a transition without any subscription", async () => {
    const socket = await open();
    const response = await socket.mutate("counters:increment", { name: uniqueName("alone") });
    assert.deepEqual(
      { success: response.success, result: response.result, logLines: response.logLines },
      { success: true, result: 1, logLines: [] },
    );
    assert.ok(decodeTs(socket.version.ts) >= decodeTs(response.ts));
    await socket.close();
  });

  test("a subscribed query is sent again when another client changes what it read", async () => {
    const [reader, writer] = [await open(), await open()];
    const name = uniqueName("watched");
    const { id } = await reader.subscribe("counters:get", { name });
    assert.equal(reader.value(id), 0);
    await writer.mutate("counters:increment", { name, by: 41 });
    await reader.until(() => reader.value(id) === 41, "the new value");
    await reader.close();
    await writer.close();
  });

  test("a commit that touches nothing a query read is not sent to it", async () => {
    const [reader, writer] = [await open(), await open()];
    const [watched, other] = [uniqueName("a"), uniqueName("b")];
    const { id } = await reader.subscribe("counters:get", { name: watched });
    await writer.mutate("counters:increment", { name: other });
    await writer.mutate("counters:increment", { name: watched });
    await reader.until(() => reader.value(id) === 1, "the new value");
    const sent = reader.transitions.flatMap((one) => one.modifications);
    assert.deepEqual(
      sent.map((one) => one.value),
      [0, 1],
    );
    await reader.close();
    await writer.close();
  });

  test("a removed query is reported and not sent any more", async () => {
    const [reader, writer] = [await open(), await open()];
    const name = uniqueName("removed");
    const { id } = await reader.subscribe("counters:get", { name });
    reader.modify([], [id]);
    await reader.until(() => reader.version.querySet === 2, "the removal");
    assert.deepEqual(reader.transitions.at(-1).modifications, [
      { type: "QueryRemoved", queryId: id },
    ]);
    await writer.mutate("counters:increment", { name });
    await reader.mutate("counters:increment", { name: uniqueName("other") });
    assert.equal(reader.results.has(id), false);
    await reader.close();
    await writer.close();
  });

  test("responses come before their transitions, whatever the interleaving", async () => {
    const name = uniqueName("interleaved");
    const clients = await Promise.all([open(), open(), open()]);
    const ids = await Promise.all(
      clients.map(async (client) => (await client.subscribe("counters:get", { name })).id),
    );
    const rounds = 40;
    await Promise.all(
      clients.map(async (client) => {
        for (let round = 0; round < rounds; round++) {
          const [one, two] = [0, 1].map(() => client.request("counters:increment", { name }));
          await client.response(round % 2 ? one : two);
        }
      }),
    );
    const total = 2 * rounds * clients.length;
    for (const [at, client] of clients.entries()) {
      await client.until(() => client.value(ids[at]) === total, `the total ${total}`);
      const seen = client.transitions.flatMap((one) => one.modifications.map((two) => two.value));
      assert.deepEqual(seen, [...seen].sort((a, b) => a - b), "values only grow");
      await client.close();
    }
  });

  test("all results of one transition belong to one moment", async () => {
    const [reader, writer] = [await open(), await open()];
    const owner = uniqueName("moment");
    const [first, second] = reader.modify([
      { udfPath: "notes:list", args: { owner } },
      { udfPath: "notes:between", args: { owner, from: 0, to: 1000 } },
    ]);
    await reader.until(() => reader.version.querySet === 1, "both results");
    for (let n = 0; n < 30; n++) writer.request("notes:add", { owner, text: "x", n });
    await reader.until(() => {
      assert.equal(reader.value(first).length, reader.value(second).length);
      return reader.value(first).length === 30;
    }, "thirty notes");
    await reader.close();
    await writer.close();
  });

  test("a request that is sent again is not executed again", async () => {
    const name = uniqueName("resent");
    const sessionId = randomUUID();
    const before = await open({ sessionId });
    const first = await before.mutate("counters:increment", { name });
    await before.cut();

    const again = await open({ sessionId, connectionCount: 1 });
    again.replays.add(0);
    const second = await again.mutate("counters:increment", { name }, { requestId: 0 });
    assert.deepEqual(second, first);
    const { result } = await again.subscribe("counters:get", { name });
    assert.equal(result.value, 1);
    await again.close();
  });

  test("two sockets that race with one request execute it once", async () => {
    for (let round = 0; round < 10; round++) {
      const name = uniqueName("raced");
      const sessionId = randomUUID();
      const racers = [await open({ sessionId }), await open({ sessionId, connectionCount: 1 })];
      const responses = await Promise.all(
        racers.map((racer) => {
          racer.replays.add(0);
          return racer.mutate("counters:increment", { name }, { requestId: 0 });
        }),
      );
      assert.deepEqual(responses[0], responses[1]);
      assert.equal(responses[0].result, 1);
      for (const racer of racers) await racer.close();
    }
  });

  test("a failed mutation leaves nothing behind and is executed when sent again", async () => {
    const socket = await open();
    const name = uniqueName("failed");
    const { id } = await socket.subscribe("counters:get", { name });
    for (const requestId of [0, 1]) {
      const response = await socket.mutate("counters:incrementAndFail", { name }, { requestId });
      assert.equal(response.success, false);
      assert.equal(response.ts, null);
      assert.match(response.result, /^\[Request ID: [0-9a-f]{16}\] Server Error\nUncaught Error: on purpose\n/);
      assert.match(response.result, /at .*\(\.\.\/convex\/counters\.ts:\d+:\d+\)/);
    }
    await socket.mutate("counters:increment", { name }, { requestId: 2 });
    assert.equal(socket.value(id), 1);
    await socket.close();
  });

  test("a ConvexError carries its data, and null is data", async () => {
    const socket = await open();
    const name = uniqueName("errors");
    const queries = await Promise.all([
      socket.subscribe("values:failWith", { data: { code: 7, list: [1, "x"] } }),
      socket.subscribe("values:failWith", { data: null }),
      socket.subscribe("values:failPlainly", {}),
    ]);
    assert.deepEqual(
      queries.map(({ result }) => [result.type, "errorData" in result, result.errorData]),
      [
        ["QueryFailed", true, { code: 7, list: [1, "x"] }],
        ["QueryFailed", true, null],
        ["QueryFailed", false, undefined],
      ],
    );
    const confirmed = socket.transitions.length;
    const failed = await socket.mutate("counters:incrementAndFail", { name, data: null });
    assert.equal("errorData" in failed, true);
    await socket.until(() => socket.transitions.length > confirmed, "the transition after a failure");
    await socket.close();
  });

  test("a failing query keeps the socket and the other queries alive", async () => {
    const socket = await open();
    const name = uniqueName("alive");
    const failing = [
      ["nowhere:nothing", /Could not find public function for 'nowhere:nothing'\./],
      ["counters:hidden", /Could not find public function for 'counters:hidden'\./],
      ["counters:increment", /Trying to execute counters\.js:increment as Query, but it is defined as Mutation\./],
    ];
    for (const [path, message] of failing) {
      const { result } = await socket.subscribe(path, { name });
      assert.equal(result.type, "QueryFailed");
      assert.match(result.errorMessage, message);
      assert.equal("errorData" in result, false);
    }
    const { id } = await socket.subscribe("counters:get", { name });
    await socket.mutate("counters:increment", { name });
    assert.equal(socket.value(id), 1);
    await socket.close();
  });

  test("a page keeps its end while it grows, and over a reconnect with its journal", async () => {
    const owner = uniqueName("paged");
    const writer = await open();
    for (const n of [0, 10, 20, 30, 40]) {
      await writer.mutate("notes:add", { owner, text: "x", n });
    }
    const args = { owner, paginationOpts: { numItems: 3, cursor: null } };
    const numbers = (socket, id) => socket.value(id).page.map((note) => note.n);

    const first = await open();
    const { id, result } = await first.subscribe("notes:page", args);
    assert.deepEqual(numbers(first, id), [0, 10, 20]);
    assert.equal(typeof result.journal, "string");
    await writer.mutate("notes:add", { owner, text: "x", n: 5 });
    await first.until(() => numbers(first, id).length === 4, "the grown page");
    assert.deepEqual(numbers(first, id), [0, 5, 10, 20]);
    const { journal } = first.results.get(id);
    await first.cut();
    await writer.mutate("notes:add", { owner, text: "x", n: 15 });

    const second = await open({ sessionId: first.sessionId, connectionCount: 1 });
    const page = await second.subscribe("notes:page", args, { journal });
    assert.deepEqual(numbers(second, page.id), [0, 5, 10, 15, 20]);
    const next = await second.subscribe("notes:page", {
      owner,
      paginationOpts: { numItems: 3, cursor: page.result.value.continueCursor },
    });
    assert.deepEqual(numbers(second, next.id), [30, 40]);
    assert.equal(next.result.value.isDone, true);

    const fresh = await second.subscribe("notes:page", args);
    assert.deepEqual(numbers(second, fresh.id), [0, 5, 10]);
    await second.close();
    await writer.close();
  });

  test("a large transition comes in chunks to clients that know them, whole to the others", async () => {
    const text = "aä€😀"; // 1 to 4 bytes a character, so that cuts fall inside one
    const args = { pieces: 4, text, times: 200_000 };
    const check = (value) =>
      assert.ok(value.length === 4 && value.every((piece) => piece === text.repeat(200_000)));
    for (const [options, chunked] of [
      [{ version: "1.48.0" }, true],
      [{ version: "1.28.0" }, true],
      [{ version: "1.27.0" }, false],
      [{ path: "/api/sync", headers: { "Convex-Client": "rust-0.10.4" } }, false],
    ]) {
      const socket = await open(options);
      const { result } = await socket.subscribe("values:large", args);
      check(result.value);
      assert.equal(socket.chunkCount > 1, chunked, JSON.stringify(options));
      await socket.close();
    }
  });

  test("a transition of more than 50 MB arrives", async () => {
    const socket = await open();
    const queries = Array.from({ length: 5 }, (_, at) => ({
      udfPath: "values:large",
      args: { pieces: 6 + at, text: "é".repeat(10), times: 60_000 + at },
    }));
    const ids = socket.modify(queries);
    await socket.until(() => socket.version.querySet === 1, "the transition");
    assert.deepEqual(
      ids.map((id) => socket.value(id).length),
      [6, 7, 8, 9, 10],
    );
    await socket.close();
  });

  test("a client that stops reading skips states and keeps its chain", async () => {
    const [slow, writer] = [await open(), await open()];
    const owner = uniqueName("slow");
    await writer.mutate("notes:add", { owner, text: "x".repeat(400_000), n: 0 });
    const { id } = await slow.subscribe("notes:list", { owner });
    slow.pause();
    const commits = 150;
    for (let n = 1; n <= commits; n++) {
      await writer.mutate("notes:add", { owner, text: "more", n });
    }
    slow.resume();
    await slow.until(() => slow.value(id).length === commits + 1, "the newest state");
    assert.ok(
      slow.transitions.length < commits,
      `${slow.transitions.length} transitions for ${commits} commits`,
    );
    await slow.close();
    await writer.close();
  });

  test("a thousand queued mutations are executed one after another, in order", async () => {
    const socket = await open();
    const name = uniqueName("queued");
    const ids = Array.from({ length: 1000 }, () => socket.request("counters:increment", { name }));
    await socket.response(ids.at(-1));
    assert.deepEqual(
      [...socket.responses.keys()],
      ids,
      "responses in the order of the requests",
    );
    assert.deepEqual(
      [...socket.responses.values()].map((response) => response.result),
      ids.map((_, at) => at + 1),
    );
    await socket.close();
  });

  test("extreme values come back as they went", async () => {
    const socket = await open();
    const values = [
      int64(0n),
      int64(2n ** 63n - 1n),
      int64(-(2n ** 63n)),
      float64(-0),
      float64(NaN),
      float64(Infinity),
      float64(-Infinity),
      0,
      1e300,
      5e-324,
      Number.MAX_SAFE_INTEGER,
      { $bytes: "" },
      { $bytes: Buffer.from([0, 255, 127]).toString("base64") },
      "",
      "\u0000 \u{1F30A} \uFFFF",
      { "": 1, "a b": { _x: null } },
      Array(8192).fill(true),
    ];
    for (const value of values) {
      const { result } = await socket.subscribe("values:echo", { value });
      assert.deepEqual(result.value, value);
      const stored = await socket.mutate("values:store", { value });
      assert.equal(stored.success, true, stored.result);
      const loaded = await socket.subscribe("values:load", { id: stored.result });
      assert.deepEqual(loaded.result.value, value);
    }
    await socket.close();
  });

  test("values over a limit fail their request and nothing else", async () => {
    const socket = await open();
    const nested = (depth) => JSON.parse("[".repeat(depth) + "]".repeat(depth));
    for (const [value, message] of [
      [Array(8193).fill(0), /8192/],
      [nested(70), /nest/i],
      [{ $nonsense: 1 }, /\$/],
      [{ $integer: "AAAA" }, /Int64/],
      [{ ключ: 1 }, /ASCII|field/i],
    ]) {
      const { result } = await socket.subscribe("values:echo", { value });
      assert.equal(result.type, "QueryFailed", JSON.stringify(value).slice(0, 80));
      assert.match(result.errorMessage, message);
      const stored = await socket.mutate("values:store", { value });
      assert.equal(stored.success, false);
    }
    const { result } = await socket.subscribe("values:echo", { value: nested(60) });
    assert.deepEqual(result.value, nested(60));
    await socket.close();
  });

  test("log lines come with the result", async () => {
    const socket = await open();
    const { result } = await socket.subscribe("values:talk", {});
    assert.deepEqual(result.logLines, [
      "[DEBUG] 'debug' 1",
      "[LOG] 'log' {\n  a: [ 1, 2n ]\n}",
      "[INFO] 'info' null",
      "[WARN] 'warn' undefined",
      "[ERROR] 'error' 'x'",
    ]);
    await socket.close();
  });

  test("an administrator sees internal functions, nobody else does", async () => {
    const socket = await open();
    socket.authenticate({ tokenType: "Admin", value: server.key });
    const { result } = await socket.subscribe("counters:hidden", {});
    assert.equal(result.value, "for administrators");
    assert.equal(socket.version.identity, 1);
    socket.authenticate({ tokenType: "None" });
    await socket.until(() => socket.version.identity === 2, "the second identity");
    assert.equal([...socket.results.values()][0].type, "QueryFailed");
    await socket.close();
  });

  test("a token that cannot be verified is answered with an AuthError", async () => {
    for (const token of [
      { tokenType: "User", value: "not.a.token" },
      { tokenType: "Admin", value: "nobody|00" },
    ]) {
      const socket = await open();
      socket.authenticate(token);
      await socket.untilClosed();
      const { type, error, baseVersion, authUpdateAttempted } = socket.messages.at(-1);
      assert.deepEqual(
        { type, baseVersion, authUpdateAttempted },
        { type: "AuthError", baseVersion: 0, authUpdateAttempted: true },
      );
      assert.ok(error.length > 0);
    }
  });

  test("an action is answered once it has run", async () => {
    const socket = await open();
    const id = socket.request("values:later", {}, { type: "Action" });
    const response = await socket.response(id);
    assert.deepEqual([response.success, response.result], [true, "done"]);
    await socket.close();
  });

  test("a time that a client has seen is reached when it is near when it is near, and refused when it is far", async () => {
    const seen = await open();
    seen.modify();
    await seen.until(() => seen.transitions.length > 0, "a timestamp");
    const near = encodeTs(decodeTs(seen.version.ts) + 50_000_000n);
    const ahead = await open({ maxObservedTimestamp: near });
    ahead.modify();
    await ahead.until(() => ahead.transitions.length > 0, "a transition");
    assert.ok(decodeTs(ahead.version.ts) >= decodeTs(near));
    const far = encodeTs(decodeTs(seen.version.ts) + 86_400_000_000_000n);
    const refused = await open({ maxObservedTimestamp: far });
    assert.equal((await refused.untilClosed()).code, 1011);
    await seen.close();
    await ahead.close();
  });

  test("client errors end the socket with a FatalError that says why", async () => {
    for (const [send, pattern] of [
      [(socket) => socket.sendRaw("{not json"), /Invalid JSON/],
      [(socket) => socket.send({ type: "Surprise" }), /Invalid JSON/],
      [(socket) => socket.send({ type: "Mutation", requestId: 0, udfPath: "a:b" }), /Invalid JSON/],
      [
        (socket) => {
          socket.querySet = 7;
          socket.modify();
        },
        /Base version 7 passed up doesn't match the current version 0/,
      ],
    ]) {
      const socket = await open();
      send(socket);
      await socket.untilClosed();
      const last = socket.messages.at(-1);
      assert.equal(last?.type, "FatalError");
      assert.match(last.error, pattern);
    }
  });

  test("a binary message closes the socket", async () => {
    const socket = await open();
    socket.sendRaw(Buffer.from([1, 2, 3]));
    assert.equal((await socket.untilClosed()).code, 1011);
  });

  test("events are telemetry: never answered, never fatal", async () => {
    const socket = await open();
    socket.send({ type: "Event", eventType: "Whatever", event: { any: ["thing"] } });
    socket.modify();
    await socket.until(() => socket.transitions.length === 1, "the transition");
    assert.equal(socket.messages.length, 1);
    await socket.close();
  });

  test("a client version that is too old, or is none, is refused at the handshake", async () => {
    for (const [version, code] of [
      ["0.10.0", "ClientVersionUnsupported"],
      ["nonsense", "InvalidClientVersion"],
    ]) {
      await assert.rejects(open({ version }), (error) => {
        assert.equal(error.status, 400);
        assert.equal(JSON.parse(error.body).code, code);
        return true;
      });
    }
  });

  test("an idle socket is pinged and stays open", async () => {
    await idle.until(() => idle.messages.some((one) => one.type === "Ping"), "a Ping");
    assert.equal(idle.closed, null);
    await idle.close();
  });
});
