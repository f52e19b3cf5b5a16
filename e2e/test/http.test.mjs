// The HTTP function API: answers and errors in both formats, headers, and the small public endpoints.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { answer, post, sharedServer, suiteContext, uniqueName } from "../lib/harness.mjs";
import { decodeTs } from "../lib/sync-socket.mjs";

describe("HTTP function API", () => {
  const later = suiteContext();
  let server;
  before(async () => {
    server = await sharedServer(later);
  });
  const call = (endpoint, body, headers) => post(`${server.url}/api/${endpoint}`, body, headers);
  const asAdmin = () => ({ Authorization: `Convex ${server.key}` });

  test("a query and a mutation answer in the clean format unless another is asked for", async () => {
    const owner = uniqueName("http");
    const added = await call("mutation", { path: "notes:add", args: { owner, text: "a", n: 3 } });
    assert.equal(added.status, 200);
    assert.deepEqual(Object.keys(added.body).sort(), ["status", "value"]);
    const list = await call("query", { path: "notes:list", args: { owner } });
    assert.equal(list.body.status, "success");
    assert.deepEqual(
      list.body.value.map(({ _id, owner, text, n }) => ({ _id, owner, text, n })),
      [{ _id: added.body.value, owner, text: "a", n: 3 }],
    );
  });

  test("the format decides how special values are written", async () => {
    const value = {
      int: { $integer: "KgAAAAAAAAA=" },
      nan: { $float: "AAAAAAAA+H8=" },
      bytes: { $bytes: "AAE=" },
      one: 1,
    };
    const ask = async (format) => (await call("query", { path: "values:echo", args: { value }, format })).text;
    for (const format of ["json", "convex_clean_json", undefined]) {
      assert.equal(
        await ask(format),
        '{"status":"success","value":{"bytes":"AAE=","int":"42","nan":"NaN","one":1.0}}',
      );
    }
    for (const format of ["convex_encoded_json", "convex_json"]) {
      assert.equal(
        await ask(format),
        '{"status":"success","value":{"bytes":{"$bytes":"AAE="},"int":{"$integer":"KgAAAAAAAAA="},"nan":{"$float":"AAAAAAAA+H8="},"one":1.0}}',
      );
    }
    const wrong = await call("query", { path: "values:echo", args: { value }, format: "yaml" });
    assert.deepEqual([wrong.status, wrong.body.code], [400, "BadFormat"]);
  });

  test("a mutation writes and returns the time of its commit", async () => {
    const format = "convex_encoded_json";
    const names = [uniqueName("event"), uniqueName("event")];
    const times = [];
    for (const name of names) {
      const { body } = await call("mutation", { path: "events:record", args: { name }, format });
      assert.equal(body.value.pending, true);
      times.push(body.value.at);
    }
    const start = { $integer: "AAAAAAAAAAA=" };
    const { body } = await call("query", { path: "events:since", args: { at: start }, format });
    const ours = body.value.filter(({ name }) => names.includes(name));
    assert.deepEqual(ours.map(({ name, at }) => [name, at]), [[names[0], times[0]], [names[1], times[1]]]);
    const later = await call("query", { path: "events:since", args: { at: times[0] }, format });
    assert.deepEqual(later.body.value.filter(({ name }) => names.includes(name)).map(({ name }) => name), [names[1]]);
  });

  test("functions can look into the virtual tables", async () => {
    const { body } = await call("query", { path: "events:system", args: {} });
    assert.deepEqual(body, { status: "success", value: { fileId: null, files: [], scheduled: [] } });
  });

  test("administrators see what the tables' documents look like", async () => {
    const owner = uniqueName("shape");
    await call("mutation", { path: "notes:add", args: { owner, text: "a", n: 3 } });
    const response = await fetch(`${server.url}/api/shapes2?component=`, { headers: asAdmin() });
    assert.equal(response.status, 200);
    const { notes } = await response.json();
    assert.equal(notes.type, "Object");
    assert.deepEqual(notes.fields.map(({ fieldName }) => fieldName), ["_creationTime", "_id", "n", "owner", "text"]);
    assert.deepEqual(notes.fields[1].shape, { type: "Id", tableName: "notes" });
    assert.equal((await fetch(`${server.url}/api/shapes2`)).status, 403);
  });

  test("a function that fails answers 200 with the error in the body", async () => {
    for (const format of ["json", "convex_encoded_json"]) {
      const data = { code: { $integer: "AQAAAAAAAAA=" } };
      const failed = await call("query", { path: "values:failWith", args: { data }, format });
      assert.equal(failed.status, 200);
      assert.equal(failed.body.status, "error");
      assert.deepEqual(failed.body.errorData, format === "json" ? { code: "1" } : data);
      assert.match(failed.body.errorMessage, /^\[Request ID: [0-9a-f]{16}\] Server Error\n/);

      const plain = await call("query", { path: "values:failPlainly", args: {}, format });
      assert.equal(plain.status, 200);
      assert.equal("errorData" in plain.body, false);
      assert.match(plain.body.errorMessage, /Uncaught Error: a plain failure\n {4}at .*values\.ts:\d+:\d+/);
    }
  });

  test("missing, internal and mistaken functions are told apart from working ones only by their text", async () => {
    for (const [endpoint, path, message] of [
      ["query", "no:such", "Could not find public function for 'no:such'."],
      ["query", "counters:hidden", "Could not find public function for 'counters:hidden'."],
      ["mutation", "counters:reset", "Could not find public function for 'counters:reset'."],
      ["mutation", "counters:get", "Trying to execute counters.js:get as Mutation, but it is defined as Query."],
      ["query", "counters:increment", "Trying to execute counters.js:increment as Query, but it is defined as Mutation."],
    ]) {
      const { status, body } = await call(endpoint, { path, args: { name: "x" } });
      assert.equal(status, 200);
      assert.equal(body.status, "error");
      assert.ok(body.errorMessage.includes(message), body.errorMessage);
    }
  });

  test("arguments that a validator refuses and results that it refuses are function errors", async () => {
    const { body } = await call("query", { path: "counters:get", args: { name: 7 } });
    assert.match(body.errorMessage, /ArgumentValidationError/);
    const missing = await call("query", { path: "counters:get", args: {} });
    assert.match(missing.body.errorMessage, /ArgumentValidationError/);
    const result = await call("query", { path: "values:wrongReturn", args: {} });
    assert.match(result.body.errorMessage, /ReturnsValidationError/);
  });

  test("an administrator calls any function by /api/function, nobody else may use it", async () => {
    const internal = { path: "counters:hidden", args: {} };
    const done = await call("function", internal, asAdmin());
    assert.deepEqual(done.body, { status: "success", value: "for administrators" });
    const query = await call("query", internal, asAdmin());
    assert.equal(query.body.value, "for administrators");
    const nobody = await call("function", internal);
    assert.deepEqual([nobody.status, nobody.body.code], [403, "BadDeployKey"]);
    const missing = await call("function", { path: "no:such", args: {} }, asAdmin());
    assert.ok(
      missing.body.errorMessage.includes(
        "Could not find function for 'no:such'. Did you forget to run `npx convex dev`",
      ),
      missing.body.errorMessage,
    );
  });

  test("/api/run takes the function from the path", async () => {
    const name = uniqueName("run");
    const done = await call("run/counters/increment", { args: { name } });
    assert.deepEqual(done.body, { status: "success", value: 1 });
    const short = await call("run/counters", { args: {} });
    assert.deepEqual([short.status, short.body.code], [400, "MissingIdentifier"]);
  });

  test("a query can be asked with GET", async () => {
    const name = uniqueName("get");
    const query = new URLSearchParams({ path: "counters:get", args: JSON.stringify({ name }) });
    const { status, body } = await answer(await fetch(`${server.url}/api/query?${query}`));
    assert.deepEqual([status, body], [200, { status: "success", value: 0 }]);
  });

  test("a query at a timestamp sees what was there then", async () => {
    const name = uniqueName("past");
    const args = { name };
    await call("mutation", { path: "counters:increment", args });
    const { body } = await call("query_ts", "");
    assert.ok(decodeTs(body.ts) > 0n);
    await call("mutation", { path: "counters:increment", args });
    const then = await call("query_at_ts", { path: "counters:get", args, ts: body.ts });
    const now = await call("query", { path: "counters:get", args });
    assert.deepEqual([then.body.value, now.body.value], [1, 2]);
    const bad = await call("query_at_ts", { path: "counters:get", args, ts: "yesterday" });
    assert.equal(bad.status, 400);
  });

  test("a batch of queries is answered in order", async () => {
    const name = uniqueName("batch");
    const { body } = await call("query_batch", {
      queries: [
        { path: "counters:get", args: { name } },
        { path: "values:failPlainly", args: {} },
        { path: "values:echo", args: { value: "x" } },
      ],
    });
    assert.deepEqual(
      body.results.map((result) => result.status),
      ["success", "error", "success"],
    );
  });

  test("log lines are in the answer, and left out when there are none", async () => {
    const { body } = await call("query", { path: "values:talk", args: {} });
    assert.equal(body.logLines.length, 5);
    const silent = await call("query", { path: "values:nothing", args: {} });
    assert.deepEqual(silent.body, { status: "success", value: null });
  });

  test("the client's request id is the one in error texts", async () => {
    const { body } = await call(
      "query",
      { path: "values:failPlainly", args: {} },
      { "Convex-Request-Id": "mine-42" },
    );
    assert.match(body.errorMessage, /^\[Request ID: mine-42\] Server Error/);
  });

  test("an action answers like other functions, and a query is none", async () => {
    const { body } = await call("action", { path: "values:later", args: {} });
    assert.deepEqual(body, { status: "success", value: "done" });
    const wrong = await call("action", { path: "values:chance", args: {} });
    assert.match(wrong.body.errorMessage, /as Action, but it is defined as Query/);
  });

  test("random numbers and the time are fixed within a call", async () => {
    const { body } = await call("query", { path: "values:chance", args: {} });
    const [one, two, start, end] = body.value;
    assert.notEqual(one, two);
    assert.equal(start, end);
    assert.ok(Math.abs(start - Date.now()) < 3_600_000);
  });

  test("any origin may call, also the opaque one of a local file", async () => {
    for (const origin of ["https://app.example", "null"]) {
      const preflight = await fetch(`${server.url}/api/query`, {
        method: "OPTIONS",
        headers: {
          Origin: origin,
          "Access-Control-Request-Method": "POST",
          "Access-Control-Request-Headers": "content-type,convex-client",
        },
      });
      assert.equal(preflight.status, 200);
      assert.equal(preflight.headers.get("access-control-allow-origin"), origin);
      assert.equal(preflight.headers.get("access-control-allow-credentials"), "true");
      assert.match(preflight.headers.get("access-control-allow-methods"), /POST/);
      assert.match(preflight.headers.get("access-control-allow-headers"), /content-type/);
      assert.equal(preflight.headers.get("access-control-max-age"), "86400");
      const real = await call("query", { path: "values:nothing", args: {} }, { Origin: origin });
      assert.equal(real.headers.get("access-control-allow-origin"), origin);
      assert.match(real.headers.get("vary"), /origin/i);
    }
  });

  test("the small public endpoints answer", async () => {
    const get = async (path, headers) => await answer(await fetch(server.url + path, { headers }));
    assert.equal((await get("/version")).status, 200);
    assert.equal((await get("/instance_name")).text, server.key.split("|")[0]);
    assert.equal((await get("/")).status, 200);
    assert.equal((await post(`${server.url}/echo`, "bounce")).text, "bounce");
    const canonical = await get("/api/v1/get_canonical_urls", asAdmin());
    assert.equal(canonical.body.convexSiteUrl, server.siteUrl);
    const checked = await get("/api/check_admin_key", asAdmin());
    assert.equal(checked.body.success, true);
    assert.equal((await get("/nowhere")).status, 404);
    const wrongMethod = await fetch(`${server.url}/api/mutation`);
    assert.equal(wrongMethod.status, 405);
    assert.match(wrongMethod.headers.get("allow"), /POST/);
  });
});
