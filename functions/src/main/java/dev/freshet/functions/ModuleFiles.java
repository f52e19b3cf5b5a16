package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Compiled modules as files named by their hashes, which is how processes for actions get them:
 * loading must be possible in the middle of JavaScript, and an event loop can't wait there for the
 * server. Thread-safe.
 */
final class ModuleFiles implements AutoCloseable {
  private final RunnerFiles files = new RunnerFiles();
  private final Path directory = files.directory();
  private final Set<String> complete = ConcurrentHashMap.newKeySet();

  /** Where everything is; for further files of those who use it, too. */
  Path directory() {
    return directory;
  }

  /** A script of this package, beside the modules. */
  Path script(String name) {
    return files.file(name);
  }

  /** Sees to it that all modules of a set that run in contexts are there. */
  void ensure(ModuleSet modules) {
    if (complete.contains(modules.identity())) {
      return;
    }
    for (FunctionModule module : modules.modules().values()) {
      if (module.environment() == ModuleEnvironment.ISOLATE && complete.add(module.sha256())) {
        write(module);
      }
    }
    complete.add(modules.identity());
  }

  /**
   * The modules of a set that run in Node, as files that Node imports, beside the packages.
   *
   * @return the directory that holds them by their paths
   */
  Path nodeModules(ModuleSet modules, @Nullable Path packages) {
    String name =
        modules.identity()
            + (packages == null ? "" : "-" + Integer.toHexString(packages.hashCode()));
    Path target = directory.resolve("source-" + name);
    if (complete.contains(name)) {
      return target;
    }
    synchronized (this) {
      try {
        Files.createDirectories(target);
        write(target.resolve("package.json"), "{\"type\":\"module\"}".getBytes(UTF_8));
        if (packages != null && !Files.exists(target.resolve("node_modules"))) {
          Files.createSymbolicLink(target.resolve("node_modules"), packages);
        }
        for (FunctionModule module : modules.modules().values()) {
          if (module.environment() == ModuleEnvironment.NODE) {
            writeForNode(target, module);
          }
        }
      } catch (IOException e) {
        throw FreshetException.internal("can't write modules for Node", e);
      }
      complete.add(name);
    }
    return target;
  }

  private static void writeForNode(Path target, FunctionModule module) throws IOException {
    CompiledModule code = module.code().get();
    Path file = target.resolve(module.path());
    Files.createDirectories(file.getParent());
    write(file, code.script().getBytes(UTF_8));
    if (code.sourceMap() != null) {
      write(file.resolveSibling(file.getFileName() + ".map"), code.sourceMap().getBytes(UTF_8));
    }
  }

  private void write(FunctionModule module) {
    try {
      CompiledModule code = module.code().get();
      String map = code.sourceMap() == null ? "" : code.sourceMap();
      write(directory.resolve(module.sha256() + ".map"), map.getBytes(UTF_8));
      write(directory.resolve(module.sha256() + ".js"), code.script().getBytes(UTF_8));
    } catch (IOException | RuntimeException e) {
      complete.remove(module.sha256());
      throw FreshetException.internal("can't write the module " + module.path(), e);
    }
  }

  /** Nobody ever sees half of a file. */
  static void write(Path path, byte[] content) throws IOException {
    Path part = Files.createTempFile(path.getParent(), "part", "");
    Files.write(part, content);
    try {
      Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException e) {
      Files.deleteIfExists(part);
    }
  }

  @Override
  public void close() {
    files.close();
  }
}
