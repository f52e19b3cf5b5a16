package dev.freshet.app;

import dev.freshet.app.PushRequest.NodeDependency;
import dev.freshet.database.Database;
import dev.freshet.database.SystemTable.Row;
import dev.freshet.database.Transaction;
import dev.freshet.database.TransactionOptions;
import dev.freshet.functions.ActionRunner;
import dev.freshet.functions.NodeSetup;
import dev.freshet.storage.blob.BlobStore;
import dev.freshet.values.FreshetException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The Node.js and the external packages of {@code "use node"} modules: provided for a push,
 * remembered with what is deployed, leased to what runs. Thread-safe.
 */
final class NodePackages implements NodeSetups, CleaningScheduler.Chore {
  private static final NodeSetups PLAIN = NodeSetups.plain();

  private final Database database;
  private final BlobStore blobs;
  private final PackageBuilder builder;
  private final PackageCache cache;
  private final ActionRunner runner;

  /** What was installed last: a push that fails later is often sent again. */
  private volatile @Nullable ExternalPackages latest;

  NodePackages(
      Database database,
      BlobStore blobs,
      PackageBuilder builder,
      PackageCache cache,
      ActionRunner runner) {
    this.database = database;
    this.blobs = blobs;
    this.builder = builder;
    this.cache = cache;
    this.runner = runner;
  }

  /**
   * @throws FreshetException {@code DeploymentNotConfiguredForNodeActions} if the server has no
   *     Node.js of that version
   */
  void requireNode(@Nullable String version) {
    if (!runner.hasNode(major(version))) {
      throw FreshetException.badRequest(
          "DeploymentNotConfiguredForNodeActions",
          "Deployment is not configured to deploy \"use node\" actions"
              + (version == null ? "" : " for Node.js " + version)
              + ". Install that version of Node.js on the server, or ask for another one"
              + " (node.nodeVersion in convex.json).");
    }
  }

  private static @Nullable Integer major(@Nullable String version) {
    return version == null ? null : Integer.valueOf(version);
  }

  /**
   * The packages of a push: those that are deployed already, if they are the same, else newly
   * installed ones, durable.
   *
   * @return null if it has none
   * @throws FreshetException {@code InvalidExternalModules}, {@code ModulesTooLarge}
   */
  @Nullable ExternalPackages provide(
      Transaction transaction, List<NodeDependency> dependencies, @Nullable String version) {
    if (dependencies.isEmpty()) {
      return null;
    }
    for (Row<ExternalPackages> row : DeploymentTables.EXTERNAL_PACKAGES.all(transaction)) {
      if (isUsable(row.record(), dependencies, version)) {
        return row.record();
      }
    }
    ExternalPackages built = latest;
    if (built != null && isUsable(built, dependencies, version)) {
      return built;
    }
    return build(dependencies, version);
  }

  private boolean isUsable(
      ExternalPackages packages, List<NodeDependency> dependencies, @Nullable String version) {
    return packages.answer(dependencies, version) && blobs.renew(packages.storageKey());
  }

  private ExternalPackages build(List<NodeDependency> dependencies, @Nullable String version) {
    PackageArchive.Packed packed =
        builder.build(dependencies, runner.nodeExecutable(major(version)));
    String key = Hashes.sha256Hex(packed.content());
    blobs.put(key, packed.content());
    ExternalPackages packages =
        new ExternalPackages(
            key, List.copyOf(dependencies), version, packed.content().length, packed.size());
    latest = packages;
    return packages;
  }

  /** For what is deployed. */
  @Override
  public Lease lease(Transaction transaction) {
    List<Row<SourcePackage>> deployed = DeploymentTables.SOURCE_PACKAGES.all(transaction);
    List<Row<ExternalPackages>> packages = DeploymentTables.EXTERNAL_PACKAGES.all(transaction);
    String version = deployed.isEmpty() ? null : deployed.getFirst().record().nodeVersion();
    if (version == null && packages.isEmpty()) {
      return PLAIN.lease(transaction);
    }
    return lease(version, packages.isEmpty() ? null : packages.getFirst().record());
  }

  /** For a push under way. */
  Lease lease(@Nullable String version, @Nullable ExternalPackages packages) {
    PackageCache.Lease leased = packages == null ? null : cache.lease(packages.storageKey());
    NodeSetup setup = new NodeSetup(major(version), leased == null ? null : leased.modules());
    return new Lease() {
      @Override
      public NodeSetup setup() {
        return setup;
      }

      @Override
      public void close() {
        if (leased != null) {
          leased.close();
        }
      }
    };
  }

  /** Deletes unpacked packages that are not deployed any more. */
  @Override
  public boolean step() {
    Set<String> deployed = new HashSet<>();
    Transaction transaction = database.begin(TransactionOptions.SYSTEM);
    for (Row<ExternalPackages> row : DeploymentTables.EXTERNAL_PACKAGES.all(transaction)) {
      deployed.add(row.record().storageKey());
    }
    cache.clean(deployed);
    return false;
  }
}
