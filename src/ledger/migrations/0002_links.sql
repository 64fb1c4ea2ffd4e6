-- Whose identity at the provider is whose in Slack. One living link for each side; ended ones stay as evidence, without
-- their tokens. Times are epoch milliseconds.
CREATE TABLE links (
    id          BIGINT NOT NULL PRIMARY KEY,
    team        TEXT   NOT NULL,
    person      TEXT   NOT NULL,
    issuer      TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    identity    TEXT   NOT NULL,        -- who they are to P0
    names       TEXT   NOT NULL,        -- a JSON list: every name that the provider gave
    linked_at   BIGINT NOT NULL,
    proved_at   BIGINT NOT NULL,        -- when the provider last vouched for the person
    good_until  BIGINT NOT NULL,        -- when what is sent to P0 runs out
    seen_at     BIGINT NOT NULL,        -- when Slack was last asked whether the person is still there
    sealed      TEXT,                   -- the tokens; NULL once forgotten
    generation  BIGINT NOT NULL,        -- grows with every new set of tokens
    lease_token TEXT,                   -- whoever renews, or revokes at the provider
    lease_until BIGINT,
    attempts    BIGINT NOT NULL,        -- tries to revoke at the provider
    due_at      BIGINT NOT NULL,        -- when that is tried next
    ended_at    BIGINT,
    ended_why   TEXT
);
CREATE UNIQUE INDEX links_of_person ON links (team, person) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX links_of_identity ON links (issuer, subject) WHERE ended_at IS NULL;

-- People on their way through a sign-in: to link their account, or to prove a risky choice.
CREATE TABLE sign_ins (
    id          BIGINT NOT NULL PRIMARY KEY,
    ticket      TEXT   NOT NULL UNIQUE, -- digest of what the address of the page holds
    team        TEXT   NOT NULL,
    person      TEXT   NOT NULL,
    purpose     TEXT   NOT NULL,        -- link or proof
    decision    BIGINT,                 -- the choice that is to be proved
    stage_name  TEXT   NOT NULL,
    stage       TEXT   NOT NULL,
    state       TEXT   UNIQUE,          -- digest of the `state` that is awaited; NULL once it was used
    sealed      TEXT,                   -- a device code, or the tokens that came back
    expires_at  BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    lease_token TEXT,
    lease_until BIGINT
);
CREATE INDEX sign_ins_of_person ON sign_ins (team, person);

-- What was found out once and has to stay as it was: P0's own client at an identity provider.
CREATE TABLE pins (
    name      TEXT   NOT NULL PRIMARY KEY,
    body      TEXT   NOT NULL,
    pinned_at BIGINT NOT NULL
);

ALTER TABLE decisions ADD COLUMN link BIGINT;                        -- the link that the person had when they chose
ALTER TABLE decisions ADD COLUMN renewed BIGINT NOT NULL DEFAULT 0;  -- 1 once P0's 401 was answered with a new token
ALTER TABLE decisions ADD COLUMN proof TEXT;                         -- what the provider vouched for, for a risky choice

DROP INDEX decisions_one_waiting;
CREATE UNIQUE INDEX decisions_one_waiting ON decisions (request_id, team, person, verb)
    WHERE stage_name IN ('held', 'recorded', 'sending');
CREATE INDEX decisions_held ON decisions (due_at) WHERE stage_name = 'held';
