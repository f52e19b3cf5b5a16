package dev.freshet.server;

import dev.freshet.database.Catalog;
import dev.freshet.database.IndexInfo;
import dev.freshet.database.Namespace;
import dev.freshet.database.TableInfo;
import dev.freshet.storage.DataDirectory;
import dev.freshet.storage.RetentionBounds;
import dev.freshet.storage.StoreInspection;
import dev.freshet.storage.StoreSizes;
import dev.freshet.values.ByteSizes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** What {@code freshet db info} prints. */
final class DbReport {
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final Path data;
  private final StoreInspection store;
  private final Catalog catalog;
  private final StoreSizes sizes;
  private final boolean all;

  /** The tables and indexes that have a line. */
  private final Set<Long> named = new HashSet<>();

  private long droppedTables;
  private long droppedTableBytes;
  private long droppedIndexes;
  private long droppedIndexBytes;

  DbReport(Path data, StoreInspection store, Catalog catalog, StoreSizes sizes, boolean all) {
    this.data = data;
    this.store = store;
    this.catalog = catalog;
    this.sizes = sizes;
    this.all = all;
  }

  void print(PrintWriter out) {
    out.println(data + " (format " + sizes.formatVersion() + ")");
    out.println();
    TextTable files = new TextTable("file", ">size");
    files.row(DataDirectory.DATABASE, ByteSizes.format(sizes.fileBytes()));
    files.row("write-ahead log", ByteSizes.format(sizes.logBytes()));
    files.row("modules (" + DataDirectory.BLOBS + ")", ByteSizes.format(blobBytes()));
    files.print(out);
    out.println();
    printTables(out);
    out.println();
    countDropped();
    printHistory(out);
    out.println();
    printReclaimable(out);
    out.flush();
  }

  private void printTables(PrintWriter out) {
    TextTable lines =
        new TextTable(
            "table", ">documents", ">data", ">on disk", ">revisions in log", ">their size on disk");
    List<TableInfo> tables = new ArrayList<>(catalog.tables(Namespace.ROOT));
    tables.sort(Comparator.comparing(TableInfo::isSystem).thenComparing(TableInfo::name));
    for (TableInfo table : tables) {
      StoreSizes.Table size = sizes.tables().getOrDefault(table.storage(), StoreSizes.Table.EMPTY);
      named.add(table.storage());
      List<IndexInfo> indexes = catalog.indexes(table);
      indexes.forEach(index -> named.add(index.storage()));
      if (all || !table.isSystem() || size.documents() + size.revisions() > 0) {
        lines.row(
            table.name(),
            number(size.documents()),
            ByteSizes.format(size.bytes()),
            ByteSizes.format(size.diskBytes()),
            number(size.revisions()),
            ByteSizes.format(size.historyBytes()));
        indexes.stream()
            .filter(index -> !index.isById())
            .sorted(Comparator.comparing(IndexInfo::descriptor))
            .forEach(index -> lines.row(cells(index)));
      }
    }
    lines.print(out);
  }

  private String[] cells(IndexInfo index) {
    StoreSizes.Index size = sizes.indexes().getOrDefault(index.storage(), StoreSizes.Index.EMPTY);
    String state =
        switch (index.state()) {
          case ENABLED -> "";
          case BACKFILLED -> " (staged or not enabled yet)";
          case BACKFILLING -> " (being built)";
        };
    return new String[] {
      "  ." + index.descriptor() + state,
      number(size.entries()),
      ByteSizes.format(size.bytes()),
      ByteSizes.format(size.diskBytes()),
      number(size.oldEntries()),
      ByteSizes.format(size.historyBytes())
    };
  }

  private void countDropped() {
    sizes
        .tables()
        .forEach(
            (table, size) -> {
              if (table != 0 && !named.contains(table)) {
                droppedTables += size.documents() + size.tombstones();
                droppedTableBytes += size.diskBytes();
              }
            });
    sizes
        .indexes()
        .forEach(
            (index, size) -> {
              if (!named.contains(index)) {
                droppedIndexes += size.entries() + size.oldEntries();
                droppedIndexBytes += size.diskBytes() + size.historyBytes();
              }
            });
  }

  private void printHistory(PrintWriter out) {
    RetentionBounds retained = store.retained();
    TextTable history = new TextTable("history", "");
    history.row("newest commit", time(store.maxTimestamp()));
    history.row("oldest revision", time(sizes.oldestRevision()));
    history.row("snapshots can be read from", time(retained.minSnapshot()));
    history.row("revisions are kept from", time(retained.minRevision()));
    history.print(out);
  }

  private void printReclaimable(PrintWriter out) {
    StoreSizes.Expired expired = sizes.expired();
    long tombstones =
        sizes.tables().values().stream().mapToLong(StoreSizes.Table::tombstones).sum();
    TextTable lines = new TextTable("reclaimable", ">rows", ">on disk", "by");
    String server = "the server, in the background";
    lines.row(
        "old revisions",
        number(expired.revisions()),
        ByteSizes.format(expired.revisionBytes()),
        server);
    lines.row(
        "old index entries",
        number(expired.entries()),
        ByteSizes.format(expired.entryBytes()),
        server);
    lines.row("deleted documents", number(tombstones), "", "the server, with their last revision");
    lines.row("dropped tables", number(droppedTables), ByteSizes.format(droppedTableBytes), server);
    lines.row(
        "dropped indexes", number(droppedIndexes), ByteSizes.format(droppedIndexBytes), server);
    lines.row("free pages", "", ByteSizes.format(sizes.freeBytes()), "new data, or db vacuum");
    lines.print(out);
  }

  private long blobBytes() {
    Path blobs = data.resolve(DataDirectory.BLOBS);
    if (!Files.isDirectory(blobs)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(blobs)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** A commit's timestamp for people. */
  static String time(long timestamp) {
    if (timestamp == 0) {
      return "the beginning";
    }
    return Instant.ofEpochSecond(timestamp / NANOS_PER_SECOND)
            .truncatedTo(ChronoUnit.SECONDS)
            .toString()
        + " ("
        + timestamp
        + ")";
  }
}
