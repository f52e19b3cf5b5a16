package dev.freshet.app;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Guesses which contended keys a mutation is going to change, before its first run: one that will
 * have to wait for others anyway waits before it runs, and not for nothing.
 *
 * <p>Design. What is known of a call before it runs are its traits: the function, who calls it, and
 * each plain value among its arguments. When mutations collide, the traits of those concerned are
 * remembered together with the key; from then on it is counted how often a call with such a trait
 * changes that key. A trait that almost always does foretells it. So nothing is remembered where
 * nobody collides, and traits that hot and cold calls share foretell nothing.
 *
 * <p>A wrong guess costs a wait, never the result: the order of commits and their checks are the
 * same with and without it. Bounded; what hasn't been seen for longest is forgotten first.
 * Thread-safe.
 */
final class Foresight {
  private static final int MAX_TRAITS = 4096;
  private static final int KEYS_PER_TRAIT = 3;

  /** A key is foretold after so many hits... */
  private static final int ENOUGH_HITS = 3;

  /** ...if there were more than so many of them for each miss. */
  private static final int HITS_PER_MISS = 8;

  /** Both counts are halved at so many, so that habits can change. */
  private static final int MEMORY = 64;

  private static final class Habit {
    final Object key;
    int hits;
    int misses;

    Habit(Object key) {
      this.key = key;
    }

    void count(boolean hit) {
      if (hit) {
        hits++;
      } else {
        misses++;
      }
      if (hits + misses >= MEMORY) {
        hits /= 2;
        misses /= 2;
      }
    }

    boolean foretells() {
      return hits >= ENOUGH_HITS && hits > HITS_PER_MISS * misses;
    }

    boolean isIdle() {
      return misses > hits;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final LinkedHashMap<Object, List<Habit>> traits = new LinkedHashMap<>(16, 0.75f, true);
  private volatile boolean knowsNothing = true;

  /**
   * The keys that a call will change, to the best of our knowledge.
   *
   * @param of the call's traits, asked for if anything is known at all
   */
  Set<Object> guess(Supplier<? extends Collection<?>> of) {
    if (knowsNothing) {
      return Set.of();
    }
    Collection<?> call = of.get();
    Set<Object> keys = new HashSet<>();
    lock.lock();
    try {
      for (Object trait : call) {
        for (Habit habit : traits.getOrDefault(trait, List.of())) {
          if (habit.foretells()) {
            keys.add(habit.key);
          }
        }
      }
    } finally {
      lock.unlock();
    }
    return keys;
  }

  /**
   * Learns from a run.
   *
   * @param of the call's traits
   * @param contended keys that it collided about, if it did
   */
  void learn(Supplier<? extends Collection<?>> of, Footprint run, Collection<?> contended) {
    if (knowsNothing && contended.isEmpty()) {
      return;
    }
    Collection<?> call = of.get();
    List<Object> keys = new ArrayList<>(contended.size());
    for (Object key : contended) {
      if (run.changes(key)) {
        keys.add(key);
      }
    }
    lock.lock();
    try {
      for (Object trait : call) {
        learn(trait, run, keys);
      }
      forgetSome();
      knowsNothing = traits.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  private void learn(Object trait, Footprint run, List<Object> contended) {
    List<Habit> habits = traits.get(trait);
    if (habits == null) {
      if (contended.isEmpty()) {
        return;
      }
      habits = new ArrayList<>(1);
      traits.put(trait, habits);
    }
    Set<Object> unknown = new HashSet<>(contended);
    for (Habit habit : habits) {
      habit.count(run.changes(habit.key));
      unknown.remove(habit.key);
    }
    for (Object key : unknown) {
      if (habits.size() == KEYS_PER_TRAIT) {
        habits.removeIf(Habit::isIdle);
      }
      if (habits.size() < KEYS_PER_TRAIT) {
        Habit habit = new Habit(key);
        habit.count(true);
        habits.add(habit);
      }
    }
  }

  private void forgetSome() {
    Iterator<Map.Entry<Object, List<Habit>>> oldest = traits.entrySet().iterator();
    while (traits.size() > MAX_TRAITS) {
      oldest.next();
      oldest.remove();
    }
  }

  /** How many traits are remembered. */
  int size() {
    lock.lock();
    try {
      return traits.size();
    } finally {
      lock.unlock();
    }
  }
}
