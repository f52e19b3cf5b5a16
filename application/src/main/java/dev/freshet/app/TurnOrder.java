package dev.freshet.app;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * In which order mutations that collide may run and commit. Pure state, for {@link Turns} to guard
 * and to block on; every change is one call.
 *
 * <p>Design. A mutation runs and commits without asking anybody, until it loses or is expected to
 * collide ({@link Foresight}). From then on it holds a {@link Claim}: a ticket, and a description
 * of what nobody may change before it has committed. The description begins with the keys that it
 * is expected to change, and grows with every loss: the key it lost about; then all that its runs
 * have read; then everything. Any commit, before it is queued, passes by the claims ({@link #pass})
 * and waits for those that it would disturb; waiting gives it a claim of its own, on the keys it
 * waits for.
 *
 * <p>States. IDLE: claims nothing. WAITING. ACTIVE: its turn has come, it runs and commits; or it
 * is a commit that was let pass. Rule: a claim becomes active when it collides neither with a claim
 * of a lower ticket, in whatever state, nor with an active one of any ticket.
 *
 * <p>Invariants. (1) Two active claims never collide, so nobody whose turn has come loses about
 * what it has claimed: commits that passed earlier are waited for, later ones wait. (2) Nobody
 * waits in a circle: an active claim waits for nobody, and those that wait do so for lower tickets
 * or active ones; one that has to wait after all, because its run touched more than it had claimed,
 * stops being active. (3) Tickets are kept over losses, so everyone's turn comes.
 *
 * <p>A waiting claim stands behind one other, the nearest that it collides with, and is looked at
 * again when that one goes or waits. What passes and touches nothing that is claimed is told by the
 * claimed keys alone, however many claim them.
 */
final class TurnOrder {
  /** Losses after which a claim describes more than keys, and after which everything. */
  private static final int LOSSES_FOR_READS = 2;

  private static final int LOSSES_FOR_EVERYTHING = 4;

  /** Runs in vain after which everything is claimed though nothing was lost. */
  private static final int RUNS_FOR_EVERYTHING = 12;

  private enum State {
    IDLE,
    WAITING,
    ACTIVE
  }

  /** One mutation's part in the order. */
  static final class Claim {
    private State state = State.IDLE;
    private long ticket;
    private int losses;
    private int waits;

    /** Keys, and whether they are going to be changed. */
    private final Map<Object, Boolean> keys = new HashMap<>();

    private final List<Footprint> reads = new ArrayList<>();
    private boolean everything;

    /** What its last run touched; of a commit that was let pass, what it writes. */
    private @Nullable Footprint last;

    private @Nullable Footprint committing;
    private final List<Claim> behind = new ArrayList<>();
    private final Runnable whenActive;

    /**
     * @param whenActive called when its turn comes
     */
    Claim(Runnable whenActive) {
      this.whenActive = whenActive;
    }

    boolean isActive() {
      return state == State.ACTIVE;
    }

    /** What it claims to change. */
    Set<Object> contended() {
      return keys.isEmpty() ? Set.of() : Set.copyOf(keys.keySet());
    }
  }

  private final NavigableMap<Long, Claim> claims = new TreeMap<>();

  /** Those of them whose turn has come: few, however many wait. */
  private final Set<Claim> active = new LinkedHashSet<>();

  private final Set<Claim> passed = new LinkedHashSet<>();

  /** How many claim each key. */
  private final Map<Object, Integer> claimedKeys = new HashMap<>();

  /** Those that claim more than keys. */
  private final Set<Claim> broad = new HashSet<>();

  private long tickets;

  /**
   * Claims what a mutation that hasn't run yet is expected to change; it waits or is active then.
   */
  void expect(Claim claim, Collection<?> keys) {
    keys.forEach(key -> addKey(claim, key, true));
    await(claim, null);
  }

  private void addKey(Claim claim, Object key, boolean changed) {
    if (!claim.keys.containsKey(key)) {
      claimedKeys.merge(key, 1, Integer::sum);
    }
    claim.keys.merge(key, changed, Boolean::logicalOr);
  }

  private void removeKeys(Claim claim) {
    for (Object key : claim.keys.keySet()) {
      claimedKeys.computeIfPresent(key, (_, count) -> count == 1 ? null : count - 1);
    }
    claim.keys.clear();
  }

  /**
   * Lets a commit pass, or makes its claim wait.
   *
   * @return true if it may be queued now; false if it waits until the claim is active, and is to be
   *     tried again then
   */
  boolean pass(Claim claim, Footprint commit) {
    if (claim.ticket != 0 || touchesAnyClaim(commit)) {
      claim.last = commit;
      keysChangedBy(claim, commit).forEach(key -> addKey(claim, key, true));
      Claim blocker = blocker(claim);
      if (blocker != null) {
        if (++claim.waits >= RUNS_FOR_EVERYTHING) {
          claim.everything = true;
          broad.add(claim);
        }
        await(claim, blocker);
        return false;
      }
      if (claim.ticket == 0) {
        removeKeys(claim);
      }
    }
    claim.committing = commit;
    claim.state = State.ACTIVE;
    (claim.ticket == 0 ? passed : active).add(claim);
    return true;
  }

  private boolean touchesAnyClaim(Footprint commit) {
    if (!broad.isEmpty()) {
      return true;
    }
    for (Object key : claimedKeys.keySet()) {
      if (commit.changes(key)) {
        return true;
      }
    }
    return false;
  }

  /** The keys of claims in its way that the commit changes. */
  private List<Object> keysChangedBy(Claim claim, Footprint commit) {
    List<Object> changed = new ArrayList<>(2);
    for (Object key : claimedKeys.keySet()) {
      if (commit.changes(key) && (claim.ticket == 0 || isClaimedBefore(claim, key))) {
        changed.add(key);
      }
    }
    return changed;
  }

  private boolean isClaimedBefore(Claim claim, Object key) {
    for (Claim other : claims.headMap(claim.ticket, false).values()) {
      if (other.keys.containsKey(key)) {
        return true;
      }
    }
    for (Claim other : active) {
      if (other != claim && other.keys.containsKey(key)) {
        return true;
      }
    }
    return false;
  }

  /** Notes that a commit lost; the claim waits or is active then. */
  void lost(Claim claim, Object contended, Footprint commit) {
    passed.remove(claim);
    claim.committing = null;
    claim.last = commit;
    claim.losses++;
    addKey(claim, contended, commit.changes(contended));
    if (claim.losses >= LOSSES_FOR_READS) {
      claim.reads.add(commit);
      broad.add(claim);
    }
    if (claim.losses >= LOSSES_FOR_EVERYTHING) {
      claim.everything = true;
    }
    await(claim, null);
  }

  /** Puts a claim into the order; it is looked at at once unless its blocker is known. */
  private void await(Claim claim, @Nullable Claim known) {
    if (claim.ticket == 0) {
      claim.ticket = ++tickets;
      claims.put(claim.ticket, claim);
    }
    claim.state = State.WAITING;
    active.remove(claim);
    if (known != null) {
      known.behind.add(claim);
    } else {
      settle(claim);
    }
    lookAgain(claim);
  }

  /** Ends a claim. */
  void release(Claim claim) {
    passed.remove(claim);
    active.remove(claim);
    if (claim.ticket != 0) {
      claims.remove(claim.ticket);
    }
    claim.state = State.IDLE;
    claim.ticket = 0;
    claim.losses = 0;
    claim.waits = 0;
    removeKeys(claim);
    broad.remove(claim);
    claim.reads.clear();
    claim.everything = false;
    claim.last = null;
    claim.committing = null;
    lookAgain(claim);
  }

  /** Looks again at those that stood behind one that no longer stands in their way. */
  private void lookAgain(Claim gone) {
    if (gone.behind.isEmpty()) {
      return;
    }
    List<Claim> waiting = new ArrayList<>(gone.behind);
    gone.behind.clear();
    waiting.sort(Comparator.comparingLong(claim -> claim.ticket));
    for (Claim claim : waiting) {
      if (claim.state == State.WAITING) {
        settle(claim);
      }
    }
  }

  private void settle(Claim claim) {
    Claim blocker = blocker(claim);
    if (blocker == null) {
      claim.state = State.ACTIVE;
      active.add(claim);
      claim.whenActive.run();
    } else {
      blocker.behind.add(claim);
    }
  }

  private @Nullable Claim blocker(Claim claim) {
    boolean isNew = claim.ticket == 0;
    NavigableMap<Long, Claim> earlier = isNew ? claims : claims.headMap(claim.ticket, false);
    for (Claim other : earlier.descendingMap().values()) {
      if (collide(other, claim)) {
        return other;
      }
    }
    if (isNew) {
      return null; // it only wants to pass: other commits under way are no concern of its
    }
    for (Claim other : active) {
      if (other.ticket > claim.ticket && collide(other, claim)) {
        return other;
      }
    }
    for (Claim other : passed) {
      if (collide(other, claim)) {
        return other;
      }
    }
    return null;
  }

  private static boolean collide(Claim one, Claim other) {
    return one.everything
        || other.everything
        || shareKey(one, other)
        || disturbs(one, other)
        || disturbs(other, one)
        || (one.committing != null && threatens(one.committing, other));
  }

  private static boolean shareKey(Claim one, Claim other) {
    for (Map.Entry<Object, Boolean> key : one.keys.entrySet()) {
      Boolean changed = other.keys.get(key.getKey());
      if (changed != null && (changed || key.getValue())) {
        return true;
      }
    }
    return false;
  }

  /** Whether the writes to be expected of one are something that the other has claimed to read. */
  private static boolean disturbs(Claim writer, Claim reader) {
    for (Footprint read : reader.reads) {
      if (writer.last != null && writer.last.writesInto(read)) {
        return true;
      }
      for (Map.Entry<Object, Boolean> key : writer.keys.entrySet()) {
        if (key.getValue() && read.reads(key.getKey())) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean threatens(Footprint commit, Claim claim) {
    for (Object key : claim.keys.keySet()) {
      if (commit.changes(key)) {
        return true;
      }
    }
    for (Footprint read : claim.reads) {
      if (commit.writesInto(read)) {
        return true;
      }
    }
    return false;
  }

  /** How many hold a ticket. */
  int claims() {
    return claims.size();
  }

  /** How many commits were let pass and are under way. */
  int passed() {
    return passed.size();
  }
}
