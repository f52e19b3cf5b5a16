package dev.freshet.functions;

import java.util.List;

/**
 * Decides which process a call goes to. Pure.
 *
 * <p>Each process has a group: the calls of one function that isn't proven yet, or those of all
 * proven ones ({@link #COMMON}). A call goes to the least loaded process of its group that isn't
 * computing for long, nor full, nor large; where there is none, to a new one; where there can't be
 * a new one, to one that is fuller than it should be.
 */
final class ActionPlacement {
  /** The group of functions that have behaved. */
  static final String COMMON = "";

  /** The call gets a new process. */
  static final int NEW = -1;

  /** There is no place now. */
  static final int NONE = -2;

  private static final long LONG_TURN_MILLIS = 100;
  private static final int SPREAD_FROM = 8;

  /**
   * @param perProcess calls in a process, as long as there may be another one
   * @param maxUsedBytes memory of a process from which it gets no more calls
   * @param cores processes of a group are worth starting for the sake of speed up to that number
   */
  record Rules(int perProcess, long maxUsedBytes, int cores) {}

  /**
   * One running process.
   *
   * @param residents calls in it
   * @param turnMillis how long its present turn has lasted
   */
  record Candidate(String group, int residents, long turnMillis, long usedBytes) {}

  private final Rules rules;

  ActionPlacement(Rules rules) {
    this.rules = rules;
  }

  /**
   * @param mayStart whether there is room for another process
   * @return index of a candidate, {@link #NEW} or {@link #NONE}
   */
  int choose(String group, List<Candidate> processes, boolean mayStart) {
    int best = NONE;
    int ofGroup = 0;
    for (int i = 0; i < processes.size(); i++) {
      Candidate process = processes.get(i);
      if (!process.group().equals(group)) {
        continue;
      }
      ofGroup++;
      boolean usable =
          process.turnMillis() < LONG_TURN_MILLIS
              && process.usedBytes() < rules.maxUsedBytes()
              && process.residents() < rules.perProcess() * (mayStart ? 1 : 2);
      if (usable && (best < 0 || process.residents() < processes.get(best).residents())) {
        best = i;
      }
    }
    if (!mayStart) {
      return best;
    }
    boolean spread =
        best >= 0 && processes.get(best).residents() >= SPREAD_FROM && ofGroup < rules.cores();
    return best < 0 || spread ? NEW : best;
  }
}
