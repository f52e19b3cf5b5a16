package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.database.TransactionUsage;
import dev.freshet.database.TransactionUsage.Metric;
import dev.freshet.values.Limits;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LimitWarningsTest {
  private final LimitWarnings warnings = new LimitWarnings(Limits.defaults());

  private List<CallLogLine> of(long documentsRead, Duration userTime) {
    Metric none = new Metric(0, 100);
    return warnings.of(
        0,
        new TransactionUsage(none, none, none, new Metric(documentsRead, 32_000), none, none, none),
        0,
        userTime,
        1);
  }

  @Test
  void saysNothingOfCallsFarFromTheirLimits() {
    assertThat(of(25_600, Duration.ofMillis(800))).isEmpty();
  }

  @Test
  void namesWhatCameNearItsLimit() {
    List<CallLogLine> lines = of(25_601, Duration.ofMillis(850));
    assertThat(lines).hasSize(2);
    assertThat(lines.getFirst().systemCode()).isEqualTo("warning:TooManyDocumentsRead");
    assertThat(lines.getFirst().line().pretty())
        .startsWith(
            "[WARN] Many documents read in a single function execution (actual: 25601, limit:"
                + " 32000).");
    assertThat(lines.getLast().line().pretty())
        .isEqualTo(
            "[WARN] Function execution took a long time. (maximum duration: 1s, actual duration:"
                + " 850ms).");
  }
}
