package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What actions fetch, from a server of the test's own. */
class FetchTest extends ActionTest {
  private static final String ECHO = "(await (await fetch(base + '/echo', init)).json())";

  private HttpServer server;
  private final Set<Integer> clients = ConcurrentHashMap.newKeySet();
  private final CountDownLatch released = new CountDownLatch(1);

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 2048);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/echo", this::echo);
    server.createContext("/redirect", FetchTest::redirect);
    server.createContext("/gzip", FetchTest::packed);
    server.createContext("/status", FetchTest::status);
    server.createContext("/never", this::never);
    server.createContext("/half", this::half);
    server.start();
  }

  @AfterEach
  void stopServing() {
    released.countDown();
    server.stop(0);
  }

  private void echo(HttpExchange exchange) throws IOException {
    clients.add(exchange.getRemoteAddress().getPort());
    StringBuilder json = new StringBuilder("{\"method\":\"" + exchange.getRequestMethod() + "\"");
    new TreeMap<>(exchange.getRequestHeaders())
        .forEach(
            (name, values) ->
                json.append(",\"" + name.toLowerCase(Locale.ROOT) + "\":\"" + values + "\""));
    String body = new String(exchange.getRequestBody().readAllBytes(), ISO_8859_1);
    json.append(",\"size\":" + body.length() + ",\"body\":\"");
    json.append(body.length() < 100 ? body : "").append("\"}");
    exchange.getResponseHeaders().add("Set-Cookie", "a=1");
    exchange.getResponseHeaders().add("Set-Cookie", "b=2");
    exchange.getResponseHeaders().add("X-Path", exchange.getRequestURI().toString());
    byte[] bytes = json.toString().getBytes(UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  /** {@code /redirect/<status>?<location>}. */
  private static void redirect(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    int status = Integer.parseInt(exchange.getRequestURI().getPath().substring(10));
    exchange.getResponseHeaders().add("Location", exchange.getRequestURI().getQuery());
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  private static void packed(HttpExchange exchange) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write("unpacked ".repeat(1000).getBytes(UTF_8));
    }
    exchange.getResponseHeaders().add("Content-Encoding", "gzip");
    exchange.sendResponseHeaders(200, bytes.size());
    exchange.getResponseBody().write(bytes.toByteArray());
    exchange.close();
  }

  private static void status(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(
        Integer.parseInt(exchange.getRequestURI().getPath().substring(8)), -1);
    exchange.close();
  }

  private void never(HttpExchange exchange) {
    await(released);
    exchange.close();
  }

  /** A body that stops in the middle. */
  private void half(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 100);
    exchange.getResponseBody().write("half".getBytes(UTF_8));
    exchange.getResponseBody().flush();
    await(released);
    exchange.close();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String fetched(String body) {
    int port = server.getAddress().getPort();
    return ran("const base = 'http://127.0.0.1:" + port + "', port = " + port + ";" + body);
  }

  private static String caught(String call) {
    return "try { await "
        + call
        + "; } catch (e) { return [e.name, e.message, e instanceof Error]; }";
  }

  @Test
  void sendsWhatItIsGiven() {
    assertThat(fetched("const init = undefined; return " + ECHO + ";"))
        .isEqualTo(
            "{\"method\":\"GET\",\"accept\":\"[*/*]\",\"accept-encoding\":\"[gzip]\",\"connection\":\"[keep-alive]\","
                + "\"host\":\"[127.0.0.1:"
                + server.getAddress().getPort()
                + "]\",\"user-agent\":\"[Freshet/1.0]\",\"size\":0,\"body\":\"\"}");
    assertThat(
            fetched(
                "const init = {method: 'PUT', body: 'hé', headers: {'User-Agent': 'mine', 'X-A':"
                    + " 'café', 'Accept': 'a/b'}}; const e = "
                    + ECHO
                    + "; return [e.method, e['user-agent'], e['x-a'], e.accept,"
                    + " e['content-length'], e['content-type'], e.size];"))
        .isEqualTo(
            "[\"PUT\",\"[mine]\",\"[caf\u00e9]\",\"[a/b]\",\"[3]\",\"[text/plain;charset=UTF-8]\",3]");
    assertThat(
            fetched(
                "const init = {method: 'POST'}; const e = "
                    + ECHO
                    + "; return [e.method, e['content-length'], e['transfer-encoding']];"))
        .isEqualTo("[\"POST\",\"[0]\",null]");
  }

  @Test
  void givesTheResponse() {
    assertThat(
            fetched(
                "const r = await fetch(base + '/echo?q=1#part'); return [r.status, r.statusText,"
                    + " r.ok, r.type, r.url === base + '/echo?q=1', r.redirected,"
                    + " r.headers.getSetCookie(), r.headers.get('x-path'), r.body instanceof"
                    + " ReadableStream, r instanceof Response];"))
        .isEqualTo(
            "[200,\"OK\",true,\"basic\",true,false,[\"a=1\",\"b=2\"],\"/echo?q=1\",true,true]");
    assertThat(
            fetched(
                "const r = await fetch(base + '/status/404'); return [r.status, r.ok, await"
                    + " r.text()];"))
        .isEqualTo("[404,false,\"\"]");
    assertThat(fetched("const r = await fetch(base + '/status/204'); return r.body;"))
        .isEqualTo("null");
    assertThat(fetched("const r = await fetch(base + '/echo', {method: 'HEAD'}); return r.body;"))
        .isEqualTo("null");
  }

  @Test
  void unpacksWhatWasCompressed() {
    assertThat(
            fetched(
                "const r = await fetch(base + '/gzip'); return [r.headers.get('content-encoding'),"
                    + " r.headers.get('content-length'), (await r.text()).length];"))
        .isEqualTo("[null,null,9000]");
  }

  @Test
  void followsRedirections() {
    String summary =
        "; return [r.status, r.redirected, r.url === base + '/echo?x', e.method, e.size];";
    assertThat(
            fetched(
                "const r = await fetch(base + '/redirect/302?/echo%3Fx', {method: 'POST', body:"
                    + " 'abc'}), e = await r.json()"
                    + summary))
        .isEqualTo("[200,true,true,\"GET\",0]");
    assertThat(
            fetched(
                "const r = await fetch(base + '/redirect/307?/echo%3Fx', {method: 'POST', body:"
                    + " 'abc'}), e = await r.json()"
                    + summary))
        .isEqualTo("[200,true,true,\"POST\",3]");
    assertThat(
            fetched(
                "const r = await fetch(base + '/redirect/303?/echo%3Fx', {method: 'DELETE'}), e ="
                    + " await r.json()"
                    + summary))
        .isEqualTo("[200,true,true,\"GET\",0]");
    assertThat(
            fetched(
                "const r = await fetch(base + '/redirect/302?/echo', {redirect: 'manual'}); return"
                    + " [r.status, r.headers.get('location')];"))
        .isEqualTo("[302,\"/echo\"]");
    assertThat(fetched(caught("fetch(base + '/redirect/302?/echo', {redirect: 'error'})")))
        .isEqualTo("[\"TypeError\",\"fetch attempted redirect\",true]");
    assertThat(fetched(caught("fetch(base + '/redirect/302?file:///etc/passwd')")))
        .startsWith("[\"TypeError\",\"fetch cannot redirect to file:");
    assertThat(
            fetched(
                "const body = new ReadableStream({start(c) { c.enqueue(new Uint8Array(3));"
                    + " c.close(); }});"
                    + caught("fetch(base + '/redirect/308?/echo', {method: 'POST', body})")))
        .isEqualTo("[\"TypeError\",\"fetch cannot redirect with streamed body\",true]");
  }

  @Test
  void givesUpEndlessRedirections() {
    server.createContext(
        "/loop",
        exchange -> {
          exchange.getResponseHeaders().add("Location", "/loop");
          exchange.sendResponseHeaders(301, -1);
          exchange.close();
        });
    assertThat(fetched(caught("fetch(base + '/loop')")))
        .isEqualTo("[\"TypeError\",\"fetch too many redirects\",true]");
  }

  @Test
  void keepsCredentialsFromOtherOrigins() {
    String init = "{headers: {authorization: 'secret', cookie: 'c=1', 'x-other': 'o'}}";
    String summary = ")).json(); return [e.authorization ?? null, e.cookie ?? null, e['x-other']];";
    assertThat(
            fetched("const e = await (await fetch(base + '/redirect/302?/echo', " + init + summary))
        .isEqualTo("[\"[secret]\",\"[c=1]\",\"[o]\"]");
    assertThat(
            fetched(
                "const e = await (await fetch(base + '/redirect/302?http://localhost:' + port +"
                    + " '/echo', "
                    + init
                    + summary))
        .isEqualTo("[null,null,\"[o]\"]");
  }

  @Test
  void tellsWhyItFailed() throws IOException {
    int closed;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    String url = "http://127.0.0.1:" + closed + "/x";
    assertThat(fetched(caught("fetch('" + url + "')")))
        .isEqualTo(
            "[\"Error\",\"error sending request for url ("
                + url
                + "): connect ECONNREFUSED 127.0.0.1:"
                + closed
                + "\",true]");
    assertThat(fetched(caught("fetch('http://name.invalid/')")))
        .startsWith(
            "[\"Error\",\"error sending request for url (http://name.invalid/): getaddrinfo");
    assertThat(fetched(caught("fetch('ftp://example.com/')")))
        .isEqualTo(
            "[\"TypeError\",\"Unsupported URL scheme -- http and https are supported (scheme was"
                + " ftp)\",true]");
    assertThat(fetched(caught("fetch('nowhere')")))
        .isEqualTo("[\"TypeError\",\"Failed to parse URL from nowhere\",true]");
    assertThat(
            fetched(
                "const body = new ReadableStream({pull(c) { c.error(new RangeError('no more'));"
                    + " }});"
                    + caught("fetch(base + '/echo', {method: 'POST', body})")))
        .startsWith("[\"Error\",\"error sending request")
        .contains("no more");
    // The process has survived all of it.
    assertThat(fetched("return (await fetch(base + '/echo')).status;")).isEqualTo("200");
  }

  @Test
  void trustsNoUnknownCertificate(@TempDir Path directory) throws Exception {
    Path keys = directory.resolve("keys.p12");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    Process made =
        new ProcessBuilder(
                (keytool
                        + " -genkeypair -keyalg EC -alias a -dname CN=127.0.0.1 -storepass secret"
                        + " -storetype PKCS12 -keystore "
                        + keys)
                    .split(" "))
            .inheritIO()
            .start();
    assertThat(made.waitFor()).isZero();
    KeyStore store = KeyStore.getInstance(keys.toFile(), "secret".toCharArray());
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(store, "secret".toCharArray());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(factory.getKeyManagers(), null, null);
    HttpsServer secure =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    secure.setHttpsConfigurator(new HttpsConfigurator(tls));
    secure.createContext("/", FetchTest::status);
    secure.start();
    try {
      assertThat(
              fetched(caught("fetch('https://127.0.0.1:" + secure.getAddress().getPort() + "/')")))
          .startsWith("[\"Error\",\"error sending request")
          .contains("self-signed certificate");
    } finally {
      secure.stop(0);
    }
  }

  @Test
  void canBeAborted() {
    assertThat(fetched(caught("fetch(base + '/echo', {signal: AbortSignal.abort()})")))
        .startsWith("[\"AbortError\"");
    assertThat(
            fetched(
                "const c = new AbortController(); setTimeout(() => c.abort(new"
                    + " RangeError('enough')), 20);"
                    + caught("fetch(base + '/never', {signal: c.signal})")))
        .isEqualTo("[\"RangeError\",\"enough\",true]");
    assertThat(
            fetched(
                "const c = new AbortController(); const r = await fetch(base + '/half', {signal:"
                    + " c.signal}); const reader = r.body.getReader(); const first = await"
                    + " reader.read(); setTimeout(() => c.abort(), 20);"
                    + caught("reader.read()")))
        .startsWith("[\"AbortError\"");
    assertThat(fetched(caught("fetch(base + '/never', {signal: AbortSignal.timeout(20)})")))
        .startsWith("[\"TimeoutError\"");
  }

  @Test
  void listensToItsSignalOnlyAsLongAsItLasts() {
    assertThat(
            fetched(
                """
                const { signal } = new AbortController();
                let listeners = 0;
                const { addEventListener, removeEventListener } = signal;
                signal.addEventListener = (...args) => { listeners++; addEventListener.apply(signal, args); };
                signal.removeEventListener = (...args) => { listeners--; removeEventListener.apply(signal, args); };
                await (await fetch(base + '/echo', {signal})).text();
                await fetch(base + '/status/204', {signal});
                await (await fetch(base + '/echo', {signal})).body.cancel();
                await fetch('http://127.0.0.1:1/', {signal}).catch(() => 0);
                const during = fetch(base + '/echo', {signal});
                const most = listeners;
                await during;
                return [listeners, most];
                """))
        .isEqualTo("[1,1]");
  }

  @Test
  void failsWhenTheResponseBreaks() throws Exception {
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answerHalf(listening));
      assertThat(
              fetched(
                  "const r = await fetch('http://127.0.0.1:"
                      + listening.getLocalPort()
                      + "/');"
                      + caught("r.text()")))
          .startsWith("[\"Error\",\"error reading the response of http://127.0.0.1");
    }
  }

  private static void answerHalf(ServerSocket listening) {
    try (Socket socket = listening.accept()) {
      socket.getInputStream().read(new byte[1000]);
      socket
          .getOutputStream()
          .write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".getBytes(UTF_8));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A server of one connection that answers with the given head and then sends chunks as long as
   * the client stays.
   *
   * @return completed when the client has closed the connection
   */
  private static CompletableFuture<Void> answering(ServerSocket listening, String head) {
    return CompletableFuture.runAsync(
        () -> {
          try (Socket socket = listening.accept()) {
            socket.getInputStream().read(new byte[1000]);
            OutputStream out = socket.getOutputStream();
            out.write(head.replace("\n", "\r\n").getBytes(UTF_8));
            while (true) {
              out.write("1\r\nx\r\n".getBytes(UTF_8));
              TimeUnit.MILLISECONDS.sleep(1);
            }
          } catch (IOException e) {
            // The client is gone.
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }

  @Test
  void takesOddContentEncodingsAsTheyAre() {
    server.createContext(
        "/odd",
        exchange -> {
          String name = exchange.getRequestURI().getQuery();
          exchange.getResponseHeaders().add("Content-Encoding", name);
          exchange.sendResponseHeaders(200, 2);
          exchange.getResponseBody().write("ok".getBytes(UTF_8));
          exchange.close();
        });
    assertThat(
            fetched(
                "const texts = []; for (const name of ['constructor', '__proto__', 'toString',"
                    + " 'zstd']) texts.push(await (await fetch(base + '/odd?' + name)).text());"
                    + " return texts;"))
        .isEqualTo("[\"ok\",\"ok\",\"ok\",\"ok\"]");
  }

  @Test
  void failsWhenTheServerSwitchesToAnotherProtocol() throws Exception {
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> closed =
          answering(
              listening, "HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: x\n\n");
      assertThat(fetched(caught("fetch('http://127.0.0.1:" + listening.getLocalPort() + "/')")))
          .startsWith("[\"Error\",\"error sending request");
      closed.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void readsNoLongBodiesOfRedirections() throws Exception {
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> closed =
          answering(
              listening,
              "HTTP/1.1 302 Found\nLocation: http://127.0.0.1:"
                  + server.getAddress().getPort()
                  + "/echo\nTransfer-Encoding: chunked\n\n");
      assertThat(
              fetched(
                  "return (await fetch('http://127.0.0.1:"
                      + listening.getLocalPort()
                      + "/')).status;"))
          .isEqualTo("200");
      closed.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void keepsConnections() {
    assertThat(
            fetched(
                "for (let i = 0; i < 20; i++) { await (await fetch(base + '/echo')).text(); }"
                    + " return 1;"))
        .isEqualTo("1");
    assertThat(clients).hasSizeLessThan(4);
  }

  @Test
  void keepsNothingOfWhatIsOver() {
    assertThat(
            fetched(
                "const body = new Uint8Array(1 << 20); let size = 0; for (let i = 0; i < 300; i++)"
                    + " { size += (await (await fetch(base + '/echo', {method: 'POST',"
                    + " body})).json()).size; } return size;"))
        .isEqualTo(String.valueOf(300 << 20));
  }

  @Test
  void runsManyAtOnce() {
    assertThat(
            fetched(
                "const all = await Promise.all(Array.from({length: 200}, (_, i) => fetch(base +"
                    + " '/echo', {method: 'POST', body: 'x'.repeat(i)}).then((r) => r.json())));"
                    + " return all.every((e, i) => e.size === i);"))
        .isEqualTo("true");
  }

  @Test
  void letsUploadsEndThoughAllPlacesAreTaken() {
    assertThat(
            fetched(
                """
                const upload = async () => {
                  let left = 3;
                  const body = new ReadableStream({
                    async pull(c) { await null; if (left-- > 0) c.enqueue(new Uint8Array(10).fill(97)); else c.close(); },
                  });
                  return (await (await fetch(base + '/echo', {method: 'POST', body})).json()).size;
                };
                const sizes = await Promise.all(Array.from({length: 1100}, upload));
                return sizes.every((size) => size === 30);
                """))
        .isEqualTo("true");
  }

  @Test
  void streamsBothWays() {
    assertThat(
            fetched(
                """
                let left = 200;
                const body = new ReadableStream({
                  pull(c) { if (left-- > 0) c.enqueue(new Uint8Array(50_000)); else c.close(); },
                });
                const e = await (await fetch(base + '/echo', {method: 'POST', body})).json();
                return [e.size, e['content-length'] ?? null, e['transfer-encoding']];
                """))
        .isEqualTo("[10000000,null,\"[chunked]\"]");
    assertThat(
            fetched(
                """
                const blob = new Blob([new Uint8Array(3_000_000)], {type: 'a/b'});
                const e = await (await fetch(base + '/echo', {method: 'POST', body: blob})).json();
                return [e.size, e['content-length'], e['content-type']];
                """))
        .isEqualTo("[3000000,\"[3000000]\",\"[a/b]\"]");
  }

  @Test
  void readsResponsesOnlyAsFastAsTheActionDoes() throws Exception {
    AtomicLong sent = new AtomicLong();
    server.createContext(
        "/large",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] chunk = new byte[100_000];
          for (int i = 0; i < 1000; i++) {
            exchange.getResponseBody().write(chunk);
            sent.addAndGet(chunk.length);
          }
          exchange.close();
        });
    host.answers =
        (_, _) -> {
          long before;
          do {
            before = sent.get();
            sleep();
          } while (before != sent.get());
          return String.valueOf(before);
        };
    String result =
        fetched(
            """
            const r = await fetch(base + '/large');
            const held = Number(await call('1.0/actions/query'));
            let size = 0;
            for await (const chunk of r.body) size += chunk.length;
            return [held < 30e6, size];
            """);
    assertThat(result).isEqualTo("[true,100000000]");
  }

  private static void sleep() {
    try {
      TimeUnit.MILLISECONDS.sleep(300);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void isGivenUpWhenTheActionEnds() {
    ActionOutcome outcome =
        outcome(
            Script.action(
                "void fetch('http://127.0.0.1:"
                    + server.getAddress().getPort()
                    + "/never'); return 1;"));
    assertThat(outcome.spent().unawaited()).containsExactly("fetch");
  }

  @Test
  void isRefusedWhileModulesLoad() {
    ModuleSet modules =
        Script.actions(
            "const early = fetch('http://a').catch((e) => e.message); export const f ="
                + " action(async () => early);");
    assertThat(result(outcome(modules))).isEqualTo("\"fetch() unsupported at import time\"");
  }
}
