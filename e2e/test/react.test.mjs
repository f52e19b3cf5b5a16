// The chat example in a real browser: React hooks, live updates, optimistic updates, reconnecting.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { extname, join } from "node:path";
import { before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import {
  cli,
  copyApp,
  push,
  startServer,
  suiteContext,
  temporaryDirectory,
} from "../lib/harness.mjs";
import { FreshetServer, freePort, run } from "../../tools/freshet.mjs";

const BROWSER = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
  ],
};
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

describe("React hooks in a browser", { concurrency: false }, () => {
  const later = suiteContext();
  let server;
  let place;
  let browser;
  let address;
  before(async () => {
    place = {
      dataDir: await temporaryDirectory(later),
      port: await freePort(),
      sitePort: await freePort(),
    };
    server = await startServer(later, place);
    const app = await copyApp(later, "chat");
    await push(server, app);
    const seeded = await cli(server, app, ["run", "channels:seed"]);
    assert.equal(seeded.code, 0, seeded.output);
    const built = await run(process.execPath, ["build.mjs"], {
      cwd: app,
      env: { ...process.env, CONVEX_URL: server.url },
    });
    assert.equal(built.code, 0, built.output);
    address = await serve(join(app, "dist"));
    browser = await chromium.launch(BROWSER);
    later.after(() => browser.close());
  });

  async function serve(directory) {
    const files = createServer((request, response) => {
      const path = request.url === "/" ? "/index.html" : new URL(request.url, "http://x").pathname;
      response.setHeader("Content-Type", TYPES[extname(path)] ?? "text/plain");
      createReadStream(join(directory, path))
        .on("error", () => response.writeHead(404).end())
        .pipe(response);
    }).listen(0, "127.0.0.1");
    await once(files, "listening");
    later.after(() => files.close());
    return `http://127.0.0.1:${files.address().port}`;
  }

  /** A visitor in a browser context of their own; errors on the page fail the test that asks for them. */
  async function visit(nickname) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error));
    await page.addInitScript((name) => sessionStorage.setItem("nickname", name), nickname);
    await page.goto(address);
    await page.getByRole("heading", { name: "# general" }).waitFor();
    const messages = page.getByRole("list", { name: "Messages" });
    return {
      page,
      errors,
      bodies: () => messages.locator(".body").allInnerTexts(),
      message: (text) => messages.getByRole("listitem").filter({ hasText: text }),
      say: async (text) => {
        await page.getByLabel("Message", { exact: true }).fill(text);
        await page.keyboard.press("Enter");
      },
      leave: () => context.close(),
    };
  }

  test("the page shows what the deployment holds", async () => {
    const ada = await visit("Ada");
    await ada.message("Welcome!").waitFor();
    assert.equal((await ada.bodies()).length, 3);
    assert.deepEqual(await ada.page.locator(".channel").allInnerTexts().then((all) => all.map((one) => one.split("\n")[0])), ["# general", "# random"]);
    await ada.page.getByRole("status").filter({ hasText: "live" }).waitFor();
    assert.deepEqual(ada.errors, []);
    await ada.leave();
  });

  test("a message is seen at once on a second page, with its reactions", async () => {
    const [ada, grace] = [await visit("Ada"), await visit("Grace")];
    await ada.say("Hello from one page");
    await grace.message("Hello from one page").waitFor();
    await grace.message("Hello from one page").getByLabel("React with 🎉").click();
    await ada.message("Hello from one page").locator('button[title="Grace"]').waitFor();
    await grace.message("Hello from one page").getByLabel("React with 🎉").click();
    await ada.message("Hello from one page").locator('button[title="Grace"]').waitFor({ state: "detached" });
    for (const visitor of [ada, grace]) {
      assert.deepEqual(visitor.errors, []);
      await visitor.leave();
    }
  });

  test("an optimistic message is there before the answer, once, and becomes the real one", async () => {
    const ada = await visit("Ada");
    await ada.message("Welcome!").waitFor();
    // Every state of the list that the page ever shows, as "pending" or "done" per copy of the message.
    await ada.page.evaluate(() => {
      window.states = [];
      const list = document.querySelector(".messages");
      const record = () => {
        const copies = [...list.querySelectorAll(".message")]
          .filter((item) => item.innerText.includes("Only once"))
          .map((item) => (item.classList.contains("pending") ? "pending" : "done"));
        const state = copies.join();
        if (window.states.at(-1) !== state) window.states.push(state);
      };
      new MutationObserver(record).observe(list, { subtree: true, childList: true, attributes: true });
    });
    await ada.say("Only once");
    await ada.page.locator(".message:not(.pending)", { hasText: "Only once" }).waitFor();
    const states = await ada.page.evaluate(() => window.states.filter((state) => state !== ""));
    assert.deepEqual(states, ["pending", "done"]);
    await ada.leave();
  });

  test("a refused mutation is rolled back and explained", async () => {
    const ada = await visit("Ada");
    await ada.message("Welcome!").waitFor();
    const before = await ada.bodies();
    await ada.say("x".repeat(2001));
    await ada.page.getByRole("alert").filter({ hasText: "at most 2000" }).waitFor();
    assert.deepEqual(await ada.bodies(), before);
    await ada.page.getByLabel("New channel").fill("General");
    await ada.page.keyboard.press("Enter");
    await ada.page.getByRole("alert").filter({ hasText: "#general exists already." }).waitFor();
    assert.deepEqual(ada.errors, []);
    await ada.leave();
  });

  test("older messages are loaded page by page while new ones arrive", async () => {
    const [ada, grace] = [await visit("Ada"), await visit("Grace")];
    await ada.page.getByLabel("New channel").fill("long");
    await ada.page.keyboard.press("Enter");
    await ada.page.getByRole("heading", { name: "# long" }).waitFor();
    await grace.page.locator(".channel", { hasText: "# long" }).click();
    for (let n = 1; n <= 40; n++) await ada.say(`message ${n}.`);
    await grace.message("message 40.").waitFor();
    await grace.page.reload();
    await grace.page.locator(".channel", { hasText: "# long" }).click();
    await grace.page.getByRole("button", { name: "Show older messages" }).waitFor();
    assert.equal((await grace.bodies()).length, 25);
    await grace.page.getByRole("button", { name: "Show older messages" }).click();
    await grace.message("message 1.").waitFor();
    await ada.say("message 41.");
    await grace.message("message 41.").waitFor();
    const numbers = (await grace.bodies()).map((text) => Number(text.match(/\d+/)[0]));
    assert.deepEqual(numbers, Array.from({ length: 41 }, (_, at) => 41 - at));
    for (const visitor of [ada, grace]) await visitor.leave();
  });

  test("a page lives through a restart of the server, and sends what was written meanwhile", async () => {
    const [ada, grace] = [await visit("Ada"), await visit("Grace")];
    await ada.message("Welcome!").waitFor();
    await server.stop();
    await ada.page.getByRole("status").filter({ hasText: "reconnecting" }).waitFor();
    await ada.say("Written in the dark");
    await ada.page.locator(".pending", { hasText: "Written in the dark" }).waitFor();
    server = await FreshetServer.start(place);
    later.after(() => server.stop());
    await ada.page.locator(".message:not(.pending)", { hasText: "Written in the dark" }).waitFor();
    await grace.message("Written in the dark").waitFor();
    assert.equal(await grace.message("Written in the dark").count(), 1);
    for (const visitor of [ada, grace]) {
      assert.deepEqual(visitor.errors, []);
      await visitor.leave();
    }
  });
});
