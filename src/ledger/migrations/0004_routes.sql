-- Who is told of a request, who is on it, and what comes next. Times are epoch milliseconds.

ALTER TABLE decisions ADD COLUMN restated BIGINT NOT NULL DEFAULT 0;  -- 1 where it was chosen in the form that restates everything

ALTER TABLE copies ADD COLUMN asked_for BIGINT NOT NULL DEFAULT 0;    -- 1 where the person asked to see it

-- How a request is looked after.
CREATE TABLE watches (
    request_id TEXT   NOT NULL PRIMARY KEY REFERENCES requests (id),
    route      TEXT   NOT NULL,         -- the rule that it goes by
    body       TEXT   NOT NULL
);

-- Whom a route names for a request, and who was told of it: in place of somebody who is away, one may be told who is not
-- named.
CREATE TABLE told (
    request_id TEXT   NOT NULL REFERENCES requests (id),
    person     TEXT   NOT NULL,
    route      TEXT   NOT NULL,
    level      BIGINT NOT NULL,         -- 0 at once, then one for each escalation
    named      BIGINT NOT NULL,         -- 1 where the route names the person
    reason     TEXT   NOT NULL,
    told_at    BIGINT,                  -- NULL where the person was not told
    reminded   BIGINT NOT NULL,         -- how often
    stirred_at BIGINT,                  -- when the person first opened, claimed or pressed it
    PRIMARY KEY (request_id, person, route)
);
CREATE INDEX told_person ON told (person);

-- What is to happen at a time. Whatever fires, fires in the transaction that takes its row away.
CREATE TABLE timers (
    id          BIGINT NOT NULL PRIMARY KEY,
    request_id  TEXT   NOT NULL REFERENCES requests (id),
    kind        TEXT   NOT NULL,        -- summon, remind, escalate, claim_lapses, ends_soon or overdue
    target      TEXT   NOT NULL,        -- the person, where it is about one; else empty
    due_at      BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    lease_token TEXT,                   -- for those whose firing asks somebody elsewhere
    lease_until BIGINT,
    UNIQUE (request_id, kind, target)
);
CREATE INDEX timers_due ON timers (due_at);

-- Who is away, and who is told in their place. It changes who is told, never who may decide.
CREATE TABLE absences (
    team     TEXT   NOT NULL,
    person   TEXT   NOT NULL,
    since    BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    delegate TEXT,
    PRIMARY KEY (team, person)
);

-- What an on-call source said last: it counts where the source does not answer.
CREATE TABLE oncall_answers (
    source   TEXT   NOT NULL PRIMARY KEY,
    body     TEXT   NOT NULL,
    asked_at BIGINT NOT NULL
);

-- Homes that people have looked at, to be drawn anew when something on them changes.
CREATE TABLE homes (
    team      TEXT   NOT NULL,
    person    TEXT   NOT NULL,
    digest    TEXT   NOT NULL,          -- of what Slack shows
    page      TEXT   NOT NULL,          -- which page of each list
    address   TEXT,                     -- confirmed, of somebody whom nothing else here names
    is_admin  BIGINT NOT NULL,          -- whether they may change P0's settings, as Slack said when it was opened
    opened_at BIGINT NOT NULL,
    stale     BIGINT NOT NULL,          -- 1 while something on it may have changed, 2 while it is being drawn
    due_at    BIGINT NOT NULL,
    turns_at  BIGINT,                   -- when time alone makes something untrue that it says
    drawing   BIGINT NOT NULL,          -- which drawing of it was begun last, counted from 1
    crossed   BIGINT NOT NULL,          -- 1: an older drawing has ended since that one was begun
    PRIMARY KEY (team, person)
);
CREATE INDEX homes_stale ON homes (due_at) WHERE stale > 0;
CREATE INDEX homes_turning ON homes (turns_at) WHERE turns_at IS NOT NULL;

-- Whether a request is of the past: 0 once it is over, -1 until it was looked at.
ALTER TABLE requests ADD COLUMN live BIGINT NOT NULL DEFAULT -1;
CREATE INDEX requests_unlooked ON requests (id) WHERE live = -1;

-- Whose own a request is, by each name as names are compared.
CREATE TABLE parties (
    name       TEXT NOT NULL,
    request_id TEXT NOT NULL REFERENCES requests (id),
    PRIMARY KEY (name, request_id)
);
CREATE INDEX parties_of_request ON parties (request_id);
