-- SPDX-License-Identifier: Apache-2.0
-- From schema 1 of the catalogue to schema 2.

ALTER TABLE segment ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segment ADD COLUMN stamp INTEGER NOT NULL DEFAULT 0;
UPDATE segment SET stamp = random();

CREATE TABLE summarized(
	day INTEGER PRIMARY KEY,
	stamp INTEGER NOT NULL
) STRICT;

CREATE TABLE summary(
	day INTEGER NOT NULL,
	grp BLOB NOT NULL,
	key BLOB NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY(day, grp, key)
) STRICT, WITHOUT ROWID;
