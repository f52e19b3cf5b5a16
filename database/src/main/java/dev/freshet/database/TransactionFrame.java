package dev.freshet.database;

/** What a subtransaction goes back to. */
record TransactionFrame(int mark, Catalog catalog, Scope scope, Usage.Ceilings ceilings) {}
