package dev.freshet.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.CommitRecord.IndexWrite;
import dev.freshet.storage.DocumentRevision;
import dev.freshet.storage.IndexEntry;
import dev.freshet.storage.IndexPage;
import dev.freshet.storage.IndexScan;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.TablePage;
import dev.freshet.storage.TableScan;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link Persistence} must do. A backend's test extends this class. */
public abstract class PersistenceContract {
  private static final long TABLE = 7;
  private static final long INDEX = 9;
  private static final long ALL = Long.MAX_VALUE;

  private Persistence persistence;

  /** Opens the store of the running test, which is empty at first. */
  protected abstract Persistence open();

  /** Closes the store and opens it again. */
  protected Persistence reopen(Persistence opened) {
    opened.close();
    return open();
  }

  @BeforeEach
  void openStore() {
    persistence = open();
  }

  @AfterEach
  void closeStore() {
    persistence.close();
  }

  @Test
  void aNewStoreIsFreshAndEmpty() {
    assertThat(persistence.isFresh()).isTrue();
    assertThat(persistence.maxTimestamp()).isZero();
    assertThat(persistence.global("x")).isNull();
    assertThat(document(id(1), ALL)).isNull();
    assertThat(scan(ALL)).isEmpty();
    assertThat(table(ALL)).isEmpty();
  }

  @Test
  void aDocumentIsReadAsOfEachTimestamp() {
    persistence.commit(List.of(commit(10, put(1, 0, "a"))));
    persistence.commit(List.of(commit(20, put(1, 10, "b"))));
    persistence.commit(List.of(commit(30, put(1, 20, null))));
    persistence.commit(List.of(commit(40, put(1, 0, "c"))));
    persistence.commit(List.of(commit(50, put(1, 40, "d"))));

    assertThat(document(id(1), 9)).isNull();
    assertThat(document(id(1), 10)).isEqualTo("a@10");
    assertThat(document(id(1), 19)).isEqualTo("a@10");
    assertThat(document(id(1), 20)).isEqualTo("b@20");
    assertThat(document(id(1), 30)).isNull();
    assertThat(document(id(1), 39)).isNull();
    assertThat(document(id(1), 40)).isEqualTo("c@40");
    assertThat(document(id(1), ALL)).isEqualTo("d@50");
    assertThat(persistence.maxTimestamp()).isEqualTo(50);
    assertThat(persistence.isFresh()).isFalse();
  }

  @Test
  void tablesAndIndexesDontMix() {
    InternalId same = id(1);
    persistence.commit(
        List.of(
            new CommitRecord(
                1,
                List.of(
                    new DocumentWrite(1, same, 0, bytes("one")),
                    new DocumentWrite(2, same, 0, bytes("two"))),
                List.of(
                    new IndexWrite(11, 1, bytes("k"), same, true),
                    new IndexWrite(12, 2, bytes("k"), same, true)))));

    try (PersistenceReader reader = persistence.newReader()) {
      assertThat(show(reader.document(1, same, 1))).isEqualTo("one@1");
      assertThat(show(reader.document(2, same, 1))).isEqualTo("two@1");
      assertThat(show(reader.scan(range(11, 1, 1)).rows())).containsExactly("k=one@1");
      assertThat(show(reader.scan(range(12, 2, 1)).rows())).containsExactly("k=two@1");
      assertThat(reader.scan(range(13, 2, 1)).rows()).isEmpty();
      assertThat(showTable(reader.scanTable(wholeTable(2, 1)))).containsExactly("two@1");
    }
  }

  @Test
  void anUpdateThatKeepsTheKeyIsSeenThroughTheIndex() {
    persistence.commit(List.of(commit(10, put(1, 0, "a"), entry("k", 1, true))));
    persistence.commit(List.of(commit(20, put(1, 10, "b"))));

    assertThat(scan(9)).isEmpty();
    assertThat(scan(10)).containsExactly("k=a@10");
    assertThat(scan(19)).containsExactly("k=a@10");
    assertThat(scan(20)).containsExactly("k=b@20");
  }

  @Test
  void anEntryThatMovedOrWentStaysWhereItWasForOlderSnapshots() {
    persistence.commit(
        List.of(
            commit(10, put(1, 0, "a"), entry("k1", 1, true)),
            commit(11, put(2, 0, "x"), entry("k3", 2, true))));
    persistence.commit(
        List.of(commit(20, put(1, 10, "b"), entry("k1", 1, false), entry("k5", 1, true))));
    persistence.commit(List.of(commit(30, put(1, 20, null), entry("k5", 1, false))));
    persistence.commit(List.of(commit(40, put(1, 0, "c"), entry("k1", 1, true))));

    assertThat(scan(15)).containsExactly("k1=a@10", "k3=x@11");
    assertThat(scan(25)).containsExactly("k3=x@11", "k5=b@20");
    assertThat(scan(35)).containsExactly("k3=x@11");
    assertThat(scan(45)).containsExactly("k1=c@40", "k3=x@11");
    assertThat(table(15)).containsExactly("a@10", "x@11");
    assertThat(table(35)).containsExactly("x@11");
  }

  @Test
  void intervalsIncludeTheirStartAndExcludeTheirEnd() {
    persistence.commit(
        List.of(
            commit(
                1,
                put(1, 0, "a"),
                put(2, 0, "b"),
                put(3, 0, "c"),
                entry("k", 1, true),
                entry("k1", 2, true),
                entry("k2", 3, true))));

    assertThat(scan("k", "k2", false)).containsExactly("k=a@1", "k1=b@1");
    assertThat(scan("k", "k2", true)).containsExactly("k1=b@1", "k=a@1");
    assertThat(scan("k1", null, false)).containsExactly("k1=b@1", "k2=c@1");
    assertThat(scan("k1", null, true)).containsExactly("k2=c@1", "k1=b@1");
    assertThat(scan("k1", "k1", false)).isEmpty();
    assertThat(scan("z", "a", false)).isEmpty();
    assertThat(table(id(1), id(3), false)).containsExactly("a@1", "b@1");
    assertThat(table(id(2), null, true)).containsExactly("c@1", "b@1");
    assertThat(table(null, id(2), true)).containsExactly("a@1");
  }

  @Test
  void aPageEndsAtItsRowsOrBytesAndTellsWhetherThereIsMore() {
    persistence.commit(
        List.of(
            commit(
                1,
                put(1, 0, "0123456789"),
                put(2, 0, "0123456789"),
                put(3, 0, "0123456789"),
                entry("k1", 1, true),
                entry("k2", 2, true),
                entry("k3", 3, true))));

    assertPage(2, ALL, 2, false);
    assertPage(3, ALL, 3, true);
    assertPage(Integer.MAX_VALUE, ALL, 3, true);
    assertPage(10, 1, 1, false);
    assertPage(10, 10, 1, false);
    assertPage(10, 11, 2, false);
    assertPage(10, 30, 3, true);
  }

  private void assertPage(int maxRows, long maxBytes, int rows, boolean exhausted) {
    try (PersistenceReader reader = persistence.newReader()) {
      IndexPage page =
          reader.scan(
              new IndexScan(INDEX, TABLE, new byte[0], null, false, maxRows, maxBytes, ALL));
      assertThat(page.rows()).hasSize(rows);
      assertThat(page.exhausted()).isEqualTo(exhausted);
      TablePage table =
          reader.scanTable(new TableScan(TABLE, null, null, false, maxRows, maxBytes, ALL));
      assertThat(table.rows()).hasSize(rows);
      assertThat(table.exhausted()).isEqualTo(exhausted);
    }
  }

  @Test
  void keysOrderAsUnsignedBytesAndIdsToo() {
    InternalId low = new InternalId(1, 0);
    InternalId high = new InternalId(-1, 0);
    persistence.commit(
        List.of(
            new CommitRecord(
                1,
                List.of(
                    new DocumentWrite(TABLE, high, 0, bytes("high")),
                    new DocumentWrite(TABLE, low, 0, bytes("low"))),
                List.of(
                    new IndexWrite(INDEX, TABLE, new byte[] {-1}, high, true),
                    new IndexWrite(INDEX, TABLE, new byte[] {1}, low, true)))));

    assertThat(scan(1).stream().map(row -> row.substring(row.indexOf('='))))
        .containsExactly("=low@1", "=high@1");
    assertThat(table(1)).containsExactly("low@1", "high@1");
  }

  @Test
  void largeDocumentsAndLongKeysAreKept() {
    byte[] value = new byte[1 << 20];
    new Random(1).nextBytes(value);
    byte[] key = Arrays.copyOf(value, 100_000);
    persistence.commit(
        List.of(
            new CommitRecord(
                1,
                List.of(new DocumentWrite(TABLE, id(1), 0, value)),
                List.of(new IndexWrite(INDEX, TABLE, key, id(1), true)))));

    try (PersistenceReader reader = persistence.newReader()) {
      IndexPage.Row row = reader.scan(range(INDEX, TABLE, 1)).rows().getFirst();
      assertThat(row.key()).isEqualTo(key);
      assertThat(row.document().value()).isEqualTo(value);
    }
  }

  @Test
  void aRefusedGroupLeavesNothingBehind() {
    persistence.commit(List.of(commit(10, put(1, 0, "a"), entry("k1", 1, true))));

    assertRefused(commit(20, put(2, 0, "b"), entry("k2", 2, true)), commit(21, put(1, 5, "x")));
    assertRefused(commit(20, put(2, 0, "b")), commit(21, put(3, 15, "x")));
    assertRefused(commit(20, put(2, 0, "b")), commit(21, put(1, 0, "x")));
    assertRefused(commit(20, put(2, 0, "b")), commit(20, put(3, 0, "x")));
    assertRefused(commit(20, put(2, 0, "b"), entry("k3", 3, true)));
    assertRefused(commit(10, put(2, 0, "b")));
    assertRefused(commit(20, put(2, 0, null)));

    assertThat(persistence.maxTimestamp()).isEqualTo(10);
    assertThat(table(ALL)).containsExactly("a@10");
    assertThat(scan(ALL)).containsExactly("k1=a@10");
    persistence.commit(List.of(commit(20, put(2, 0, "b"), entry("k2", 2, true))));
    assertThat(scan(ALL)).containsExactly("k1=a@10", "k2=b@20");
  }

  private void assertRefused(CommitRecord... group) {
    assertThatThrownBy(() -> persistence.commit(List.of(group)))
        .isInstanceOf(FreshetException.class);
  }

  @Test
  void aDocumentCanChangeTwiceInOneGroup() {
    persistence.commit(
        List.of(
            commit(10, put(1, 0, "a"), entry("k1", 1, true)),
            commit(20, put(1, 10, "b"), entry("k1", 1, false), entry("k2", 1, true)),
            commit(30, put(1, 20, null), entry("k2", 1, false))));

    assertThat(scan(10)).containsExactly("k1=a@10");
    assertThat(scan(20)).containsExactly("k2=b@20");
    assertThat(scan(30)).isEmpty();
  }

  @Test
  void backfillAddsEntriesOfDocumentsThatDidntChange() {
    persistence.commit(List.of(commit(10, put(1, 0, "a"), put(2, 0, "b"))));

    assertThat(backfill(backfilled("k1", 1, 10), backfilled("k2", 2, 10))).isEmpty();

    assertThat(scan(10)).containsExactly("k1=a@10", "k2=b@10");
    assertThat(backfill(backfilled("k1", 1, 10))).isEmpty();
    assertThat(scan(10)).containsExactly("k1=a@10", "k2=b@10");
  }

  @Test
  void backfillBringsNoEntryBackThatACommitRemoved() {
    persistence.commit(List.of(commit(10, put(1, 0, "a"), put(2, 0, "b"), put(3, 0, "c"))));
    // The index is declared here; what a builder has read at 10 becomes outdated.
    persistence.commit(
        List.of(commit(20, put(1, 10, "A"), entry("k1", 1, false), entry("k9", 1, true))));
    persistence.commit(List.of(commit(30, put(2, 10, null), entry("k2", 2, false))));
    persistence.commit(List.of(commit(40, put(3, 10, "C"))));

    assertThat(backfill(backfilled("k1", 1, 10), backfilled("k2", 2, 10), backfilled("k3", 3, 10)))
        .containsExactly(id(1), id(2), id(3));
    assertThat(scan(ALL)).containsExactly("k9=A@20");

    assertThat(backfill(backfilled("k9", 1, 20), backfilled("k3", 3, 40))).isEmpty();
    assertThat(scan(ALL)).containsExactly("k3=C@40", "k9=A@20");
  }

  @Test
  void retentionForgetsOnlyWhatNoKeptSnapshotSees() {
    persistence.commit(List.of(commit(10, put(1, 0, "a"), entry("k1", 1, true))));
    persistence.commit(
        List.of(commit(20, put(1, 10, "b"), entry("k1", 1, false), entry("k2", 1, true))));
    persistence.commit(List.of(commit(30, put(1, 20, null), entry("k2", 1, false))));

    while (persistence.retain(RetentionBounds.at(20), 1)) {}
    assertThat(scan(20)).containsExactly("k2=b@20");
    assertThat(document(id(1), 29)).isEqualTo("b@20");
    assertThat(scan(30)).isEmpty();

    while (persistence.retain(RetentionBounds.at(1000), 1)) {}
    assertThat(scan(1000)).isEmpty();
    assertThat(document(id(1), 1000)).isNull();
    assertThat(persistence.maxTimestamp()).isEqualTo(30);
    persistence = reopen(persistence);
    assertThat(persistence.maxTimestamp()).isEqualTo(30);
    persistence.commit(List.of(commit(1001, put(1, 0, "c"), entry("k1", 1, true))));
    assertThat(scan(1001)).containsExactly("k1=c@1001");
    assertThat(scan(1000)).isEmpty();
  }

  @Test
  void retentionCanKeepRevisionsLongerThanSnapshots() {
    persistence.commit(List.of(commit(10, put(1, 0, "a"), entry("k1", 1, true))));
    persistence.commit(
        List.of(commit(20, put(1, 10, "b"), entry("k1", 1, false), entry("k2", 1, true))));
    persistence.commit(List.of(commit(30, put(1, 20, "c"))));
    persistence.commit(List.of(commit(40, put(1, 30, null), entry("k2", 1, false))));

    RetentionBounds bounds = new RetentionBounds(40, 20);
    while (persistence.retain(bounds, 1)) {}

    assertThat(persistence.retained()).isEqualTo(bounds);
    persistence = reopen(persistence);
    assertThat(persistence.retained()).isEqualTo(bounds);
    assertThat(scan(40)).isEmpty();
    assertThat(document(id(1), 20)).isEqualTo("b@20");
    assertThat(document(id(1), 39)).isEqualTo("c@30");
    assertThat(document(id(1), 40)).isNull();
    assertThat(persistence.indexesWithEntries()).isEmpty();
  }

  @Test
  void purgingRemovesOneIndexOrTableAndNoOther() {
    persistence.commit(
        List.of(
            new CommitRecord(
                1,
                List.of(
                    new DocumentWrite(1, id(1), 0, bytes("a")),
                    new DocumentWrite(1, id(2), 0, bytes("b")),
                    new DocumentWrite(2, id(3), 0, bytes("c"))),
                List.of(
                    new IndexWrite(11, 1, bytes("k1"), id(1), true),
                    new IndexWrite(11, 1, bytes("k2"), id(2), true),
                    new IndexWrite(12, 1, bytes("k1"), id(1), true),
                    new IndexWrite(13, 2, bytes("k3"), id(3), true)))));
    persistence.commit(
        List.of(
            new CommitRecord(
                2,
                List.of(new DocumentWrite(1, id(1), 1, bytes("A"))),
                List.of(
                    new IndexWrite(11, 1, bytes("k1"), id(1), false),
                    new IndexWrite(11, 1, bytes("k0"), id(1), true)))));

    assertThat(persistence.indexesWithEntries()).containsExactly(11L, 12L, 13L);
    while (persistence.purgeIndex(11, 1)) {}
    assertThat(persistence.indexesWithEntries()).containsExactly(12L, 13L);
    try (PersistenceReader reader = persistence.newReader()) {
      assertThat(reader.scan(range(11, 1, 1)).rows()).isEmpty();
      assertThat(reader.scan(range(11, 1, 2)).rows()).isEmpty();
      assertThat(show(reader.scan(range(12, 1, 2)).rows())).containsExactly("k1=A@2");
      assertThat(show(reader.scan(range(13, 2, 2)).rows())).containsExactly("k3=c@1");
    }
    while (persistence.purgeTable(1, 1)) {}
    try (PersistenceReader reader = persistence.newReader()) {
      assertThat(reader.scanTable(wholeTable(1, 2)).rows()).isEmpty();
      assertThat(reader.document(1, id(1), 2)).isNull();
      assertThat(showTable(reader.scanTable(wholeTable(2, 2)))).containsExactly("c@1");
    }
  }

  @Test
  void globalsAreReplacedAndKept() {
    persistence.putGlobal("a", bytes("1"));
    persistence.putGlobal("b", bytes("2"));
    persistence.putGlobal("a", bytes("3"));
    persistence = reopen(persistence);
    assertThat(persistence.global("a")).isEqualTo(bytes("3"));
    assertThat(persistence.global("b")).isEqualTo(bytes("2"));
    assertThat(persistence.global("c")).isNull();
  }

  @Test
  void aReaderSeesWhatWasAcknowledgedBeforeItsCall() {
    try (PersistenceReader reader = persistence.newReader()) {
      assertThat(reader.scan(range(INDEX, TABLE, ALL)).rows()).isEmpty();
      for (int i = 1; i <= 50; i++) {
        persistence.commit(List.of(commit(i, put(i, 0, "v"), entry("k" + (100 + i), i, true))));
        assertThat(reader.scan(range(INDEX, TABLE, i)).rows()).hasSize(i);
        assertThat(show(reader.document(TABLE, id(i), i))).isEqualTo("v@" + i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void aRandomHistoryReadsLikeTheModelAtEverySnapshot(long seed) {
    persistence = new RandomHistory(persistence, this::reopen, seed).run();
  }

  @Test
  void pagesAreRightWhileCommitsHappen() throws InterruptedException {
    Random random = new Random(42);
    RandomCommits commits = new RandomCommits(random, 1, 60);
    RandomCommits.Index index = commits.declare(101, 1);
    InMemoryPersistence model = new InMemoryPersistence();
    AtomicBoolean done = new AtomicBoolean();
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Random own = new Random(i);
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      while (!done.get()) {
                        comparePages(model, index, own);
                      }
                    } catch (Throwable e) {
                      failures.add(e);
                    }
                  }));
    }
    for (int i = 0; i < 400 && failures.isEmpty(); i++) {
      List<CommitRecord> group = commits.group(4);
      model.commit(group);
      persistence.commit(group);
    }
    done.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
  }

  /** Pages through a snapshot that is already in the past when the later pages are read. */
  private void comparePages(InMemoryPersistence model, RandomCommits.Index index, Random random) {
    long newest = persistence.maxTimestamp();
    long at = Math.max(0, newest - random.nextInt(10));
    List<String> rows = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    try (PersistenceReader reader = persistence.newReader();
        PersistenceReader expectedReader = model.newReader()) {
      byte[] start = {};
      IndexPage page;
      do {
        page = reader.scan(new IndexScan(index.number(), 1, start, null, false, 5, ALL, at));
        page.rows()
            .forEach(r -> rows.add(Arrays.hashCode(r.key()) + RandomHistory.exact(r.document())));
        if (!page.rows().isEmpty()) {
          byte[] last = page.rows().getLast().key();
          start = Arrays.copyOf(last, last.length + 1);
        }
      } while (!page.exhausted());
      expectedReader
          .scan(range(index.number(), 1, at))
          .rows()
          .forEach(r -> expected.add(Arrays.hashCode(r.key()) + RandomHistory.exact(r.document())));
    }
    assertThat(rows).as("at %d", at).isEqualTo(expected);
  }

  // Short forms.

  private static InternalId id(int number) {
    return new InternalId(number, 0);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static DocumentWrite put(int id, long previous, @Nullable String value) {
    return new DocumentWrite(TABLE, id(id), previous, value == null ? null : bytes(value));
  }

  private static IndexWrite entry(String key, int id, boolean present) {
    return new IndexWrite(INDEX, TABLE, bytes(key), id(id), present);
  }

  private static IndexEntry backfilled(String key, int id, long since) {
    return new IndexEntry(bytes(key), id(id), since);
  }

  private List<InternalId> backfill(IndexEntry... entries) {
    return persistence.backfillIndex(INDEX, TABLE, List.of(entries));
  }

  private static CommitRecord commit(long timestamp, Record... writes) {
    List<DocumentWrite> documents = new ArrayList<>();
    List<IndexWrite> indexes = new ArrayList<>();
    for (Record write : writes) {
      if (write instanceof DocumentWrite document) {
        documents.add(document);
      } else {
        indexes.add((IndexWrite) write);
      }
    }
    return new CommitRecord(timestamp, documents, indexes);
  }

  static IndexScan range(long index, long table, long at) {
    return new IndexScan(index, table, new byte[0], null, false, Integer.MAX_VALUE, ALL, at);
  }

  private static TableScan wholeTable(long table, long at) {
    return new TableScan(table, null, null, false, Integer.MAX_VALUE, ALL, at);
  }

  private @Nullable String document(InternalId id, long at) {
    try (PersistenceReader reader = persistence.newReader()) {
      return show(reader.document(TABLE, id, at));
    }
  }

  private List<String> scan(long at) {
    try (PersistenceReader reader = persistence.newReader()) {
      return show(reader.scan(range(INDEX, TABLE, at)).rows());
    }
  }

  private List<String> scan(String start, @Nullable String end, boolean descending) {
    byte[] stop = end == null ? null : bytes(end);
    try (PersistenceReader reader = persistence.newReader()) {
      return show(
          reader
              .scan(new IndexScan(INDEX, TABLE, bytes(start), stop, descending, 100, ALL, ALL))
              .rows());
    }
  }

  private List<String> table(long at) {
    try (PersistenceReader reader = persistence.newReader()) {
      return showTable(reader.scanTable(wholeTable(TABLE, at)));
    }
  }

  private List<String> table(
      @Nullable InternalId start, @Nullable InternalId end, boolean descending) {
    try (PersistenceReader reader = persistence.newReader()) {
      return showTable(
          reader.scanTable(new TableScan(TABLE, start, end, descending, 100, ALL, ALL)));
    }
  }

  private static List<String> showTable(TablePage page) {
    return page.rows().stream().map(row -> String.valueOf(show(row))).toList();
  }

  private static List<String> show(List<IndexPage.Row> rows) {
    return rows.stream()
        .map(row -> new String(row.key(), StandardCharsets.UTF_8) + "=" + show(row.document()))
        .toList();
  }

  private static @Nullable String show(@Nullable DocumentRevision revision) {
    return revision == null
        ? null
        : new String(revision.value(), StandardCharsets.UTF_8) + "@" + revision.timestamp();
  }
}
