package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.Limit;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The app {@code proof} that the functions module bundles, or another one, pushed as the CLI
 * pushes.
 */
final class ProofApp {
  private static final Path BUNDLES = Path.of("..", "functions", "target", "test-fixtures");

  /**
   * Limits of servers that are tested on machines with better things to do: nothing that these
   * tests prove depends on how fast a call is.
   */
  static final Map<Limit, Long> PATIENT_LIMITS =
      Map.of(
          Limit.DATABASE_UDF_USER_TIMEOUT_SECONDS, 60L,
          Limit.DATABASE_UDF_SYSTEM_TIMEOUT_SECONDS, 60L,
          Limit.ISOLATE_ANALYZE_USER_TIMEOUT_SECONDS, 60L,
          Limit.APPLICATION_FUNCTION_RUNNER_SEMAPHORE_TIMEOUT, 60L,
          Limit.OVERLOAD_WAIT_MILLIS, 60_000L,
          Limit.SEND_COMMIT_MESSAGE_TIMEOUT_MILLIS, 60_000L);

  private ProofApp() {}

  static void push(WireApi api, String adminKey) throws IOException, InterruptedException {
    push(api, adminKey, "proof");
  }

  static void push(WireApi api, String adminKey, String name)
      throws IOException, InterruptedException {
    Path bundle = BUNDLES.resolve(name);
    ObjectNode body = WireApi.MAPPER.createObjectNode();
    body.put("adminKey", adminKey).put("dryRun", false).put("functions", "convex/");
    ObjectNode app = body.putObject("appDefinition");
    app.putNull("definition");
    app.putArray("dependencies");
    ArrayNode changed = app.putArray("changedModules");
    for (Path file : files(bundle)) {
      ObjectNode module = module(bundle, file);
      if (module.path("path").stringValue().equals("schema.js")) {
        app.set("schema", module);
      } else {
        changed.add(module);
      }
    }
    app.putArray("unchangedModuleHashes");
    app.put("udfServerVersion", "1.48.0");
    body.putArray("componentDefinitions");
    body.putArray("nodeDependencies");
    JsonNode started = post(api, "start_push", body);

    ObjectNode waiting = WireApi.MAPPER.createObjectNode();
    waiting.put("adminKey", adminKey).put("timeoutMs", 60_000);
    waiting.set("schemaChange", started.path("schemaChange"));
    post(api, "wait_for_schema", waiting);

    ObjectNode finishing = WireApi.MAPPER.createObjectNode();
    finishing.put("adminKey", adminKey).put("dryRun", false);
    finishing.set("startPush", started);
    post(api, "finish_push", finishing);
  }

  private static JsonNode post(WireApi api, String step, ObjectNode body)
      throws IOException, InterruptedException {
    HttpResponse<String> response = api.post("/api/deploy2/" + step, body);
    assertThat(response.statusCode()).as("%s: %s", step, response.body()).isEqualTo(200);
    return WireApi.MAPPER.readTree(response.body());
  }

  private static List<Path> files(Path bundle) throws IOException {
    try (Stream<Path> files = Files.walk(bundle)) {
      return files.filter(file -> file.toString().endsWith(".js")).sorted().toList();
    }
  }

  private static ObjectNode module(Path bundle, Path file) throws IOException {
    return WireApi.MAPPER
        .createObjectNode()
        .put("path", bundle.relativize(file).toString())
        .put("source", Files.readString(file))
        .put("sourceMap", Files.readString(Path.of(file + ".map")))
        .put("environment", "isolate");
  }
}
