-- SPDX-License-Identifier: Apache-2.0
-- Since when and until when something answered at an address and port.

CREATE TABLE seen(
	ip BLOB NOT NULL,             -- 16 bytes; IPv4 as ::ffff:a.b.c.d
	port INTEGER NOT NULL,        -- asked
	first_us INTEGER NOT NULL,    -- since 1970-01-01 UTC
	last_us INTEGER NOT NULL,
	PRIMARY KEY(ip, port)
) STRICT, WITHOUT ROWID;
