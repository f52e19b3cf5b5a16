package dev.freshet.app;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
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
  private static final String EXTENSION = ".js";

  private final Map<String, List<String>> pathsByName = new HashMap<>();
  private final Map<String, StoredModule> modules = new HashMap<>();

  /**
   * @param modules all modules of the app
   */
  ModuleImports(Collection<StoredModule> modules) {
    for (StoredModule module : modules) {
      this.modules.put(module.path(), module);
      String path = module.path();
      pathsByName
          .computeIfAbsent(path.substring(path.lastIndexOf('/') + 1), _ -> new ArrayList<>())
          .add(path);
    }
  }

  /** The last components of all that may be import specifiers in a module's text. */
  static List<String> names(String source) {
    SortedSet<String> names = new TreeSet<>();
    Matcher matcher = SPECIFIER_END.matcher(source);
    while (matcher.find()) {
      String name = matcher.group(1);
      names.add(name.endsWith(EXTENSION) ? name : name + EXTENSION);
    }
    return List.copyOf(names);
  }

  /** The module and everything it may load, directly or not. */
  SortedSet<String> closure(String path) {
    SortedSet<String> reached = new TreeSet<>();
    ArrayDeque<String> pending = new ArrayDeque<>();
    pending.add(path);
    while (!pending.isEmpty()) {
      String next = pending.remove();
      StoredModule module = modules.get(next);
      if (module != null && reached.add(next)) {
        module
            .importNames()
            .forEach(name -> pending.addAll(pathsByName.getOrDefault(name, List.of())));
      }
    }
    return reached;
  }
}
