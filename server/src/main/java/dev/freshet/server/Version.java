package dev.freshet.server;

/** The version of this build. */
final class Version {
  private Version() {}

  /** From the jar's manifest; {@code unknown} for classes outside a jar. */
  static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }
}
