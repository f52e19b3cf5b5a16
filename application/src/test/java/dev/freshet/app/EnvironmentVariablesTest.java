package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.database.ReadSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvironmentVariablesTest {
  @TempDir private Path directory;
  private PushFixture app;

  @BeforeEach
  void open() {
    ScriptedRunner runner = new ScriptedRunner();
    app = new PushFixture(directory, runner, runner);
  }

  @AfterEach
  void close() {
    app.close();
  }

  @Test
  void variablesAreSetReplacedAndRemovedTogether() {
    app.environment.update(
        EnvironmentChange.parse(
            Json.parseStored(
                "{\"changes\":[{\"name\":\"A\",\"value\":\"1\"},{\"name\":\"B\",\"value\":\"2\"}]}")));
    app.environment.update(
        EnvironmentChange.parse(
            Json.parseStored(
                "{\"changes\":[{\"name\":\"B\",\"value\":null},{\"name\":\"A\",\"value\":\"3\"},"
                    + "{\"name\":\"MISSING\"}]}")));
    assertThat(app.read(app.environment::ofUser)).containsExactly(java.util.Map.entry("A", "3"));
  }

  @Test
  void removalsCountBeforeSettings() {
    app.environment.update(List.of(new EnvironmentChange("A", "1")));
    app.environment.update(
        List.of(new EnvironmentChange("A", "2"), new EnvironmentChange("A", null)));
    assertThat(app.<@Nullable Object>read(t -> app.environment.get(t, "A"))).isEqualTo("2");
  }

  @Test
  void theDeploymentsOwnAddressesAreThere() {
    assertThat(app.<@Nullable Object>read(t -> app.environment.get(t, "CONVEX_CLOUD_URL")))
        .isEqualTo(PushFixture.CLOUD_URL);
    assertThat(app.read(app.environment::all)).containsKeys("CONVEX_CLOUD_URL", "CONVEX_SITE_URL");
    assertThat(app.read(app.environment::ofUser)).isEmpty();
  }

  @Test
  void whoReadAVariableDependsOnIt() {
    app.environment.update(List.of(new EnvironmentChange("A", "1")));
    ReadSet ofA = dependencies("A");
    ReadSet ofUnset = dependencies("UNSET");
    long before = app.database.latestTimestamp();
    app.environment.update(List.of(new EnvironmentChange("UNSET", "1")));
    long after = app.database.latestTimestamp();
    assertThat(app.database.refresh(ofA, before, after)).isTrue();
    assertThat(app.database.refresh(ofUnset, before, after)).isFalse();
  }

  private ReadSet dependencies(String name) {
    return app.read(
        t -> {
          app.environment.get(t, name);
          return t.readSet();
        });
  }

  @ParameterizedTest
  @CsvSource({
    "'', x, EnvironmentVariableNameInvalid",
    "1A, x, EnvironmentVariableNameInvalid",
    "A-B, x, EnvironmentVariableNameInvalid",
    "A-B, , EnvironmentVariableNameInvalid",
    "_A1, x, ",
    "LONG256, x, ",
    "LONG257, x, EnvironmentVariableNameTooLong",
    "A, LONG8192, ",
    "A, LONG8193, EnvironmentVariableValueTooLarge",
    "CONVEX_CLOUD_URL, x, EnvVarNameForbidden",
    "CONVEX_SITE_URL, , EnvVarNameForbidden",
  })
  void changesAreChecked(String name, String value, String code) {
    EnvironmentChange change =
        new EnvironmentChange(expand(name), value == null ? null : expand(value));
    assertThat(PushFixture.codeOf(() -> app.environment.update(List.of(change))))
        .isEqualTo(code == null ? "no error" : "400 " + code);
  }

  private static String expand(String text) {
    return text.startsWith("LONG") ? "A".repeat(Integer.parseInt(text.substring(4))) : text;
  }

  @Test
  void thereMayNotBeTooMany() {
    List<EnvironmentChange> changes = new ArrayList<>();
    for (int i = 0; i < 512; i++) {
      changes.add(new EnvironmentChange("V" + i, "x"));
    }
    app.environment.update(changes);
    assertThat(
            PushFixture.codeOf(
                () -> app.environment.update(List.of(new EnvironmentChange("MORE", "x")))))
        .isEqualTo("400 EnvVarLimitMet");
    assertThat(app.read(app.environment::ofUser)).hasSize(512);
  }

  @Test
  void theyMayNotBeTooLargeTogether() {
    List<EnvironmentChange> changes = new ArrayList<>();
    for (int i = 0; i < 65; i++) {
      changes.add(new EnvironmentChange("V" + i, "x".repeat(8192)));
    }
    assertThat(PushFixture.codeOf(() -> app.environment.update(changes)))
        .isEqualTo("400 EnvVarTotalSizeLimitMet");
    assertThat(app.read(app.environment::ofUser)).isEmpty();
  }
}
