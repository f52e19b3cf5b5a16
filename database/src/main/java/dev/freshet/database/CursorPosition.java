package dev.freshet.database;

import java.util.Arrays;

/** Where a page of a query ends. Stable within a deployment; its encryption is the caller's. */
public sealed interface CursorPosition {
  /** After the row with this index key. The bytes mean something only with the same query. */
  @SuppressWarnings("ArrayRecordComponent") // equals and hashCode below go by content
  record After(byte[] key) implements CursorPosition {
    @Override
    public boolean equals(Object other) {
      return other instanceof After that && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(key);
    }
  }

  /** After everything. */
  record End() implements CursorPosition {}
}
