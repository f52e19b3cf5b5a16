package dev.freshet.app;

import dev.freshet.database.IndexDiff;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a push changed.
 *
 * @param created whether nothing was deployed before
 * @param modulesAdded paths of new modules
 * @param modulesRemoved paths of modules that are gone
 * @param previousVersion the npm package's version before, if another one was deployed
 * @param schema null if the schema stays
 */
record FinishedPush(
    boolean created,
    AuthConfig.Diff auth,
    List<String> modulesAdded,
    List<String> modulesRemoved,
    @Nullable String previousVersion,
    String nextVersion,
    CronDiff crons,
    IndexDiff indexes,
    @Nullable SchemaDiff schema) {

  /** Names of cron jobs. */
  record CronDiff(List<String> added, List<String> updated, List<String> deleted) {}

  /** Schemas as JSON texts; null: none. */
  record SchemaDiff(@Nullable String previous, @Nullable String next) {}
}
