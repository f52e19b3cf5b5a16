package dev.freshet.server;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Lines of text in columns that are as wide as their widest cell. */
final class TextTable {
  private final List<String[]> rows = new ArrayList<>();
  private final boolean[] right;

  /**
   * @param heads what stands above the columns; one that begins with {@code >} is aligned right
   */
  TextTable(String... heads) {
    right = new boolean[heads.length];
    String[] first = heads.clone();
    for (int i = 0; i < heads.length; i++) {
      right[i] = heads[i].startsWith(">");
      first[i] = right[i] ? heads[i].substring(1) : heads[i];
    }
    rows.add(first);
  }

  void row(String... cells) {
    if (cells.length != right.length) {
      throw new IllegalArgumentException(cells.length + " cells");
    }
    rows.add(cells.clone());
  }

  void print(PrintWriter out) {
    int[] widths = new int[right.length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        String padding = " ".repeat(widths[i] - row[i].length());
        line.append(i == 0 ? "" : "  ");
        line.append(right[i] ? padding + row[i] : row[i] + padding);
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
