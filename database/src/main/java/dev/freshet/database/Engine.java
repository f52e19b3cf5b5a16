package dev.freshet.database;

import dev.freshet.storage.Persistence;
import dev.freshet.values.Clock;
import dev.freshet.values.Limits;
import java.util.random.RandomGenerator;

/** What every transaction needs of its database. */
record Engine(
    Persistence persistence,
    ReaderPool readers,
    Clock clock,
    RandomGenerator random,
    Limits limits,
    StorageNumbers numbers,
    TableCounts counts,
    LastWrites lastWrites,
    RowCache rows,
    VirtualTables virtual) {}
