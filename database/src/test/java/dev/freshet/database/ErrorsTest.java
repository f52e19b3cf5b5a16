package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.push;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.values.Clock;
import dev.freshet.values.DocumentId;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value.ObjectValue;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The codes of errors, and the parts of their texts that are fixed. */
class ErrorsTest {
  private static final ObjectValue EMPTY = object();
  private static final DocumentId UNKNOWN_TABLE = new DocumentId(20_000, new InternalId(1, 1));
  private static final String SCHEMA =
      "{\"tables\":[{\"tableName\":\"notes\",\"indexes\":[{\"indexDescriptor\":\"by_n\","
          + "\"fields\":[\"n\",\"m\"]}],\"documentType\":null}],\"schemaValidation\":true}";

  private final SystemTable<ObjectValue> files = SystemTable.untyped("_file_storage", 540);
  private Database database = Databases.inMemory();
  private DocumentId id = UNKNOWN_TABLE;
  private DocumentId missing = UNKNOWN_TABLE;
  private int winners = 10;

  @BeforeEach
  void open() {
    close();
    database =
        Database.open(
            new InMemoryPersistence(),
            Clock.system(),
            new Random(),
            Limits.defaults(),
            List.of(files));
    push(database, SCHEMA);
    id = insert(database, "notes", object("n", 1));
    missing = new DocumentId(id.tableNumber(), new InternalId(1, 1));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void limit(Limit limit, long value) {
    database.close();
    database = Databases.open(new InMemoryPersistence(), Limits.of(Map.of(limit, value)));
  }

  /**
   * @param fragment what its text has in it; the id of a document that exists, of one that doesn't,
   *     and of one whose table doesn't are written {@code {id}}, {@code {missing}} and {@code
   *     {unknown}}
   */
  record Case(String code, String fragment, Work work) {
    @Override
    public String toString() {
      return code + ": " + fragment;
    }
  }

  interface Work {
    Object in(ErrorsTest test, Transaction transaction);
  }

  private static Case error(String code, String fragment, Work work) {
    return new Case(code, fragment, work);
  }

  private static Object range(Transaction transaction, String... bounds) {
    String json =
        "{\"source\":{\"type\":\"IndexRange\",\"indexName\":\"notes.by_n\",\"range\":["
            + String.join(",", bounds)
            + "],\"order\":null},\"operators\":[]}";
    return transaction.query(QuerySpec.parse(json));
  }

  private static String bound(String type, String field) {
    return "{\"type\":\"" + type + "\",\"fieldPath\":\"" + field + "\",\"value\":1}";
  }

  private static Object index(String name) {
    return QuerySpec.parse(
        "{\"source\":{\"type\":\"IndexRange\",\"indexName\":\""
            + name
            + "\",\"range\":[],\"order\":null},\"operators\":[]}");
  }

  private static Object page(
      Transaction transaction, int size, @Nullable Long rows, @Nullable Long bytes) {
    return transaction.paginate(
        QuerySpec.fullScan("notes", Order.ASC), new PageRequest(null, null, size, rows, bytes));
  }

  static Stream<Case> badRequests() {
    return Stream.of(
        // Documents (spec 40 §3.1, §3.3)
        error(
            "InvalidIdError",
            "doesn't match '_id' field \"{id}\"",
            (t, tx) -> tx.insert("notes", object("_id", t.id.encode()))),
        error(
            "InvalidCreationTimeError",
            "doesn't match '_creationTime' field in {_creationTime: 5.0}",
            (t, tx) -> tx.insert("notes", object("_creationTime", 5))),
        error(
            "InvalidIdError",
            "Provided document ID {id} doesn't match '_id' field \"{missing}\"",
            (t, tx) -> tx.replace(t.id, object("_id", t.missing.encode()))),
        error(
            "InvalidDocumentError",
            "isn't a valid document: Field '_x' starts with an underscore, which is only ",
            (t, tx) -> tx.patch(t.id, Patch.of(object("_x", 1)))),
        error(
            "NonexistentDocument",
            "Update on nonexistent document ID {missing}",
            (t, tx) -> tx.patch(t.missing, Patch.of(EMPTY))),
        error(
            "NonexistentDocument",
            "Replace on nonexistent document ID {missing}",
            (t, tx) -> tx.replace(t.missing, EMPTY)),
        error(
            "NonexistentDocument",
            "Delete on nonexistent document ID {missing}",
            (t, tx) -> tx.delete(t.missing)),
        error(
            "InvalidArgument",
            "Table for ID \"{unknown}\" not found",
            (t, tx) -> tx.delete(UNKNOWN_TABLE)),
        error(
            "SystemTableError",
            "System tables can only be accessed with db.system.",
            (t, tx) -> tx.insert("_modules", EMPTY)),
        error(
            "SystemTableError",
            "System tables can only be accessed with db.system.",
            (t, tx) -> tx.delete(new DocumentId(540, new InternalId(1, 1)))),
        error(
            "ReadOnlyTable",
            "_storage is a read-only table",
            (t, tx) -> tx.insert("_storage", EMPTY)),
        error(
            "InvalidTableName",
            "Invalid table name: \"9\". Identifiers must start with a letter and",
            (t, tx) -> tx.insert("9", EMPTY)),
        error(
            "InvalidClientVersion",
            "Upgrade to NPM version 1.6",
            (t, tx) -> tx.query(QuerySpec.fullScan("_storage", Order.ASC))),
        // Queries (§6.1-§6.2)
        error(
            "IndexNotEnoughNameComponents",
            "Insufficient components in index name notes",
            (t, tx) -> index("notes")),
        error(
            "IndexTooManyNameComponents",
            "Too many components in index name notes.by_n.x",
            (t, tx) -> index("notes.by_n.x")),
        error(
            "IndexNotFoundError",
            "Index notes.by_m not found.",
            (t, tx) -> tx.query((QuerySpec) index("notes.by_m"))),
        error(
            "AlreadyDefinedBound",
            "Already defined equality bound in index range. Can't add \"n\" == 1.0.",
            (t, tx) -> range(tx, bound("Eq", "n"), bound("Eq", "n"))),
        error(
            "AlreadyDefinedBound",
            "Already defined equality bound in index range. Can't add \"n\" > 1.0.",
            (t, tx) -> range(tx, bound("Eq", "n"), bound("Gt", "n"))),
        error(
            "AlreadyDefinedBound",
            "Already defined lower bound in index range. Can't add \"n\" >= 1.0.",
            (t, tx) -> range(tx, bound("Gt", "n"), bound("Gte", "n"))),
        error(
            "AlreadyDefinedBound",
            "Already defined upper bound in index range. Can't add \"n\" <= 1.0.",
            (t, tx) -> range(tx, bound("Lt", "n"), bound("Lte", "n"))),
        error(
            "BoundsOnMultipleFields",
            "attempted to set a range bound on both \"n\" and \"m\". Consider using `filter`"
                + " instead. See https://docs",
            (t, tx) -> range(tx, bound("Gt", "n"), bound("Lt", "m"))),
        error(
            "FieldNotInIndex",
            "The index range included a comparison with \"x\", but notes.by_n with fields [\"n\","
                + " \"m\", \"_creationTime\", \"_id\"] doesn't index this field. For more",
            (t, tx) -> range(tx, bound("Eq", "x"))),
        error(
            "InvalidIndexRange",
            "First incorrect field: \"m\"",
            (t, tx) -> range(tx, bound("Eq", "m"))),
        error(
            "InvalidIndexRange",
            "Query fields: [\"n\", \"_creationTime\"]\nFirst incorrect field: \"_creationTime\"",
            (t, tx) -> range(tx, bound("Eq", "n"), bound("Lt", "_creationTime"))),
        error("EmptyFieldPath", "Empty path ..", (t, tx) -> range(tx, bound("Eq", ".."))),
        // Pages (§6.5)
        error(
            "NoDocumentsForPagination",
            "Must request at least 1 document while paginating",
            (t, tx) -> page(tx, 0, null, null)),
        error(
            "PageSizeTooLarge",
            "Requested too many items: 32001",
            (t, tx) -> page(tx, 32_001, null, null)),
        error(
            "InvalidPaginationLimit",
            "maximumRowsRead and maximumBytesRead must be greater than 0",
            (t, tx) -> page(tx, 1, 0L, null)),
        error(
            "InvalidPaginationLimit",
            "maximumRowsRead and maximumBytesRead must be greater than 0",
            (t, tx) -> page(tx, 1, null, 0L)));
  }

  @ParameterizedTest
  @MethodSource("badRequests")
  void requestsThatCannotBeMetAreToldByTheirCode(Case error) {
    String text =
        error
            .fragment()
            .replace("{id}", id.encode())
            .replace("{missing}", missing.encode())
            .replace("{unknown}", UNKNOWN_TABLE.encode());
    Transaction transaction = begin(database);
    assertFails(
        () -> error.work().in(this, transaction), ErrorClass.BAD_REQUEST, error.code(), text);
  }

  private static void assertFails(
      ThrowingCallable work, ErrorClass errorClass, String code, String text) {
    assertThatThrownBy(work)
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> {
              assertThat(e.text()).contains(text);
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.errorClass()).isEqualTo(errorClass);
            });
  }

  @Test
  void thereMayBeAsManyTablesAsTheLimitSays() {
    limit(Limit.MAX_USER_TABLES, 2);
    insert(database, "one", EMPTY);
    insert(database, "two", EMPTY);
    insert(database, "two", EMPTY);
    assertFails(
        () -> insert(database, "three", EMPTY),
        ErrorClass.BAD_REQUEST,
        "TooManyTables",
        "Number of tables cannot exceed 2.");
    assertFails(
        () -> push(database, SCHEMA), ErrorClass.BAD_REQUEST, "TooManyTables", "cannot exceed 2.");
    database.run(
        "drop", transaction -> SchemaStore.in(transaction, Namespace.ROOT).dropTable("one"));
    insert(database, "three", EMPTY);
  }

  @Test
  void tooManyIntervalsAreALimitOfPages() {
    limit(Limit.TRANSACTION_MAX_READ_SET_INTERVALS, 1);
    Transaction transaction = begin(database);
    transaction.insert("notes", EMPTY);
    int number = Databases.present(transaction.insert("notes", EMPTY)).id().tableNumber();
    transaction.get(new DocumentId(number, new InternalId(1, 1)));
    assertFails(
        () -> transaction.get(new DocumentId(number, new InternalId(3, 3))),
        ErrorClass.PAGINATION_LIMIT,
        "TooManyReads",
        "Too many reads in a single function execution (limit: 1). Consider using smaller limits"
            + " in your queries");
  }

  @Test
  void tooManySubscriptionsAreRefused() {
    limit(Limit.SUBSCRIPTIONS_MAX, 2);
    Transaction reader = begin(database);
    Databases.all(reader, "notes");
    long now = reader.beginTimestamp();
    Subscription one = database.subscribe(reader.readSet(), now, _ -> {});
    database.subscribe(reader.readSet(), now, _ -> {});
    assertFails(
        () -> database.subscribe(reader.readSet(), now, _ -> {}),
        ErrorClass.OVERLOADED,
        "SubscriptionsWorkerFullError",
        "Too many concurrent subscription requests");
    one.cancel();
    assertThat(database.subscribe(reader.readSet(), now, _ -> {}).validAt(now)).isTrue();
  }

  /** Who lost is told who won, as far as that is known (§7.6). */
  @Test
  void conflictsNameTheTableTheDocumentAndTheOther() {
    String document = " changed the document with ID \"" + id.encode() + "\". See ";
    String start =
        "Documents read from or written to the \"notes\" table changed while this mutation was"
            + " being run ";
    assertConflict(Databases.TEST, start, ". Another call to this mutation" + document);
    assertConflict(
        WriteSource.function("mail", "other:write"),
        start,
        ". A call to \"mail/other:write\"" + document);
    assertConflict(WriteSource.UNKNOWN, start, ". See https://docs.convex.dev/error#1");
  }

  private void assertConflict(WriteSource winner, String start, String end) {
    Transaction loser = begin(database);
    loser.patch(id, Patch.of(object("n", 2)));
    Transaction first = begin(database);
    first.patch(id, Patch.of(object("n", winners++)));
    database.commit(first, winner);
    assertThatThrownBy(() -> commit(database, loser))
        .hasMessageStartingWith(start)
        .hasMessageContaining(end);
    assertFails(
        () -> commit(database, again(loser)),
        ErrorClass.OCC,
        "OptimisticConcurrencyControlFailure",
        start);
  }

  /** The same once more, as a transaction can be committed only once. */
  private Transaction again(Transaction lost) {
    Transaction again = database.beginAt(lost.beginTimestamp(), TransactionOptions.USER);
    again.patch(id, Patch.of(object("n", 2)));
    return again;
  }

  @Test
  void conflictsOverSystemTablesNameNoDocument() {
    Transaction loser = database.begin(TransactionOptions.SYSTEM);
    assertThat(files.all(loser)).isEmpty();
    loser.insert("notes", EMPTY);
    Transaction first = database.begin(TransactionOptions.SYSTEM);
    files.insert(first, EMPTY);
    database.commit(first, WriteSource.system("upload"));
    assertThatThrownBy(() -> commit(database, loser))
        .isInstanceOfSatisfying(
            ConflictException.class, e -> assertThat(e.table()).isEqualTo("_file_storage"))
        .hasMessageStartingWith("Data read or written in this mutation ")
        .hasMessageEndingWith("/).");
  }
}
