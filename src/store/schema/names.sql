-- SPDX-License-Identifier: Apache-2.0
-- Reverse names as the DNS gave them: a cache, which may be thrown away.

CREATE TABLE name(
	ip BLOB PRIMARY KEY,          -- 16 bytes; IPv4 as ::ffff:a.b.c.d
	name BLOB NOT NULL,           -- empty: it has none
	expires_us INTEGER NOT NULL   -- since 1970-01-01 UTC
) STRICT, WITHOUT ROWID;
