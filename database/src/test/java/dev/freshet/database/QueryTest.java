package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.collect;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static dev.freshet.database.Databases.present;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class QueryTest {
  private Database database = Databases.inMemory();

  @AfterEach
  void close() {
    database.close();
  }

  private void limit(Limit limit, long value) {
    database.close();
    database = Databases.open(new InMemoryPersistence(), Limits.of(Map.of(limit, value)));
  }

  private static String range(String comparisons) {
    return "{\"source\":{\"type\":\"IndexRange\",\"indexName\":\"t.by_a\",\"range\":["
        + comparisons
        + "],\"order\":null},\"operators\":[]}";
  }

  private static String bound(String type, String field, String value) {
    return "{\"type\":\"" + type + "\",\"fieldPath\":\"" + field + "\",\"value\":" + value + "}";
  }

  private static void assertCode(String code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.code()).as(e.text()).isEqualTo(code));
  }

  private void withIndex() {
    Databases.push(
        database,
        "{\"tables\":[{\"tableName\":\"t\",\"indexes\":[{\"indexDescriptor\":\"by_a\",\"fields\":"
            + "[\"a\",\"b\"]}],\"documentType\":null}],\"schemaValidation\":true}");
  }

  private List<Document> run(String json) {
    return collect(begin(database).query(QuerySpec.parse(json)));
  }

  @Test
  void rangesThatAreNoneAreRefused() {
    withIndex();
    assertCode(
        "AlreadyDefinedBound",
        () -> run(range(bound("Eq", "a", "1") + "," + bound("Eq", "a", "2"))));
    assertCode(
        "AlreadyDefinedBound",
        () -> run(range(bound("Gt", "a", "1") + "," + bound("Gte", "a", "2"))));
    assertCode(
        "BoundsOnMultipleFields",
        () -> run(range(bound("Gt", "a", "1") + "," + bound("Lt", "b", "2"))));
    assertCode("FieldNotInIndex", () -> run(range(bound("Eq", "c", "1"))));
    assertThatThrownBy(() -> run(range(bound("Eq", "b", "1"))))
        .hasMessage(
            """
            Tried to query index t.by_a but the query didn't use the index fields in order.
            Index fields: ["a", "b", "_creationTime", "_id"]
            Query fields: ["b"]
            First incorrect field: "b"
            For more information see https://docs.convex.dev/using/indexes.\
            """);
    assertThat(run(range(bound("Eq", "b", "1") + "," + bound("Eq", "a", "{\"$undefined\":null}"))))
        .isEmpty();
  }

  @Test
  void queriesThatAreNoneAreRefused() {
    assertThatThrownBy(
            () ->
                QuerySpec.parse(
                    "{\"source\":{\"type\":\"FullTableScan\",\"tableName\":\"t\",\"order\":\"up\"},"
                        + "\"operators\":[]}"))
        .hasMessageContaining("expected \"asc\" or \"desc\"");
    for (String bad :
        List.of("", "[]", "{}", "{\"source\":{}}", "{\"source\":{\"type\":\"IndexRange\"}}")) {
      assertThatThrownBy(() -> QuerySpec.parse(bad)).isInstanceOf(FreshetException.class);
    }
    assertCode("IndexNotFoundError", () -> run(range("")));
    QuerySpec spec = QuerySpec.fullScan("t", Order.ASC);
    for (int i = 0; i < 257; i++) {
      spec = spec.with(new QuerySpec.Operator.Limit(1));
    }
    QuerySpec tooLong = spec;
    assertThatThrownBy(() -> begin(database).query(tooLong))
        .hasMessage("Query has too many operators: 257");
  }

  private List<Document> filter(String expression) {
    return run(
        "{\"source\":{\"type\":\"FullTableScan\",\"tableName\":\"t\",\"order\":\"asc\"},"
            + "\"operators\":[{\"filter\":"
            + expression
            + "}]}");
  }

  @Test
  void filtersCompareAndCalculate() {
    insert(database, "t", object("a", 5, "n", 7L, "o", object("x", "deep")));
    assertThat(filter("{\"$eq\":[{\"$field\":\"o.x\"},{\"$literal\":\"deep\"}]}")).hasSize(1);
    assertThat(filter("{\"$eq\":[{\"$field\":\"nope\"},{\"$literal\":{\"$undefined\":null}}]}"))
        .hasSize(1);
    assertThat(
            filter("{\"$eq\":[{\"$add\":[{\"$field\":\"a\"},{\"$literal\":1}]},{\"$literal\":6}]}"))
        .hasSize(1);
    assertThat(filter("{\"$and\":[]}")).hasSize(1);
    assertThat(filter("{\"$or\":[]}")).isEmpty();
    String noBoolean = "{\"$field\":\"a\"}"; // is not looked at once the answer is known
    assertThat(filter("{\"$and\":[{\"$literal\":false}," + noBoolean + "]}")).isEmpty();
    assertThat(filter("{\"$or\":[{\"$literal\":true}," + noBoolean + "]}")).hasSize(1);
    assertCode("EvalError", () -> filter("{\"$and\":[{\"$literal\":true}," + noBoolean + "]}"));
    assertThat(filter("{\"$not\":{\"$lt\":[{\"$field\":\"n\"},{\"$field\":\"a\"}]}}")).isEmpty();
    assertThat(filter("{\"$lt\":[{\"$neg\":{\"$field\":\"a\"}},{\"$literal\":0}]}")).hasSize(1);
  }

  @Test
  void filtersThatCannotBeEvaluatedSayWhy() {
    insert(database, "t", object("a", 5, "n", Long.MIN_VALUE, "s", "x"));
    assertThatThrownBy(() -> filter("{\"$add\":[{\"$field\":\"a\"},{\"$field\":\"n\"}]}"))
        .hasMessage("Cannot add 5.0 (type Float64) and -9223372036854775808 (type Int64)");
    assertThatThrownBy(
            () ->
                filter(
                    "{\"$div\":[{\"$field\":\"n\"},{\"$sub\":[{\"$field\":\"n\"},{\"$field\":\"n\"}]}]}"))
        .hasMessage("Cannot divide -9223372036854775808 by zero");
    assertThatThrownBy(
            () ->
                filter(
                    "{\"$sub\":[{\"$field\":\"n\"},{\"$literal\":{\"$integer\":\"AQAAAAAAAAA=\"}}]}"))
        .hasMessageStartingWith("Cannot subtract -9223372036854775808 and 1: the result");
    assertThatThrownBy(() -> filter("{\"$neg\":{\"$field\":\"n\"}}"))
        .hasMessageContaining("out of range for Int64");
    assertThatThrownBy(() -> filter("{\"$neg\":{\"$field\":\"s\"}}"))
        .hasMessage("Cannot negate \"x\" (type String)");
    assertCode("EvalError", () -> filter("{\"$field\":\"a\"}"));
    assertThatThrownBy(() -> filter("{\"$field\":\"a\"}"))
        .hasMessage("Cannot use value 5.0 (type Float64) as a Boolean");
  }

  @Test
  void asManyDocumentsMayBeReadAsTheLimitSays() {
    limit(Limit.TRANSACTION_MAX_READ_SIZE_ROWS, 3);
    for (int i = 0; i < 3; i++) {
      insert(database, "t", object("a", i));
    }
    assertThat(Databases.all(begin(database), "t")).hasSize(3);
    insert(database, "t", object("a", 3));
    Transaction transaction = begin(database);
    assertThatThrownBy(() -> Databases.all(transaction, "t"))
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> {
              assertThat(e.code()).isEqualTo("TooManyDocumentsRead");
              assertThat(e.errorClass()).isEqualTo(ErrorClass.PAGINATION_LIMIT);
              assertThat(e.text())
                  .startsWith(
                      "Too many documents read in a single function execution (limit: 3)."
                          + " Consider using smaller limits in your queries");
            });
    assertCode("TooManyDocumentsRead", () -> Databases.all(transaction, "t"));
  }

  @Test
  void asManyBytesMayBeReadAsTheLimitSays() {
    Document sample = begin(database).insert("t", object("a", "x".repeat(100)));
    limit(Limit.TRANSACTION_MAX_READ_SIZE_BYTES, 2L * sample.size());
    insert(database, "t", object("a", "x".repeat(100)));
    insert(database, "t", object("a", "x".repeat(100)));
    Transaction transaction = begin(database);
    assertThat(Databases.all(transaction, "t")).hasSize(2);
    assertThat(transaction.usage().bytesRead().used()).isEqualTo(2L * sample.size());
    insert(database, "t", object("a", "x".repeat(100)));
    assertCode("TooManyBytesRead", () -> Databases.all(begin(database), "t"));
  }

  @Test
  void asManyIntervalsMayBeReadAsTheLimitSays() {
    limit(Limit.TRANSACTION_MAX_READ_SET_INTERVALS, 2);
    var ids =
        List.of(
            insert(database, "t", object()),
            insert(database, "t", object()),
            insert(database, "t", object()));
    Transaction transaction = begin(database);
    transaction.get(ids.get(0));
    transaction.get(ids.get(0));
    transaction.get(ids.get(1));
    assertThat(transaction.usage().databaseQueries().used()).isEqualTo(2);
    assertThatThrownBy(() -> transaction.get(ids.get(2)))
        .hasMessageStartingWith("Too many reads in a single function execution (limit: 2).");
  }

  @Test
  void asMuchMayBeWrittenAsTheLimitsSay() {
    limit(Limit.TRANSACTION_MAX_NUM_USER_WRITES, 2);
    Transaction two = begin(database);
    two.insert("t", object());
    two.insert("t", object());
    assertThatThrownBy(() -> two.insert("t", object()))
        .hasMessage("Too many writes in a single function execution (limit: 2)");

    Document sample = begin(database).insert("t", object("a", "x"));
    limit(Limit.TRANSACTION_MAX_USER_WRITE_SIZE_BYTES, 2L * sample.size());
    Transaction bytes = begin(database);
    Document written = bytes.insert("t", object("a", "x"));
    bytes.insert("t", object("a", "y"));
    bytes.delete(written.id());
    assertThatThrownBy(() -> bytes.insert("t", object("a", "z")))
        .hasMessageStartingWith("Too many bytes written in a single function execution (limit: ");
    assertThat(Usage.evenly(16L << 20)).isEqualTo("16 MiB");
    assertThat(Usage.evenly(1_500_000)).isEqualTo("1.5 MB");
    assertThat(Usage.evenly(1001)).isEqualTo("1001 bytes");
  }

  @Test
  void pagesAreCheckedAndLimited() {
    for (int i = 0; i < 5; i++) {
      insert(database, "t", object("a", i));
    }
    QuerySpec spec = QuerySpec.fullScan("t", Order.ASC);
    assertCode(
        "NoDocumentsForPagination",
        () -> begin(database).paginate(spec, new PageRequest(null, null, 0, null, null)));
    assertThatThrownBy(
            () -> begin(database).paginate(spec, new PageRequest(null, null, 32_001, null, null)))
        .hasMessage("Requested too many items: 32001");
    assertCode(
        "InvalidPaginationLimit",
        () -> begin(database).paginate(spec, new PageRequest(null, null, 1, 0L, null)));

    Page page = begin(database).paginate(spec, new PageRequest(null, null, 10, 3L, null));
    assertThat(page.documents()).hasSize(3);
    assertThat(page.status()).isEqualTo(Page.Status.SPLIT_REQUIRED);
    assertThat(page.splitCursor()).isNotNull();
    assertThat(page.isDone()).isFalse();
    Page tiny = begin(database).paginate(spec, new PageRequest(null, null, 10, null, 1L));
    assertThat(tiny.documents()).hasSize(1);
    Page rest =
        begin(database)
            .paginate(spec, new PageRequest(page.continueCursor(), null, 10, null, null));
    assertThat(rest.documents()).hasSize(2);
    assertThat(rest.status()).isNull();
    assertThat(rest.isDone()).isTrue();
    assertThat(
            begin(database)
                .paginate(spec, new PageRequest(rest.continueCursor(), null, 10, null, null))
                .documents())
        .isEmpty();
  }

  @Test
  void aPageThatRunsIntoTheReadLimitIsShort() {
    limit(Limit.TRANSACTION_MAX_READ_SIZE_ROWS, 4);
    for (int i = 0; i < 6; i++) {
      insert(database, "t", object("a", i));
    }
    QuerySpec spec = QuerySpec.fullScan("t", Order.ASC);
    Page page = begin(database).paginate(spec, new PageRequest(null, null, 4, null, null));
    assertThat(page.documents()).hasSize(4);
    assertThat(page.status()).isEqualTo(Page.Status.SPLIT_RECOMMENDED);
    Page longer = begin(database).paginate(spec, new PageRequest(null, null, 5, null, null));
    assertThat(longer.documents()).hasSize(4);
    assertThat(longer.status()).isEqualTo(Page.Status.SPLIT_REQUIRED);
  }

  @Test
  void aLongPageShouldBeSplit() {
    limit(Limit.MAX_SOFT_PAGE_LENGTH, 3);
    for (int i = 0; i < 6; i++) {
      insert(database, "t", object("a", i));
    }
    QuerySpec spec = QuerySpec.fullScan("t", Order.ASC);
    Page page = begin(database).paginate(spec, new PageRequest(null, null, 3, null, null));
    assertThat(page.status()).isNull();
    Page longer = begin(database).paginate(spec, new PageRequest(null, null, 4, null, null));
    assertThat(longer.documents()).hasSize(4);
    assertThat(longer.status()).isEqualTo(Page.Status.SPLIT_RECOMMENDED);
    assertThat(longer.splitCursor()).isNotNull();
    Page two = begin(database).paginate(spec, new PageRequest(null, null, 2, null, null));
    assertThat(two.splitCursor()).isNull();
  }

  @Test
  void aPageKeepsItsEndWhenRowsAreInsertedInside() {
    withIndex();
    for (int i = 0; i < 4; i++) {
      insert(database, "t", object("a", i * 2));
    }
    QuerySpec spec = QuerySpec.indexRange("t", "by_a", Order.ASC, List.of());
    Page first = begin(database).paginate(spec, new PageRequest(null, null, 2, null, null));
    insert(database, "t", object("a", 1));
    Page again =
        begin(database)
            .paginate(spec, new PageRequest(null, first.continueCursor(), 2, null, null));
    assertThat(again.documents()).hasSize(3);
    assertThat(again.continueCursor()).isEqualTo(first.continueCursor());
  }

  @Test
  void fingerprintsTellQueriesApart() {
    Transaction transaction = begin(database);
    QuerySpec spec = QuerySpec.fullScan("t", Order.ASC);
    assertThat(transaction.fingerprint(spec)).isEqualTo(transaction.fingerprint(spec));
    assertThat(transaction.fingerprint(spec))
        .isNotEqualTo(transaction.fingerprint(QuerySpec.fullScan("t", Order.DESC)));
    assertThat(transaction.fingerprint(spec.with(new QuerySpec.Operator.Limit(1))))
        .isNotEqualTo(transaction.fingerprint(spec.with(new QuerySpec.Operator.Limit(2))));
  }

  @Test
  void aQuerySeesWhatIsWrittenWhileItRuns() {
    for (int i = 0; i < 3; i++) {
      insert(database, "t", object("a", i));
    }
    Transaction transaction = begin(database);
    QueryStream stream = transaction.query(QuerySpec.fullScan("t", Order.ASC));
    present(stream.next());
    List<Document> rest = collect(transaction.query(QuerySpec.fullScan("t", Order.DESC)));
    transaction.delete(rest.getFirst().id());
    transaction.patch(rest.get(1).id(), Patch.of(object("a", 10)));
    assertThat(present(stream.next()).value().get("a")).isEqualTo(Value.of(10.0));
    assertThat(stream.next()).isNull();
    commit(database, transaction);
  }
}
