-- The evidence. What an entry says is never changed; personal texts stand apart, each with a salt of its own, so that they
-- can be blanked: the entry holds only their digests.
ALTER TABLE audit ADD COLUMN personal TEXT;                     -- the texts, by where in `detail` their digests stand
ALTER TABLE audit ADD COLUMN apart BIGINT NOT NULL DEFAULT 0;   -- 0: an older version wrote it, with the texts in `detail`
ALTER TABLE audit ADD COLUMN position BIGINT;                   -- counted from 1; NULL until it is sealed
ALTER TABLE audit ADD COLUMN hash TEXT;                         -- of the entry and of the hash before it
CREATE UNIQUE INDEX audit_positions ON audit (position) WHERE position IS NOT NULL;
CREATE INDEX audit_unsealed ON audit (id) WHERE position IS NULL;

-- One row: how long the chain is, and its last hash. Whoever seals moves it on, or has come too late.
CREATE TABLE audit_chain (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    entries BIGINT NOT NULL,
    head    TEXT   NOT NULL
);
INSERT INTO audit_chain (id, entries, head)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- What the chain was at a time, signed where there is a key for it.
CREATE TABLE audit_checkpoints (
    entries BIGINT NOT NULL PRIMARY KEY,
    head    TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    signed  TEXT
);
