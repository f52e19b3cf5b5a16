package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.object;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.storage.sqlite.SqlitePersistence;
import dev.freshet.values.DocumentId;
import dev.freshet.values.Value;
import dev.freshet.values.Value.Int64Value;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pages while documents are inserted, moved and deleted, between them and beside the transactions
 * that read them. Walking on from page to page neither skips nor repeats what stays where it is;
 * and once pages have their ends, all of them together are the whole query at any moment, however
 * they are split.
 */
class PagesTest {
  private static final String SCHEMA =
      "{\"tables\":[{\"tableName\":\"t\",\"indexes\":[{\"indexDescriptor\":\"by_n\","
          + "\"fields\":[\"n\"]}],\"documentType\":null}],\"schemaValidation\":true}";
  private static final int VALUES = 40;
  private static final int MOST_DOCUMENTS = 120;

  /** A page as a client keeps it: from one cursor to another. */
  private record Kept(@Nullable CursorPosition start, CursorPosition end) {}

  @TempDir private Path directory;
  private @Nullable Database opened;

  /** The place of every document that there is. */
  private final Map<DocumentId, Long> places = new HashMap<>();

  /** Those that have been touched since the walk began. */
  private final Set<DocumentId> touched = new HashSet<>();

  @AfterEach
  void close() {
    if (opened != null) {
      opened.close();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void pagesNeitherSkipNorRepeat(long seed) {
    check(seed, 6);
  }

  @Test
  @Tag("long")
  void manyPagesNeitherSkipNorRepeat() {
    check(new Random().nextLong(), 100);
  }

  private void check(long seed, int walks) {
    Random random = new Random(seed);
    Database database = Databases.open(SqlitePersistence.open(directory.resolve("db.sqlite3")));
    opened = database;
    Databases.push(database, SCHEMA);
    for (int i = 0; i < walks; i++) {
      try {
        change(database, random, random.nextInt(60));
        walk(database, random);
      } catch (Throwable e) {
        throw new AssertionError("seed " + seed + ", walk " + i, e);
      }
    }
  }

  private void change(Database database, Random random, int changes) {
    Databases.write(
        database,
        TransactionOptions.USER,
        transaction -> {
          for (int i = 0; i < changes; i++) {
            change(transaction, random);
          }
          return changes;
        });
  }

  private void change(Transaction transaction, Random random) {
    List<DocumentId> ids = places.keySet().stream().sorted().toList();
    long place = random.nextInt(VALUES);
    if (ids.isEmpty() || random.nextInt(MOST_DOCUMENTS) >= ids.size()) {
      DocumentId id = transaction.insert("t", object("n", place)).id();
      places.put(id, place);
      touched.add(id);
      return;
    }
    DocumentId id = ids.get(random.nextInt(ids.size()));
    touched.add(id);
    if (random.nextInt(3) > 0) {
      transaction.replace(id, object("n", place));
      places.put(id, place);
    } else {
      transaction.delete(id);
      places.remove(id);
    }
  }

  private void walk(Database database, Random random) {
    touched.clear();
    Map<DocumentId, Long> before = Map.copyOf(places);
    long from = random.nextInt(VALUES / 2);
    QuerySpec spec =
        QuerySpec.indexRange(
            "t",
            "by_n",
            random.nextBoolean() ? Order.ASC : Order.DESC,
            List.of(new RangeBound(RangeBound.Comparison.GTE, "n", Value.of(from))));
    List<DocumentId> seen = new ArrayList<>();
    List<Kept> kept = new ArrayList<>();
    CursorPosition cursor = null;
    Page page;
    do {
      Transaction transaction = begin(database);
      change(database, random, random.nextInt(8)); // beside the transaction
      page = transaction.paginate(spec, request(cursor, null, random));
      page.documents().forEach(document -> seen.add(document.id()));
      kept.add(new Kept(cursor, page.continueCursor()));
      cursor = page.continueCursor();
      assertTiled(transaction, spec, kept, page.isDone());
      change(database, random, random.nextInt(8));
    } while (!page.isDone());
    Set<DocumentId> untouched = new HashSet<>(before.keySet());
    untouched.removeAll(touched);
    List<DocumentId> stayed = seen.stream().filter(untouched::contains).toList();
    assertThat(stayed)
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(
            untouched.stream().filter(id -> requireNonNull(places.get(id)) >= from).toList());
    for (int i = 0; i < 3; i++) {
      split(database, spec, kept, random);
      change(database, random, random.nextInt(8));
      assertTiled(begin(database), spec, kept, true);
    }
  }

  private static PageRequest request(
      @Nullable CursorPosition cursor, @Nullable CursorPosition end, Random random) {
    Long most = random.nextInt(3) == 0 ? (Long) (1L + random.nextInt(4)) : null;
    return new PageRequest(cursor, end, 1 + random.nextInt(9), most, null);
  }

  /** All pages together are the query, as far as they reach. */
  private static void assertTiled(
      Transaction transaction, QuerySpec spec, List<Kept> kept, boolean whole) {
    List<DocumentId> all = ids(Databases.collect(transaction.query(spec)));
    List<DocumentId> paged = new ArrayList<>();
    for (Kept page : kept) {
      Page now = transaction.paginate(spec, new PageRequest(page.start(), page.end(), 1, 1L, 1L));
      assertThat(now.continueCursor()).isEqualTo(page.end());
      paged.addAll(ids(now.documents()));
    }
    assertThat(paged).isEqualTo(whole ? all : all.subList(0, paged.size()));
  }

  /** Divides a page in two where the database recommends it. */
  private static void split(Database database, QuerySpec spec, List<Kept> kept, Random random) {
    int at = random.nextInt(kept.size());
    Kept page = kept.get(at);
    CursorPosition middle =
        begin(database)
            .paginate(spec, new PageRequest(page.start(), page.end(), 1, null, null))
            .splitCursor();
    if (middle != null) {
      kept.set(at, new Kept(page.start(), middle));
      kept.add(at + 1, new Kept(middle, page.end()));
    }
  }

  private static List<DocumentId> ids(List<Document> documents) {
    for (Document document : documents) {
      assertThat(document.value().get("n")).isInstanceOf(Int64Value.class);
    }
    return documents.stream().map(Document::id).toList();
  }
}
