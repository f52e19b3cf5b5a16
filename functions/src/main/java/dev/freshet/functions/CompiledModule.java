package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A module turned into a script that runners load (see {@link ModuleCompiler}). A module of the
 * Node environment stays as it was pushed: Node loads ES modules itself.
 *
 * @param script JavaScript text whose value is a function of the loader's parameters
 * @param sourceMap JSON text of a source map from the script to the user's sources, where the
 *     pushed module had one
 */
public record CompiledModule(String script, @Nullable String sourceMap) {
  private static final byte FORMAT = 1;

  /** A form for storing: read back by {@link #decode}. */
  public byte[] encode() {
    byte[] code = script.getBytes(UTF_8);
    byte[] map = sourceMap == null ? new byte[0] : sourceMap.getBytes(UTF_8);
    return ByteBuffer.allocate(5 + code.length + map.length)
        .put(FORMAT)
        .putInt(code.length)
        .put(code)
        .put(map)
        .array();
  }

  /**
   * @throws IllegalArgumentException if the bytes are not of {@link #encode}
   */
  public static CompiledModule decode(byte[] bytes) {
    if (bytes.length < 5 || bytes[0] != FORMAT) {
      throw new IllegalArgumentException("not a compiled module");
    }
    int codeLength = ByteBuffer.wrap(bytes).getInt(1);
    int mapStart = 5 + codeLength;
    if (codeLength < 0 || mapStart > bytes.length) {
      throw new IllegalArgumentException("a truncated compiled module");
    }
    String map =
        mapStart == bytes.length
            ? null
            : new String(bytes, mapStart, bytes.length - mapStart, UTF_8);
    return new CompiledModule(new String(bytes, 5, codeLength, UTF_8), map);
  }
}
