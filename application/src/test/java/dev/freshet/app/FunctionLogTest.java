package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.FunctionLog.LineFormat;
import dev.freshet.app.FunctionLog.Page;
import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.values.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FunctionLogTest {
  private static final Clock STOPPED =
      new Clock() {
        @Override
        public long unixNanos() {
          return 1_700_000_000_123_000_000L;
        }

        @Override
        public long monotonicNanos() {
          return 0;
        }
      };

  private final FunctionLog log = new FunctionLog(STOPPED, 3);

  private static FunctionCompletion completion(String path, @Nullable SessionRequestId session) {
    return new FunctionCompletion(
        "Query",
        path,
        Identity.anonymous(),
        new RequestContext("r1", Caller.SYNC_WORKER, session, null, null, 0),
        "e1",
        List.of(),
        false,
        12_000_000,
        Duration.ofMillis(4),
        null,
        FunctionCompletion.Usage.NONE,
        7,
        1_700_000_000_111L,
        null,
        false,
        false,
        null,
        ModuleEnvironment.ISOLATE);
  }

  @Test
  void positionsIncreaseWhileTheClockStands() throws Exception {
    log.add(completion("a:f", null));
    log.add(completion("b:f", null));
    Page first = log.stream(0, null, LineFormat.TEXT, Duration.ZERO);
    assertThat(first.entries()).hasSize(2);
    log.add(completion("c:f", null));
    Page second = log.stream(first.newCursor(), null, LineFormat.TEXT, Duration.ZERO);
    assertThat(second.entries()).hasSize(1);
    assertThat(second.entries().getFirst()).contains("\"identifier\":\"c:f\"");
    assertThat(second.newCursor()).isGreaterThan(first.newCursor());
  }

  @Test
  void forgetsTheOldest() throws Exception {
    for (String path : List.of("a:f", "b:f", "c:f", "d:f")) {
      log.add(completion(path, null));
    }
    assertThat(log.stream(0, null, LineFormat.TEXT, Duration.ZERO).entries())
        .hasSize(3)
        .noneMatch(entry -> entry.contains("a:f"));
  }

  @Test
  void answersTheGivenPositionIfNothingHappens() throws Exception {
    assertThat(log.stream(5, null, LineFormat.TEXT, Duration.ofMillis(1)))
        .isEqualTo(new Page(List.of(), 5));
  }

  @Test
  void wakesAWaitingReaderForItsOwnRequestOnly() throws Exception {
    SessionRequestId session = new SessionRequestId(UUID.randomUUID(), 7);
    CompletableFuture<Page> reader =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return log.stream(0, session, LineFormat.STRUCTURED, Duration.ofMinutes(1));
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    log.add(completion("other:f", null));
    log.add(completion("mine:f", session));
    assertThat(reader.get().entries()).hasSize(1).first().asString().contains("mine:f");
  }
}
