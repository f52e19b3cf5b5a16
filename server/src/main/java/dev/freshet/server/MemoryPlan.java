package dev.freshet.server;

import com.sun.management.OperatingSystemMXBean;
import dev.freshet.values.FreshetException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the memory of a server is divided. The heap's part was set by whoever started the JVM (the
 * launcher does, from the same flag) and can only be compared with.
 *
 * @param total bytes of all
 * @param heap bytes that the heap may have
 * @param runners bytes for the processes that run functions
 */
record MemoryPlan(long total, long heap, long runners) {
  static final String VARIABLE = "FRESHET_MEMORY";

  private static final long MIB = 1L << 20;
  private static final long LEAST = 768 * MIB;
  private static final long LEAST_BY_DEFAULT = 1024 * MIB;

  /** The launcher computes with the same part. */
  private static final int HEAP_PERCENT = 40;

  private static final int RUNNERS_PERCENT = 45;

  /** The JVM rounds, and leaves a part of the heap out of what it tells. */
  private static final double TOLERANCE = 1.15;

  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,15}(?:\\.\\d{1,3})?) ?([kmgt]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);

  static MemoryPlan of(long total, long heap) {
    if (total < LEAST) {
      throw FreshetException.badRequest(
          "InvalidConfig",
          "--memory ("
              + VARIABLE
              + ") must be at least "
              + LEAST / MIB
              + "M: the server and one runner don't fit into "
              + total / MIB
              + "M.");
    }
    return new MemoryPlan(total, heap, total / 100 * RUNNERS_PERCENT);
  }

  /** Half of what the machine or the container has. */
  static long usual() {
    long there =
        ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
            ? system.getTotalMemorySize()
            : 0;
    return Math.max(LEAST_BY_DEFAULT, there / 2);
  }

  /**
   * @param text e.g. {@code 2G}, {@code 1.5 GiB}, {@code 800M}
   */
  static long parse(String text) {
    Matcher size = SIZE.matcher(text.strip());
    if (!size.matches()) {
      throw FreshetException.badRequest(
          "InvalidConfig",
          "--memory (" + VARIABLE + ") must be a size like 800M or 2G; " + text + " is none.");
    }
    int power = "kmgt".indexOf(size.group(2).toLowerCase(Locale.ROOT)) + 1;
    long unit = size.group(2).isEmpty() ? 1 : 1L << (10 * power);
    return (long) (Double.parseDouble(size.group(1)) * unit);
  }

  /** What could not be divided as planned. */
  @Nullable String warning(boolean asked) {
    long planned = total / 100 * HEAP_PERCENT;
    if (heap <= planned * TOLERANCE || (!asked && heap + runners <= total)) {
      return null;
    }
    return "The heap may grow to "
        + gib(heap)
        + " GiB, not to the "
        + gib(planned)
        + " GiB of the plan: a running JVM can't change that. Start with ./freshet, or with -Xmx"
        + planned / MIB
        + "m.";
  }

  private static String gib(long bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / (double) (1024 * MIB));
  }

  @Override
  public String toString() {
    return "memory "
        + gib(total)
        + " GiB: heap "
        + gib(heap)
        + ", runners "
        + gib(runners)
        + ", native "
        + gib(Math.max(0, total - heap - runners));
  }
}
