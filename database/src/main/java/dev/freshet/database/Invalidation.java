package dev.freshet.database;

/**
 * Why a subscription ended.
 *
 * @param timestamp the first commit that touched what was read
 * @param source who made it; unknown too when the subscription is older than the write log
 */
public record Invalidation(long timestamp, WriteSource source) {}
