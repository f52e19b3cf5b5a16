package dev.freshet.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Counts what has come, and tells when the last of it did. */
final class Arrivals {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final CountDownLatch missing;
  private volatile long last;

  Arrivals(int expected) {
    missing = new CountDownLatch(expected);
  }

  void arrived() {
    arrived(1);
  }

  void arrived(int count) {
    last = System.nanoTime();
    for (int i = 0; i < count; i++) {
      missing.countDown();
    }
  }

  /** Waits for all; when the last one came, as {@link System#nanoTime} tells. */
  long await() throws IOException, InterruptedException {
    if (!missing.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IOException(missing.getCount() + " messages have not come");
    }
    return last;
  }
}
