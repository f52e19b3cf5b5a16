package dev.freshet.database;

import dev.freshet.storage.Finding;
import dev.freshet.storage.StoreInspection;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks a whole store: the file, the links between revisions, the catalog, every document, and
 * every index in both directions (spec 40 §9.6). Reads each document and each index entry once as
 * long as nothing is wrong. Memory doesn't grow with the data. Confined to one thread.
 */
public final class DatabaseCheck {
  private final StoreInspection store;
  private final List<SystemTable<?>> systemTables;
  private final List<Finding> ofCatalog = new ArrayList<>();
  private final CatalogCheck catalog;
  private final Map<Long, String> indexNames = new HashMap<>();

  /**
   * What was checked.
   *
   * @param documents live ones
   * @param revisions all that are kept, those of live documents included
   * @param entries of the indexes, current ones
   */
  public record Totals(long tables, long indexes, long documents, long revisions, long entries) {}

  /**
   * Reads the catalog.
   *
   * @param systemTables the application's own, see {@link Database#open}
   */
  public DatabaseCheck(StoreInspection store, List<SystemTable<?>> systemTables) {
    this.store = store;
    this.systemTables = new ArrayList<>(Progress.TABLES);
    this.systemTables.addAll(systemTables);
    catalog = CatalogCheck.read(store, ofCatalog::add);
    for (TableLayout layout : catalog.layouts()) {
      for (IndexInfo index : layout.indexes()) {
        indexNames.put(index.storage(), index.descriptor());
      }
    }
  }

  /** The tables and indexes as far as they could be read. */
  public Catalog catalog() {
    return catalog.catalog();
  }

  /**
   * Checks everything and reports what is wrong, as it is found.
   *
   * @return what was checked; less than all if the file is so damaged that it can't be read on,
   *     which is a finding too
   */
  public Totals run(Consumer<Finding> findings, StoreInspection.Progress progress) {
    long[] entries = {0};
    attempt(ofCatalog::add, () -> catalog.check(store));
    ofCatalog.forEach(findings);
    ofCatalog.clear();
    RevisionCheck revisions = new RevisionCheck(store, catalog, systemTables, findings);
    attempt(findings, () -> store.check(findings, progress));
    attempt(findings, () -> store.walk(revisions, findings, progress));
    attempt(findings, () -> entries[0] = checkEntries(revisions, findings, progress));
    attempt(findings, () -> checkCounts(revisions, findings));
    return new Totals(
        count(catalog.layouts()),
        indexNames.size(),
        revisions.liveDocuments(),
        revisions.revisions(),
        entries[0]);
  }

  private static long count(Iterable<?> things) {
    long count = 0;
    for (Object _ : things) {
      count++;
    }
    return count;
  }

  private static void attempt(Consumer<Finding> findings, Runnable check) {
    try {
      check.run();
    } catch (RuntimeException e) {
      String reason = e instanceof FreshetException known ? known.text() : e.toString();
      findings.accept(
          new Finding(Finding.Kind.DAMAGED_FILE, 0, null, 0, "a check could not go on: " + reason));
    }
  }

  private long checkEntries(
      RevisionCheck revisions, Consumer<Finding> findings, StoreInspection.Progress progress) {
    long entries = 0;
    long done = 0;
    for (TableLayout layout : catalog.layouts()) {
      for (IndexInfo index : layout.indexes()) {
        progress.at("checking indexes", done++, indexNames.size());
        if (!index.isById()) {
          entries += new EntryCheck(store, layout, index, revisions.tally(index), findings).check();
        }
      }
    }
    return entries;
  }

  /** The counts that the last orderly stop saved. */
  private void checkCounts(RevisionCheck revisions, Consumer<Finding> findings) {
    byte[] saved = store.global(TableCounts.GLOBAL);
    if (saved == null) {
      return;
    }
    ByteBuffer in = ByteBuffer.wrap(saved);
    if (in.getLong() != store.maxTimestamp()) {
      return; // they are not used
    }
    while (in.hasRemaining()) {
      long table = in.getLong();
      long count = in.getLong();
      long found = revisions.liveDocuments(table);
      TableLayout layout = catalog.layout(table);
      boolean readable = layout != null && layout.table().state() != TableState.DELETING;
      if (readable && count != found) {
        findings.accept(
            new Finding(
                Finding.Kind.WRONG_COUNT,
                table,
                null,
                0,
                "the table is said to have " + count + " documents, but has " + found));
      }
    }
  }

  /** A finding in one line: its name, table, index and document, what is wrong and what to do. */
  public String describe(Finding finding) {
    StringBuilder line = new StringBuilder(finding.kind().text()).append(": ");
    TableLayout layout = catalog.layout(finding.table());
    if (finding.table() != 0) {
      line.append("table ").append(name(finding.table(), layout)).append(", ");
    }
    if (finding.index() != 0) {
      line.append("index ")
          .append(indexNames.getOrDefault(finding.index(), "number " + finding.index()))
          .append(", ");
    }
    InternalId id = finding.id();
    if (id != null) {
      line.append("document ")
          .append(
              layout == null ? id.toString() : new DocumentId(layout.table().number(), id).encode())
          .append(", ");
    }
    return line.append(finding.detail()).append(" — ").append(advice(finding, layout)).toString();
  }

  /** Only what a schema declares can be built anew by pushing schemas. */
  private static String advice(Finding finding, @Nullable TableLayout layout) {
    boolean declared =
        layout != null
            && !layout.table().isSystem()
            && layout.indexes().stream()
                .anyMatch(index -> index.storage() == finding.index() && !index.isBuiltIn());
    return finding.index() == 0 || declared
        ? finding.kind().advice()
        : finding.kind().adviceForBuiltIns();
  }

  private static String name(long number, @Nullable TableLayout layout) {
    return layout == null ? "number " + number : layout.table().name();
  }
}
