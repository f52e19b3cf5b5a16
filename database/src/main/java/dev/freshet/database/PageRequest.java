package dev.freshet.database;

import org.jspecify.annotations.Nullable;

/**
 * What {@code paginate} is asked for (spec 40 §6.5).
 *
 * @param cursor where the page starts; null: at the beginning
 * @param end where it ends, from the caller's end cursor or the previous journal; then the three
 *     maxima are ignored
 * @param pageSize documents wanted
 * @param maximumRowsRead stop early after so many rows; null: no such bound
 * @param maximumBytesRead stop early after so many bytes; null: no such bound
 * @param clientVersion as in {@link Transaction#query(QuerySpec, String)}
 */
public record PageRequest(
    @Nullable CursorPosition cursor,
    @Nullable CursorPosition end,
    long pageSize,
    @Nullable Long maximumRowsRead,
    @Nullable Long maximumBytesRead,
    @Nullable String clientVersion) {
  public PageRequest(
      @Nullable CursorPosition cursor,
      @Nullable CursorPosition end,
      long pageSize,
      @Nullable Long maximumRowsRead,
      @Nullable Long maximumBytesRead) {
    this(cursor, end, pageSize, maximumRowsRead, maximumBytesRead, null);
  }
}
