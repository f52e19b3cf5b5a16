package dev.freshet.database;

import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import org.jspecify.annotations.Nullable;

/**
 * The schemas and indexes of a namespace as a push changes them (spec 20 §8, §11-12; 40 §5.2,
 * §11.3), inside a transaction. The work that follows (backfilling indexes, checking documents) is
 * the database's own and starts when the transaction commits. To wait for it, subscribe to the read
 * set of a transaction that asked for {@link #progress}.
 */
public final class SchemaStore {
  SchemaStore() {}

  public static SchemaStore in(Transaction transaction, Namespace namespace) {
    throw notYet();
  }

  /** The schema in force. */
  public @Nullable SchemaDefinition active() {
    throw notYet();
  }

  /** The schema of an id, with its state; null if it doesn't exist (any more). */
  public @Nullable SchemaState state(DocumentId schema) {
    throw notYet();
  }

  /** How a push of this schema would change the indexes; null: of no schema. Changes nothing. */
  public IndexDiff diffIndexes(@Nullable SchemaDefinition schema) {
    throw notYet();
  }

  /**
   * Start of a push: creates missing tables, drops indexes that are not enabled yet and have no
   * place in the schema, adds its new ones (to be backfilled), and sets staged flags. Enabled
   * indexes stay until {@link #applyIndexes}.
   */
  public IndexDiff prepareIndexes(@Nullable SchemaDefinition schema) {
    throw notYet();
  }

  /** Start of a push: makes the schema the pending one, unless an equal one is known; its id. */
  public DocumentId submitPending(SchemaDefinition schema) {
    throw notYet();
  }

  /**
   * End of a push: activates a validated schema; null: no schema is in force any more. Returns what
   * was active before.
   *
   * @throws FreshetException {@code SchemaAlreadyFailed}, {@code SchemaAlreadyOverwritten}, or if
   *     it is not validated yet
   */
  public @Nullable SchemaDefinition apply(@Nullable DocumentId schema) {
    throw notYet();
  }

  /** End of a push: enables built indexes of the schema and drops those it doesn't have. */
  public IndexDiff applyIndexes(@Nullable SchemaDefinition schema) {
    throw notYet();
  }

  /** How far a submitted schema and the namespace's indexes are. */
  public SchemaProgress progress(DocumentId schema) {
    throw notYet();
  }

  private static FreshetException notYet() {
    return FreshetException.notYetAvailable("The database");
  }
}
