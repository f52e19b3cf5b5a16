import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";

const http = httpRouter();
const get = (path: string, handler: (request: Request) => any) =>
  http.route({ path, method: "GET", handler: httpAction(async (_ctx, request) => await handler(request)) });

get("/endless", () => {
  const chunk = new Uint8Array(1 << 20);
  return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }));
});
get("/header", () => new Response("x", { headers: { "x-a": "1\r\nset-cookie: stolen=1" } }));
get("/nothing", () => "not a Response");
get("/loop", () => {
  for (;;);
});
get("/breaks", () => {
  let sent = 0;
  return new Response(
    new ReadableStream({
      pull(controller) {
        if (sent++ > 3) throw new Error("broken");
        controller.enqueue(new TextEncoder().encode("part"));
      },
    }),
  );
});
http.route({
  path: "/upload",
  method: "POST",
  handler: httpAction(async (_ctx, request) => new Response(String((await request.arrayBuffer()).byteLength))),
});

export default http;
