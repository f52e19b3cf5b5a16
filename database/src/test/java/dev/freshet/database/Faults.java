package dev.freshet.database;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.UnsureWriteException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * A store that fails by chance: commits before they are written, or in a way that leaves open
 * whether they were, the writes of background work, and reads; what doesn't fail may be slow.
 * Thread-safe.
 */
final class Faults {
  /** What fails, so that nothing else that throws passes for it. */
  static final class InjectedFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    InjectedFailure(String what) {
      super("injected: " + what);
    }
  }

  private static final long LONGEST_WRITE_NANOS = 2_000_000;

  private final Random random;
  private final SteeredPersistence persistence;

  /** One in so many commits fails, or leaves its outcome open. */
  private final int commitsPerFailure;

  private final int commitsPerUnsure;
  private volatile boolean armed;

  Faults(Persistence store, Random random, int commitsPerFailure, int commitsPerUnsure) {
    this.random = random;
    this.commitsPerFailure = commitsPerFailure;
    this.commitsPerUnsure = commitsPerUnsure;
    persistence = new SteeredPersistence(store);
    persistence.before = this::beforeCommit;
    persistence.after = _ -> maybeUnsure();
    persistence.upkeep = () -> maybe(10, "background work");
    persistence.reads = () -> maybe(150, "a read");
  }

  SteeredPersistence persistence() {
    return persistence;
  }

  void arm(boolean on) {
    armed = on;
  }

  private synchronized int next(int bound) {
    return random.nextInt(bound);
  }

  private void beforeCommit(List<CommitRecord> group) {
    if (!armed) {
      return;
    }
    if (next(2) == 0) {
      LockSupport.parkNanos(next((int) LONGEST_WRITE_NANOS));
    }
    maybe(commitsPerFailure, "a write");
    maybeUnsure();
  }

  private void maybeUnsure() {
    if (armed && next(commitsPerUnsure) == 0) {
      throw new UnsureWriteException("injected", new InjectedFailure("the end of a write"));
    }
  }

  private void maybe(int oneIn, String what) {
    if (armed && next(oneIn) == 0) {
      throw new InjectedFailure(what);
    }
  }
}
