-- What is known of P0's just-in-time settings, and the changes of them. Times are epoch milliseconds.

-- One row: P0 lets nobody read its settings.
CREATE TABLE settings_mirror (
    id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    body     TEXT   NOT NULL
);

ALTER TABLE decisions ADD COLUMN picked BIGINT NOT NULL DEFAULT 0;   -- 1 where its length was chosen from a list

-- What somebody wants changed: shown to them, confirmed, perhaps agreed to by a second admin.
CREATE TABLE settings_proposals (
    id          BIGINT NOT NULL PRIMARY KEY,
    key         TEXT   NOT NULL UNIQUE, -- what buttons carry
    author      TEXT   NOT NULL,
    items       TEXT   NOT NULL,        -- the changes, each with how it was before
    typed       TEXT,                   -- what has to be typed
    needs_second BIGINT NOT NULL,
    groups      TEXT   NOT NULL,        -- who was in the admins' user groups
    shown_at    BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,        -- when it is over, if nobody does anything
    stage_name  TEXT   NOT NULL,
    stage       TEXT   NOT NULL,
    second      TEXT,                   -- the second admin
    revision    BIGINT NOT NULL         -- grows with every change that people see
);
CREATE INDEX settings_proposals_open ON settings_proposals (due_at) WHERE stage_name IN ('shown', 'waiting');

-- Each change that was decided: one call of P0's.
CREATE TABLE settings_decisions (
    id          BIGINT NOT NULL PRIMARY KEY,
    proposal    BIGINT NOT NULL REFERENCES settings_proposals (id),
    item        TEXT   NOT NULL,
    deadline    BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    tried       TEXT   NOT NULL,        -- names under which P0 did not know a length
    stage_name  TEXT   NOT NULL,
    stage       TEXT   NOT NULL,
    sending     BIGINT UNIQUE,          -- 1 for the one that is being sent; NULL for all others
    lease_token TEXT,
    lease_until BIGINT
);
CREATE INDEX settings_decisions_recorded ON settings_decisions (due_at) WHERE stage_name = 'recorded';
CREATE INDEX settings_decisions_of_proposal ON settings_decisions (proposal);

-- Every message that shows a proposal, and which revision it shows.
CREATE TABLE settings_copies (
    id         BIGINT NOT NULL PRIMARY KEY,
    proposal   BIGINT NOT NULL REFERENCES settings_proposals (id),
    audience   TEXT   NOT NULL,         -- channel, author or admin
    target     TEXT   NOT NULL,         -- a channel, or the person whose direct messages it is in
    channel    TEXT,                    -- known once it is posted
    ts         TEXT,
    stale      BIGINT NOT NULL,         -- 1 while the proposal has a newer revision
    drawn      BIGINT NOT NULL,         -- the revision it shows; -1 until it is posted
    attempts   BIGINT NOT NULL,
    lost       BIGINT NOT NULL,         -- posts whose answer was lost
    due_at     BIGINT NOT NULL,
    gone       BIGINT NOT NULL,         -- 1 when Slack says it cannot be shown any more
    UNIQUE (proposal, audience, target)
);
CREATE INDEX settings_copies_stale ON settings_copies (due_at) WHERE stale = 1 AND gone = 0;
