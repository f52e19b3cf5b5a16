package dev.freshet.functions;

import static dev.freshet.functions.Fixtures.evaluation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.freshet.functions.AnalyzedModule.AnalyzedFunction;
import dev.freshet.functions.AnalyzedModule.HttpRoute;
import dev.freshet.functions.AnalyzedModule.Visibility;
import dev.freshet.values.FreshetException;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What is evaluated at push. */
class EvaluationTest extends RunnerTest {
  private static final ModuleSet APP = Fixtures.app("app");

  private AnalyzedModule analyze(String path) {
    return runner.analyze(evaluation(APP, path, Map.of()));
  }

  private FreshetException failure(ModuleSet modules, String path) {
    return catchThrowableOfType(
        FreshetException.class, () -> runner.analyze(evaluation(modules, path, Map.of())));
  }

  @Test
  void listsTheFunctionsOfAModule() {
    AnalyzedModule module = analyze("messages.js");
    assertThat(module.functions())
        .extracting(AnalyzedFunction::name)
        .startsWith("nothing", "echo", "five")
        .contains("secret")
        .doesNotContain("plain");
    AnalyzedFunction echo = Objects.requireNonNull(module.function("echo"));
    assertThat(echo.kind()).isEqualTo(FunctionKind.QUERY);
    assertThat(echo.visibility()).isEqualTo(Visibility.PUBLIC);
    assertThat(echo.argsJson())
        .isEqualTo(
            "{\"type\":\"object\",\"value\":{\"value\":{\"fieldType\":{\"type\":\"any\"},\"optional\":false}}}");
    assertThat(echo.returnsJson()).isEqualTo("{\"type\":\"any\"}");
    AnalyzedFunction secret = Objects.requireNonNull(module.function("secret"));
    assertThat(secret.visibility()).isEqualTo(Visibility.INTERNAL);
    assertThat(secret.argsJson()).isEqualTo("{\"type\":\"any\"}");
    assertThat(Objects.requireNonNull(module.function("parallel")).kind())
        .isEqualTo(FunctionKind.MUTATION);
    assertThat(module.reuseContext()).isFalse();
    assertThat(module.httpRoutes()).isNull();
    assertThat(analyze("reused.js").reuseContext()).isTrue();
  }

  @Test
  void placesHandlersInTheUsersSource() {
    AnalyzedFunction nothing = Objects.requireNonNull(analyze("messages.js").function("nothing"));
    var position = Objects.requireNonNull(nothing.position());
    assertThat(position.path()).endsWith("fixtures/app/messages.ts");
    assertThat(position.line()).isEqualTo(4);
    assertThat(analyze("messages.js").sourceIndex()).isNotNull();
  }

  @Test
  void keepsItsJsonForm() {
    for (String path : new String[] {"messages.js", "http.js", "crons.js"}) {
      AnalyzedModule module = analyze(path);
      assertThat(AnalyzedModule.fromJson(module.toJson())).isEqualTo(module);
    }
    assertThat(analyze("shared.js").toJson().toString())
        .startsWith("{\"functions\":[],\"httpRoutes\":null,\"cronSpecs\":null,\"sourceMapped\":{");
  }

  @Test
  void listsRoutesAndCronJobs() {
    assertThat(analyze("http.js").httpRoutes())
        .extracting(HttpRoute::path, HttpRoute::method)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("/hello", "GET"),
            org.assertj.core.groups.Tuple.tuple("/files/*", "POST"));
    var crons = Objects.requireNonNull(analyze("crons.js").cronSpecs());
    assertThat(crons).hasSize(2);
    assertThat(crons.getFirst().identifier()).isEqualTo("clean");
    assertThat(crons.getFirst().functionPath()).isEqualTo("messages:clean");
    assertThat(crons.getFirst().schedule().toString())
        .isEqualTo("{\"minutes\":5,\"type\":\"interval\"}");
    assertThat(crons.getLast().argsJson()).isEqualTo("[{\"to\":\"me\"}]");
  }

  @Test
  void tellsWhichModuleFailedAndWhere() {
    ModuleSet modules =
        Script.module("console.log('hint'); function g() { null.x; }\ng(); export const a = 1;");
    FreshetException failure = failure(modules, "test.js");
    assertThat(failure.code()).isEqualTo("InvalidModules");
    assertThat(failure.text())
        .contains("Failed to analyze test.js: Uncaught TypeError: Cannot read properties of null")
        .contains("    at g (test.js:")
        .endsWith("[LOG] 'hint'");
  }

  @Test
  void refusesWhatIsNoFunction() {
    assertThat(
            failure(Script.module("export const $x = make('Query', () => 1);"), "test.js").code())
        .isEqualTo("InvalidFunctionName");
    assertThat(
            failure(
                    Script.module(
                        "export const x = Object.assign(make('Query', () => 1), {exportArgs: () =>"
                            + " 7});"),
                    "test.js")
                .text())
        .contains(
            "Invalid exportArgs return value: test.js:x.exportArgs() didn't return a string.");
    assertThat(
            failure(Fixtures.modules(Map.of("http.js", "export const a = 1;")), "http.js").text())
        .contains("`convex/http.js` must have a default export of a Router.");
    assertThat(failure(Script.module("Convex.syscall('1.0/get', '{}');"), "test.js").text())
        .contains("Can't use database at import time");
    assertThat(failure(Script.module("for (;;);"), "test.js").text())
        .contains("Function execution timed out (maximum duration: 4s)");
  }

  @Test
  void evaluatesTheSchema() {
    assertThat(runner.evaluateSchema(evaluation(APP, "schema.js", Map.of())))
        .startsWith("{\"tables\":[{\"tableName\":\"messages\"")
        .contains("\"schemaValidation\":true");
    Evaluation wrong =
        evaluation(
            Fixtures.modules(Map.of("schema.js", "export default process.env.X;")),
            "schema.js",
            Map.of());
    assertThatThrownBy(() -> runner.evaluateSchema(wrong))
        .hasMessageContaining("Environment variables are unsupported while evaluating schema");
    Evaluation missing =
        evaluation(
            Fixtures.modules(Map.of("schema.js", "export const a = 1;")), "schema.js", Map.of());
    assertThat(
            catchThrowableOfType(FreshetException.class, () -> runner.evaluateSchema(missing))
                .code())
        .isEqualTo("MissingSchemaExportError");
    Evaluation other =
        evaluation(
            Fixtures.modules(Map.of("schema.js", "export default { a: 1 };")),
            "schema.js",
            Map.of());
    assertThat(
            catchThrowableOfType(FreshetException.class, () -> runner.evaluateSchema(other)).code())
        .isEqualTo("InvalidSchemaExport");
  }

  @Test
  void evaluatesTheAuthConfig() {
    assertThat(
            runner.evaluateAuthConfig(
                evaluation(APP, "auth.config.js", Map.of("AUTH_DOMAIN", "https://issuer"))))
        .isEqualTo("{\"providers\":[{\"domain\":\"https://issuer\",\"applicationID\":\"app\"}]}");
    FreshetException unset =
        catchThrowableOfType(
            FreshetException.class,
            () -> runner.evaluateAuthConfig(evaluation(APP, "auth.config.js", Map.of())));
    assertThat(unset.code()).isEqualTo("AuthConfigMissingEnvironmentVariable");
    assertThat(unset.text())
        .contains("Environment variable AUTH_DOMAIN is used in auth config file but");
    Evaluation clock =
        evaluation(
            Fixtures.modules(Map.of("auth.config.js", "export default {providers: [Date.now()]};")),
            "auth.config.js",
            Map.of());
    assertThatThrownBy(() -> runner.evaluateAuthConfig(clock)).hasMessageContaining("unsupported");
  }

  @Test
  void evaluatesTheAppDefinition() {
    assertThat(runner.evaluateAppDefinition(evaluation(APP, "convex.config.js", Map.of())))
        .contains("\"definitionType\":{\"type\":\"app\"}");
  }
}
