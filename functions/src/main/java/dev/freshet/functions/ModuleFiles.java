package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Modules as files, which is how processes for actions get them: loading must be possible in the
 * middle of JavaScript, and an event loop can't wait there for the server. Thread-safe.
 *
 * <p>Those that run in contexts are named by their hashes, so that sets share them; those that run
 * in Node are in a directory for each set. What is in use stays; what nobody uses any more, the
 * code of earlier deploys above all, stays while there is room, and is written again if it is
 * needed again.
 *
 * <p>Who uses a set first writes it, outside of the lock; others wait for that. A file of a hash is
 * deleted under the lock when no set holds it, so that whoever holds it next doesn't take it for
 * written.
 */
final class ModuleFiles implements AutoCloseable {
  private static final long MAX_BYTES = 128 << 20;

  private final RunnerFiles files = new RunnerFiles();
  private final Path directory = files.directory();
  private final long maxBytes;

  // The rest is guarded by this.

  /** By their keys, the longest unused first. */
  private final LinkedHashMap<Key, Entry> sets = new LinkedHashMap<>(16, 0.75f, true);

  private final Map<String, Shared> shared = new HashMap<>();
  private long bytes;
  private int directories;

  private record Key(String modules, boolean node, @Nullable Path packages) {}

  /** The files of a set. */
  private static final class Entry {
    final Key key;
    final Path directory;

    /**
     * Of the modules, if they are shared; not the modules themselves, which may hold their code.
     */
    final List<String> hashes;

    final CompletableFuture<@Nullable Void> written = new CompletableFuture<>();
    int users;
    long bytes;

    Entry(Key key, Path directory, List<String> hashes) {
      this.key = key;
      this.directory = directory;
      this.hashes = hashes;
    }
  }

  /** The files of a hash. */
  private static final class Shared {
    int sets;
    long bytes;
  }

  /** Keeps the files of a set where they are. */
  final class Use implements AutoCloseable {
    private final Entry entry;
    private boolean closed;

    private Use(Entry entry) {
      this.entry = entry;
    }

    Path directory() {
      return entry.directory;
    }

    @Override
    public void close() {
      release(this);
    }
  }

  ModuleFiles() {
    this(MAX_BYTES);
  }

  /**
   * @param maxBytes of all files, unless more is in use
   */
  ModuleFiles(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Where everything is; for further files of those who use it, too. */
  Path directory() {
    return directory;
  }

  /** A script of this package, beside the modules. */
  Path script(String name) {
    return files.file(name);
  }

  /** The modules of a set that run in contexts. */
  Use ofContexts(ModuleSet modules) {
    return use(new Key(modules.identity(), false, null), modules);
  }

  /** The modules of a set that run in Node, by their paths, beside the packages. */
  Use ofNode(ModuleSet modules, @Nullable Path packages) {
    return use(new Key(modules.identity(), true, packages), modules);
  }

  private Use use(Key key, ModuleSet set) {
    ModuleEnvironment environment = key.node() ? ModuleEnvironment.NODE : ModuleEnvironment.ISOLATE;
    for (; ; ) {
      Entry entry;
      boolean first;
      synchronized (this) {
        entry = sets.get(key);
        first = entry == null;
        if (entry == null) {
          entry = create(key, of(set, environment));
          sets.put(key, entry);
        }
        entry.users++;
      }
      Use use = new Use(entry);
      if (first) {
        write(use, of(set, environment));
        return use;
      }
      try {
        entry.written.join();
        return use;
      } catch (CompletionException e) {
        use.close(); // and again: what kept another one from writing needn't keep this one
      }
    }
  }

  private static List<FunctionModule> of(ModuleSet set, ModuleEnvironment environment) {
    return set.modules().values().stream()
        .filter(module -> module.environment() == environment)
        .toList();
  }

  private Entry create(Key key, List<FunctionModule> modules) {
    if (key.node()) {
      return new Entry(key, directory.resolve("source-" + ++directories), List.of());
    }
    List<String> hashes = modules.stream().map(FunctionModule::sha256).toList();
    hashes.forEach(hash -> shared.computeIfAbsent(hash, _ -> new Shared()).sets++);
    return new Entry(key, directory, hashes);
  }

  private void write(Use use, List<FunctionModule> modules) {
    Entry entry = use.entry;
    try {
      if (entry.key.node()) {
        writeForNode(entry, modules);
      } else {
        for (FunctionModule module : modules) {
          writeForContexts(module);
        }
      }
      entry.written.complete(null);
    } catch (IOException | RuntimeException | Error e) {
      synchronized (this) {
        sets.remove(entry.key);
        forget(entry);
      }
      entry.written.completeExceptionally(e);
      use.close();
      if (entry.key.node()) {
        RunnerFiles.delete(entry.directory);
      }
      throw FreshetException.internal("can't write modules", e);
    }
  }

  private void writeForContexts(FunctionModule module) throws IOException {
    Path script = directory.resolve(module.sha256() + ".js");
    if (Files.exists(script)) {
      return;
    }
    CompiledModule code = module.code().get();
    String map = code.sourceMap() == null ? "" : code.sourceMap();
    long size =
        write(directory.resolve(module.sha256() + ".map"), map) + write(script, code.script());
    synchronized (this) {
      Shared holder = shared.get(module.sha256());
      if (holder != null) {
        bytes += size - holder.bytes;
        holder.bytes = size;
      }
    }
  }

  private void writeForNode(Entry entry, List<FunctionModule> modules) throws IOException {
    Files.createDirectories(entry.directory);
    long size = write(entry.directory.resolve("package.json"), "{\"type\":\"module\"}");
    Path packages = entry.key.packages();
    if (packages != null) {
      Files.createSymbolicLink(entry.directory.resolve("node_modules"), packages);
    }
    for (FunctionModule module : modules) {
      CompiledModule code = module.code().get();
      Path file = entry.directory.resolve(module.path());
      Files.createDirectories(file.getParent());
      size += write(file, code.script());
      if (code.sourceMap() != null) {
        size += write(file.resolveSibling(file.getFileName() + ".map"), code.sourceMap());
      }
    }
    synchronized (this) {
      entry.bytes = size;
      bytes += size;
    }
  }

  /** Nobody ever sees half of a file. Returns its size. */
  private static long write(Path path, String content) throws IOException {
    byte[] encoded = content.getBytes(UTF_8);
    Path part = Files.createTempFile(path.getParent(), "part", "");
    Files.write(part, encoded);
    try {
      Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException e) {
      Files.deleteIfExists(part);
    }
    return encoded.length;
  }

  private void release(Use use) {
    List<Path> unneeded = new ArrayList<>();
    synchronized (this) {
      if (use.closed) {
        return;
      }
      use.closed = true;
      use.entry.users--;
      Iterator<Entry> longestUnused = sets.values().iterator();
      while (bytes > maxBytes && longestUnused.hasNext()) {
        Entry entry = longestUnused.next();
        if (entry.users == 0) {
          longestUnused.remove();
          forget(entry);
          if (entry.key.node()) {
            unneeded.add(entry.directory);
          }
        }
      }
    }
    unneeded.forEach(RunnerFiles::delete);
  }

  private void forget(Entry entry) {
    bytes -= entry.bytes;
    for (String hash : entry.hashes) {
      Shared holder = shared.get(hash);
      if (holder != null && --holder.sets == 0) {
        shared.remove(hash);
        bytes -= holder.bytes;
        RunnerFiles.delete(directory.resolve(hash + ".js"));
        RunnerFiles.delete(directory.resolve(hash + ".map"));
      }
    }
  }

  @Override
  public void close() {
    files.close();
  }
}
