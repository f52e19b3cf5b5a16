package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.InstanceCredentials;
import dev.freshet.app.KeyBroker;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.values.Clock;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The command line, as far as it ends by itself. */
class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir private Path data;

  private int run(Map<String, String> environment, String... args) {
    CommandLine commandLine = Main.commandLine(environment, FunctionRunner::start);
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(args);
  }

  @Test
  void adminKeyPrintsAKeyAndNothingElse() throws Exception {
    assertThat(run(Map.of("DATA_DIR", data.toString()), "admin-key")).isZero();

    String key = out.toString().strip();
    assertThat(key).startsWith(InstanceCredentials.DEFAULT_NAME + "|").doesNotContain("\n");
    InstanceCredentials kept = InstanceCredentials.open(data, null, null, new SecureRandom());
    KeyBroker broker = new KeyBroker(kept, Clock.system(), new SecureRandom());
    assertThat(broker.checkAdminKey(key).isAdmin()).isTrue();
  }

  @Test
  void aFlagOutranksItsVariable() {
    Path other = data.resolve("other");
    assertThat(
            run(
                Map.of("DATA_DIR", data.resolve("unused").toString()),
                "admin-key",
                "--data-dir",
                other.toString()))
        .isZero();
    assertThat(other).isDirectory();
    assertThat(data.resolve("unused")).doesNotExist();
  }

  @Test
  void keygenNeedsNoDataDirectory() {
    String secret = "ab".repeat(32);
    assertThat(
            run(
                Map.of(),
                "keygen",
                "admin-key",
                "--instance-name",
                "my-name",
                "--instance-secret",
                secret))
        .isZero();
    assertThat(out.toString()).startsWith("my-name|01");
  }

  @ParameterizedTest
  @CsvSource({
    "--db=postgres-v5,not available yet",
    "--s3-storage,not available yet",
    "--convex-http-proxy=http://x,not available yet",
    "--local-storage=/elsewhere,not available yet",
    "--convex-origin=http://x,must be given together",
    "--port=70000,--port must be",
  })
  void whatCannotBeServedEndsTheStart(String flag, String message) {
    assertThat(run(Map.of("DATA_DIR", data.toString()), "serve", flag)).isEqualTo(1);
    assertThat(err.toString()).contains(message);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void aBadOriginOrLimitOrSecretEndsTheStart() {
    assertThat(
            run(
                Map.of("DATA_DIR", data.toString()),
                "serve",
                "--convex-origin=ftp://x",
                "--convex-site=http://y"))
        .isEqualTo(1);
    assertThat(run(Map.of("DATA_DIR", data.toString(), "MAX_CONCURRENT_REQUESTS", "many"), "serve"))
        .isEqualTo(1);
    assertThat(err.toString()).contains("MAX_CONCURRENT_REQUESTS must be a positive whole number");
    assertThat(run(Map.of("DATA_DIR", data.toString(), "INSTANCE_SECRET", "topsecret"), "serve"))
        .isEqualTo(1);
    assertThat(err.toString()).doesNotContain("topsecret");
  }

  @Test
  void anUnknownFlagIsRefusedWithTheNearestOne() {
    assertThat(run(Map.of(), "serve", "--prot", "1")).isEqualTo(2);
    assertThat(err.toString()).contains("--port");
  }

  @Test
  void theConfigurationHasTheFamiliarDefaults() {
    ServeOptions options = new ServeOptions();
    new CommandLine(options).parseArgs("--data-dir", data.toString());
    ServerConfig config = options.config(new Environment(Map.of("REDACT_LOGS_TO_CLIENT", "1")));

    assertThat(config.host()).isEqualTo("127.0.0.1");
    assertThat(config.port()).isEqualTo(3210);
    assertThat(config.sitePort()).isEqualTo(3211);
    assertThat(config.redactLogsToClient()).isTrue();
    assertThat(config.application(Clock.system()).cloudOrigin()).isEqualTo("http://127.0.0.1:3210");
    assertThat(config.application(Clock.system()).siteOrigin()).isEqualTo("http://127.0.0.1:3211");
    assertThat(config.toString()).doesNotContainPattern("[0-9a-f]{64}");
  }
}
