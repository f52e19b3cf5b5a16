package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.freshet.values.FreshetException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * Apps that can't be pushed, for real processes: each is refused with one error of its own, and
 * what is deployed stays as it is.
 */
class BadPushesTest {
  private static final String QUERY =
      """
      const handler = async () => 1;
      export const f = Object.assign(() => {}, {
        isQuery: true, isPublic: true, invokeQuery: async () => "1",
        exportArgs: () => '{"type":"any"}', exportReturns: () => "null", _handler: handler,
      });
      """;

  @TempDir static Path directory;

  private static DeployedTestApp app;

  @BeforeAll
  static void deploy() {
    app = DeployedTestApp.open(directory, runner -> runner);
    app.push(List.of(module("good.js", QUERY, "isolate")));
  }

  @AfterAll
  static void close() {
    app.close();
  }

  private static ObjectNode module(String path, String source, String environment) {
    return Json.object().put("path", path).put("source", source).put("environment", environment);
  }

  static Stream<Arguments> bad() {
    return Stream.of(
        Arguments.of("bad.js", "export const = 1;", "bad.js"),
        Arguments.of("bad.js", "import './missing.js';", "missing"),
        Arguments.of("bad.js", "import x from 'lodash'; x();", "lodash"),
        Arguments.of("bad.js", "import fs from 'node:fs'; fs.x;", "node:fs"),
        Arguments.of("bad.js", "await 1;", "wait"),
        Arguments.of("bad.js", "throw new Error('not today');", "not today"),
        Arguments.of("bad.js", "for (;;);", "timed out (maximum duration: 4s)"),
        Arguments.of("bad.js", "const all = []; for (;;) all.push({ all });", "out of memory"),
        Arguments.of(
            "bad.js", QUERY.replace("() => '{\"type\":\"any\"}'", "() => 7"), "exportArgs"),
        Arguments.of(
            "bad.js",
            QUERY.replace("() => '{\"type\":\"any\"}'", "() => { for (;;); }"),
            "timed out"),
        Arguments.of("http.js", "export default 7;", "http.js"),
        Arguments.of(
            "http.js",
            "export default { isRouter: true, getRoutes: () => [[1, 2]] };",
            "getRoutes()"),
        Arguments.of("crons.js", "export default { isCrons: true, export: () => '[7' };", "cron"),
        Arguments.of("http.js", "\"use node\";", "must not \"use node\""),
        Arguments.of("native.js", "await Promise.reject(new Error('later'));", "later"),
        Arguments.of("native.js", "process.exit(1);", "process.exit"),
        Arguments.of("native.js", "import './missing.js';", "missing"),
        Arguments.of("native.js", "import 'no-such-package';", "no-such-package"),
        Arguments.of("native.js", "export const = 1;", "native.js"),
        Arguments.of("native.js", QUERY, "Only actions can be defined in"));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void isRefusedAndChangesNothing(String path, String source, String text) {
    boolean node = path.equals("native.js") || source.startsWith("\"use node\"");
    ObjectNode bad = module(path, source, node ? "node" : "isolate");
    assertThatExceptionOfType(FreshetException.class)
        .isThrownBy(() -> app.push(List.of(module("good.js", "export {};", "isolate"), bad)))
        .satisfies(e -> assertThat(e.errorClass().httpStatus()).isEqualTo(400))
        .withMessageContaining(text);
    assertThat(app.queried("good:f", "{}")).isEqualTo("1.0");
  }

  static Stream<Arguments> odd() {
    return Map.of(
            "export const p = new Proxy({}, { has() { throw 1; }, get() { throw 2; } });",
            "p",
            QUERY.replace("isPublic: true", "isPublic: true, isInternal: true"),
            "f",
            "export const f = Symbol('x'); export const n = null;",
            "f")
        .entrySet()
        .stream()
        .map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
  }

  /** Exports that say nothing sensible of themselves are no functions, or fail the push. */
  @ParameterizedTest
  @MethodSource("odd")
  void oddExportsAreNoFunctions(String source, String name) {
    try {
      app.push(List.of(module("good.js", QUERY, "isolate"), module("odd.js", source, "isolate")));
    } catch (FreshetException e) {
      assertThat(e.errorClass().httpStatus()).isEqualTo(400);
      return;
    }
    assertThat(DeployedTestApp.error(app.query("odd:" + name, "{}").outcome()))
        .contains("Could not find public function for 'odd");
  }
}
