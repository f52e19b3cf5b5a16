package dev.freshet.values;

/** Makes {@code docs/limits.md}. */
public final class LimitsPage {
  private LimitsPage() {}

  /** The page, in Markdown. */
  public static String markdown() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Limits

        Each limit is an environment variable of the server: a positive whole number in the unit of the table. What it takes to
        raise one is in the last column; lowering one only refuses more. The defaults are those that clients expect.
        Identifiers (%d characters), names of fields (%d) and what else the stored form rests on can't be changed.

        This page is made by `./freshet limits`.
        """
            .formatted(Identifiers.MAX_IDENTIFIER_LENGTH, Identifiers.MAX_FIELD_NAME_LENGTH));
    for (Limit.Area area : Limit.Area.values()) {
      page.append("\n## ").append(area.title()).append("\n\n");
      page.append("| variable | default | limits | beyond it | a larger value means |\n");
      page.append("|---|--:|---|---|---|\n");
      for (Limit limit : Limit.values()) {
        if (limit.area() == area) {
          row(page, limit);
        }
      }
    }
    return page.toString();
  }

  private static void row(StringBuilder page, Limit limit) {
    page.append("| `").append(limit.name()).append("` | ");
    page.append(value(limit)).append(" | ");
    page.append(limit.meaning()).append(" | ");
    page.append(limit.errorCode().isEmpty() ? "–" : "`" + limit.errorCode() + "`").append(" | ");
    page.append(limit.consequence()).append(" |\n");
  }

  private static String value(Limit limit) {
    String number = Long.toString(limit.defaultValue());
    return switch (limit.unit()) {
      case COUNT -> number;
      case BYTES -> number + " B" + rounded(limit.defaultValue());
      case PERCENT -> number + " %";
      case MILLISECONDS -> number + " ms";
      case SECONDS -> number + " s";
      case HOURS -> number + " h";
    };
  }

  private static String rounded(long bytes) {
    if (bytes % (1 << 20) == 0) {
      return " (" + (bytes >> 20) + " MiB)";
    }
    return bytes % (1 << 10) == 0 ? " (" + (bytes >> 10) + " KiB)" : "";
  }
}
