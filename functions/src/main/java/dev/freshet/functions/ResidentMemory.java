package dev.freshet.functions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads how much memory processes take, where the platform tells (Linux). */
final class ResidentMemory {
  private static final int PAGE_BYTES = 4096;

  private ResidentMemory() {}

  /** Bytes; 0 if unknown. */
  static long of(long pid) {
    try {
      String text = Files.readString(Path.of("/proc/" + pid + "/statm"));
      int start = text.indexOf(' ') + 1;
      return Long.parseLong(text, start, text.indexOf(' ', start), 10) * PAGE_BYTES;
    } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
      return 0;
    }
  }
}
