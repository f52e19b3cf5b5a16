package dev.freshet.functions;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The contexts of one runner process that wait for a call: loaded ahead of it, or kept after an
 * earlier one because their module opted in. Confined to the thread that owns the process.
 */
final class LoadedContexts {
  private static final int MAX_CONTEXTS = 12;

  /** A module whose functions call each other needs one for each level. */
  private static final int MAX_OF_ONE = 3;

  private static final int MAX_WANTED = 8;

  /**
   * @param environment what its import phase read
   * @param importLines what its import phase wrote, for the first call
   */
  record Loaded(
      int id, LoadKey key, Map<String, @Nullable String> environment, List<LogLine> importLines) {}

  /** The longest kept first. */
  private final ArrayDeque<Loaded> loaded = new ArrayDeque<>();

  private final ArrayDeque<LoadKey> wanted = new ArrayDeque<>();

  /** Takes the context for a call out, if there is one that may serve it. */
  @Nullable Loaded take(LoadKey key) {
    for (Iterator<Loaded> latest = loaded.descendingIterator(); latest.hasNext(); ) {
      Loaded context = latest.next();
      if (context.key().equals(key)) {
        latest.remove();
        return context;
      }
    }
    return null;
  }

  /**
   * Whether what a context's import phase read is still so; asks the host for all of it, so that
   * the call depends on it.
   */
  static boolean isCurrent(Loaded context, FunctionHost host) {
    boolean current = true;
    for (Map.Entry<String, @Nullable String> read : context.environment().entrySet()) {
      current &= Objects.equals(read.getValue(), host.environmentVariable(read.getKey()));
    }
    return current;
  }

  /** Keeps a context; returns the number of one to drop instead, or 0. */
  int put(Loaded context) {
    loaded.addLast(context);
    Loaded dropped = oldestOfTooMany(context.key());
    if (dropped == null && loaded.size() > MAX_CONTEXTS) {
      dropped = loaded.getFirst();
    }
    if (dropped == null) {
      return 0;
    }
    loaded.remove(dropped);
    return dropped.id();
  }

  private @Nullable Loaded oldestOfTooMany(LoadKey key) {
    Loaded oldest = null;
    int count = 0;
    for (Loaded context : loaded) {
      if (context.key().equals(key)) {
        oldest = oldest == null ? context : oldest;
        count++;
      }
    }
    return count > MAX_OF_ONE ? oldest : null;
  }

  /** Notes that calls of this module come in and have to load it. */
  void want(LoadKey key) {
    wanted.remove(key);
    wanted.addFirst(key);
    if (wanted.size() > MAX_WANTED) {
      wanted.removeLast();
    }
  }

  /** The next module to be loaded ahead of calls, if any. */
  @Nullable LoadKey nextWanted() {
    for (LoadKey key : wanted) {
      if (loaded.stream().noneMatch(context -> context.key().equals(key))) {
        return key;
      }
    }
    return null;
  }

  void unwant(LoadKey key) {
    wanted.remove(key);
  }
}
