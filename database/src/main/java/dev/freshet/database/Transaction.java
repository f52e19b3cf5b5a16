package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.storage.DocumentRevision;
import dev.freshet.values.DocumentChecks;
import dev.freshet.values.DocumentId;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import dev.freshet.values.SortKey;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A serializable transaction over one snapshot (spec 40 §7). It sees its own writes, records what
 * it reads as it is consumed, and holds its limits. Nothing is visible to others before {@link
 * Database#commit}; a transaction that isn't committed is simply dropped. Confined to one thread at
 * a time.
 *
 * <p>Dependencies on the catalog are recorded as reads of the rows that matter: a table name or
 * number that was looked up (whether it exists or not), the index rows of a table that is written
 * or read through a named index, and, for writes, which schemas are live.
 */
public final class Transaction {
  private static final int MAX_SEEN = 256;

  private final Engine engine;
  private final Snapshot snapshot;
  private final ReadRecorder reads;
  private final Usage usage;
  private final Unpublished unpublished;
  private final WriteBuffer writes;
  private final ArrayDeque<TransactionFrame> frames = new ArrayDeque<>();
  private final Set<Object> resolved = new HashSet<>();
  private final Map<WriteBuffer.Key, Document> seen = new HashMap<>();
  private Catalog catalog;
  private Scope scope;
  private double nextCreationTime;
  private boolean committed;

  /**
   * @param unpublished commits that may still fail, but are seen already
   */
  Transaction(
      Engine engine, Snapshot snapshot, Unpublished unpublished, Scope scope, double creationTime) {
    this(engine, snapshot, unpublished, scope, creationTime, new Usage(engine.limits()));
  }

  private Transaction(
      Engine engine,
      Snapshot snapshot,
      Unpublished unpublished,
      Scope scope,
      double creationTime,
      Usage usage) {
    this.engine = engine;
    this.snapshot = snapshot;
    this.unpublished = unpublished;
    this.writes = new WriteBuffer(unpublished);
    this.scope = scope;
    this.usage = usage;
    this.reads = new ReadRecorder(usage);
    this.catalog = snapshot.catalog();
    this.nextCreationTime = creationTime;
  }

  /** The snapshot: the newest commit it sees. */
  public long beginTimestamp() {
    return snapshot.timestamp();
  }

  /** The newest commit that it may have seen something of, published or not. */
  public long readsThrough() {
    return Math.max(snapshot.timestamp(), unpublished.lastTimestamp());
  }

  /** On whose behalf it works now: of the innermost subtransaction. */
  public Scope scope() {
    return scope;
  }

  /** The catalog with this transaction's own changes; looking at it records no read. */
  public Catalog catalog() {
    return catalog;
  }

  /**
   * The table of a name, or null. Records that the answer depends on that name. In access mode USER
   * private system tables don't exist, and the virtual ones are answered with their backing table.
   */
  public @Nullable TableInfo table(String name) {
    TableLayout layout = layout(name);
    return layout == null ? null : layout.table();
  }

  /** The table whose ids carry a number, or null. Like {@link #table}. */
  public @Nullable TableInfo tableByNumber(int number) {
    TableLayout layout = layoutByNumber(number);
    return layout == null ? null : layout.table();
  }

  @Nullable TableLayout layout(String name) {
    String stored = name;
    if (name.startsWith("_") && scope.access() == AccessMode.USER) {
      String backing = Catalog.VIRTUAL_TABLES.get(name);
      if (backing == null) {
        return null;
      }
      stored = backing;
    }
    return storedLayout(scope.namespace(), stored);
  }

  /** The table of a name whatever the access mode. */
  @Nullable TableLayout storedLayout(Namespace namespace, String name) {
    if (resolved.add(name)) {
      reads.system(Bootstrap.TABLES_BY_NAME, KeyRange.prefix(SortKey.of(Value.of(name))));
    }
    return catalog.layout(namespace, name);
  }

  @Nullable TableLayout layoutByNumber(int number) {
    TableLayout layout = storedLayoutByNumber(number);
    return layout != null && isVisible(layout.table()) ? layout : null;
  }

  /** The table of a number whatever the access mode. */
  @Nullable TableLayout storedLayoutByNumber(int number) {
    if (resolved.add(number)) {
      reads.system(
          Bootstrap.TABLES_BY_NUMBER, KeyRange.prefix(SortKey.of(Value.of((long) number))));
    }
    return catalog.layoutByNumber(scope.namespace(), number);
  }

  private boolean isVisible(TableInfo table) {
    return scope.access() == AccessMode.SYSTEM
        || !table.isSystem()
        || Catalog.VIRTUAL_TABLES.containsValue(table.name());
  }

  /**
   * The document, or null if there is none, or its table is unknown or hidden from the scope.
   * Records the read in either case.
   */
  public @Nullable Document get(DocumentId id) {
    return get(id, null);
  }

  /**
   * {@link #get(DocumentId)}, also of a virtual table.
   *
   * @param clientVersion the npm package's, which decides on the form of virtual documents
   * @throws FreshetException {@code InvalidClientVersion} if it is missing for a virtual table
   */
  public @Nullable Document get(DocumentId id, @Nullable String clientVersion) {
    TableLayout layout = layoutByNumber(id.tableNumber());
    if (layout == null) {
      return null;
    }
    UnaryOperator<Document> view = engine.virtual().view(this, layout.table(), clientVersion);
    Document document = read(layout, id.internalId());
    if (view == null || document == null) {
      return document;
    }
    reads.document(document.size());
    return view.apply(document);
  }

  private boolean isVirtual(TableInfo table) {
    return table.isSystem() && scope.access() == AccessMode.USER;
  }

  @Nullable Document read(TableLayout layout, InternalId id) {
    KeyRange key = KeyRange.of(id.toBytes());
    TableInfo table = layout.table();
    if (table.isSystem()) {
      reads.system(layout.byId().storage(), key);
    } else {
      reads.user(layout.byId().storage(), key.start(), key.end());
    }
    Document document = find(layout, id);
    if (document != null && !table.isSystem()) {
      reads.document(document.size());
    }
    return document;
  }

  private @Nullable Document find(TableLayout layout, InternalId id) {
    WriteBuffer.Entry written = writes.entry(layout.table().storage(), id);
    if (written != null) {
      return written.document;
    }
    WriteBuffer.Overlaid ahead = unpublished.document(layout.table().storage(), id);
    if (ahead != null) {
      return ahead.document();
    }
    if (isCreatedHere(layout.table())) {
      return null;
    }
    long table = layout.table().storage();
    Document known = seen.get(new WriteBuffer.Key(table, id));
    if (known != null) {
      return known;
    }
    DocumentRevision revision =
        engine
            .readers()
            .<@Nullable DocumentRevision>readAt(
                snapshot.timestamp(), reader -> reader.document(table, id, snapshot.timestamp()));
    return revision == null
        ? null
        : new Document(
            new DocumentId(layout.table().number(), id),
            revision.timestamp(),
            revision.value(),
            null);
  }

  /**
   * Keeps what a query has found in the snapshot: documents are mostly looked up again to be
   * written.
   */
  void saw(TableLayout layout, Document document) {
    if (seen.size() < MAX_SEEN) {
      seen.put(new WriteBuffer.Key(layout.table().storage(), document.id().internalId()), document);
    }
  }

  /**
   * Adds a document and returns it with its new id and creation time; the table is created if it
   * doesn't exist.
   *
   * @throws FreshetException the value's limits, {@code InvalidDocumentError}, {@code
   *     SchemaEnforcementError}, {@code SystemTableError}, {@code ReadOnlyTable}, the write limits
   */
  public Document insert(String table, ObjectValue value) {
    if (table.startsWith("_") && scope.access() == AccessMode.USER) {
      throw Catalog.VIRTUAL_TABLES.containsKey(table)
          ? badRequest("ReadOnlyTable", table + " is a read-only table")
          : systemTableError();
    }
    TableLayout layout = layout(table);
    if (layout == null) {
      layout = new CatalogWriter(this).createTable(scope.namespace(), table);
    }
    return insert(layout, value);
  }

  Document insert(TableLayout layout, ObjectValue value) {
    InternalId id = InternalId.random(engine.random(), engine.clock().unixMillis());
    return insert(layout, id, value);
  }

  Document insert(TableLayout layout, InternalId id, ObjectValue value) {
    DocumentId documentId = new DocumentId(layout.table().number(), id);
    ObjectValue document = DocumentChecks.complete(value, documentId, Value.of(nextCreationTime));
    nextCreationTime = Math.nextUp(nextCreationTime);
    // No read of the id is recorded: 112 random bits don't meet again.
    return new DocumentWriter(this).write(layout, documentId, null, document);
  }

  /**
   * Changes some fields of a document and returns its new state.
   *
   * @throws FreshetException {@code NonexistentDocument}, and as {@link #insert}
   */
  public Document patch(DocumentId id, Patch patch) {
    TableLayout layout = writable(id);
    Document old = existing(layout, id, "Update");
    return rewrite(layout, id, old, patch.applyTo(old.value()));
  }

  /** Replaces all fields of a document and returns its new state. Throws like {@link #patch}. */
  public Document replace(DocumentId id, ObjectValue value) {
    TableLayout layout = writable(id);
    Document old = existing(layout, id, "Replace");
    return rewrite(layout, id, old, value);
  }

  private Document rewrite(TableLayout layout, DocumentId id, Document old, ObjectValue value) {
    Value creationTime = Objects.requireNonNull(old.value().get("_creationTime"));
    ObjectValue document = DocumentChecks.complete(value, id, creationTime);
    return new DocumentWriter(this).write(layout, id, old, document);
  }

  /** {@link #replace} whatever the access mode. */
  void replaceRow(TableLayout layout, DocumentId id, ObjectValue value) {
    rewrite(layout, id, existing(layout, id, "Replace"), value);
  }

  /** {@link #delete} whatever the access mode. */
  void deleteRow(TableLayout layout, DocumentId id) {
    new DocumentWriter(this).delete(layout, id, existing(layout, id, "Delete"));
  }

  /** Deletes a document and returns what it was. Throws like {@link #patch}. */
  public Document delete(DocumentId id) {
    TableLayout layout = writable(id);
    Document old = existing(layout, id, "Delete");
    new DocumentWriter(this).delete(layout, id, old);
    return old;
  }

  private TableLayout writable(DocumentId id) {
    TableLayout layout = layoutByNumber(id.tableNumber());
    if (layout == null) {
      throw badRequest("InvalidArgument", "Table for ID \"" + id.encode() + "\" not found");
    }
    if (isVirtual(layout.table())) {
      throw systemTableError();
    }
    return layout;
  }

  private static FreshetException systemTableError() {
    return badRequest("SystemTableError", "System tables can only be accessed with db.system.");
  }

  private Document existing(TableLayout layout, DocumentId id, String verb) {
    Document document = read(layout, id.internalId());
    if (document == null) {
      throw badRequest("NonexistentDocument", verb + " on nonexistent document ID " + id.encode());
    }
    return document;
  }

  /**
   * Starts a query. Nothing is read yet, but the table and the index are resolved.
   *
   * @throws FreshetException the range's errors (spec 40 §6.2), {@code IndexNotFoundError}, {@code
   *     IndexBackfillingError}, {@code IndexStagedError}
   */
  public QueryStream query(QuerySpec spec) {
    return query(spec, null);
  }

  /**
   * {@link #query(QuerySpec)}, also of a virtual table.
   *
   * @param clientVersion as in {@link #get(DocumentId, String)}
   */
  public QueryStream query(QuerySpec spec, @Nullable String clientVersion) {
    return new QueryPlanner(this).stream(spec, clientVersion);
  }

  /**
   * Reads one page of a query (spec 40 §6.5).
   *
   * @throws FreshetException {@code NoDocumentsForPagination}, {@code PageSizeTooLarge}, {@code
   *     InvalidPaginationLimit}, and as {@link #query}
   */
  public Page paginate(QuerySpec spec, PageRequest request) {
    return new Paginator(this).page(spec, request);
  }

  /**
   * A hash of the query and its index's fields. A cursor made for another fingerprint is not to be
   * used with this query.
   */
  public byte[] fingerprint(QuerySpec spec) {
    return QueryFingerprint.of(spec, new QueryPlanner(this).resolve(spec.source()));
  }

  /** How many documents a table has, own writes included; 0 if it doesn't exist. */
  public long count(String table) {
    TableLayout layout = layout(table);
    if (layout == null) {
      return 0;
    }
    long index = layout.byId().storage();
    if (layout.table().isSystem()) {
      reads.system(index, KeyRange.ALL);
    } else {
      reads.user(index, KeyRange.ALL.start(), KeyRange.ALL.end());
    }
    long storage = layout.table().storage();
    long count =
        isCreatedHere(layout.table())
            ? 0
            : engine.counts().at(storage, snapshot.timestamp(), engine.readers());
    count += unpublished.countChange(storage);
    for (WriteBuffer.Entry entry : writes.entries()) {
      if (entry.key.table() == storage) {
        count += (entry.document == null ? 0 : 1) - (entry.committed == null ? 0 : 1);
      }
    }
    return count;
  }

  /**
   * The id that the text spells if it is one of that table's, else null (spec 40 §2). A text of the
   * form that ids had before they carried their table's number, the internal id alone, is taken for
   * one of any table's.
   */
  public @Nullable DocumentId normalizeId(String table, String text) {
    TableLayout layout = layout(table);
    if (layout == null) {
      return null;
    }
    int number = layout.table().number();
    DocumentId id = DocumentId.tryDecode(text);
    if (id != null) {
      return id.tableNumber() == number ? id : null;
    }
    InternalId internal = InternalId.tryParse(text);
    return internal == null ? null : new DocumentId(number, internal);
  }

  /** Starts a nested part with its own scope and budget. */
  public Subtransaction begin(Scope nested, TransactionBudget budget) {
    TransactionFrame frame = new TransactionFrame(writes.mark(), catalog, scope, usage.limits);
    frames.push(frame);
    scope = nested;
    usage.limits = usage.narrowed(budget);
    return new NestedPart(frame);
  }

  private final class NestedPart implements Subtransaction {
    private final TransactionFrame frame;
    private final int depth = frames.size();
    private boolean ended;

    NestedPart(TransactionFrame frame) {
      this.frame = frame;
    }

    @Override
    public void commit() {
      end();
    }

    @Override
    public void rollback() {
      end();
      writes.rollback(frame.mark());
      catalog = frame.catalog();
    }

    private void end() {
      if (ended || frames.size() != depth) {
        throw new IllegalStateException("a subtransaction ended twice or out of order");
      }
      ended = true;
      frames.pop();
      scope = frame.scope();
      usage.limits = frame.ceilings();
    }

    @Override
    public void close() {
      if (!ended) {
        rollback();
      }
    }
  }

  /**
   * A transaction over the same snapshot without the writes, for reads that this one shall not
   * depend on: only its usage counts here.
   */
  public Transaction withoutWrites() {
    return new Transaction(engine, snapshot, unpublished, scope, nextCreationTime, usage);
  }

  public TransactionUsage usage() {
    return usage.metrics();
  }

  /** What was read so far. */
  public ReadSet readSet() {
    return reads.readSet();
  }

  /** Whether it wrote nothing so far. */
  public boolean isReadOnly() {
    return writes.isEmpty();
  }

  Engine engine() {
    return engine;
  }

  Snapshot snapshot() {
    return snapshot;
  }

  /** What it sees of commits that may still fail. */
  Unpublished unpublished() {
    return unpublished;
  }

  ReadRecorder reads() {
    return reads;
  }

  WriteBuffer writes() {
    return writes;
  }

  Usage counters() {
    return usage;
  }

  /** Takes over a change of {@code _tables}, {@code _index} or {@code _schemas}. */
  void setCatalog(Catalog changed) {
    catalog = changed;
  }

  /** Whether the snapshot can't have documents of the table. */
  boolean isCreatedHere(TableInfo table) {
    return snapshot.catalog().layout(table.tablet()) == null;
  }

  /** Marks it as handed to the committer; it can be so once. */
  void finish() {
    if (committed) {
      throw new FreshetException(
          ErrorClass.INTERNAL, "InternalServerError", "a transaction was committed twice");
    }
    if (!frames.isEmpty()) {
      throw new IllegalStateException("a subtransaction is still open");
    }
    committed = true;
  }
}
