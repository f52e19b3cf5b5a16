package dev.freshet.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that come one after the other, watch a page of live queries over data that changes, and
 * leave: what a server keeps of them would add up. They come on a thread of their own.
 */
final class Visitors implements AutoCloseable {
  private static final int QUERIES = 20;
  private static final int ACCOUNTS_PER_QUERY = 10;

  /** So few that the query cache has soon seen them all. */
  private static final int PAGES = 2000;

  private static final long STAY_MILLIS = 400;

  private final LoadSockets sockets;
  private final int port;
  private final SplittableRandom random = new SplittableRandom(1);
  private final CountDownLatch over = new CountDownLatch(1);
  private final AtomicInteger visits = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private final Thread thread;

  Visitors(int port) throws IOException {
    this.sockets = new LoadSockets();
    this.port = port;
    this.thread = Thread.ofPlatform().name("visitors").daemon().start(this::come);
  }

  private void come() {
    try {
      do {
        visit();
        visits.incrementAndGet();
      } while (!over.await(STAY_MILLIS, TimeUnit.MILLISECONDS));
    } catch (IOException e) {
      System.err.println("  a visitor: " + e);
      failures.incrementAndGet();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void visit() throws IOException, InterruptedException {
    CountDownLatch shown = new CountDownLatch(1);
    SyncClient client = new SyncClient(sockets, port, (_, _, _) -> shown.countDown());
    List<String> pages = new ArrayList<>(QUERIES);
    for (int i = 0; i < QUERIES; i++) {
      int from = ACCOUNTS_PER_QUERY * random.nextInt(PAGES);
      pages.add("{\"from\":" + from + ",\"count\":" + ACCOUNTS_PER_QUERY + "}");
    }
    client.subscribe("accounts:total", pages);
    if (!shown.await(1, TimeUnit.MINUTES)) {
      throw new IOException("nothing was shown for a minute");
    }
    over.await(STAY_MILLIS, TimeUnit.MILLISECONDS);
    client.close();
    failures.addAndGet(client.failures());
  }

  /** How many have come so far. */
  int visits() {
    return visits.get();
  }

  /** How many sessions went wrong. */
  int failures() {
    return failures.get();
  }

  @Override
  public void close() throws IOException {
    over.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    sockets.close();
  }
}
