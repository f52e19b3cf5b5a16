package dev.freshet.server;

import static java.util.Objects.requireNonNull;

import dev.freshet.app.Application;
import dev.freshet.database.DatabaseCheck;
import dev.freshet.storage.DataDirectory;
import dev.freshet.storage.Finding;
import dev.freshet.storage.StoreInspection;
import dev.freshet.storage.blob.BlobCheck;
import dev.freshet.storage.sqlite.SqliteBackup;
import dev.freshet.storage.sqlite.SqliteInspection;
import dev.freshet.storage.sqlite.SqliteVacuum;
import dev.freshet.values.ByteSizes;
import dev.freshet.values.FreshetException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks after the database of a data directory: {@code info}, {@code verify}, {@code vacuum}... */
@Command(
    name = "db",
    description = "Measures, checks, compacts or backs up the database of a data directory.",
    mixinStandardHelpOptions = true,
    subcommands = {
      DbCommand.Sizes.class,
      DbCommand.Verify.class,
      DbCommand.Vacuum.class,
      DbCommand.Backup.class
    })
final class DbCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    CommandSpec command = requireNonNull(spec);
    command.commandLine().usage(command.commandLine().getErr());
    return command.exitCodeOnInvalidInput();
  }

  /** What the commands have in common. */
  abstract static class Tool implements Callable<Integer> {
    private final Map<String, String> environment;
    @Spec private @Nullable CommandSpec spec;

    @Option(
        names = "--data-dir",
        paramLabel = "DIR",
        description =
            "The data directory (env DATA_DIR; default: "
                + ServeOptions.DEFAULT_DATA_DIRECTORY
                + ").")
    private @Nullable Path dataDirectory;

    Tool(Map<String, String> environment) {
      this.environment = environment;
    }

    Path data() {
      return ServeOptions.dataDirectory(dataDirectory, new Environment(environment));
    }

    PrintWriter out() {
      return requireNonNull(spec).commandLine().getOut();
    }

    PrintWriter err() {
      return requireNonNull(spec).commandLine().getErr();
    }
  }

  @Command(
      name = "info",
      description = "Shows how large tables and indexes are, and what could be reclaimed.",
      mixinStandardHelpOptions = true)
  static final class Sizes extends Tool {
    @Option(names = "--all", description = "List system tables that are empty, too.")
    private boolean all;

    Sizes(Map<String, String> environment) {
      super(environment);
    }

    @Override
    public Integer call() {
      Path data = data();
      try (StoreInspection store = SqliteInspection.open(DataDirectory.databaseOf(data));
          TerminalProgress progress = TerminalProgress.open()) {
        DatabaseCheck database = new DatabaseCheck(store, Application.systemTables());
        DbReport report = new DbReport(data, store, database.catalog(), store.sizes(progress), all);
        progress.close();
        report.print(out());
      }
      return 0;
    }
  }

  @Command(
      name = "verify",
      description = {
        "Checks that everything in the database is as it must be. Changes nothing; a server may be"
            + " running.",
        "Exit code 0: nothing is wrong; 1: something is, one line each; 2: it can't be read."
      },
      mixinStandardHelpOptions = true)
  static final class Verify extends Tool {
    private static final int FOUND = 1;
    private static final int UNREADABLE = 2;

    private long found;

    Verify(Map<String, String> environment) {
      super(environment);
    }

    @Override
    public Integer call() {
      try {
        verify(data());
      } catch (FreshetException e) {
        if (!e.code().equals("DatabaseDamaged")) {
          err().println(e.text());
          return UNREADABLE;
        }
        out().println(Finding.Kind.DAMAGED_FILE.text() + ": " + e.text());
        found++;
      }
      return found == 0 ? 0 : FOUND;
    }

    private void verify(Path data) {
      try (StoreInspection store = SqliteInspection.open(DataDirectory.databaseOf(data));
          TerminalProgress progress = TerminalProgress.open()) {
        DatabaseCheck check = new DatabaseCheck(store, Application.systemTables());
        DatabaseCheck.Totals totals =
            check.run(finding -> report(check, finding, progress), progress);
        long blobs =
            BlobCheck.run(
                data.resolve(DataDirectory.BLOBS),
                finding -> report(check, finding, progress),
                progress);
        progress.close();
        out()
            .printf(
                "%s: %,d documents with %,d revisions in %,d tables, %,d entries of %,d indexes,"
                    + " %,d blobs%n",
                found == 0 ? "no findings" : found == 1 ? "1 finding" : found + " findings",
                totals.documents(),
                totals.revisions(),
                totals.tables(),
                totals.entries(),
                totals.indexes(),
                blobs);
      }
    }

    private void report(DatabaseCheck check, Finding finding, TerminalProgress progress) {
      found++;
      progress.clear();
      out().println(check.describe(finding));
      out().flush();
    }
  }

  @Command(
      name = "vacuum",
      description =
          "Gives space that the database doesn't use back to the disk. The server must be"
              + " stopped.",
      mixinStandardHelpOptions = true)
  static final class Vacuum extends Tool {
    Vacuum(Map<String, String> environment) {
      super(environment);
    }

    @Override
    public Integer call() {
      Path file = DataDirectory.databaseOf(data());
      try (StoreInspection _ = SqliteInspection.open(file)) {
        // It exists and can be read; opening the directory would create one otherwise.
      }
      SqliteVacuum.Result result;
      try (DataDirectory directory = DataDirectory.open(data());
          TerminalProgress progress = TerminalProgress.open()) {
        result = SqliteVacuum.run(directory, progress);
      }
      out()
          .printf(
              "%s: %s before, %s now, %s given back%n",
              file,
              ByteSizes.format(result.before()),
              ByteSizes.format(result.after()),
              ByteSizes.format(Math.max(0, result.before() - result.after())));
      return 0;
    }
  }

  @Command(
      name = "backup",
      description = {
        "Copies everything to a new directory that can be served as a data directory.",
        "A server may be running: what it has acknowledged before is in the copy. The copy holds"
            + " the deployment's secrets."
      },
      mixinStandardHelpOptions = true)
  static final class Backup extends Tool {
    @Parameters(
        paramLabel = "DIR",
        description = "Where to: a directory that doesn't exist yet, or is empty.")
    private Path target = Path.of("");

    Backup(Map<String, String> environment) {
      super(environment);
    }

    @Override
    public Integer call() {
      SqliteBackup.Result result;
      try (TerminalProgress progress = TerminalProgress.open()) {
        result = SqliteBackup.write(data(), target, progress);
      }
      out()
          .printf(
              "%s: database of %s as of %s, %,d blobs of %s, %s%n",
              target.toAbsolutePath().normalize(),
              ByteSizes.format(result.databaseBytes()),
              DbReport.time(result.timestamp()),
              result.blobs(),
              ByteSizes.format(result.blobBytes()),
              result.credentials()
                  ? "the deployment's secrets (keep it private)"
                  : "no secrets (the server gets them by flags or environment)");
      return 0;
    }
  }
}
