package dev.freshet.app;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.ContentionLines.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ContentionLinesTest {
  private final ContentionLines lines = new ContentionLines();

  @Test
  void oneAtATimeIsAtTheHeadOfALine() {
    AtomicInteger atHead = new AtomicInteger();
    List<CompletableFuture<Integer>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        running.add(
            CompletableFuture.supplyAsync(
                () -> {
                  try (Turn _ = requireNonNull(lines.enter("key"))) {
                    int together = atHead.incrementAndGet();
                    Thread.onSpinWait();
                    atHead.decrementAndGet();
                    return together;
                  }
                },
                threads));
      }
    }
    assertThat(running).allSatisfy(task -> assertThat(task.join()).isEqualTo(1));
    assertThat(lines.count()).isZero();
  }

  @Test
  void linesOfDifferentKeysDoNotWaitForEachOther() {
    try (Turn _ = requireNonNull(lines.enter("a"));
        Turn _ = requireNonNull(lines.enter("b"))) {
      assertThat(lines.count()).isEqualTo(2);
    }
    assertThat(lines.count()).isZero();
  }
}
