package dev.freshet.functions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads how much memory processes take, where the platform tells (Linux). */
final class ResidentMemory {
  private static final int PAGE_KIB = 4;

  private ResidentMemory() {}

  /** Bytes; 0 if unknown. */
  static long of(long pid) {
    try {
      String[] pages = Files.readString(Path.of("/proc/" + pid + "/statm")).split(" ");
      return Long.parseLong(pages[1]) * PAGE_KIB << 10;
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return 0;
    }
  }
}
