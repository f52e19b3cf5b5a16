package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.testkit.InMemoryPersistence;
import dev.freshet.values.DocumentId;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every limit of what is written, exactly reached and passed by one, on every way to write. */
class WriteLimitsTest {
  private static final DocumentId NONE = DocumentId.decode("j5700000000000000000000000001qv0");

  /** How a document comes to have a value; the JSON is read as the syscalls do. */
  enum Way {
    INSERT,
    PATCH,
    REPLACE,
    NESTED_INSERT,
    NESTED_PATCH,
    SYSTEM_INSERT;

    boolean needsDocument() {
      return this == PATCH || this == REPLACE || this == NESTED_PATCH;
    }

    Document write(Transaction transaction, DocumentId id, String json) {
      return switch (this) {
        case INSERT -> transaction.insert("notes", ValueJson.parsePendingObject(json));
        case PATCH -> transaction.patch(id, new Patch(ValueJson.parsePatch(json)));
        case REPLACE -> transaction.replace(id, ValueJson.parsePendingObject(json));
        case NESTED_INSERT -> nested(transaction, INSERT, id, json, Scope.USER);
        case NESTED_PATCH -> nested(transaction, PATCH, id, json, Scope.USER);
        case SYSTEM_INSERT -> nested(transaction, INSERT, id, json, Scope.SYSTEM);
      };
    }

    private static Document nested(
        Transaction transaction, Way way, DocumentId id, String json, Scope scope) {
      try (Subtransaction part = transaction.begin(scope, TransactionBudget.NONE)) {
        Document written = way.write(transaction, id, json);
        part.commit();
        return written;
      }
    }
  }

  /**
   * A limit of a single document.
   *
   * @param json makes a value that reaches the limit but for the number given
   */
  record DocumentLimit(String name, IntFunction<String> json, String code, String text) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final ObjectValue EMPTY = object();

  /** The size of a document with only an empty string in the field {@code a}. */
  private static final int FRAME = size();

  private static int size() {
    try (Database database = Databases.inMemory()) {
      return begin(database).insert("notes", object("a", "")).size();
    }
  }

  private static String text(int length) {
    return "{\"a\":\"" + "x".repeat(length) + "\"}";
  }

  private static String nested(int levels) {
    return "{\"a\":" + "[".repeat(levels - 1) + "]".repeat(levels - 1) + "}";
  }

  private static String fields(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "\"f" + i + "\":1")
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static String array(int length) {
    return "{\"a\":[" + "1,".repeat(length - 1) + "1]}";
  }

  private static final DocumentLimit[] LIMITS = {
    new DocumentLimit(
        "size",
        more -> text((1 << 20) - FRAME + more),
        "ValueTooLargeError",
        "Value is too large (1 MiB > maximum size 1 MiB)"),
    new DocumentLimit(
        "nesting",
        more -> nested(16 + more),
        "InvalidDocumentError",
        "Document is too nested (nested 17 levels deep > maximum nesting 16)"),
    new DocumentLimit(
        "fields of the document, its two own included",
        more -> fields(1022 + more),
        "TooManyFieldsError",
        "Object has too many fields (1025 > maximum number 1024)"),
    new DocumentLimit(
        "fields of an object",
        more -> "{\"a\":" + fields(1024 + more) + "}",
        "TooManyFieldsError",
        "Object has too many fields (1025 > maximum number 1024)"),
    new DocumentLimit(
        "elements of an array",
        more -> array(8192 + more),
        "ArrayTooLong",
        "Array length is too long (8193 > maximum length 8192)"),
    new DocumentLimit(
        "length of a field's name",
        more -> "{\"" + "n".repeat(1024 + more) + "\":1}",
        "InvalidFieldName",
        "Field name is too long (1025 > maximum 1024)"),
  };

  static Stream<Arguments> limitsAndWays() {
    return Stream.of(LIMITS)
        .flatMap(limit -> Stream.of(Way.values()).map(way -> Arguments.of(limit, way)));
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("limitsAndWays")
  void aDocumentMayReachALimitAndNotPassIt(DocumentLimit limit, Way way) {
    try (Database database = Databases.inMemory()) {
      DocumentId id = way.needsDocument() ? Databases.insert(database, "notes", EMPTY) : NONE;
      for (int more : new int[] {-1, 0}) {
        Transaction transaction = begin(database);
        way.write(transaction, id, limit.json().apply(more));
        Databases.commit(database, transaction);
      }
      Transaction transaction = begin(database);
      assertThatThrownBy(() -> way.write(transaction, id, limit.json().apply(1)))
          .isInstanceOfSatisfying(
              FreshetException.class,
              e -> {
                assertThat(e.code()).isEqualTo(limit.code());
                assertThat(e.errorClass()).isEqualTo(ErrorClass.BAD_REQUEST);
              })
          .hasMessageContaining(limit.text());
      assertThat(transaction.isReadOnly()).as("nothing is left of it").isTrue();
    }
  }

  private static Database limited(Limit limit, long value) {
    return Databases.open(new InMemoryPersistence(), Limits.of(Map.of(limit, value)));
  }

  private static void assertLimit(ThrowingCallable write, String code, String text) {
    assertThatThrownBy(write)
        .isInstanceOfSatisfying(
            FreshetException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.errorClass()).isEqualTo(ErrorClass.PAGINATION_LIMIT);
            })
        .hasMessage(text);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void aTransactionMayWriteSoManyDocuments(Way way) {
    try (Database database = limited(Limit.TRANSACTION_MAX_NUM_USER_WRITES, 3)) {
      DocumentId id = way.needsDocument() ? Databases.insert(database, "notes", EMPTY) : NONE;
      Transaction transaction = begin(database);
      for (int i = 0; i < 3; i++) {
        way.write(transaction, id, "{\"n\":" + i + "}");
      }
      assertLimit(
          () -> way.write(transaction, id, "{\"n\":3}"),
          "TooManyWrites",
          "Too many writes in a single function execution (limit: 3)");
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void aTransactionMayWriteSoManyBytes(Way way) {
    try (Database database = limited(Limit.TRANSACTION_MAX_USER_WRITE_SIZE_BYTES, 4 << 10)) {
      DocumentId id = way.needsDocument() ? Databases.insert(database, "notes", EMPTY) : NONE;
      for (int more : new int[] {-1, 0}) {
        Transaction transaction = begin(database);
        way.write(transaction, id, text((2 << 10) - FRAME));
        way.write(transaction, id, text((2 << 10) - FRAME + more).replace('x', 'y'));
        assertThat(transaction.usage().bytesWritten().used()).isEqualTo((4 << 10) + more);
      }
      Transaction transaction = begin(database);
      way.write(transaction, id, text((2 << 10) - FRAME));
      assertLimit(
          () -> way.write(transaction, id, text((2 << 10) - FRAME + 1)),
          "TooManyBytesWritten",
          "Too many bytes written in a single function execution (limit: 4 KiB)");
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void aNestedCallMayHaveABudgetOfItsOwn(Way way) {
    try (Database database = Databases.inMemory()) {
      DocumentId id = way.needsDocument() ? Databases.insert(database, "notes", EMPTY) : NONE;
      Transaction transaction = begin(database);
      way.write(transaction, id, "{\"n\":-1}");
      TransactionBudget budget = new TransactionBudget(null, null, null, null, 2L, null, null);
      try (Subtransaction part = transaction.begin(Scope.USER, budget)) {
        way.write(transaction, id, "{\"n\":0}");
        way.write(transaction, id, "{\"n\":1}");
        assertLimit(
            () -> way.write(transaction, id, "{\"n\":2}"),
            "TooManyWrites",
            "Too many writes in a single function execution (limit: 3)");
        part.rollback();
      }
      way.write(transaction, id, "{\"n\":4}");
      Databases.commit(database, transaction);
    }
  }
}
