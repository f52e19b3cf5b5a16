package dev.freshet.storage;

import java.util.List;

/**
 * Rows of an index scan, in scan order.
 *
 * @param rows the rows
 * @param exhausted whether the interval holds nothing beyond them
 */
public record IndexPage(List<Row> rows, boolean exhausted) {
  /** One entry and the document it points to. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  public record Row(byte[] key, DocumentRevision document) {}
}
