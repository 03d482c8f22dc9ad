/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "store/shard.h"

/* The closed chunks that a segment has a part of. */
struct cover {
	const struct cs_chunk_set *closed;
	struct cs_chunk_set here;
};

static enum cs_err add_covered(void *arg, const struct cs_chunk_entry *entry)
{
	struct cover *cover = arg;
	enum cs_err err = CS_OK;

	if (cs_chunk_set_has(cover->closed, entry->chunk.chunk)) {
		err = cs_chunk_set_reserve(&cover->here, 1);
		if (!err)
			cs_chunk_set_add(&cover->here, entry->chunk.chunk);
	}
	return err;
}

static bool is_enriched(const struct cs_segment *segment)
{
	struct cs_path side;

	return cs_path_segment(segment->root, &segment->name, CS_FILE_ENRICHED, &side) &&
	       cs_file_exists(side.text);
}

/* Enters a published segment in the catalogue, unless it stands there. */
static enum cs_err enter(struct cs_shard *shard, struct cs_segment *segment, bool renewed)
{
	struct cs_db *catalog = &shard->store->catalog;
	struct cover cover = { .closed = &shard->closed };
	struct cs_segment_sum sum;
	struct cs_segment_id id;
	struct stat st;
	bool has = false;
	enum cs_err err = cs_segment_sum(segment, &sum);

	if (err)
		return err;
	if (stat(segment->db.path, &st) != 0)
		return cs_why_errno(&shard->store->why, segment->db.path);
	err = cs_segment_identify(segment, &id);
	sum.bytes = (uint64_t)st.st_size;
	sum.version = id.version;
	if (!err && !renewed)
		err = cs_catalog_has(catalog, &segment->name, &sum, &has);
	if (err || has)
		return err;
	err = cs_segment_chunks(segment, add_covered, &cover);
	if (!err)
		err = cs_catalog_publish(catalog, &segment->name, &sum, &cover.here,
					 is_enriched(segment));
	cs_chunk_set_clear(&cover.here);
	return err;
}

static enum cs_err publish(struct cs_shard *shard)
{
	enum cs_err err = cs_shard_commit(shard);

	for (size_t i = 0; !err && i < shard->n_segments; i++) {
		bool part = shard->segments[i]->part;

		if (part)
			err = cs_segment_publish(shard->segments[i]);
		if (!err)
			err = enter(shard, shard->segments[i], part);
		else if (err == CS_ERR_NOT_FOUND)
			err = CS_OK;
	}
	return err;
}

enum cs_err cs_shard_publish(struct cs_shard *shard)
{
	enum cs_err err = publish(shard);

	cs_shard_free(shard);
	return err;
}
