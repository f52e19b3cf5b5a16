package dev.freshet.database;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of a query (spec 40 §6.5).
 *
 * @param documents what the page holds
 * @param continueCursor where the next page starts, and what the query's journal keeps as its end
 * @param splitCursor a position in the middle, for clients that split the page; null if too short
 * @param status whether the client ought to split it
 */
public record Page(
    List<Document> documents,
    CursorPosition continueCursor,
    @Nullable CursorPosition splitCursor,
    @Nullable Status status) {
  /** Advice to the client; the names with a leading capital are protocol. */
  public enum Status {
    SPLIT_RECOMMENDED("SplitRecommended"),
    SPLIT_REQUIRED("SplitRequired");

    private final String wireName;

    Status(String wireName) {
      this.wireName = wireName;
    }

    public String wireName() {
      return wireName;
    }
  }

  /** Whether nothing follows. */
  public boolean isDone() {
    return continueCursor instanceof CursorPosition.End;
  }
}
