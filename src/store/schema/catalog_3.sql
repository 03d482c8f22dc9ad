-- SPDX-License-Identifier: Apache-2.0
-- From schema 2 of the catalogue to schema 3. What is enriched already is learned
-- when it is enriched again or by a repair.

ALTER TABLE segment ADD COLUMN enriched INTEGER NOT NULL DEFAULT 0;
