package dev.freshet.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.storage.CommitRecord;
import dev.freshet.storage.DocumentRevision;
import dev.freshet.storage.IndexEntry;
import dev.freshet.storage.IndexPage;
import dev.freshet.storage.IndexScan;
import dev.freshet.storage.Persistence;
import dev.freshet.storage.PersistenceReader;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.TablePage;
import dev.freshet.storage.TableScan;
import dev.freshet.values.InternalId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A random history written to a store and to the model, with the upkeep that goes on beside
 * commits; random reads of both must agree all the time.
 */
final class RandomHistory {
  private static final int STEPS = 120;

  private final UnaryOperator<Persistence> reopen;
  private final Random random;
  private final InMemoryPersistence model = new InMemoryPersistence();
  private final RandomCommits commits;
  private final List<RandomCommits.Index> indexes = new ArrayList<>();
  private final long seed;
  private Persistence subject;
  private long oldest = 1;
  private long oldestRevision;
  private long nextIndex = 100;

  RandomHistory(Persistence subject, UnaryOperator<Persistence> reopen, long seed) {
    this.subject = subject;
    this.reopen = reopen;
    this.seed = seed;
    this.random = new Random(seed);
    this.commits = new RandomCommits(random, 2, 12);
    for (long table = 1; table <= 2; table++) {
      indexes.add(commits.declare(nextIndex++, table));
      indexes.add(commits.declare(nextIndex++, table));
    }
  }

  Persistence run() {
    for (int step = 0; step < STEPS; step++) {
      commitBoth();
      switch (random.nextInt(30)) {
        case 0 -> subject = reopen.apply(subject);
        case 1 -> retain();
        case 2 -> build(1 + random.nextInt(2));
        case 3 -> dropSome();
        default -> {}
      }
      for (int i = 0; i < 8; i++) {
        compare();
      }
    }
    return subject;
  }

  private void commitBoth() {
    List<CommitRecord> group = commits.group(4);
    model.commit(group);
    subject.commit(group);
  }

  private void retain() {
    oldest = Math.max(oldest, commits.timestamp() - random.nextInt(20));
    oldestRevision =
        Math.max(oldestRevision, oldest - (random.nextBoolean() ? 0 : random.nextInt(20)));
    RetentionBounds bounds = new RetentionBounds(oldest, oldestRevision);
    model.retain(bounds, Integer.MAX_VALUE);
    if (random.nextInt(4) == 0) {
      subject.retain(bounds, 7); // stopped in the middle, to go on with other bounds
      return;
    }
    while (subject.retain(bounds, 7)) {}
  }

  /** Builds an index by the rule of the interface, with commits in between. */
  private void build(long table) {
    RandomCommits.Index index = commits.declare(nextIndex++, table);
    long snapshot = commits.timestamp();
    InternalId start = null;
    TablePage page;
    do {
      try (PersistenceReader reader = model.newReader()) {
        page =
            reader.scanTable(new TableScan(table, start, null, false, 3, Long.MAX_VALUE, snapshot));
      }
      commitBoth();
      List<DocumentRevision> documents = page.rows();
      while (!documents.isEmpty()) {
        documents = backfill(index, documents);
        if (random.nextBoolean()) {
          commitBoth();
        }
      }
      if (!page.rows().isEmpty()) {
        InternalId last = page.rows().getLast().id();
        start = new InternalId(last.high(), last.low() + 1);
      }
    } while (!page.exhausted());
    oldest = commits.timestamp();
    indexes.add(index);
  }

  /** Returns the newest revisions of those that turned out to be outdated. */
  private List<DocumentRevision> backfill(
      RandomCommits.Index index, List<DocumentRevision> documents) {
    List<IndexEntry> entries =
        documents.stream()
            .map(d -> new IndexEntry(index.key(d.value(), d.id()), d.id(), d.timestamp()))
            .toList();
    List<InternalId> outdated = model.backfillIndex(index.number(), index.table(), entries);
    assertThat(subject.backfillIndex(index.number(), index.table(), entries))
        .as("seed %d", seed)
        .isEqualTo(outdated);
    try (PersistenceReader reader = model.newReader()) {
      List<DocumentRevision> newest = new ArrayList<>();
      for (InternalId id : outdated) {
        DocumentRevision revision = reader.document(index.table(), id, Long.MAX_VALUE);
        if (revision != null) {
          newest.add(revision);
        }
      }
      return newest;
    }
  }

  private void dropSome() {
    if (indexes.size() > 3) {
      RandomCommits.Index index = indexes.remove(random.nextInt(indexes.size()));
      commits.drop(index);
      while (subject.purgeIndex(index.number(), 5)) {}
      try (PersistenceReader reader = subject.newReader()) {
        assertThat(
                reader
                    .scan(PersistenceContract.range(index.number(), index.table(), Long.MAX_VALUE))
                    .rows())
            .isEmpty();
      }
    }
  }

  private void compare() {
    long newest = commits.timestamp();
    long at = Math.max(oldest, newest + 2 - random.nextInt(random.nextBoolean() ? 5 : 60));
    RandomScans scans = new RandomScans(random, commits);
    RandomCommits.Index index = indexes.get(random.nextInt(indexes.size()));
    String what = "seed " + seed + " at " + at;
    try (PersistenceReader expected = model.newReader();
        PersistenceReader actual = subject.newReader()) {
      IndexScan scan = scans.index(index, at);
      assertSamePage(actual.scan(scan), expected.scan(scan), what + " " + scan);
      TableScan table = scans.table(at);
      TablePage expectedTable = expected.scanTable(table);
      TablePage actualTable = actual.scanTable(table);
      assertThat(actualTable.exhausted()).as(what).isEqualTo(expectedTable.exhausted());
      assertThat(actualTable.rows().stream().map(RandomHistory::exact))
          .as(what)
          .containsExactlyElementsOf(
              expectedTable.rows().stream().map(RandomHistory::exact).toList());
      InternalId id = commits.anyId();
      DocumentRevision document = actual.document(1, id, at);
      assertThat(exactOrNull(document))
          .as(what)
          .isEqualTo(exactOrNull(expected.document(1, id, at)));
    }
  }

  private void assertSamePage(IndexPage actual, IndexPage expected, String what) {
    assertThat(actual.rows().stream().map(r -> Arrays.hashCode(r.key()) + exact(r.document())))
        .as(what)
        .containsExactlyElementsOf(
            expected.rows().stream()
                .map(r -> Arrays.hashCode(r.key()) + exact(r.document()))
                .toList());
    assertThat(actual.exhausted()).as(what).isEqualTo(expected.exhausted());
  }

  static String exact(DocumentRevision revision) {
    return revision.id() + "@" + revision.timestamp() + "#" + Arrays.hashCode(revision.value());
  }

  private static @Nullable String exactOrNull(@Nullable DocumentRevision revision) {
    return revision == null ? null : exact(revision);
  }
}
