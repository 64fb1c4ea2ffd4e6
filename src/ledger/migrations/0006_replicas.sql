-- Who brings what to Slack, where several replicas could: one at a time. Times are epoch milliseconds.
CREATE TABLE errands (
    id    BIGINT NOT NULL PRIMARY KEY,  -- the copy or the notice that is brought; their numbers are of one series
    token TEXT   NOT NULL,              -- whoever has another one has lost it
    until BIGINT NOT NULL
);
