package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.HttpHead.Header;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Actions that make messages of their process too large or too odd to be sent: they fail alone, and
 * those that share their process with them notice nothing.
 */
class OddMessagesTest extends ActionTest {
  private static final String LARGE = "'x'.repeat(2 << 20)";

  /** Result or error of an action with that body, which must not end its process. */
  private String alone(String body) {
    ran("return 1;");
    List<Long> before = runner.pids();
    ActionOutcome outcome = outcome(Script.action(body));
    assertThat(runner.pids()).containsAll(before);
    assertThat(runner.run(call(Script.action("return 1;"), "f", "{}"), host))
        .isInstanceOf(ActionOutcome.Success.class);
    return outcome instanceof ActionOutcome.Failure ? error(outcome).message() : result(outcome);
  }

  private static String caught(String call) {
    return "try { await " + call + "; } catch (e) { return e.message; }";
  }

  @Test
  void operationsThatDoNotExist() {
    for (String name : List.of("constructor", "1.0/__proto__", "toString")) {
      assertThat(alone("void Convex.asyncSyscall('" + name + "', '{}'); return 1;")).isEqualTo("1");
    }
    assertThat(alone(caught("Convex.asyncSyscall(" + LARGE + ", '{}')"))).contains("nknown");
    assertThat(
            alone(
                "for (let i = 0; i < 300; i++) void Convex.asyncSyscall("
                    + LARGE
                    + ", '{}').catch(() => 0); return 1;"))
        .isEqualTo("1");
  }

  @Test
  void errors() {
    assertThat(alone("throw new Error(" + LARGE + ");")).startsWith("Uncaught Error: xxx");
    String named =
        "Error.stackTraceLimit = 1000; const f = (n) => { if (n === 0) throw new Error('deep');"
            + " f(n - 1); }; Object.defineProperty(f, 'name', {value: 'x'.repeat(10000)}); f(900);";
    JsError error = failed(named);
    assertThat(error.message()).isEqualTo("Uncaught Error: deep");
    assertThat(error.frames())
        .hasSize(200)
        .allSatisfy(frame -> assertThat(frame.length()).isLessThan(3000));
    String data =
        "const e = new Error('large'); e.ConvexErrorSymbol = Symbol.for('ConvexError');"
            + " e[e.ConvexErrorSymbol] = true; e.data = '\"' + '\\xe9'.repeat(52 << 20) + '\"';"
            + " throw e;";
    assertThat(alone(data)).isEqualTo("ConvexError with invalid data: Value is too large");
  }

  @Test
  void files() {
    String store =
        "Convex.jsSyscall('storage/storeBlob', {blob: new Blob(['a'], {type: %s}), options:"
            + " {sha256: %s}})";
    assertThat(alone(caught(store.formatted(LARGE, "undefined")))).contains("too large");
    assertThat(alone(caught(store.formatted("'a/b'", LARGE)))).contains("too large");
    String get = "Convex.jsSyscall('storage/getBlob', {storageId: " + LARGE + "})";
    assertThat(alone(caught(get))).contains("too large");
    String failing =
        "const {readable, writable} = new TransformStream(); void writable.abort(new Error("
            + LARGE
            + ")); const blob = new Blob([]); blob.stream = () => readable; return 1;";
    assertThat(alone(failing)).isEqualTo("1");
  }

  /** What becomes of a request when the router does that. */
  private String served(String router) {
    ran("return 1;");
    List<Long> before = runner.pids();
    ModuleSet modules =
        Fixtures.modules(
            Map.of(
                "http.js",
                "const large = "
                    + LARGE
                    + "; const respond = (response) =>"
                    + " JSON.stringify(Convex.jsSyscall('convexJsonFromResponse', {response}));"
                    + " export default { isRouter: true, lookup: () => [null, 'GET', '/x'],"
                    + router
                    + "};"));
    HttpHead head = new HttpHead("GET", "http://localhost/x", "/x", List.of());
    HttpOutcome outcome = runner.serve(httpCall(modules), head, null, new Nowhere(), host);
    assertThat(runner.pids()).containsAll(before);
    return outcome.toString();
  }

  private static final class Nowhere implements ResponseSink {
    @Override
    public void head(int status, List<Header> headers) {}

    @Override
    public void write(ByteBuffer chunk) {}

    @Override
    public void onDisconnect(Runnable action) {}
  }

  @Test
  void responses() {
    for (String head :
        List.of(
            "{status: 200, headerPairs: [null]}",
            "{status: 200, headerPairs: 5}",
            "{status: 1e12, headerPairs: []}",
            "{status: 200, headerPairs: [[large, 'a']]}",
            "{status: 200, headerPairs: Array(120000).fill(['a', 'b'])}")) {
      assertThat(served("runRequest: async () => JSON.stringify(" + head + ")"))
          .as(head)
          .startsWith("Failed");
    }
    assertThat(served("lookup: () => [null, 'GET', large], runRequest: async () => ''"))
        .startsWith("Failed");
    assertThat(
            served(
                "runRequest: async () => respond(new Response(null, {headers: {'x-a': large}}))"))
        .startsWith("Failed")
        .contains("too large");
    assertThat(
            served(
                "runRequest: async () => respond(new Response(new ReadableStream({pull(c) {"
                    + " c.error(new Error(large)); }})))"))
        .containsPattern(Pattern.compile("^(Answered|Failed)"));
  }
}
