package dev.freshet.app;

import dev.freshet.database.Database;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.storage.blob.BlobStore;
import dev.freshet.values.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * Deletes blobs to which nothing refers: code that later pushes replaced, and pushes that were
 * never finished. One that was put, or asked to be kept, within the last day stays: a push under
 * way may be about to refer to it. Whoever is going to refer to a blob renews it before, so it
 * can't go between that and the commit.
 */
final class BlobCleaner implements CleaningScheduler.Chore {
  private static final long KEPT_MILLIS = Duration.ofDays(1).toMillis();

  private final Database database;
  private final BlobStore blobs;
  private final Clock clock;

  BlobCleaner(Database database, BlobStore blobs, Clock clock) {
    this.database = database;
    this.blobs = blobs;
    this.clock = clock;
  }

  @Override
  public boolean step() {
    long before = clock.unixMillis() - KEPT_MILLIS;
    List<String> old = blobs.olderThan(before); // first: what is renewed later is not among them
    if (old.isEmpty()) {
      return false;
    }
    Set<String> needed = references();
    for (String blob : old) {
      if (!needed.contains(blob)) {
        var _ = blobs.deleteIfOlder(blob, before);
      }
    }
    return false;
  }

  private Set<String> references() {
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    Set<String> references = new HashSet<>();
    for (var row : DeploymentTables.MODULES.all(transaction)) {
      add(references, row.record().stored());
      row.record().closure().forEach(module -> add(references, module));
    }
    for (var row : DeploymentTables.SOURCE_PACKAGES.all(transaction)) {
      references.add(row.record().manifest());
    }
    for (var row : DeploymentTables.EXTERNAL_PACKAGES.all(transaction)) {
      references.add(row.record().storageKey());
    }
    for (var row : StorageTables.FILES.all(transaction)) {
      references.add(row.record().storageKey());
      references.add(HexFormat.of().formatHex(row.record().sha256()));
    }
    return references;
  }

  private static void add(Set<String> references, StoredModule module) {
    references.add(module.sourceKey());
    references.add(module.compiledKey());
  }
}
