package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The Node.js that everything of a server runs in, unless an app asks for another. It is run to
 * find out what it is when that is first needed, and again only if it has gone. Thread-safe.
 */
public final class NodeExecutable {
  private final @Nullable Path path;
  private @Nullable NodeInstallation found;

  private NodeExecutable(@Nullable Path path) {
    this.path = path;
  }

  /**
   * @param path null: {@code node} from the PATH
   */
  public static NodeExecutable at(@Nullable Path path) {
    return new NodeExecutable(path);
  }

  /**
   * @throws FreshetException {@code NodeNotFound} or {@code NodeTooOld} with a text that says what
   *     to install
   */
  synchronized NodeInstallation installation() {
    NodeInstallation known = found;
    if (known == null || !known.isThere()) {
      known = NodeInstallation.find(path);
      found = known;
    }
    return known;
  }
}
