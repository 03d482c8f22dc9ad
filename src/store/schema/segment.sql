-- SPDX-License-Identifier: Apache-2.0
-- A segment: what one shard of one scan found on one UTC day.

-- One row: what this file is, whatever it is called.
CREATE TABLE segment(
	scan BLOB NOT NULL,      -- 16 bytes
	shard INTEGER NOT NULL,
	day INTEGER NOT NULL     -- since 1970-01-01
) STRICT;

-- Appended in the order chunks were put, inside a chunk by ip and port. Gets
-- an index on (ip, port) when the segment is published, none before.
CREATE TABLE result(
	id INTEGER PRIMARY KEY,
	ip BLOB NOT NULL,             -- 16 bytes; IPv4 as ::ffff:a.b.c.d
	port INTEGER NOT NULL,        -- asked
	reply_port INTEGER NOT NULL,
	time_us INTEGER NOT NULL,     -- of the probe, since 1970-01-01 UTC
	rtt_us INTEGER,               -- NULL: unknown
	match INTEGER NOT NULL,       -- 0 full, 1 port, 2 of a report
	code INTEGER,                 -- 69 is 2.05; NULL: no CoAP header
	request_size INTEGER NOT NULL,
	response_size INTEGER NOT NULL,
	datagrams INTEGER NOT NULL,
	bytes INTEGER NOT NULL,       -- of all datagrams
	complete INTEGER NOT NULL,    -- 1: the body ended
	blocks INTEGER NOT NULL,
	fault INTEGER NOT NULL,       -- 0 none, else the n of Mn
	fault_at INTEGER NOT NULL,    -- its offset in the datagram
	header BLOB NOT NULL,         -- first datagram up to its payload
	body INTEGER                  -- body.id; NULL: empty
) STRICT;

-- Payloads, each once: most devices of a kind answer the same.
CREATE TABLE body(
	id INTEGER PRIMARY KEY,
	payload BLOB NOT NULL
) STRICT;

-- A chunk has a record in every segment that it touches; the last of them
-- alone can call it closed.
CREATE TABLE chunk(
	chunk INTEGER PRIMARY KEY,    -- number within the shard
	first_us INTEGER NOT NULL,    -- its first and last probe
	last_us INTEGER NOT NULL,
	probed INTEGER NOT NULL,      -- positions asked
	closed INTEGER NOT NULL,
	first_row INTEGER NOT NULL,   -- result.id of its n_rows rows here
	n_rows INTEGER NOT NULL,
	n_content INTEGER NOT NULL    -- of them with code 2.05
) STRICT;

-- Made with the index when the segment is published; those of earlier days
-- have none. One row:
--   CREATE TABLE published(
--	version INTEGER NOT NULL -- random; not 0; another one each time
--   ) STRICT;
