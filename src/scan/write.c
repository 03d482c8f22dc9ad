/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/write.h"

#include <errno.h>
#include <stdlib.h>

static void job_free(struct cs_write_job *job)
{
	cs_host_list_free(job->hosts);
	free(job);
}

static int by_address(const void *a, const void *b)
{
	const struct cs_result *x = a, *y = b;
	int order = cs_addr_cmp(&x->ip, &y->ip);

	return order ? order : (int)x->port - (int)y->port;
}

/* The rows of one job, ascending by address; they borrow from its hosts. */
static struct cs_result *rows_of(const struct cs_writing *r,
				 const struct cs_write_job *job)
{
	struct cs_result *rows = calloc(job->n ? job->n : 1, sizeof(*rows));
	size_t n = 0;

	if (!rows)
		return NULL;
	for (const struct cs_host *host = job->hosts; host; host = host->next_in_chunk)
		cs_host_result(host, r->plan, &rows[n++]);
	qsort(rows, n, sizeof(*rows), by_address);
	return rows;
}

static enum cs_err hand_out(struct cs_writing *r, const struct cs_result *row)
{
	if (r->max_results && r->rows >= r->max_results)
		return CS_OK;
	r->rows++;

	enum cs_err err = r->row(r->row_arg, row);

	r->failed_in_output = err != CS_OK;
	return err;
}

static enum cs_err end_group(struct cs_writing *r)
{
	enum cs_err err = r->row(r->row_arg, NULL);

	r->failed_in_output = err != CS_OK;
	return err;
}

static enum cs_err replay_row(void *arg, const struct cs_result *row,
			      const struct cs_enriched *enriched)
{
	(void)enriched;
	struct cs_writing *r = arg;

	cs_count(&r->counters->results, 1);
	return hand_out(r, row);
}

static enum cs_err store_jobs(struct cs_writing *r, struct cs_write_job *jobs)
{
	enum cs_err err = CS_OK;

	if (!r->shard)
		return CS_OK;
	for (struct cs_write_job *job = jobs; job && !err; job = job->next) {
		struct cs_result *rows = rows_of(r, job);

		err = rows ? cs_shard_put_chunk(r->shard, &job->chunk, rows, job->n)
			   : CS_ERR_NOMEM;
		free(rows);
	}
	return err ? err : cs_shard_commit(r->shard);
}

static enum cs_err output_jobs(struct cs_writing *r, struct cs_write_job *jobs)
{
	enum cs_err err = CS_OK;

	for (struct cs_write_job *job = jobs; job && !err; job = job->next) {
		struct cs_result *rows = rows_of(r, job);

		if (!rows)
			return CS_ERR_NOMEM;
		for (uint32_t i = 0; i < job->n && !err; i++)
			err = hand_out(r, &rows[i]);
		free(rows);
	}
	return err ? err : end_group(r);
}

static void fail(struct cs_writing *r, enum cs_err err)
{
	r->failed_errno = errno;
	atomic_store(&r->failed, (int)err);
}

/* A group of chunks: stored and durable first, then shown. */
static void write_jobs(struct cs_writing *r, struct cs_write_job *jobs)
{
	enum cs_err err = atomic_load(&r->failed) ? CS_ERR_IO : store_jobs(r, jobs);

	if (!err)
		err = output_jobs(r, jobs);
	if (err && !atomic_load(&r->failed))
		fail(r, err);
	while (jobs) {
		struct cs_write_job *job = jobs;

		jobs = job->next;
		atomic_fetch_sub(&r->backlog, job->memory);
		if (!err && job->chunk.closed)
			atomic_fetch_add(&r->closed, 1);
		job_free(job);
	}
}

/* Takes all that waits; NULL when there is nothing more to come. */
static struct cs_write_job *wait_for_jobs(struct cs_writing *r)
{
	pthread_mutex_lock(&r->lock);
	while (!r->first && !r->finish)
		pthread_cond_wait(&r->some, &r->lock);

	struct cs_write_job *jobs = r->first;

	r->first = NULL;
	r->last = &r->first;
	pthread_mutex_unlock(&r->lock);
	return jobs;
}

static void *run(void *arg)
{
	struct cs_writing *r = arg;
	enum cs_err err = CS_OK;

	if (r->replay && r->shard)
		err = cs_shard_each(r->shard, false, replay_row, r);
	if (!err)
		err = end_group(r);
	if (err)
		fail(r, err);
	for (struct cs_write_job *jobs; (jobs = wait_for_jobs(r)) != NULL;)
		write_jobs(r, jobs);
	return NULL;
}

enum cs_err cs_writing_start(struct cs_writing *writing)
{
	writing->last = &writing->first;
	if (pthread_mutex_init(&writing->lock, NULL) ||
	    pthread_cond_init(&writing->some, NULL) ||
	    pthread_create(&writing->thread, NULL, run, writing))
		return CS_ERR_IO;
	writing->running = true;
	return CS_OK;
}

void cs_writing_put(struct cs_writing *writing, struct cs_write_job *job)
{
	atomic_fetch_add(&writing->backlog, job->memory);
	job->next = NULL;
	pthread_mutex_lock(&writing->lock);
	*writing->last = job;
	writing->last = &job->next;
	pthread_cond_signal(&writing->some);
	pthread_mutex_unlock(&writing->lock);
}

enum cs_err cs_writing_finish(struct cs_writing *writing)
{
	if (writing->running) {
		pthread_mutex_lock(&writing->lock);
		writing->finish = true;
		pthread_cond_signal(&writing->some);
		pthread_mutex_unlock(&writing->lock);
		(void)pthread_join(writing->thread, NULL); /* ours and running */
		(void)pthread_cond_destroy(&writing->some);
		(void)pthread_mutex_destroy(&writing->lock);
		writing->running = false;
	}
	return (enum cs_err)atomic_load(&writing->failed);
}
