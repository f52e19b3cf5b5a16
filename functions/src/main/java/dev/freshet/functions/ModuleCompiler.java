package dev.freshet.functions;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns pushed ES modules into the scripts that runners load. Runs no user code. Callers cache what
 * it returns, keyed by the module's hash and {@link #version()}. Thread-safe.
 */
public interface ModuleCompiler extends AutoCloseable {
  /**
   * A module as it was pushed.
   *
   * @param path canonical path
   * @param source ES module text
   * @param sourceMap JSON text of its source map, if there is one
   */
  record Source(String path, String source, @Nullable String sourceMap) {}

  /** A compiler that runs in a Node.js process, started when first needed, ended when idle. */
  static ModuleCompiler create(RunnerConfig config) {
    return new NodeModuleCompiler(config);
  }

  /** Changes whenever the same source would be compiled to something else. */
  String version();

  /**
   * Compiles modules; the answers are in the order of the sources.
   *
   * @throws dev.freshet.values.FreshetException {@code InvalidModules} if a module is no valid
   *     JavaScript module, with the place of the error in the message
   */
  List<CompiledModule> compile(List<Source> sources);

  default CompiledModule compile(String path, String source, @Nullable String sourceMap) {
    return compile(List.of(new Source(path, source, sourceMap))).getFirst();
  }

  @Override
  void close();
}
