package dev.freshet.database;

import dev.freshet.storage.Persistence;
import java.nio.ByteBuffer;

/**
 * Hands out the small numbers by which the persistence knows tables and indexes. A number is never
 * used twice, not even if the transaction that took it never commits: numbers are reserved durably
 * in blocks before the first of a block is used.
 */
final class StorageNumbers {
  static final String GLOBAL = "storage_numbers";
  private static final long BLOCK = 256;

  private final Persistence persistence;
  private long next;
  private long reserved;

  /**
   * @param firstFree the first number that the bootstrap doesn't use
   */
  StorageNumbers(Persistence persistence, long firstFree) {
    this.persistence = persistence;
    byte[] stored = persistence.global(GLOBAL);
    next = stored == null ? firstFree : ByteBuffer.wrap(stored).getLong();
    reserved = next;
  }

  synchronized long take() {
    if (next == reserved) {
      reserved = next + BLOCK;
      persistence.putGlobal(GLOBAL, ByteBuffer.allocate(Long.BYTES).putLong(reserved).array());
    }
    return next++;
  }
}
