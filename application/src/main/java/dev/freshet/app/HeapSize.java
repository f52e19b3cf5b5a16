package dev.freshet.app;

import org.jspecify.annotations.Nullable;

/** What objects take of the heap, with headers and padding as on a 64-bit virtual machine. */
final class HeapSize {
  private static final long ARRAY_HEADER = 16;
  private static final long STRING = 24;

  private HeapSize() {}

  /** An array of bytes. */
  static long array(long length) {
    return (ARRAY_HEADER + length + 7) & ~7L;
  }

  static long of(@Nullable String text) {
    if (text == null) {
      return 0;
    }
    boolean latin = text.chars().allMatch(c -> c < 0x100);
    return STRING + array(latin ? text.length() : 2L * text.length());
  }
}
