package dev.freshet.database;

import dev.freshet.values.DocumentId;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import org.jspecify.annotations.Nullable;

/**
 * A transaction lost against a concurrent commit (spec 40 §7.6). Running it again at a snapshot
 * that is not older than {@link #timestamp} avoids this conflict; see {@link
 * Database#awaitTimestamp}.
 */
public final class ConflictException extends FreshetException {
  /** The code that clients and logs see. */
  public static final String CODE = "OptimisticConcurrencyControlFailure";

  private final @Nullable String table;
  private final transient @Nullable DocumentId document;
  private final transient WriteSource source;
  private final long timestamp;
  private final transient Object contended;

  ConflictException(
      String message,
      @Nullable String table,
      @Nullable DocumentId document,
      WriteSource source,
      long timestamp,
      Object contended) {
    super(ErrorClass.OCC, CODE, message);
    this.table = table;
    this.document = document;
    this.source = source;
    this.timestamp = timestamp;
    this.contended = contended;
  }

  /** The table of the document that changed, where known. */
  public @Nullable String table() {
    return table;
  }

  /** The document that changed. */
  public @Nullable DocumentId document() {
    return document;
  }

  /** Who changed it. */
  public WriteSource source() {
    return source;
  }

  /** The commit that won. It may not be published yet. */
  public long timestamp() {
    return timestamp;
  }

  /** The index key both wanted: equal for conflicts about the same key; to queue re-runs by. */
  public Object contended() {
    return contended;
  }
}
