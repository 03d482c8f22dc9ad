-- SPDX-License-Identifier: Apache-2.0
-- What is known of a segment's results besides: beside it, made again at will.

-- One row: which version of which segment this belongs to, and whence it is.
CREATE TABLE about(
	scan BLOB NOT NULL,      -- as in the segment
	shard INTEGER NOT NULL,
	day INTEGER NOT NULL,
	version INTEGER NOT NULL, -- published.version; 0: the segment has none
	last INTEGER NOT NULL,   -- its highest result.id; 0: no row
	sources BLOB NOT NULL    -- JSON object
) STRICT;

-- Where an address is and whose; each set of facts once. '' is unknown, and 0.
CREATE TABLE place(
	id INTEGER PRIMARY KEY,  -- from 1, without gaps
	asn INTEGER NOT NULL,
	naics INTEGER NOT NULL,
	geo BLOB NOT NULL,
	as_name BLOB NOT NULL,
	region BLOB NOT NULL,
	city BLOB NOT NULL,
	sector BLOB NOT NULL,
	owner BLOB NOT NULL
) STRICT;

-- What the answers say of a device; each set once.
CREATE TABLE judgement(
	id INTEGER PRIMARY KEY,  -- from 1, without gaps
	confidence INTEGER NOT NULL, -- percent
	severity INTEGER NOT NULL, -- 0 info .. 4 critical
	stack BLOB NOT NULL,
	stack_because BLOB NOT NULL,
	severity_because BLOB NOT NULL,
	tags BLOB NOT NULL
) STRICT;

-- A row for each of the segment's results.
CREATE TABLE enriched(
	id INTEGER PRIMARY KEY,  -- result.id
	place INTEGER,           -- place.id; NULL: nothing known
	judgement INTEGER,       -- judgement.id; NULL: not judged
	hostname BLOB,           -- NULL: none known
	source BLOB              -- of the host name: 'ptr'
) STRICT;
