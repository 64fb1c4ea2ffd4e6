-- Cards that are behind, by whom they are for: a long heap for one channel is stepped over, not read.
CREATE INDEX copies_unseen ON copies (target, id) WHERE stale = 1 AND gone = 0 AND ts IS NULL;
CREATE INDEX copies_behind ON copies (target, id) WHERE stale = 1 AND gone = 0 AND ts IS NOT NULL;
