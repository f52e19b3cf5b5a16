package dev.freshet.values;

import java.util.Locale;

/** Sizes for people: {@code 16 MiB}, {@code 1.5 KiB}, {@code 12 B}. */
public final class ByteSizes {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private ByteSizes() {}

  /** The size in the largest unit it reaches, with at most two decimals. */
  public static String format(long bytes) {
    double amount = bytes;
    int unit = 0;
    while (amount >= 1024 && unit < UNITS.length - 1) {
      amount /= 1024;
      unit++;
    }
    String text = String.format(Locale.ROOT, "%.2f", amount);
    int end = text.length();
    while (text.charAt(end - 1) == '0') {
      end--;
    }
    if (text.charAt(end - 1) == '.') {
      end--;
    }
    return text.substring(0, end) + " " + UNITS[unit];
  }
}
