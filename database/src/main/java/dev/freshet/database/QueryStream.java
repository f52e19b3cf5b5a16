package dev.freshet.database;

import org.jspecify.annotations.Nullable;

/**
 * A running query of a transaction: reads as much as it gives out (spec 40 §6.4), and sees the
 * transaction's own writes. Confined to the transaction's thread.
 */
public interface QueryStream {
  /** The next document, or null at the end. */
  @Nullable Document next();
}
