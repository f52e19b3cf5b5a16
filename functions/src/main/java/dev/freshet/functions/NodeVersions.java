package dev.freshet.functions;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the Node.js of the major version that an app asks for: what {@code FRESHET_NODE_22} names,
 * the server's own if it is of that version, {@code node22} on the PATH, the newest that nvm has
 * installed. Thread-safe.
 */
final class NodeVersions {
  private static final Logger LOG = LoggerFactory.getLogger(NodeVersions.class);

  private final NodeInstallation own;
  private final Map<String, String> environment;
  private final Map<Integer, Optional<NodeInstallation>> found = new ConcurrentHashMap<>();

  NodeVersions(NodeInstallation own, Map<String, String> environment) {
    this.own = own;
    this.environment = Map.copyOf(environment);
  }

  /**
   * @param major null: the server's own version
   */
  boolean has(@Nullable Integer major) {
    return find(major).isPresent();
  }

  /**
   * @throws FreshetException {@code DeploymentNotConfiguredForNodeActions} if there is none
   */
  NodeInstallation get(@Nullable Integer major) {
    return find(major)
        .orElseThrow(
            () ->
                new FreshetException(
                    ErrorClass.BAD_REQUEST,
                    "DeploymentNotConfiguredForNodeActions",
                    "Deployment is not configured to deploy \"use node\" actions for Node.js "
                        + major
                        + ": install it, or set FRESHET_NODE_"
                        + major
                        + " to the path of its executable."));
  }

  private Optional<NodeInstallation> find(@Nullable Integer major) {
    if (major == null) {
      return Optional.of(own);
    }
    Optional<NodeInstallation> known = found.get(major);
    if (known != null && known.isPresent() && known.get().isThere()) {
      return known;
    }
    Optional<NodeInstallation> now = search(major);
    found.put(major, now);
    if (known != null && known.isPresent() && now.isEmpty()) {
      LOG.warn("Node.js {} is not there any more: actions that need it fail", major);
    }
    return now;
  }

  private Optional<NodeInstallation> search(int major) {
    for (Path candidate : candidates(major)) {
      if (!Files.isExecutable(candidate)) {
        continue;
      }
      try {
        NodeInstallation node = NodeInstallation.find(candidate);
        if (node.major() == major) {
          return Optional.of(node);
        }
        LOG.warn("{} is Node.js {}, not {}", candidate, node.major(), major);
      } catch (FreshetException e) {
        LOG.warn("{} can't be used as Node.js {}: {}", candidate, major, e.getMessage());
      }
    }
    return Optional.empty();
  }

  private List<Path> candidates(int major) {
    List<Path> candidates = new ArrayList<>();
    String named = environment.get("FRESHET_NODE_" + major);
    if (named != null) {
      candidates.add(Path.of(named));
    }
    if (own.major() == major) {
      candidates.add(Path.of(own.executable()));
    }
    for (String directory : environment.getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
      if (!directory.isEmpty()) {
        candidates.add(Path.of(directory, "node" + major));
      }
    }
    String home = environment.get("HOME");
    if (home != null) {
      candidates.addAll(installedByNvm(Path.of(home, ".nvm", "versions", "node"), major));
    }
    return candidates;
  }

  private static List<Path> installedByNvm(Path directory, int major) {
    List<Path> versions = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, "v" + major + ".*")) {
      all.forEach(version -> versions.add(version.resolve("bin/node")));
    } catch (IOException e) {
      LOG.trace("No versions of nvm in {}", directory);
    }
    versions.sort(Comparator.comparing(NodeVersions::versionKey).reversed());
    return versions;
  }

  /** Version numbers padded, so that 22.9 is older than 22.10. */
  private static String versionKey(Path executable) {
    StringBuilder key = new StringBuilder();
    for (String part :
        executable.getName(executable.getNameCount() - 3).toString().split("\\D+", -1)) {
      key.append("0".repeat(Math.max(0, 6 - part.length()))).append(part);
    }
    return key.toString();
  }
}
