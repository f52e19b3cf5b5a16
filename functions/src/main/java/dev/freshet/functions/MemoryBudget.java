package dev.freshet.functions;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The memory that all runner processes together may take. A process is started only with a place of
 * this budget. Thread-safe.
 */
public final class MemoryBudget {
  /** Who takes places. */
  public enum Owner {
    DATABASE,
    ACTION,
    NODE
  }

  /** Room for one process; closed exactly once, when the process is gone. */
  public interface Place extends AutoCloseable {
    @Override
    void close();
  }

  private final long bytes;
  private final Map<Owner, Long> taken = new EnumMap<>(Owner.class);
  private final List<Runnable> whenShort = new CopyOnWriteArrayList<>();

  private MemoryBudget(long bytes) {
    this.bytes = bytes;
  }

  public static MemoryBudget of(long bytes) {
    return new MemoryBudget(bytes);
  }

  /** Never short. */
  public static MemoryBudget unlimited() {
    return new MemoryBudget(Long.MAX_VALUE);
  }

  /**
   * Takes room for a process that is expected to use that many bytes. If there is none, those who
   * have idle processes are told to end them first.
   *
   * @return null if there is no room
   */
  public @Nullable Place tryTake(Owner owner, long expectedBytes) {
    if (!fits(owner, expectedBytes)) {
      whenShort.forEach(Runnable::run);
      if (!fits(owner, expectedBytes)) {
        return null;
      }
    }
    return () -> give(owner, expectedBytes);
  }

  /** Registers who can end idle processes at once; called without locks, from any thread. */
  public void whenShort(Runnable endIdle) {
    whenShort.add(endIdle);
  }

  private synchronized boolean fits(Owner owner, long size) {
    if (used() > bytes - size) {
      return false;
    }
    taken.merge(owner, size, Long::sum);
    return true;
  }

  private synchronized void give(Owner owner, long size) {
    taken.merge(owner, -size, Long::sum);
  }

  private long used() {
    return taken.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Bytes that an owner's processes are expected to use. */
  public synchronized long taken(Owner owner) {
    return taken.getOrDefault(owner, 0L);
  }
}
