package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

class PushRequestTest {
  private static ObjectNode body(String... paths) {
    ObjectNode body = Json.object();
    ObjectNode app = body.putObject("appDefinition").put("udfServerVersion", "1.48.0");
    for (String path : paths) {
      app.withArray("/changedModules").addObject().put("path", path).put("source", "");
    }
    return body;
  }

  @ParameterizedTest
  @CsvSource({
    "a.js, a.js",
    "a, a.js",
    "dir/a_b.js, dir/a_b.js",
    "_deps/AB12.js, _deps/AB12.js",
    "auth.config.js, auth.config.js",
  })
  void pathsAreCanonicalised(String path, String canonical) {
    assertThat(PushRequest.parse(body(path), Limits.defaults()).changed())
        .containsOnlyKeys(canonical);
  }

  @ParameterizedTest
  @CsvSource({"''", "/a.js", "a//b.js", "a b.js", "../a.js", "a-b.js", "_/a.js", "_system/a.js"})
  void badPathsAreRefused(String path) {
    assertThatThrownBy(() -> PushRequest.parse(body(path), Limits.defaults()))
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> assertThat(e.code()).isEqualTo("BadConvexModuleIdentifier"))
        .hasMessageStartingWith(path + " is not a valid path to a Convex module. ");
  }

  @Test
  void oldClientsMarkNodeModulesByTheirFolder() {
    Map<String, PushedModule> modules =
        PushRequest.parse(body("actions/a.js", "b.js"), Limits.defaults()).changed();
    assertThat(modules.values())
        .extracting(PushedModule::environment)
        .containsExactly(ModuleEnvironment.NODE, ModuleEnvironment.ISOLATE);
  }

  @Test
  void tooManyModulesAreRefused() {
    Limits limits = Limits.of(Map.of(Limit.MAX_USER_MODULES, 2L));
    PushRequest.parse(body("a.js", "b.js", "_deps/C.js", "_deps/D.js"), limits);
    assertThatThrownBy(() -> PushRequest.parse(body("a.js", "b.js", "c.js"), limits))
        .hasMessageStartingWith("Too many function files (3 > maximum 2) in \"convex/\".");
    assertThatThrownBy(
            () ->
                PushRequest.parse(
                    body("a.js", "_deps/B.js", "_deps/C.js", "_deps/D.js", "_deps/E.js"), limits))
        .hasMessageStartingWith("Too many function files");
  }

  @Test
  void sizesCountUtf8() {
    for (String text : List.of("", "a", "é", "€", "😀", "aé€😀")) {
      PushedModule module = new PushedModule("a.js", text, text, ModuleEnvironment.ISOLATE);
      assertThat(module.size())
          .isEqualTo(2L * text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length);
    }
  }

  @Test
  void importsAreFoundThroughChunks() {
    ModuleImports imports =
        new ModuleImports(
            List.of(
                module("a.js", "import {x} from \"./_deps/X.js\";"),
                module("dir/b.js", "import \"../_deps/Y.js\""),
                module("c.js", "const path = 'nothing';"),
                module("_deps/X.js", "import \"./Y.js\";"),
                module("_deps/Y.js", "import './X'")));
    assertThat(imports.closure("a.js")).containsExactly("_deps/X.js", "_deps/Y.js", "a.js");
    assertThat(imports.closure("dir/b.js")).containsExactly("_deps/X.js", "_deps/Y.js", "dir/b.js");
    assertThat(imports.closure("c.js")).containsExactly("c.js");
  }

  private static StoredModule module(String path, String source) {
    return new StoredModule(
        path, ModuleEnvironment.ISOLATE, "", "", "", "", ModuleImports.names(source));
  }
}
