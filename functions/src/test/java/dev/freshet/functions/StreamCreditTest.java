package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.functions.HttpHead.Header;
import dev.freshet.values.Clock;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Bodies of HTTP actions and stored files, both ways, with ends that are slow, break or go away.
 */
class StreamCreditTest extends ActionTest {
  private static final String ROUTER =
      """
      export default {
        isRouter: true,
        lookup: (path, method) => path === "/x" ? [null, method, "/x"] : null,
        runRequest: async (args) => {
          const request = Convex.jsSyscall("requestFromConvexJson", { convexJson: JSON.parse(args) });
          const response = await handler(request);
          return JSON.stringify(Convex.jsSyscall("convexJsonFromResponse", { response }));
        },
      };
      """;

  /** A client that takes as many bytes as it is allowed. */
  private static final class Client implements ResponseSink {
    final ByteArrayOutputStream body = new ByteArrayOutputStream();
    final Semaphore allowed = new Semaphore(0);
    volatile int status;
    volatile boolean gone;
    volatile boolean broken;
    volatile @Nullable Runnable left;

    @Override
    public void head(int code, List<Header> pairs) {
      if (broken) {
        throw new IllegalStateException("no such head");
      }
      status = code;
    }

    @Override
    public void write(ByteBuffer chunk) throws IOException {
      allowed.acquireUninterruptibly(chunk.remaining());
      if (gone) {
        throw new IOException("gone");
      }
      byte[] bytes = new byte[chunk.remaining()];
      chunk.get(bytes);
      body.writeBytes(bytes);
    }

    @Override
    public void onDisconnect(Runnable action) {
      left = action;
    }
  }

  private final Client client = new Client();

  private HttpOutcome served(String path, @Nullable InputStream body, String handler) {
    ModuleSet modules =
        Fixtures.modules(
            Map.of(
                "http.js",
                "const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));"
                    + "const handler = async (request) => {"
                    + handler
                    + "};"
                    + ROUTER));
    HttpHead head =
        new HttpHead(
            body == null ? "GET" : "POST",
            "http://localhost" + path,
            path,
            List.of(new Header("x-a", "1")));
    return runner.serve(httpCall(modules), head, body, client, host);
  }

  @Test
  void aResponseThatTheServerFailsToSendIsNotTakenForWhole() {
    client.broken = true;
    HttpOutcome outcome = served("/x", null, "return new Response('lost');");
    assertThat(((HttpOutcome.Answered) outcome).cut()).isTrue();
  }

  @Test
  void aSmallResponseArrivesWhole() {
    client.allowed.release(1 << 20);
    HttpOutcome outcome =
        served(
            "/x",
            null,
            "return new Response('hello ' + request.headers.get('x-a'), {status: 201});");
    assertThat(outcome).isInstanceOf(HttpOutcome.Answered.class);
    assertThat(((HttpOutcome.Answered) outcome).route()).isEqualTo("GET /x");
    assertThat(client.status).isEqualTo(201);
    assertThat(client.body.toString(UTF_8)).isEqualTo("hello 1");
  }

  @Test
  void aPathWithoutARouteRunsNothing() {
    assertThat(served("/y", null, "throw new Error();")).isInstanceOf(HttpOutcome.NoRoute.class);
  }

  @Test
  void anErrorBeforeTheHeadIsToldWithItsRoute() {
    HttpOutcome.Failed failed =
        (HttpOutcome.Failed) served("/x", null, "throw new Error('broken');");
    assertThat(failed.error().message()).isEqualTo("Uncaught Error: broken");
    assertThat(failed.headSent()).isFalse();
    assertThat(failed.route()).isEqualTo("GET /x");
  }

  @Test
  void uploadsAreReadOnlyAsFastAsTheActionReadsThem() {
    AtomicLong given = new AtomicLong();
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            given.incrementAndGet();
            return 7;
          }

          @Override
          public int read(byte[] target, int offset, int length) {
            given.addAndGet(length);
            return length;
          }
        };
    client.allowed.release(1 << 20);
    HttpOutcome outcome =
        served(
            "/x",
            endless,
            "const reader = request.body.getReader(); const {value} = await reader.read();"
                + " await sleep(200); return new Response(String(value.length > 0));");
    assertThat(outcome).isInstanceOf(HttpOutcome.Answered.class);
    assertThat(given.get()).isLessThanOrEqualTo(3 * (256 << 10));
  }

  @Test
  void aWholeUploadArrives() {
    byte[] upload = new byte[3_000_000];
    new java.util.Random(5).nextBytes(upload);
    client.allowed.release(1 << 20);
    served(
        "/x",
        new ByteArrayInputStream(upload),
        "const bytes = new Uint8Array(await request.arrayBuffer()); let sum = 0;"
            + " for (const b of bytes) sum += b; return new Response(bytes.length + ' ' + sum);");
    long sum = 0;
    for (byte b : upload) {
      sum += b & 0xff;
    }
    assertThat(client.body.toString(UTF_8)).isEqualTo(upload.length + " " + sum);
  }

  @Test
  void theActionWritesOnlyAsFastAsTheClientReads() throws Exception {
    String handler =
        "let made = 0; const chunk = new Uint8Array(64 << 10); return new Response(new"
            + " ReadableStream({ pull(c) { if (made === 160) { c.close(); return; } made++;"
            + " console.log(made); c.enqueue(chunk); } }));";
    Thread server = Thread.startVirtualThread(() -> served("/x", null, handler));
    await().until(() -> client.status == 200 && host.parked.size() > 3);
    await().during(Duration.ofMillis(100)).until(() -> Integer.parseInt(lastLine()) < 16);
    client.allowed.release(160 * (64 << 10));
    server.join();
    assertThat(client.body.size()).isEqualTo(160 * (64 << 10));
  }

  private String lastLine() {
    String line = host.lines.isEmpty() ? "[LOG] 0" : host.lines.getLast();
    return line.substring(line.indexOf(' ') + 1);
  }

  @Test
  void aClientThatLeavesEndsTheBody() {
    client.gone = true;
    client.allowed.release(1 << 20);
    HttpOutcome.Answered outcome =
        (HttpOutcome.Answered)
            served(
                "/x",
                null,
                "const chunk = new Uint8Array(1 << 16); return new Response(new ReadableStream({"
                    + " pull(c) { c.enqueue(chunk); } }));");
    assertThat(outcome.cut()).isTrue();
  }

  @Test
  void anActionThatThrowsWhenItsClientLeavesFailsAlone() throws Exception {
    List<Long> before = runner.pids();
    String handler =
        "request.signal.addEventListener('abort', () => { throw new Error('left'); });"
            + " await sleep(20000); return new Response();";
    var outcome = new CompletableFuture<HttpOutcome>();
    Thread.startVirtualThread(() -> outcome.complete(served("/x", null, handler)));
    await().until(() -> client.left != null && host.parked.size() > 1);
    requireNonNull(client.left).run();
    assertThat(outcome.get())
        .isInstanceOfSatisfying(
            HttpOutcome.Failed.class,
            failed -> assertThat(failed.error().message()).isEqualTo("Uncaught Error: left"));
    assertThat(runner.pids()).containsAll(before);
  }

  @Test
  void filesAreStoredAndReadAsStreams() {
    ModuleSet modules =
        Script.actions(
            "export const f = action(async () => { const blob = new Blob(['x'.repeat(1000000),"
                + " 'end'], {type: 'text/plain'}); const id = await"
                + " Convex.jsSyscall('storage/storeBlob', {blob, requestId: '', version: ''});"
                + " const back = await Convex.jsSyscall('storage/getBlob', {storageId: id,"
                + " requestId: '', version: ''}); const none = await"
                + " Convex.jsSyscall('storage/getBlob', {storageId: 'no', requestId: '', version:"
                + " ''}); const text = await back.text(); return [id, back.type, text.length,"
                + " text.slice(-3), none]; });");
    assertThat(result(outcome(modules)))
        .isEqualTo("[\"stored\",\"text/plain\",1000003,\"end\",null]");
  }

  @Test
  void aCreditSmallerThanAChunkHoldsNothingUp() {
    Limits limits = Limits.of(Map.of(Limit.ACTION_STREAM_CREDIT, 4096L));
    String body =
        "const id = await Convex.jsSyscall('storage/storeBlob', {blob: new"
            + " Blob(['x'.repeat(100000)]), requestId: '', version: ''}); const back = await"
            + " Convex.jsSyscall('storage/getBlob', {storageId: id, requestId: '', version: ''});"
            + " return (await back.text()).length;";
    try (NodeActionRunner small =
        new NodeActionRunner(
            new RunnerConfig(null, 1, limits, Clock.system(), MemoryBudget.unlimited()))) {
      assertThat(result(small.run(call(Script.action(body), "f", "{}"), host))).isEqualTo("100000");
    }
  }
}
