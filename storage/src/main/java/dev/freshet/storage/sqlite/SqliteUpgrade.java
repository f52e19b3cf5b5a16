package dev.freshet.storage.sqlite;

import dev.freshet.storage.DataDirectory;
import dev.freshet.storage.PrivateFiles;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a data directory that an older Freshet wrote to the format of this one, in place (decision
 * 17).
 *
 * <p>The database's own version says how far it is; the directory's follows at the end. Every step
 * from one format to the next is one transaction that also raises that version, so a crash leaves
 * it before a step or behind it, and the next start goes on from there. Before the first step, what
 * describes the data (the catalog's rows, the global values, the layout) is copied to a directory
 * beside the database; it is made anew as long as no step has been done, and then kept.
 */
public final class SqliteUpgrade {
  private static final Logger LOG = LoggerFactory.getLogger(SqliteUpgrade.class);

  /** The catalog's own tables have smaller numbers in every format. */
  private static final int CATALOG_NUMBERS = 32;

  private static final List<String> METADATA =
      List.of(
          "CREATE TABLE metadata.layout AS SELECT type, name, tbl_name, sql FROM"
              + " main.sqlite_master",
          "CREATE TABLE metadata.globals AS SELECT * FROM main.globals",
          "CREATE TABLE metadata.docs AS SELECT * FROM main.docs WHERE tbl < " + CATALOG_NUMBERS);

  /** The step from each format to the next, the first from format 1. */
  private static final List<Step> STEPS = List.of(SqliteUpgrade::addSums);

  /** The format that the steps lead to. */
  static final int TARGET = 1 + STEPS.size();

  /** Brings a database from one format to the next, inside a transaction of its own. */
  interface Step {
    void apply(Connection connection) throws SQLException;
  }

  private final DataDirectory directory;
  private final int firstFormat;
  private final List<Step> steps;

  /**
   * @param firstFormat where the first step begins
   */
  SqliteUpgrade(DataDirectory directory, int firstFormat, List<Step> steps) {
    this.directory = directory;
    this.firstFormat = firstFormat;
    this.steps = steps;
  }

  /** Format 2 has checksums; values that are there already get none, which is no error. */
  private static void addSums(Connection connection) throws SQLException {
    SqliteFile.run(connection, "ALTER TABLE docs ADD COLUMN sum INTEGER");
    SqliteFile.run(connection, "ALTER TABLE log ADD COLUMN prev_sum INTEGER");
  }

  /**
   * Upgrades a directory that is open and whose database is not; does nothing if its format is the
   * current one.
   *
   * @return the copy of what described the data before; null if nothing had to be done
   * @throws FreshetException {@code DataDirectoryTooOld} if no step begins at its format, {@code
   *     DatabaseDamaged}, {@code DiskFull}
   */
  public static @Nullable Path run(DataDirectory directory) {
    return new SqliteUpgrade(directory, 1, STEPS).run();
  }

  @Nullable Path run() {
    Path file = directory.database();
    SqliteHeader.check(file);
    int target = firstFormat + steps.size();
    int from = directory.format();
    try {
      Path copy = null;
      if (SqliteHeader.exists(file)) {
        copy = upgrade(file, from, target);
      }
      if (from < target) {
        directory.putFormat(target);
      }
      return copy;
    } catch (SQLException e) {
      throw SqliteFailures.opening(file, e);
    } catch (IOException e) {
      throw FreshetException.internal("The upgrade of " + file + " failed: " + e, e);
    }
  }

  private @Nullable Path upgrade(Path file, int directoryFormat, int target)
      throws SQLException, IOException {
    try (Connection connection = new SqliteFile(file, Durability.FULL).openUpgrader()) {
      int format = (int) SqliteFile.number(connection, "PRAGMA user_version");
      if (format >= target
          || SqliteFile.number(connection, "SELECT count(*) FROM sqlite_master") == 0) {
        return null;
      }
      if (format < firstFormat) {
        throw new FreshetException(
            ErrorClass.OPERATIONAL,
            "DataDirectoryTooOld",
            file
                + " has format "
                + format
                + "; this Freshet upgrades formats from "
                + firstFormat
                + " on. Start an older version first.");
      }
      int original = Math.min(format, directoryFormat);
      Path copy = directory.root().resolve("before-format-" + target + "-from-" + original);
      if (format == original) {
        copyMetadata(connection, copy);
      }
      LOG.info(
          "Upgrading the data directory {} from format {} to {}; what described the data before is"
              + " kept in {}",
          directory.root(),
          original,
          target,
          copy);
      for (int next = format; next < target; next++) {
        step(connection, next);
      }
      return copy;
    }
  }

  private void step(Connection connection, int from) throws SQLException {
    SqliteFile.run(connection, "BEGIN IMMEDIATE");
    try {
      steps.get(from - firstFormat).apply(connection);
      SqliteFile.run(connection, "PRAGMA user_version = " + (from + 1));
      SqliteFile.run(connection, "COMMIT");
    } catch (SQLException | RuntimeException e) {
      connection.close(); // rolls back
      throw e;
    }
  }

  /** The copy gets its name when it is complete. */
  private void copyMetadata(Connection connection, Path copy) throws SQLException, IOException {
    Path partial = copy.resolveSibling(copy.getFileName() + ".partial");
    PrivateFiles.deleteTree(partial);
    PrivateFiles.createDirectory(partial);
    Path database = partial.resolve("metadata.sqlite3");
    PrivateFiles.createFile(database);
    try (PreparedStatement attach = connection.prepareStatement("ATTACH ? AS metadata")) {
      attach.setString(1, database.toString());
      attach.execute();
    }
    for (String statement : METADATA) {
      SqliteFile.run(connection, statement);
    }
    SqliteFile.run(connection, "DETACH metadata");
    PrivateFiles.sync(database);
    PrivateFiles.copy(
        directory.root().resolve(DataDirectory.VERSION), partial.resolve(DataDirectory.VERSION));
    PrivateFiles.sync(partial);
    PrivateFiles.deleteTree(copy);
    Files.move(partial, copy, StandardCopyOption.ATOMIC_MOVE);
    PrivateFiles.sync(directory.root());
  }
}
