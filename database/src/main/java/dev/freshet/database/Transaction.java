package dev.freshet.database;

import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Value.ObjectValue;
import org.jspecify.annotations.Nullable;

/**
 * A serializable transaction over one snapshot (spec 40 §7). It sees its own writes, records what
 * it reads as it is consumed, and holds its limits. Nothing is visible to others before {@link
 * Database#commit}; a transaction that isn't committed is simply dropped. Confined to one thread at
 * a time.
 */
public final class Transaction {
  Transaction() {}

  /** The snapshot: the newest commit it sees. */
  public long beginTimestamp() {
    throw notYet();
  }

  /** On whose behalf it works now: of the innermost subtransaction. */
  public Scope scope() {
    throw notYet();
  }

  /** The catalog with this transaction's own changes; looking at it records no read. */
  public Catalog catalog() {
    throw notYet();
  }

  /**
   * The table of a name, or null. Records that the answer depends on that name. In access mode USER
   * private system tables don't exist, and the virtual ones are answered with their backing table.
   */
  public @Nullable TableInfo table(String name) {
    throw notYet();
  }

  /** The table whose ids carry a number, or null. Like {@link #table}. */
  public @Nullable TableInfo tableByNumber(int number) {
    throw notYet();
  }

  /**
   * The document, or null if there is none, or its table is unknown or hidden from the scope.
   * Records the read in either case.
   */
  public @Nullable Document get(DocumentId id) {
    throw notYet();
  }

  /**
   * Adds a document and returns it with its new id and creation time; the table is created if it
   * doesn't exist.
   *
   * @throws FreshetException the value's limits, {@code InvalidDocumentError}, {@code
   *     SchemaEnforcementError}, {@code SystemTableError}, {@code ReadOnlyTable}, the write limits
   */
  public Document insert(String table, ObjectValue value) {
    throw notYet();
  }

  /**
   * Changes some fields of a document and returns its new state.
   *
   * @throws FreshetException {@code NonexistentDocument}, and as {@link #insert}
   */
  public Document patch(DocumentId id, Patch patch) {
    throw notYet();
  }

  /** Replaces all fields of a document and returns its new state. Throws like {@link #patch}. */
  public Document replace(DocumentId id, ObjectValue value) {
    throw notYet();
  }

  /** Deletes a document and returns what it was. Throws like {@link #patch}. */
  public Document delete(DocumentId id) {
    throw notYet();
  }

  /**
   * Starts a query. Nothing is read yet, but the table and the index are resolved.
   *
   * @throws FreshetException the range's errors (spec 40 §6.2), {@code IndexNotFoundError}, {@code
   *     IndexBackfillingError}, {@code IndexStagedError}
   */
  public QueryStream query(QuerySpec spec) {
    throw notYet();
  }

  /**
   * Reads one page of a query (spec 40 §6.5).
   *
   * @throws FreshetException {@code NoDocumentsForPagination}, {@code PageSizeTooLarge}, {@code
   *     InvalidPaginationLimit}, and as {@link #query}
   */
  public Page paginate(QuerySpec spec, PageRequest request) {
    throw notYet();
  }

  /**
   * A hash of the query and its index's fields. A cursor made for another fingerprint is not to be
   * used with this query.
   */
  public byte[] fingerprint(QuerySpec spec) {
    throw notYet();
  }

  /** How many documents a table has, own writes included; 0 if it doesn't exist. */
  public long count(String table) {
    throw notYet();
  }

  /** The id that the text spells if it is one of that table's, else null (spec 40 §2). */
  public @Nullable DocumentId normalizeId(String table, String text) {
    throw notYet();
  }

  /** Starts a nested part with its own scope and budget. */
  public Subtransaction begin(Scope scope, TransactionBudget budget) {
    throw notYet();
  }

  /** A transaction over the same snapshot without the writes, whose reads and usage count here. */
  public Transaction withoutWrites() {
    throw notYet();
  }

  public TransactionUsage usage() {
    throw notYet();
  }

  /** What was read so far. */
  public ReadSet readSet() {
    throw notYet();
  }

  /** Whether it wrote nothing so far. */
  public boolean isReadOnly() {
    throw notYet();
  }

  private static FreshetException notYet() {
    return FreshetException.notYetAvailable("The database");
  }
}
