package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.functions.CompiledModule;
import dev.freshet.functions.FunctionModule;
import dev.freshet.functions.ModuleCompiler;
import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.storage.blob.BlobStore;
import dev.freshet.values.FreshetException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The code of modules: compiled at push, kept in the blob store under the hash of its content, and
 * handed to runners when they need it. Thread-safe.
 */
final class ModuleStore {
  private static final byte SOURCE_FORMAT = 1;
  private static final long MOST_CACHED = 64L << 20;
  private static final String NOT_COMPILED = "node";

  private final BlobStore blobs;
  private final ModuleCompiler compiler;

  /**
   * Recently compiled code by its key, for modules that clients send with every push; the longest
   * unused first.
   */
  private final Map<String, Compiled> recent = new LinkedHashMap<>(16, 0.75f, true);

  private long recentBytes; // guarded by recent

  /**
   * A compiled module that may not be in the blob store yet.
   *
   * @param sourceBlob what goes into the blob with the key {@code stored.sourceKey()}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Compiled(StoredModule stored, byte[] sourceBlob, CompiledModule code) {
    /**
     * The module as runners load it while this object lives. They remember sets for long, and must
     * not remember all code that was ever pushed with them.
     */
    FunctionModule functionModule() {
      StoredModule module = stored; // so that the function holds no more than that
      WeakReference<CompiledModule> held = new WeakReference<>(code);
      return new FunctionModule(
          module.path(), module.compiledKey(), module.environment(), () -> held(held, module));
    }

    private static CompiledModule held(WeakReference<CompiledModule> held, StoredModule module) {
      CompiledModule code = held.get();
      if (code == null) {
        throw FreshetException.internal("The push of " + module.path() + " is over", null);
      }
      return code;
    }

    /** About the bytes that it takes. */
    long size() {
      String map = code.sourceMap();
      return (long) sourceBlob.length + code.script().length() + (map == null ? 0 : map.length());
    }
  }

  ModuleStore(BlobStore blobs, ModuleCompiler compiler) {
    this.blobs = blobs;
    this.compiler = compiler;
  }

  /**
   * Compiles modules, in their order; those of the Node environment stay as they are, for Node.js
   * loads ES modules itself. Stores nothing.
   *
   * @throws FreshetException {@code InvalidModules}
   */
  List<Compiled> compile(List<PushedModule> modules) {
    Map<PushedModule, String> missing = new LinkedHashMap<>();
    Map<PushedModule, Compiled> known = new LinkedHashMap<>();
    for (PushedModule module : modules) {
      if (module.environment() == ModuleEnvironment.NODE) {
        known.put(module, asPushed(module));
        continue;
      }
      String key = cacheKey(module);
      Compiled compiled;
      synchronized (recent) {
        compiled = recent.get(key);
      }
      if (compiled == null) {
        missing.put(module, key);
      } else {
        known.put(module, compiled);
      }
    }
    List<PushedModule> sources = List.copyOf(missing.keySet());
    if (!sources.isEmpty()) {
      List<CompiledModule> codes =
          compiler.compile(
              sources.stream()
                  .map(m -> new ModuleCompiler.Source(m.path(), m.source(), m.sourceMap()))
                  .toList());
      for (int i = 0; i < sources.size(); i++) {
        Compiled compiled = describe(sources.get(i), codes.get(i));
        known.put(sources.get(i), compiled);
        remember(missing.getOrDefault(sources.get(i), ""), compiled);
      }
    }
    List<Compiled> result = new ArrayList<>();
    modules.forEach(module -> result.add(known.get(module)));
    return result;
  }

  private void remember(String key, Compiled compiled) {
    synchronized (recent) {
      Compiled replaced = recent.put(key, compiled);
      recentBytes += compiled.size() - (replaced == null ? 0 : replaced.size());
      Iterator<Compiled> longestUnused = recent.values().iterator();
      while (recentBytes > MOST_CACHED) {
        recentBytes -= longestUnused.next().size();
        longestUnused.remove();
      }
    }
  }

  private String cacheKey(PushedModule module) {
    return compiler.version()
        + '\n'
        + module.path()
        + '\n'
        + module.environment()
        + '\n'
        + (module.sourceMap() == null)
        + '\n'
        + module.sha256();
  }

  private Compiled describe(PushedModule module, CompiledModule code) {
    byte[] source = encodeSource(module);
    return describe(module, source, Hashes.sha256Hex(code.encode()), compiler.version(), code);
  }

  private static Compiled asPushed(PushedModule module) {
    byte[] source = encodeSource(module);
    CompiledModule code = new CompiledModule(module.source(), module.sourceMap());
    return describe(module, source, Hashes.sha256Hex(source), NOT_COMPILED, code);
  }

  private static Compiled describe(
      PushedModule module,
      byte[] source,
      String compiledKey,
      String compilerVersion,
      CompiledModule code) {
    return new Compiled(
        new StoredModule(
            module.path(),
            module.environment(),
            module.sha256(),
            Hashes.sha256Hex(source),
            compiledKey,
            compilerVersion,
            ModuleImports.names(module.source())),
        source,
        code);
  }

  /** Whether today's compiler made the module's script. */
  boolean isCurrent(StoredModule module) {
    return isNode(module)
        ? module.compilerVersion().equals(NOT_COMPILED)
        : module.compilerVersion().equals(compiler.version());
  }

  private static boolean isNode(StoredModule module) {
    return module.environment() == ModuleEnvironment.NODE;
  }

  /** Makes the code durable; what is stored already costs nothing. */
  void store(Collection<Compiled> modules) {
    for (Compiled module : modules) {
      if (!blobs.renew(module.stored().sourceKey())) {
        blobs.put(module.stored().sourceKey(), module.sourceBlob());
      }
      if (!isNode(module.stored()) && !blobs.renew(module.stored().compiledKey())) {
        blobs.put(module.stored().compiledKey(), module.code().encode());
      }
    }
  }

  /** Keeps the code from being cleaned up for a while; returns whether all of it is there. */
  boolean renew(Collection<StoredModule> modules) {
    boolean complete = true;
    for (StoredModule module : modules) {
      complete &= blobs.renew(module.sourceKey()) && blobs.renew(module.compiledKey());
    }
    return complete;
  }

  /** The module as runners load it, from the blob store when they do. */
  FunctionModule functionModule(StoredModule module) {
    return new FunctionModule(
        module.path(), identity(module), module.environment(), () -> load(module));
  }

  /** What the client sent. */
  PushedModule source(StoredModule module) {
    return decodeSource(module, blob(module.sourceKey()));
  }

  private String identity(StoredModule module) {
    if (isNode(module)) {
      return module.sourceKey();
    }
    return isCurrent(module)
        ? module.compiledKey()
        : Hashes.sha256Hex((compiler.version() + '\n' + module.codeIdentity()).getBytes(UTF_8));
  }

  private CompiledModule load(StoredModule module) {
    if (isNode(module)) {
      PushedModule source = source(module);
      return new CompiledModule(source.source(), source.sourceMap());
    }
    if (isCurrent(module)) {
      return CompiledModule.decode(blob(module.compiledKey()));
    }
    // Pushed to an older server: the script may lack what today's runners expect.
    return compile(List.of(source(module))).getFirst().code();
  }

  private byte[] blob(String key) {
    byte[] content = blobs.get(key);
    if (content == null) {
      throw FreshetException.internal("The blob " + key + " of a deployed module is missing", null);
    }
    return content;
  }

  static byte[] encodeSource(PushedModule module) {
    byte[] source = module.source().getBytes(UTF_8);
    String map = module.sourceMap();
    byte[] mapBytes = map == null ? new byte[0] : map.getBytes(UTF_8);
    return ByteBuffer.allocate(6 + source.length + mapBytes.length)
        .put(SOURCE_FORMAT)
        .put((byte) (map == null ? 0 : 1))
        .putInt(source.length)
        .put(source)
        .put(mapBytes)
        .array();
  }

  private static PushedModule decodeSource(StoredModule module, byte[] blob) {
    if (blob.length < 6 || blob[0] != SOURCE_FORMAT) {
      throw FreshetException.internal("A stored module has an unknown format", null);
    }
    int length = ByteBuffer.wrap(blob).getInt(2);
    String source = new String(blob, 6, length, UTF_8);
    @Nullable String map =
        blob[1] == 0 ? null : new String(Arrays.copyOfRange(blob, 6 + length, blob.length), UTF_8);
    return new PushedModule(module.path(), source, map, module.environment());
  }
}
