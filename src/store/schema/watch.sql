-- SPDX-License-Identifier: Apache-2.0
-- What a watch knows of the sources of one UTC day.

-- One row a source and run of the watch; all that its run knew when it was last seen
-- that day.
CREATE TABLE source(
	ip BLOB NOT NULL,             -- 16 bytes; IPv4 as ::ffff:a.b.c.d
	bits INTEGER NOT NULL,        -- 128: an address, else a prefix
	run INTEGER NOT NULL,         -- random; of one run of the watch
	tag INTEGER NOT NULL,         -- tells sources apart that are kept as a prefix; else 0
	first_us INTEGER NOT NULL,    -- since 1970-01-01 UTC
	last_us INTEGER NOT NULL,
	packets INTEGER NOT NULL,     -- since the run began
	worry INTEGER NOT NULL,       -- 0 none to 3 act now
	class TEXT NOT NULL,
	verdict TEXT NOT NULL,        -- coapscope.verdict/1, with samples of evidence
	PRIMARY KEY(ip, bits, run, tag)
) STRICT, WITHOUT ROWID;

-- Packets by the hour of the day in which they were told of: at least so many, as the
-- first telling of a source that was there the day before counts as one.
CREATE TABLE activity(
	ip BLOB NOT NULL,
	bits INTEGER NOT NULL,
	hour INTEGER NOT NULL,        -- 0..23
	packets INTEGER NOT NULL,
	PRIMARY KEY(ip, bits, hour)
) STRICT, WITHOUT ROWID;
