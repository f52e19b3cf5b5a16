package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.functions.ModuleCompiler.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The test apps of {@code runner/fixtures}, bundled as the CLI bundles and compiled. */
final class Fixtures {
  static final ImportPhase IMPORTS = new ImportPhase(seed(1), 1_700_000_000_000L);
  static final long NOW = 1_800_000_000_000L;
  private static final Path ROOT = Path.of("target/test-fixtures");
  private static final Map<String, ModuleSet> APPS = new ConcurrentHashMap<>();

  private Fixtures() {}

  static byte[] seed(int value) {
    byte[] seed = new byte[32];
    seed[0] = (byte) value;
    return seed;
  }

  static ModuleSet app(String name) {
    return APPS.computeIfAbsent(name, Fixtures::load);
  }

  private static ModuleSet load(String name) {
    Path root = ROOT.resolve(name);
    List<Source> sources = new ArrayList<>();
    try (var files = Files.walk(root)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".js")).toList()) {
        Path map = Path.of(file + ".map");
        sources.add(
            new Source(
                root.relativize(file).toString(),
                Files.readString(file),
                Files.exists(map) ? Files.readString(map) : null));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return modules(sources);
  }

  /** A set of modules that are given as text. */
  static ModuleSet modules(Map<String, String> sources) {
    return modules(
        sources.entrySet().stream()
            .map(entry -> new Source(entry.getKey(), entry.getValue(), null))
            .toList());
  }

  /** A set of modules of the Node environment, which are not compiled. */
  static ModuleSet nodeModules(Map<String, String> sources) {
    return ModuleSet.of(
        sources.entrySet().stream()
            .map(
                entry ->
                    new FunctionModule(
                        entry.getKey(),
                        hash(entry.getValue()),
                        ModuleEnvironment.NODE,
                        () -> new CompiledModule(entry.getValue(), null)))
            .toList());
  }

  private static ModuleSet modules(List<Source> sources) {
    try (ModuleCompiler compiler = ModuleCompiler.create(RunnerConfig.defaults())) {
      List<CompiledModule> compiled = compiler.compile(sources);
      List<FunctionModule> modules = new ArrayList<>();
      for (int i = 0; i < sources.size(); i++) {
        CompiledModule code = compiled.get(i);
        boolean node = sources.get(i).source().startsWith("\"use node\"");
        modules.add(
            new FunctionModule(
                sources.get(i).path(),
                hash(code.script()),
                node ? ModuleEnvironment.NODE : ModuleEnvironment.ISOLATE,
                () -> code));
      }
      return ModuleSet.of(modules);
    }
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          java.security.MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static FunctionCall query(ModuleSet modules, String address, String args) {
    return call(FunctionKind.QUERY, modules, address, args);
  }

  static FunctionCall mutation(ModuleSet modules, String address, String args) {
    return call(FunctionKind.MUTATION, modules, address, args);
  }

  private static FunctionCall call(
      FunctionKind kind, ModuleSet modules, String address, String args) {
    int colon = address.indexOf(':');
    return new FunctionCall(
        kind,
        modules,
        address.substring(0, colon) + ".js",
        address.substring(colon + 1),
        ("[" + args + "]").getBytes(UTF_8),
        seed(2),
        NOW,
        IMPORTS,
        CallLimits.database(dev.freshet.values.Limits.defaults()));
  }

  static Evaluation evaluation(
      ModuleSet modules, String path, Map<String, @Nullable String> environment) {
    return new Evaluation(
        modules,
        path,
        IMPORTS,
        CallLimits.analysis(dev.freshet.values.Limits.defaults()),
        environment::get);
  }
}
