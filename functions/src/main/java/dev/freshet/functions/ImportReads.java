package dev.freshet.functions;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The environment variables that modules read when they were last loaded, by module, so that a
 * context can be loaded ahead of the call that will use it. Bounded. Thread-safe.
 */
final class ImportReads {
  private static final int MAX_MODULES = 1024;

  private final LinkedHashMap<LoadKey, Map<String, @Nullable String>> reads =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(
            Map.Entry<LoadKey, Map<String, @Nullable String>> eldest) {
          return size() > MAX_MODULES;
        }
      };

  synchronized @Nullable Map<String, @Nullable String> get(LoadKey key) {
    return reads.get(key);
  }

  synchronized void put(LoadKey key, Map<String, @Nullable String> values) {
    reads.put(key, values);
  }
}
