-- Times are epoch milliseconds. Bodies are JSON; the columns beside them are what is searched by.
-- Only words that SQLite and PostgreSQL share.

CREATE TABLE requests (
    id        TEXT   NOT NULL PRIMARY KEY,
    body      TEXT   NOT NULL,
    card_key  TEXT   NOT NULL,
    pending   BIGINT NOT NULL,          -- 1 while nobody has decided
    revision  BIGINT NOT NULL,          -- grows with every change that people see
    seen_at   BIGINT NOT NULL
);
CREATE INDEX requests_pending ON requests (seen_at) WHERE pending = 1;

-- What people were shown: buttons carry the key.
CREATE TABLE cards (
    key        TEXT NOT NULL PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES requests (id),
    digest     TEXT NOT NULL,
    UNIQUE (request_id, digest)
);

CREATE TABLE decisions (
    id          BIGINT NOT NULL PRIMARY KEY,
    request_id  TEXT   NOT NULL,        -- may name a request that P0 never pushed
    team        TEXT   NOT NULL,
    person      TEXT   NOT NULL,
    verb        TEXT   NOT NULL,
    choice      TEXT   NOT NULL,
    basis       TEXT   NOT NULL,
    again       BIGINT,                 -- "Try again": the newest unknown outcome that the person knew of
    aloud       BIGINT NOT NULL,        -- 1 where no card was in view: the person is told of a success too
    chosen_at   BIGINT NOT NULL,
    deadline    BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    stage_name  TEXT   NOT NULL,
    stage       TEXT   NOT NULL,
    unheard     BIGINT NOT NULL,        -- 1 once the card says that P0 has not heard it
    lease_token TEXT,
    lease_until BIGINT
);
CREATE UNIQUE INDEX decisions_one_waiting ON decisions (request_id, team, person, verb)
    WHERE stage_name IN ('recorded', 'sending');
CREATE UNIQUE INDEX decisions_one_sending ON decisions (request_id) WHERE stage_name = 'sending';
CREATE INDEX decisions_recorded ON decisions (due_at) WHERE stage_name = 'recorded';
CREATE INDEX decisions_of_request ON decisions (request_id);

-- Every message that shows a request, and which revision it shows.
CREATE TABLE copies (
    id         BIGINT NOT NULL PRIMARY KEY,
    request_id TEXT   NOT NULL REFERENCES requests (id),
    audience   TEXT   NOT NULL,         -- channel, approver or requester
    target     TEXT   NOT NULL,         -- a channel, or the person whose direct messages it is in
    channel    TEXT,                    -- known once it is posted
    ts         TEXT,
    drawn      BIGINT NOT NULL,         -- the revision it shows; -1 until it is posted
    stale      BIGINT NOT NULL,         -- 1 while the request has a newer revision
    attempts   BIGINT NOT NULL,
    lost       BIGINT NOT NULL,         -- posts whose answer was lost
    due_at     BIGINT NOT NULL,
    gone       BIGINT NOT NULL          -- 1 when Slack says it cannot be shown any more
);
CREATE UNIQUE INDEX copies_of_target ON copies (request_id, audience, target) WHERE ts IS NULL;
CREATE UNIQUE INDEX copies_of_message ON copies (channel, ts);
CREATE INDEX copies_of_request ON copies (request_id);
CREATE INDEX copies_stale ON copies (due_at) WHERE stale = 1 AND gone = 0;

-- What people are told besides cards; a row is deleted once Slack has it.
CREATE TABLE notices (
    id       BIGINT NOT NULL PRIMARY KEY,
    body     TEXT   NOT NULL,
    attempts BIGINT NOT NULL,
    due_at   BIGINT NOT NULL
);

-- Reasons that people typed in a message, kept for the modal that the message's button opens.
CREATE TABLE drafts (
    request_id TEXT   NOT NULL,
    team       TEXT   NOT NULL,
    person     TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    written_at BIGINT NOT NULL,
    PRIMARY KEY (request_id, team, person)
);

-- What has been taken in, so that it is taken in once.
CREATE TABLE deliveries (
    key     TEXT   NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL
);
CREATE INDEX deliveries_age ON deliveries (seen_at);

-- Pushes that could not be read as a request, for the operator to map.
CREATE TABLE unread_pushes (
    id      BIGINT NOT NULL PRIMARY KEY,
    body    TEXT   NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE audit (
    id         BIGINT NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    event      TEXT   NOT NULL,
    request_id TEXT,
    decision   BIGINT,
    team       TEXT,
    person     TEXT,
    detail     TEXT   NOT NULL
);
