package dev.freshet.server;

import dev.freshet.server.ClientMessage.QueryModification;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The queries of a session at one version of its query set. Immutable; compared by identity. */
final class QuerySet {
  static final QuerySet EMPTY = new QuerySet(new TreeMap<>());

  private final SortedMap<Long, LiveQuery> byId;

  private QuerySet(SortedMap<Long, LiveQuery> byId) {
    this.byId = byId;
  }

  /** The next version; null if a modification does not fit this one. */
  @Nullable QuerySet modified(List<QueryModification> modifications) {
    TreeMap<Long, LiveQuery> next = new TreeMap<>(byId);
    for (QueryModification modification : modifications) {
      long id = modification.queryId();
      boolean fits =
          switch (modification) {
            case QueryModification.Add add ->
                next.putIfAbsent(id, new LiveQuery(id, add.call(), add.journal())) == null;
            case QueryModification.Remove _ -> next.remove(id) != null;
          };
      if (!fits) {
        return null;
      }
    }
    return new QuerySet(next);
  }

  /** In the order of their ids. */
  Collection<LiveQuery> queries() {
    return Collections.unmodifiableCollection(byId.values());
  }

  boolean contains(LiveQuery query) {
    return byId.get(query.id()) == query;
  }

  boolean containsId(long id) {
    return byId.containsKey(id);
  }
}
