package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** More functions than the end of a push can store at once. */
class ManyFunctionsTest {
  private static final Limits LIMITS =
      Limits.of(
          Map.of(Limit.TRANSACTION_MAX_SYSTEM_NUM_WRITES, 1200L, Limit.MAX_ARRAY_LENGTH, 190L));

  @TempDir Path directory;
  private PushFixture app;

  @BeforeEach
  void open() {
    ScriptedRunner runner = new ScriptedRunner();
    app = new PushFixture(directory, runner, runner, new ScriptedActionRunner(), LIMITS);
  }

  @AfterEach
  void close() {
    app.close();
  }

  private ObjectNode body(int... functionsOfModules) {
    Map<String, String> modules = new TreeMap<>();
    for (int i = 0; i < functionsOfModules.length; i++) {
      modules.put(
          "m" + i + ".js",
          IntStream.range(0, functionsOfModules[i])
              .mapToObj(function -> "query f" + function)
              .collect(Collectors.joining("\n")));
    }
    return app.body(null, modules);
  }

  private void refused(ObjectNode body, String text) {
    assertThatExceptionOfType(FreshetException.class)
        .isThrownBy(() -> app.push.startPush(body))
        .withMessageContaining(text)
        .satisfies(e -> assertThat(e.code()).isEqualTo("InvalidModules"));
  }

  @Test
  void arePushedInParts() {
    refused(body(100, 100), "Too many functions come or go with this push (200 > maximum 198)");
    app.deploy(body(99, 97));
    app.deploy(body(99, 97, 97));
    assertThat(app.module("m2.js").function("f96")).isNotNull();
    refused(body(1, 1), "(291 > maximum 195)");
    app.deploy(body(99, 1));
  }

  @Test
  void ofOneModuleAreRefused() {
    refused(
        body(191), "Too many functions in m0.js (191 > maximum 190): move some of them to other");
    app.deploy(body(190));
  }
}
