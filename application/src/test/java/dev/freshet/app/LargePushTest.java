package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** As many modules as an app may have. */
@Tag("long")
class LargePushTest {
  private static final int MODULES = 4096;

  @TempDir Path directory;

  private static ObjectNode module(int number) {
    String source =
        """
        import { shared } from "./_deps/SHARED.js";
        // %s
        const handler = async () => shared + %d;
        export const f%d = Object.assign(() => {}, {
          isQuery: true, isPublic: true, invokeQuery: async () => JSON.stringify(await handler()),
          exportArgs: () => '{"type":"any"}', exportReturns: () => 'null', _handler: handler,
        });
        """
            .formatted("x".repeat(1600), number, number);
    return Json.object()
        .put("path", "m" + number + ".js")
        .put("source", source)
        .put("environment", "isolate");
  }

  @Test
  void isAnalyzedModuleByModuleAndAgainOnlyWhereItChanged() {
    List<ObjectNode> modules = new ArrayList<>();
    modules.add(
        Json.object()
            .put("path", "_deps/SHARED.js")
            .put("source", "export const shared = 1;")
            .put("environment", "isolate"));
    for (int i = 0; i < MODULES; i++) {
      modules.add(module(i));
    }
    try (DeployedTestApp app = DeployedTestApp.open(directory, runner -> runner)) {
      app.push(modules);
      assertThat(app.queried("m4095:f4095", "{}")).isEqualTo("4096.0");
      modules.set(1, module(9999).put("path", "m0.js"));
      app.push(modules);
      assertThat(app.queried("m0:f9999", "{}")).isEqualTo("10000.0");
    }
  }
}
