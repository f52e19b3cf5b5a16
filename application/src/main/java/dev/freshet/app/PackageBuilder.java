package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.PushRequest.NodeDependency;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Installs external packages by npm (spec 20 §15). They are other people's programs and npm runs
 * their installation scripts, so that nothing of the server's environment reaches it but what npm
 * needs to find the registry. Thread-safe.
 */
final class PackageBuilder {
  private static final Logger LOG = LoggerFactory.getLogger(PackageBuilder.class);
  private static final Duration LONGEST = Duration.ofMinutes(10);
  private static final int LONGEST_OUTPUT = 8192;
  private static final Pattern NAME = Pattern.compile("(@[a-z0-9~-][\\w.~-]*/)?[\\w~-][\\w.~-]*");
  private static final Pattern VERSION = Pattern.compile("[0-9][0-9A-Za-z.+-]*");

  /** By lower-case name; further ones begin with {@code npm_config_}. */
  private static final List<String> PASSED_ON =
      List.of(
          "path",
          "home",
          "userprofile",
          "appdata",
          "localappdata",
          "systemroot",
          "comspec",
          "pathext",
          "lang",
          "tmpdir",
          "temp",
          "tmp",
          "http_proxy",
          "https_proxy",
          "no_proxy",
          "node_extra_ca_certs",
          "ssl_cert_file");

  private final Limits limits;
  private final Map<String, String> environment;

  /**
   * @param environment of the server
   */
  PackageBuilder(Limits limits, Map<String, String> environment) {
    this.limits = limits;
    this.environment = environment;
  }

  /**
   * Installs exactly these packages, and what they need.
   *
   * @param node the executable that will use them; null: the one on the PATH
   * @return the archive of the {@code node_modules} folder
   * @throws FreshetException {@code InvalidExternalModules} with what npm says, {@code
   *     ModulesTooLarge}
   */
  PackageArchive.Packed build(List<NodeDependency> dependencies, @Nullable Path node) {
    ObjectNode manifest = Json.object().put("name", "packages").put("private", true);
    ObjectNode list = manifest.putObject("dependencies");
    for (NodeDependency dependency : dependencies) {
      check(dependency);
      list.put(dependency.name(), dependency.version());
    }
    Path directory = null;
    try {
      directory = Files.createTempDirectory("freshet-packages-");
      Files.write(directory.resolve("package.json"), Json.writeBytes(manifest));
      install(directory, node);
      Path modules = directory.resolve("node_modules");
      Files.createDirectories(modules);
      long most = limits.get(Limit.MAX_UNZIPPED_PACKAGES_SIZE);
      long size = PackageArchive.size(modules);
      if (size > most) {
        throw PushPreparation.tooLarge("unzipped", size, most);
      }
      return PackageArchive.pack(modules);
    } catch (IOException e) {
      throw FreshetException.internal("External packages can't be installed", e);
    } finally {
      discard(directory);
    }
  }

  private static void check(NodeDependency dependency) {
    if (!NAME.matcher(dependency.name()).matches()
        || !VERSION.matcher(dependency.version()).matches()) {
      throw failed(
          dependency.name() + "@" + dependency.version() + " is no package of a registry.");
    }
  }

  private void install(Path directory, @Nullable Path node) throws IOException {
    Path npm = npm(node);
    if (npm == null) {
      throw failed(
          "npm is not installed on the server. The app has external packages (node.externalPackages"
              + " in convex.json), which the server installs by npm: put npm on its PATH, or leave"
              + " them out.");
    }
    Path output = Files.createFile(directory.resolve("output.txt"));
    ProcessBuilder command =
        new ProcessBuilder(
                npm.toString(),
                "install",
                "--no-audit",
                "--no-fund",
                "--no-package-lock",
                "--no-progress",
                "--loglevel=error",
                "--omit=dev")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    command.environment().clear();
    environment.forEach(
        (name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (PASSED_ON.contains(lower) || lower.startsWith("npm_config_")) {
            command.environment().put(name, value);
          }
        });
    putFirst(npm, command.environment());
    if (node != null) {
      putFirst(node, command.environment()); // by which npm runs, and addons are built
    }
    await(command.start(), output);
  }

  private static void putFirst(Path program, Map<String, String> environment) {
    Path folder = program.getParent();
    if (folder != null) {
      environment.merge(
          "PATH", folder.toString(), (path, first) -> first + File.pathSeparator + path);
    }
  }

  private static void await(Process process, Path output) throws IOException {
    try {
      if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
        throw failed("npm did not end within " + LONGEST.toMinutes() + " minutes.");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw FreshetException.internal("Interrupted while npm was running", e);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    if (process.exitValue() != 0) {
      String text = new String(Files.readAllBytes(output), UTF_8).strip();
      throw failed(
          text.length() <= LONGEST_OUTPUT ? text : text.substring(text.length() - LONGEST_OUTPUT));
    }
  }

  /** The npm beside the Node.js that will use the packages, or the one on the PATH. */
  private @Nullable Path npm(@Nullable Path node) {
    String name = File.separatorChar == '\\' ? "npm.cmd" : "npm";
    Path beside = node == null ? null : node.resolveSibling(name);
    if (beside != null && Files.isExecutable(beside)) {
      return beside;
    }
    String path = environment.getOrDefault("PATH", environment.getOrDefault("Path", ""));
    for (String folder : path.split(File.pathSeparator, -1)) {
      if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, name))) {
        return Path.of(folder, name);
      }
    }
    return null;
  }

  private static FreshetException failed(String why) {
    return FreshetException.badRequest(
        "InvalidExternalModules",
        "Loading the pushed modules encountered the following error:\n" + why);
  }

  private static void discard(@Nullable Path directory) {
    try {
      if (directory != null) {
        PackageArchive.remove(directory);
      }
    } catch (IOException e) {
      LOG.warn("{} can't be removed", directory, e);
    }
  }
}
