package dev.freshet.app;

import static dev.freshet.app.DeployedTestApp.error;
import static dev.freshet.app.DeployedTestApp.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.JsonFormat;
import dev.freshet.values.Value;
import dev.freshet.values.ValueJson;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code db.vars.commitTs} in an app with the real library (spec 40 §3.4). */
class CommitTimestampCallsTest {
  private static final String TOKEN = "{\"$commitTs\":null}";

  @TempDir static Path directory;

  private static DeployedTestApp app;

  @BeforeAll
  static void deploy() {
    app = DeployedTestApp.deploy(directory, "semantics");
  }

  @AfterAll
  static void close() {
    app.close();
  }

  private static String name(String name) {
    return "{\"name\":\"" + name + "\"}";
  }

  private static String int64(long number) {
    return ValueJson.write(Value.of(number), JsonFormat.ENCODED);
  }

  @Test
  void writesAndReturnsTheTimestampOfTheCommit() {
    MutationResult result = app.mutation("events:record", name("a"));
    String at = int64(result.timestamp());
    assertThat(value(result.outcome())).contains("\"at\":" + at, "\"own\":[true,true,true]");
    assertThat(app.queried("events:named", name("a")))
        .isEqualTo("[" + at + "," + at + "," + at + "]");
  }

  @Test
  void passesBetweenNestedCalls() {
    MutationResult result = app.mutation("events:relay", name("b"));
    String at = int64(result.timestamp());
    assertThat(value(result.outcome())).isEqualTo("{\"echoed\":" + at + ",\"written\":" + at + "}");
    assertThat(app.queried("events:named", name("b"))).startsWith("[" + at);
  }

  @Test
  void aRepeatedRequestIsAnsweredWithTheFirstCommit() {
    SessionRequestId session = new SessionRequestId(UUID.randomUUID(), 1);
    MutationResult first = app.mutation("events:record", name("c"), session);
    MutationResult again = app.mutation("events:record", name("c"), session);
    assertThat(again.timestamp()).isEqualTo(first.timestamp());
    assertThat(value(again.outcome())).isEqualTo(value(first.outcome()));
    assertThat(value(again.outcome())).doesNotContain("$commitTs");
  }

  @Test
  void clientsCannotSendItAndQueriesCannotReturnIt() {
    String args = "{\"name\":\"d\",\"at\":" + TOKEN + "}";
    assertThat(error(app.mutation("events:record", args).outcome()))
        .contains("Invalid arguments for events.js:record: An unresolved commit timestamp");
    assertThat(error(app.query("events:echo", "{\"value\":" + TOKEN + "}").outcome()))
        .contains("Invalid arguments for events.js:echo: An unresolved commit timestamp");
    assertThat(error(app.query("events:token", "{}").outcome()))
        .contains(
            "Function events.js:token return value invalid: queries cannot return an unresolved"
                + " commit timestamp");
    assertThat(error(app.mutation("events:refuse", "{}").outcome()))
        .contains("This commit timestamp is unresolved");
  }
}
