package dev.freshet.functions;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What V8 compiled of modules' scripts, by the scripts' hash: handed to new runners of the same
 * Node. Bounded; the longest unused go first. Thread-safe.
 */
final class CodeCaches {
  private static final long MAX_BYTES = 256L << 20;

  private final LinkedHashMap<String, byte[]> caches = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  synchronized byte @Nullable [] get(String hash) {
    return caches.get(hash);
  }

  synchronized void put(String hash, byte[] cache) {
    byte[] previous = caches.put(hash, cache);
    bytes += cache.length - (previous == null ? 0 : previous.length);
    var eldest = caches.entrySet().iterator();
    while (bytes > MAX_BYTES && caches.size() > 1) {
      Map.Entry<String, byte[]> entry = eldest.next();
      bytes -= entry.getValue().length;
      eldest.remove();
    }
  }
}
