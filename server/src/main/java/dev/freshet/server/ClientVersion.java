package dev.freshet.server;

import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which client a request comes from (spec 10 §1).
 *
 * @param name lower case, e.g. {@code npm} or {@code npm-cli}
 * @param version null if it could not be recognised
 */
record ClientVersion(String name, @Nullable Semver version) {
  private static final Pattern SEMVER =
      Pattern.compile("(\\d{1,9})\\.(\\d{1,9})\\.(\\d{1,9})(?:-([0-9A-Za-z.-]+))?(?:\\+.*)?");
  private static final ClientVersion UNKNOWN = new ClientVersion("unknown", null);

  /** The last versions that are not served. */
  private static final Map<String, Semver> UNSUPPORTED =
      Map.of(
          "npm", new Semver(0, 19, 1),
          "npm-cli", new Semver(0, 19, 1),
          "actions", new Semver(0, 19, 1),
          "python", new Semver(0, 0, 2),
          "python-convex", new Semver(0, 0, 2),
          "rust", new Semver(0, 0, 1));

  /** The last versions that are served with a request to upgrade. */
  private static final Map<String, Semver> UPGRADE_REQUIRED =
      Map.of("python", new Semver(0, 2, 0), "python-convex", new Semver(0, 2, 0));

  /** The first versions whose HTTP calls expect {@code json} by default. */
  private static final Map<String, Semver> CLEAN_BY_DEFAULT =
      Map.of(
          "npm", new Semver(1, 4, 1),
          "npm-cli", new Semver(1, 4, 1),
          "actions", new Semver(1, 4, 1),
          "python", new Semver(0, 5, 0),
          "python-convex", new Semver(0, 5, 0));

  private static final Semver FIRST_WITH_CHUNKS = new Semver(1, 28, 0);

  /** A version number; what follows a hyphen or plus sign does not count. */
  record Semver(int major, int minor, int patch) implements Comparable<Semver> {
    static @Nullable Semver parse(String text) {
      Matcher matcher = SEMVER.matcher(text);
      return matcher.matches()
          ? new Semver(
              Integer.parseInt(matcher.group(1)),
              Integer.parseInt(matcher.group(2)),
              Integer.parseInt(matcher.group(3)))
          : null;
    }

    @Override
    public int compareTo(Semver other) {
      if (major != other.major) {
        return Integer.compare(major, other.major);
      }
      return minor != other.minor
          ? Integer.compare(minor, other.minor)
          : Integer.compare(patch, other.patch);
    }
  }

  /** How well a client's version is served. */
  enum Support {
    FULL,
    UPGRADE_REQUIRED,
    UNSUPPORTED
  }

  /**
   * @param header the {@code Convex-Client} header
   * @param pathVersion the version in the path, for routes that have one
   * @throws FreshetException {@code InvalidClientVersion}
   */
  static ClientVersion of(@Nullable String header, @Nullable String pathVersion, String path) {
    if (header != null) {
      return parse(header);
    }
    if (pathVersion == null) {
      return UNKNOWN;
    }
    Semver version = Semver.parse(pathVersion);
    if (version == null) {
      throw invalid("\"" + pathVersion + "\" in the path is not a version number.");
    }
    boolean library = path.endsWith("/sync") || path.endsWith("/udf");
    return new ClientVersion(library ? "npm" : "npm-cli", version);
  }

  /** {@code name-1.2.3}: the longest version from the right counts. */
  private static ClientVersion parse(String header) {
    int hyphen = header.indexOf('-');
    if (hyphen < 0) {
      throw invalid("The Convex-Client header must have the form name-version.");
    }
    for (int i = hyphen; i >= 0; i = header.indexOf('-', i + 1)) {
      Semver version = Semver.parse(header.substring(i + 1));
      if (version != null) {
        return new ClientVersion(header.substring(0, i).toLowerCase(Locale.ROOT), version);
      }
    }
    return new ClientVersion(header.substring(0, hyphen).toLowerCase(Locale.ROOT), null);
  }

  private static FreshetException invalid(String message) {
    return FreshetException.badRequest("InvalidClientVersion", message);
  }

  Support support() {
    if (atMost(UNSUPPORTED)) {
      return Support.UNSUPPORTED;
    }
    return atMost(UPGRADE_REQUIRED) ? Support.UPGRADE_REQUIRED : Support.FULL;
  }

  private boolean atMost(Map<String, Semver> versions) {
    Semver last = versions.get(name);
    return last != null && version != null && version.compareTo(last) <= 0;
  }

  /** Whether {@code TransitionChunk} messages are understood (spec 10 §3). */
  boolean understandsChunks() {
    return name.equals("npm") && version != null && version.compareTo(FIRST_WITH_CHUNKS) >= 0;
  }

  /** The format of results where a request names none (spec 10 §11.2). */
  JsonFormat defaultFormat() {
    Semver first = CLEAN_BY_DEFAULT.get(name);
    return first != null && version != null && version.compareTo(first) < 0
        ? JsonFormat.ENCODED
        : JsonFormat.CLEAN;
  }

  /** Whether log lines are sent as objects (spec 20 §22). */
  boolean readsStructuredLogLines() {
    return name.equals("npm-cli") || name.equals("dashboard");
  }
}
