// README's first command, and the launcher around it.
import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LAUNCHER, run } from "../../tools/freshet.mjs";
import { temporaryDirectory } from "../lib/harness.mjs";

const env = { ...process.env, FRESHET_NO_BUILD: "1" };

test("the demo serves a chat with a working deployment behind it, and stops", async () => {
  const result = await run(LAUNCHER, ["demo", "--check"], { env, timeoutMs: 240_000 });
  assert.equal(result.code, 0, result.output);
  assert.match(result.stdout, /the demo works/);
});

test("the launcher works through a symbolic link and from any directory", async (context) => {
  const link = join(await temporaryDirectory(context), "linked");
  await symlink(LAUNCHER, link);
  const result = await run(link, ["help"], { cwd: tmpdir(), env });
  assert.equal(result.code, 0, result.output);
  assert.match(result.stdout, /usage: \.\/freshet/);
  const version = await run(link, ["--version"], { cwd: tmpdir(), env });
  assert.equal(version.code, 0, version.output);
});
