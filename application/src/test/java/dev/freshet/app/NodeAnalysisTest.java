package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.freshet.database.Transaction;
import dev.freshet.functions.CompiledModule;
import dev.freshet.functions.FunctionModule;
import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.functions.NodeSetup;
import dev.freshet.values.FreshetException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a push does with modules of the Node environment. */
class NodeAnalysisTest {
  @TempDir Path directory;

  private final ScriptedRunner runner = new ScriptedRunner();
  private final ScriptedActionRunner actionRunner = new ScriptedActionRunner();
  private PushFixture app;

  @BeforeEach
  void open() {
    app = new PushFixture(directory, runner, runner, actionRunner);
  }

  @AfterEach
  void close() {
    app.close();
  }

  private ObjectNode body(String native_) {
    ObjectNode body = app.body(null, Map.of("a.js", "query q"));
    ((ArrayNode) body.get("appDefinition").get("changedModules"))
        .add(PushFixture.module("native.js", native_).put("environment", "node"));
    return body;
  }

  @Test
  void nodeModulesAreAnalyzedByNodeAndKeptAsTheyCame() {
    app.deploy(body("import \"./_deps/node/X.js\"\naction act"));
    assertThat(runner.compiled).containsExactly("a.js");
    assertThat(runner.evaluated).containsExactly("a.js");
    assertThat(actionRunner.analyzedWith).containsExactly(NodeSetup.PLAIN);
    DeployedModule module = app.module("native.js");
    assertThat(module.environment()).isEqualTo(ModuleEnvironment.NODE);
    assertThat(module.function("act")).isNotNull();
    FunctionModule code =
        Objects.requireNonNull(app.read(app.catalog::nodeModules).get("native.js"));
    assertThat(code.code().get())
        .isEqualTo(new CompiledModule("import \"./_deps/node/X.js\"\naction act", null));
    assertThat(app.read(app.catalog::nodeModules).get("a.js")).isNull();
  }

  @Test
  void anUnchangedModuleIsNotAnalyzedAgainUnlessItsNodeIsAnother() {
    app.deploy(body("action act"));
    app.deploy(body("action act"));
    assertThat(actionRunner.analyzedWith).hasSize(1);
    app.deploy(body("action act").put("nodeVersion", "22"));
    assertThat(actionRunner.analyzedWith).containsExactly(NodeSetup.PLAIN, new NodeSetup(22, null));
  }

  @Test
  void aModuleThatFailsFailsThePush() {
    app.deploy(body("action act"));
    assertThatExceptionOfType(FreshetException.class)
        .isThrownBy(() -> app.deploy(body("throw it does not load")))
        .withMessageContaining("it does not load")
        .satisfies(e -> assertThat(e.code()).isEqualTo("InvalidModules"));
    assertThat(app.module("native.js").function("act")).isNotNull();
  }

  @Test
  void onlyActionsMayBeDefinedThere() {
    assertThatExceptionOfType(FreshetException.class)
        .isThrownBy(() -> app.deploy(body("query look")))
        .withMessageContaining(
            "`look` defined in `native.js` is a Query function. Only actions can be defined in");
  }

  @Test
  void routesAndCronsAreNotDefinedThere() {
    ObjectNode body = app.body(null, Map.of());
    ((ArrayNode) body.get("appDefinition").get("changedModules"))
        .add(PushFixture.module("http.js", "action act").put("environment", "node"));
    assertThat(PushFixture.codeOf(() -> app.deploy(body))).isEqualTo("400 InvalidModules");
  }

  @Test
  void aVersionThatIsNotInstalledIsRefused() {
    actionRunner.versions = List.of(20);
    assertThatExceptionOfType(FreshetException.class)
        .isThrownBy(() -> app.deploy(body("action act").put("nodeVersion", "24")))
        .withMessageContaining("Deployment is not configured to deploy \"use node\" actions")
        .satisfies(e -> assertThat(e.code()).isEqualTo("DeploymentNotConfiguredForNodeActions"));
    app.deploy(app.body(null, Map.of("a.js", "query q")).put("nodeVersion", "24"));
  }

  @Test
  void whatRunsGetsTheVersionOfTheDeployedApp() {
    app.deploy(body("action act").put("nodeVersion", "22"));
    try (NodeSetups.Lease lease = app.read((Transaction t) -> app.nodePackages.lease(t))) {
      assertThat(lease.setup()).isEqualTo(new NodeSetup(22, null));
    }
  }
}
