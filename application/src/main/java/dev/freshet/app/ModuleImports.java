package dev.freshet.app;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which modules of an app a module may load, itself included: what its results depend on, so that a
 * push disturbs only the queries whose code it changed. The answer may name too many modules, never
 * too few of those that bundlers write: every string that ends like a module's path counts as an
 * import.
 */
final class ModuleImports {
  private static final Pattern SPECIFIER_END = Pattern.compile("/([A-Za-z0-9_.]+)[\"'`]");

  private final Map<String, List<String>> pathsByName = new HashMap<>();
  private final Map<String, SortedSet<String>> direct = new TreeMap<>();

  /**
   * @param paths all modules of the app, canonical
   * @param source the text of a module
   */
  ModuleImports(Collection<String> paths, Function<String, String> source) {
    for (String path : paths) {
      pathsByName.merge(
          lastComponent(path),
          List.of(path),
          (left, right) -> java.util.stream.Stream.concat(left.stream(), right.stream()).toList());
    }
    for (String path : paths) {
      direct.put(path, directImports(source.apply(path)));
    }
  }

  /** The module and everything it may load, directly or not. */
  SortedSet<String> closure(String path) {
    SortedSet<String> reached = new TreeSet<>();
    ArrayDeque<String> pending = new ArrayDeque<>();
    pending.add(path);
    while (!pending.isEmpty()) {
      String next = pending.remove();
      if (reached.add(next)) {
        pending.addAll(direct.getOrDefault(next, new TreeSet<>()));
      }
    }
    return reached;
  }

  private SortedSet<String> directImports(String source) {
    SortedSet<String> imports = new TreeSet<>();
    Matcher matcher = SPECIFIER_END.matcher(source);
    while (matcher.find()) {
      String name = matcher.group(1);
      imports.addAll(pathsByName.getOrDefault(name, List.of()));
      imports.addAll(pathsByName.getOrDefault(name + ".js", List.of()));
    }
    return imports;
  }

  private static String lastComponent(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
