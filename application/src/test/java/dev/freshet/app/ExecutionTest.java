package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.JsError;
import dev.freshet.functions.LogLine;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExecutionTest {
  private static Execution ended(Execution.Ending ending) {
    LogLine line = new LogLine(LogLine.Level.WARN, List.of("'a'", "1"), true, 5, null);
    return new Execution(
        ending,
        List.of(new CallLogLine(line, null)),
        false,
        false,
        null,
        Duration.ZERO,
        FunctionCompletion.Usage.NONE);
  }

  private static CallOutcome.Failure failure(JsError error, boolean redact) {
    return (CallOutcome.Failure) ended(Execution.Threw.of(error)).outcome("r1", redact);
  }

  @Test
  void tellsTheErrorWithItsFramesAndTheRequestId() {
    CallOutcome.Failure failure =
        failure(
            new JsError("Uncaught Error: boom", null, List.of("f (../convex/a.ts:1:2)")), false);
    assertThat(failure.message())
        .isEqualTo(
            "[Request ID: r1] Server Error\nUncaught Error: boom\n    at f (../convex/a.ts:1:2)\n");
    assertThat(failure.detail()).doesNotContain("r1");
    assertThat(failure.data()).isNull();
    assertThat(failure.logLines()).containsExactly("[WARN] 'a' 1 (truncated due to length)");
  }

  @Test
  void withholdsTextAndLinesButNotTheDataWhenRedacted() {
    CallOutcome.Failure failure =
        failure(new JsError("Uncaught ConvexError: x", "{\"b\":1,\"a\":2}", List.of()), true);
    assertThat(failure.message()).isEqualTo("[Request ID: r1] Server Error");
    assertThat(failure.logLines()).isEmpty();
    assertThat(new String(failure.data(), UTF_8)).isEqualTo("{\"a\":2.0,\"b\":1.0}");
  }

  @Test
  void dropsDataThatIsNoValue() {
    CallOutcome.Failure failure =
        failure(new JsError("Uncaught ConvexError: x", "{\"$a\":1}", List.of()), false);
    assertThat(failure.data()).isNull();
    assertThat(failure.message()).contains("ConvexError with invalid data: ");
  }
}
