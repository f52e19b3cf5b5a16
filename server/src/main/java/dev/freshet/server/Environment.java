package dev.freshet.server;

import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The environment variables of the process, checked (decision 6): a misspelt {@code FRESHET_*} is
 * an error, so is a variable whose feature does not exist yet; one that has no effect is a warning.
 */
final class Environment {
  private static final String OWN_PREFIX = "FRESHET_";

  /** Variables of our own; the limits have names without a prefix. */
  private static final Set<String> OWN =
      Set.of(
          "FRESHET_NODE",
          "FRESHET_NODE_20",
          "FRESHET_NODE_22",
          "FRESHET_NODE_24",
          MemoryPlan.VARIABLE,
          "FRESHET_LOG_LEVEL");

  private static final Map<String, String> NOT_YET =
      Map.of(
          "POSTGRES_URL", "A Postgres database",
          "DATABASE_URL", "A Postgres database",
          "MYSQL_URL", "A MySQL database",
          "S3_ENDPOINT_URL", "Storage in S3",
          "S3_STORAGE_EXPORTS_BUCKET", "Storage in S3",
          "S3_STORAGE_SNAPSHOT_IMPORTS_BUCKET", "Storage in S3",
          "S3_STORAGE_MODULES_BUCKET", "Storage in S3",
          "S3_STORAGE_FILES_BUCKET", "Storage in S3",
          "S3_STORAGE_SEARCH_BUCKET", "Storage in S3");

  /** Familiar to self-hosters, without anything here that they could change. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "DISABLE_BEACON",
          "RUST_LOG",
          "RUST_BACKTRACE",
          "DO_NOT_REQUIRE_SSL",
          "DISABLE_METRICS_ENDPOINT",
          "CONVEX_RELEASE_VERSION_DEV",
          "SENTRY_DSN",
          "LOG_FORMAT",
          "STORAGE_DIR",
          "SQLITE_DB",
          "CREDENTIALS_DIR",
          "APPLICATION_MAX_CONCURRENT_UPLOADS");

  private final Map<String, String> variables;

  /**
   * @throws FreshetException {@code InvalidConfig} or {@code NotYetAvailable}
   */
  Environment(Map<String, String> variables) {
    this.variables = new TreeMap<>(variables);
    this.variables.forEach(
        (name, value) -> {
          if (name.startsWith(OWN_PREFIX) && !OWN.contains(name)) {
            throw unknown(name);
          }
          String feature = NOT_YET.get(name);
          if (feature != null && !value.isBlank()) {
            throw FreshetException.notYetAvailable(
                feature + ", which the environment variable " + name + " asks for,");
          }
        });
  }

  /** Null where the variable is absent or empty. */
  @Nullable String get(String name) {
    String value = variables.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  Map<String, String> all() {
    return variables;
  }

  /** One line for each variable that has no effect. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    for (String name : variables.keySet()) {
      if (WITHOUT_EFFECT.contains(name)) {
        warnings.add("The environment variable " + name + " has no effect here.");
      }
    }
    return warnings;
  }

  private static FreshetException unknown(String name) {
    Set<String> candidates = new TreeSet<>(OWN);
    for (Limit limit : Limit.values()) {
      candidates.add(limit.name());
    }
    String withoutPrefix = name.substring(OWN_PREFIX.length());
    String nearest = "";
    int least = Integer.MAX_VALUE;
    for (String candidate : candidates) {
      int distance = Math.min(distance(name, candidate), distance(withoutPrefix, candidate));
      if (distance < least) {
        least = distance;
        nearest = candidate;
      }
    }
    return FreshetException.badRequest(
        "InvalidConfig",
        "The environment variable " + name + " is not known. Did you mean " + nearest + "?");
  }

  /** How many letters must be put in, left out or exchanged. */
  private static int distance(String one, String other) {
    String a = one.toUpperCase(Locale.ROOT);
    String b = other.toUpperCase(Locale.ROOT);
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int exchange = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j - 1], above) + 1, diagonal + exchange);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
