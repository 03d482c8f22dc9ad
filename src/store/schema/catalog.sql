-- SPDX-License-Identifier: Apache-2.0
-- The catalogue of a store: which scans there were, which segments are there.

CREATE TABLE plan(
	hash BLOB PRIMARY KEY,        -- 16 bytes
	bytes BLOB NOT NULL           -- the canonical plan
) STRICT;

CREATE TABLE scan(
	id INTEGER PRIMARY KEY,
	scan BLOB NOT NULL,           -- 16 bytes
	shard INTEGER NOT NULL,
	shards INTEGER NOT NULL,
	plan BLOB NOT NULL REFERENCES plan(hash),
	metadata BLOB NOT NULL,       -- JSON, as last written
	started_us INTEGER NOT NULL,
	ended_us INTEGER NOT NULL,    -- 0 while running
	n_chunks INTEGER NOT NULL,
	state INTEGER NOT NULL,       -- 0 running, 1 stopped, 2 done, 3 a report
	UNIQUE(scan, shard)
) STRICT;

CREATE INDEX scan_by_start ON scan(started_us);

CREATE TABLE segment(
	day INTEGER NOT NULL,         -- since 1970-01-01, UTC
	scan BLOB NOT NULL,
	shard INTEGER NOT NULL,
	rows INTEGER NOT NULL,        -- results
	content INTEGER NOT NULL,     -- of them with code 2.05
	bytes INTEGER NOT NULL,       -- of the file
	first_us INTEGER NOT NULL,    -- probes of its chunks
	last_us INTEGER NOT NULL,
	version INTEGER NOT NULL,     -- published.version of the file; 0: it has none
	stamp INTEGER NOT NULL,       -- random; another with each version or enrichment
	enriched INTEGER NOT NULL DEFAULT 0, -- 1: there is an enrichment beside it
	PRIMARY KEY(day, scan, shard)
) STRICT, WITHOUT ROWID;

-- The closed chunks that a segment has a part of, as ranges.
CREATE TABLE covered(
	day INTEGER NOT NULL,
	scan BLOB NOT NULL,
	shard INTEGER NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,        -- inclusive
	PRIMARY KEY(day, scan, shard, first)
) STRICT, WITHOUT ROWID;

-- What a day adds up to, as whoever put it there counts.
CREATE TABLE summary(
	day INTEGER NOT NULL,
	grp BLOB NOT NULL,            -- what is counted: 'geo'
	key BLOB NOT NULL,            -- 'DE'
	n INTEGER NOT NULL,
	PRIMARY KEY(day, grp, key)
) STRICT, WITHOUT ROWID;

-- The days that have a summary, and what it was told to be made of.
CREATE TABLE summarized(
	day INTEGER PRIMARY KEY,
	stamp INTEGER NOT NULL
) STRICT;
