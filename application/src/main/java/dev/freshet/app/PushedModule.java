package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.functions.ModuleEnvironment;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A module as a client sent it.
 *
 * @param path canonical
 * @param sourceMap JSON text; null if the client sent none
 */
record PushedModule(
    String path, String source, @Nullable String sourceMap, ModuleEnvironment environment) {
  /** The hash by which clients know a module: of the source followed by its map. */
  String sha256() {
    MessageDigest digest = Hashes.sha256();
    digest.update(source.getBytes(UTF_8));
    if (sourceMap != null) {
      digest.update(sourceMap.getBytes(UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Bytes of source and map. */
  long size() {
    return utf8Length(source) + (sourceMap == null ? 0 : utf8Length(sourceMap));
  }

  private static long utf8Length(String text) {
    long length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // A surrogate pair makes four bytes: two for each half.
      length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return length;
  }
}
