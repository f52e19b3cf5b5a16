package dev.freshet.functions;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a Node process needs besides modules.
 *
 * @param major the asked major version of Node.js; null: the server's own
 * @param packages a {@code node_modules} directory that stays in place while the call runs; null:
 *     no external packages
 */
public record NodeSetup(@Nullable Integer major, @Nullable Path packages) {
  public static final NodeSetup PLAIN = new NodeSetup(null, null);
}
