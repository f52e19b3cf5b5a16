package dev.freshet.functions;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All modules that functions of one deployed app may import. Immutable; two sets with the same
 * paths and hashes are the same set. Build one per deploy and keep it: its identity is computed
 * once.
 */
public final class ModuleSet {
  private final TreeMap<String, FunctionModule> modules = new TreeMap<>();
  private final String identity;

  private ModuleSet(Collection<FunctionModule> modules) {
    for (FunctionModule module : modules) {
      this.modules.put(module.path(), module);
    }
    this.identity = identify(this.modules);
  }

  public static ModuleSet of(Collection<FunctionModule> modules) {
    return new ModuleSet(modules);
  }

  /** Hash over paths, environments and hashes. */
  public String identity() {
    return identity;
  }

  public @Nullable FunctionModule get(String path) {
    return modules.get(path);
  }

  /** The modules by path. */
  public SortedMap<String, FunctionModule> modules() {
    return java.util.Collections.unmodifiableSortedMap(modules);
  }

  /** Writes what makes the set known to a process; the modules' code comes when it is needed. */
  MessageWriter list(MessageWriter to) {
    to.text(identity).u32(modules.size());
    for (FunctionModule module : modules.values()) {
      to.text(module.path())
          .text(module.sha256())
          .flag(module.environment() == ModuleEnvironment.NODE);
    }
    return to;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ModuleSet that && identity.equals(that.identity);
  }

  @Override
  public int hashCode() {
    return identity.hashCode();
  }

  @Override
  public String toString() {
    return "ModuleSet[" + modules.size() + " modules, " + identity + "]";
  }

  private static String identify(SortedMap<String, FunctionModule> modules) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (FunctionModule module : modules.values()) {
        String line = module.path() + '\n' + module.environment() + '\n' + module.sha256() + '\n';
        digest.update(line.getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
