package dev.freshet.functions;

import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.concurrent.Semaphore;

/**
 * Bounds what large messages of all runners together hold of the server's heap, whatever user code
 * returns or passes on. A message above {@link #UNCOUNTED} waits for its share, first come first
 * served, before any of it is read; the runner that sends it waits meanwhile in its pipe. What a
 * runner holds it gives back before it takes more, so nobody waits for itself. Thread-safe.
 */
final class LargeFrames {
  /** Messages up to that many bytes need no share. */
  static final int UNCOUNTED = 1 << 20;

  /** A message in the heap: its bytes, the texts made of them, the values made of those. */
  private static final int COPIES = 4;

  /** No JSON text of a value is more than this many times its size. */
  private static final int TEXT_PER_SIZE = 6;

  private static final int LARGEST_LOG_LINE = 1 << 18;
  private static final int KIB = 1 << 10;

  private final int capacityKib;
  private final Semaphore free;
  private final int largest;
  private final int resultMib;

  /**
   * @param heap bytes that the server may use in all, half of them for large messages
   */
  LargeFrames(long heap, Limits limits) {
    long share = heap / 2;
    long result = limits.get(Limit.FUNCTION_MAX_RESULT_SIZE);
    capacityKib = (int) Math.min(Integer.MAX_VALUE, share / KIB);
    free = new Semaphore(capacityKib, true);
    largest = (int) Math.max(UNCOUNTED, Math.min(result * TEXT_PER_SIZE, share / COPIES));
    resultMib = (int) (result >> 20);
  }

  static LargeFrames ofThisServer(Limits limits) {
    return new LargeFrames(Runtime.getRuntime().maxMemory(), limits);
  }

  /** Bytes of the largest message that a runner may send. */
  int largest() {
    return largest;
  }

  /** The limit of results in MiB, which runners tell in errors. */
  int resultMib() {
    return resultMib;
  }

  /** Bytes of the largest message of a type. */
  int largest(int type) {
    return switch (type) {
      case RunnerProtocol.TURN,
          RunnerProtocol.SYSCALL,
          RunnerProtocol.DONE,
          RunnerProtocol.CACHES ->
          largest;
      case RunnerProtocol.LOG -> LARGEST_LOG_LINE;
      default -> UNCOUNTED;
    };
  }

  /**
   * Waits for the share of a message.
   *
   * @return what to give back
   */
  int take(int bytes) throws InterruptedException {
    int share =
        Math.min(capacityKib, (int) Math.min(Integer.MAX_VALUE, (long) bytes * COPIES / KIB));
    free.acquire(share);
    return share;
  }

  void giveBack(int share) {
    free.release(share);
  }

  /** KiB that are held now. */
  int takenKib() {
    return capacityKib - free.availablePermits();
  }
}
