package dev.freshet.storage.sqlite;

import dev.freshet.storage.DataDirectory;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.sqlite.SQLiteConfig;

/** The database file: its tables, its format version, and connections to it with our settings. */
final class SqliteFile {
  /** "Fres": tells our files from other SQLite files. */
  private static final int APPLICATION_ID = 0x46726573;

  static final int FORMAT_VERSION = DataDirectory.FORMAT_VERSION;

  static final int PAGE_SIZE = 4096;

  /** How long tools wait for a server that is just starting or stopping. */
  private static final int TOOL_PATIENCE_MILLIS = 10_000;

  /** A write-ahead log that grew larger than this is cut back when it is started anew. */
  static final long LARGE_LOG_BYTES = 64L << 20;

  private static final List<String> TABLES =
      List.of(
          "CREATE TABLE docs(doc INTEGER PRIMARY KEY, tbl INTEGER NOT NULL, id BLOB NOT NULL,"
              + " ts INTEGER NOT NULL, log INTEGER NOT NULL, value BLOB, sum INTEGER)",
          "CREATE UNIQUE INDEX docs_by_id ON docs(tbl, id)",
          "CREATE TABLE log(seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, doc INTEGER NOT NULL,"
              + " deleted INTEGER NOT NULL, prev_ts INTEGER NOT NULL, prev_log INTEGER NOT NULL,"
              + " prev_value BLOB, prev_sum INTEGER)",
          "CREATE TABLE idx(idx INTEGER NOT NULL, key BLOB NOT NULL, since_ts INTEGER NOT NULL,"
              + " doc INTEGER NOT NULL, PRIMARY KEY(idx, key)) WITHOUT ROWID",
          "CREATE TABLE idx_old(idx INTEGER NOT NULL, until_ts INTEGER NOT NULL,"
              + " key BLOB NOT NULL, since_ts INTEGER NOT NULL, doc INTEGER NOT NULL,"
              + " PRIMARY KEY(idx, until_ts, key)) WITHOUT ROWID",
          "CREATE TABLE globals(name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT"
              + " ROWID");

  private final Path path;
  private final Durability durability;

  SqliteFile(Path path, Durability durability) {
    this.path = path;
    this.durability = durability;
  }

  Path path() {
    return path;
  }

  Durability durability() {
    return durability;
  }

  /** The one connection that writes; creates the tables in a new file. */
  Connection openWriter() throws SQLException {
    SqliteHeader.check(path);
    createPrivately();
    Connection connection = connect();
    try {
      run(connection, "PRAGMA page_size = " + PAGE_SIZE);
      checkFormat(connection);
      run(connection, "PRAGMA journal_mode = WAL");
      run(connection, "PRAGMA synchronous = " + durability.name());
      // Checkpoints are the checkpointer's work, off the path of commits.
      run(connection, "PRAGMA wal_autocheckpoint = 0");
      run(connection, "PRAGMA journal_size_limit = " + LARGE_LOG_BYTES);
      run(connection, "PRAGMA cache_size = -65536");
      run(connection, "PRAGMA temp_store = MEMORY");
      createTables(connection);
      return connection;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** A connection to a file of an older format, which must exist. */
  Connection openUpgrader() throws SQLException {
    Connection connection = connect();
    try {
      checkOurs(connection);
      run(connection, "PRAGMA synchronous = FULL");
      return connection;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** SQLite gives the files beside the database the mode of the database. */
  private void createPrivately() throws SQLException {
    try {
      if (!Files.exists(path)
          && path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.createFile(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
    } catch (IOException e) {
      throw new SQLException("Can't create " + path, e);
    }
  }

  Connection openReader() throws SQLException {
    Connection connection = connect();
    try {
      run(connection, "PRAGMA query_only = ON");
      run(connection, "PRAGMA cache_size = -8192");
      run(connection, "PRAGMA temp_store = MEMORY");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * A connection that leaves the file as it is, for tools; the file may be in use by a server. On
   * media that nobody can write to, where there is nothing beside the file, it needs no such files.
   */
  Connection openInspector() throws SQLException {
    SqliteHeader.check(path);
    if (!Files.exists(path)) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL, "DataDirectoryInvalid", "There is no database " + path + ".");
    }
    Connection connection = connect(true, "");
    try {
      number(connection, "SELECT count(*) FROM sqlite_master");
    } catch (SQLException e) {
      connection.close();
      if (SqliteFailures.isDamage(e) || Files.exists(SqliteHeader.log(path))) {
        throw e;
      }
      connection = connect(true, "?immutable=1");
    }
    try {
      run(connection, "PRAGMA busy_timeout = " + TOOL_PATIENCE_MILLIS);
      run(connection, "PRAGMA cache_size = -65536");
      checkFormat(connection);
      return connection;
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** A connection for checkpoints, which waits a little for readers but never long. */
  Connection openCheckpointer(int patienceMillis) throws SQLException {
    Connection connection = connect();
    try {
      run(connection, "PRAGMA busy_timeout = " + patienceMillis);
      run(connection, "PRAGMA synchronous = " + durability.name());
      run(connection, "PRAGMA wal_autocheckpoint = 0");
      run(connection, "PRAGMA journal_size_limit = " + LARGE_LOG_BYTES);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private Connection connect() throws SQLException {
    return connect(false, "");
  }

  private Connection connect(boolean readOnly, String parameters) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setGetGeneratedKeys(false); // would cost a query after every insert
    config.setReadOnly(readOnly);
    String name = parameters.isEmpty() ? path.toString() : path.toUri() + parameters;
    return config.createConnection("jdbc:sqlite:" + name);
  }

  /** Reads first, so that a file that isn't ours is left as it is. */
  private void checkOurs(Connection connection) throws SQLException {
    long application = number(connection, "PRAGMA application_id");
    long tables = number(connection, "SELECT count(*) FROM sqlite_master");
    if (tables > 0 && application != APPLICATION_ID) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL, "DataDirectoryInvalid", path + " is not a Freshet database.");
    }
  }

  private void checkFormat(Connection connection) throws SQLException {
    checkOurs(connection);
    long version = number(connection, "PRAGMA user_version");
    long tables = number(connection, "SELECT count(*) FROM sqlite_master");
    if (version > FORMAT_VERSION) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL,
          "DataDirectoryTooNew",
          path
              + " has format "
              + version
              + ", written by a newer Freshet; this one knows formats up to "
              + FORMAT_VERSION
              + ".");
    }
    if (tables > 0 && version < FORMAT_VERSION) {
      throw new FreshetException(
          ErrorClass.OPERATIONAL,
          "DataDirectoryTooOld",
          path
              + " has format "
              + version
              + "; start the server once, which brings it to format "
              + FORMAT_VERSION
              + ".");
    }
  }

  private static void createTables(Connection connection) throws SQLException {
    if (number(connection, "SELECT count(*) FROM sqlite_master") > 0) {
      return;
    }
    run(connection, "BEGIN IMMEDIATE");
    for (String table : TABLES) {
      run(connection, table);
    }
    run(connection, "PRAGMA application_id = " + APPLICATION_ID);
    run(connection, "PRAGMA user_version = " + FORMAT_VERSION);
    run(connection, "COMMIT");
  }

  static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }
}
