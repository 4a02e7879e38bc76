/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Streams: a property's value read and written in pieces (MS-OXCPRPT 2.2.14 to 2.2.24,
   3.2.5.13 to 3.2.5.24; MS-OXCROPS 2.2.9). A stream that only reads the content of an
   attachment reads it from where it is; all else lies in a spool. */

#include "mapi.h"
#include "istream.h"
#include "mapi-attach.h"
#include "mapi-spool.h"

/* OpenModeFlags */
#define OPEN_READ_WRITE 0x01
#define OPEN_CREATE 0x02
/* ByteCount that says that the real one follows */
#define READ_LONG 0xbabe
#define READ_LONG_MAX 0x80000000U
#define COPY_CHUNK (32 * 1024)
/* LockFlags: others may read what is locked */
#define LOCK_READABLE 0x00000001
#define STREAM_MAX_LOCKS 256

struct mapi_stream;

/* Bytes [from, from + size) that only their owner may write, or use at all. */
struct stream_lock {
	const struct mapi_stream *owner;
	uint64_t from, size;
	bool may_read;
};

/* What a stream and its clones have in common. Streams that are opened one by one have
   bytes of their own, also in other sessions: they need no locks against each other. */
struct stream_shared {
	int refcount;
	struct mapi_spool *spool;
	ARRAY(struct stream_lock) locks;
};

struct mapi_stream {
	struct mapi_object obj;		/* parent: whose property it is */
	mapi_tag_t tag;
	bool writable, changed;
	uint64_t position;
	struct stream_shared *shared;
	/* shared's */
	struct mapi_spool *spool;
};

struct stream_args {
	mapi_tag_t tag;
	uint8_t flags, origin;
	uint32_t count, lock_flags;
	uint64_t size, from;
	int64_t offset;
	struct mapi_blob data;
};

static struct mapi_stream *rop_stream(struct mapi_rop *rop)
{
	return (struct mapi_stream *)rop->obj;
}

static struct stream_shared *stream_shared_new(void)
{
	struct stream_shared *shared = i_new(struct stream_shared, 1);

	shared->refcount = 1;
	shared->spool = mapi_spool_new();
	i_array_init(&shared->locks, 4);
	return shared;
}

static void stream_unlock(struct mapi_stream *stream, uint64_t from,
			  uint64_t size);

static void stream_free(struct mapi_object *obj)
{
	struct mapi_stream *stream = (struct mapi_stream *)obj;
	struct stream_shared *shared = stream->shared;

	stream_unlock(stream, 0, UINT64_MAX);
	if (--shared->refcount > 0)
		return;
	mapi_spool_unref(&shared->spool);
	array_free(&shared->locks);
	i_free(shared);
}

/* What was written is not anybody else's: it stays in this process. Others are as
   quickly opened anew, but clients do not. */
static const struct mapi_object_vfuncs stream_vfuncs = {
	.free = stream_free,
};

/* --- locks (MS-OXCPRPT 3.2.5.21, 3.2.5.22) ----------------------------------------- */

static bool lock_overlaps(const struct stream_lock *lock, uint64_t from,
			  uint64_t size)
{
	uint64_t end = from + I_MIN(size, UINT64_MAX - from);
	uint64_t lock_end = lock->from +
		I_MIN(lock->size, UINT64_MAX - lock->from);

	return from < lock_end && lock->from < end;
}

static void stream_unlock(struct mapi_stream *stream, uint64_t from,
			  uint64_t size)
{
	const struct stream_lock *locks;
	unsigned int count = array_count(&stream->shared->locks);

	while (count-- > 0) {
		locks = array_front(&stream->shared->locks);
		if (locks[count].owner == stream &&
		    lock_overlaps(&locks[count], from, size))
			array_delete(&stream->shared->locks, count, 1);
	}
}

/* Has another one locked these bytes against it? */
static bool stream_locked(const struct mapi_stream *stream, uint64_t from,
			  uint64_t size, bool write)
{
	const struct stream_lock *lock;

	array_foreach(&stream->shared->locks, lock) {
		if (lock->owner != stream && (write || !lock->may_read) &&
		    lock_overlaps(lock, from, size))
			return TRUE;
	}
	return FALSE;
}

static void parse_region(struct mapi_rop *rop)
{
	struct stream_args *args = mapi_rop_args(rop, struct stream_args);

	args->from = mapi_in_u64(rop->in);
	args->size = mapi_in_u64(rop->in);
	args->lock_flags = mapi_in_u32(rop->in);
}

static uint32_t rop_lock(struct mapi_rop *rop)
{
	struct mapi_stream *stream = rop_stream(rop);
	struct stream_args *args = rop->args;
	struct stream_lock *lock;

	array_foreach_modifiable(&stream->shared->locks, lock) {
		if (lock_overlaps(lock, args->from, args->size))
			return ecNoAccess;
	}
	if (array_count(&stream->shared->locks) >= STREAM_MAX_LOCKS)
		return ecMemory;
	lock = array_append_space(&stream->shared->locks);
	lock->owner = stream;
	lock->from = args->from;
	lock->size = args->size;
	lock->may_read = args->lock_flags == LOCK_READABLE;
	return ecNone;
}

/* Its own locks on the region, if any; others stay */
static uint32_t rop_unlock(struct mapi_rop *rop)
{
	struct stream_args *args = rop->args;

	stream_unlock(rop_stream(rop), args->from, args->size);
	return ecNone;
}

/* --- open --------------------------------------------------------------------------------- */

static bool type_streams(mapi_tag_t tag)
{
	switch (MAPI_TAG_TYPE(tag)) {
	case PTYP_BINARY:
	case PTYP_STRING:
	case PTYP_STRING8:
	case PTYP_OBJECT:
		return TRUE;
	}
	return FALSE;
}

/* The bytes of a value as a stream gives them: text without its end */
static int spool_value(struct mapi_spool *spool, const struct mapi_prop *prop)
{
	buffer_t *text;

	switch (MAPI_TAG_TYPE(prop->tag)) {
	case PTYP_STRING:
		text = buffer_create_dynamic(default_pool, 256);
		mapi_out_utf16(text, prop->v.s);
		(void)mapi_spool_write(spool, 0, text->data, text->used - 2);
		buffer_free(&text);
		return 0;
	case PTYP_STRING8:
		return mapi_spool_write(spool, 0, prop->v.s, strlen(prop->v.s));
	case PTYP_BINARY:
	case PTYP_OBJECT:
		return mapi_spool_write(spool, 0, prop->v.bin.data,
					prop->v.bin.size);
	}
	return -1;
}

static bool is_content(struct mapi_rop *rop, mapi_tag_t tag)
{
	return rop->obj->kind == MAPI_ATTACH &&
		MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagAttachDataBinary);
}

static uint32_t load_content(struct mapi_rop *rop, struct mapi_stream *stream)
{
	struct istream *input;
	int ret = mapi_attach_content(rop, (struct mapi_attach *)rop->obj,
				      &input);

	if (ret <= 0)
		return ret < 0 ? ecCorruptData : ecNotFound;
	ret = mapi_spool_append_stream(stream->spool, input);
	i_stream_unref(&input);
	return ret < 0 ? ecError : ecNone;
}

static uint32_t stream_load(struct mapi_rop *rop, struct mapi_stream *stream)
{
	struct mapi_prop prop;

	if (is_content(rop, stream->tag))
		return load_content(rop, stream);
	rop->obj->v->get(rop, rop->obj, &stream->tag, 1, &prop);
	if (MAPI_TAG_TYPE(prop.tag) == PTYP_ERROR_CODE)
		return prop.v.error;
	return spool_value(stream->spool, &prop) < 0 ? ecError : ecNone;
}

static void parse_open(struct mapi_rop *rop)
{
	struct stream_args *args = mapi_rop_args(rop, struct stream_args);

	args->tag = mapi_in_u32(rop->in);
	args->flags = mapi_in_u8(rop->in);
}

static bool object_writable(const struct mapi_object *obj)
{
	switch (obj->kind) {
	case MAPI_MESSAGE:
		return ((const struct mapi_msg *)obj)->writable;
	case MAPI_ATTACH:
		return ((const struct mapi_attach *)obj)->writable;
	case MAPI_FOLDER:
		return TRUE;
	default:
		return FALSE;
	}
}

static bool is_rights(mapi_tag_t tag)
{
	return MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagAccessControlListData) ||
		MAPI_TAG_ID(tag) == MAPI_TAG_ID(PidTagSecurityDescriptorAsXml);
}

static uint32_t rop_open(struct mapi_rop *rop)
{
	struct stream_args *args = rop->args;
	struct mapi_stream *stream;
	struct mapi_object *obj;
	uint32_t error;
	bool write = (args->flags & (OPEN_READ_WRITE | OPEN_CREATE)) != 0;

	/* rights are told as tables only (MS-OXCPERM 3.1.4.1, 3.2.5.3) */
	if (rop->obj->kind == MAPI_FOLDER && is_rights(args->tag))
		return ecNotImplemented;
	if (!type_streams(args->tag))
		return ecNotSupported;
	/* of folders binaries only (MS-OXCPRPT 2.2.14) */
	if (rop->obj->kind == MAPI_FOLDER &&
	    MAPI_TAG_TYPE(args->tag) != PTYP_BINARY)
		return ecNotSupported;
	if (write && !object_writable(rop->obj))
		return ecNoAccess;
	stream = mapi_object_new(rop, struct mapi_stream, MAPI_STREAM,
				 &stream_vfuncs, rop->obj);
	obj = &stream->obj;
	stream->tag = args->tag;
	stream->writable = write;
	stream->shared = stream_shared_new();
	stream->spool = stream->shared->spool;
	error = (args->flags & OPEN_CREATE) != 0 ? ecNone :
		stream_load(rop, stream);
	stream->changed = (args->flags & OPEN_CREATE) != 0;
	if (error != ecNone) {
		mapi_object_unref(&obj);
		return error;
	}
	mapi_out_u32(rop->out, I_MIN(mapi_spool_size(stream->spool),
				     UINT32_MAX));
	return mapi_rop_output(rop, obj);
}

/* --- read, write --------------------------------------------------------------------------------- */

static void parse_read(struct mapi_rop *rop)
{
	struct stream_args *args = mapi_rop_args(rop, struct stream_args);

	args->count = mapi_in_u16(rop->in);
	if (args->count != READ_LONG)
		return;
	args->count = mapi_in_u32(rop->in);
	/* fails the whole call (MS-OXCROPS 2.2.9.2.1) */
	if (args->count > READ_LONG_MAX)
		rop->in->broken = TRUE;
}

static uint32_t rop_read(struct mapi_rop *rop)
{
	struct mapi_stream *stream = rop_stream(rop);
	struct stream_args *args = rop->args;
	size_t room = mapi_rop_room(rop), want;
	ssize_t ret;
	void *data;

	room = room < 2 ? 0 : room - 2;
	want = I_MIN(I_MIN(args->count, room), UINT16_MAX);
	/* DataSize is there in failures too (MS-OXCROPS 2.2.9.2.2) */
	mapi_out_u16(rop->out, 0);
	rop->keep_payload = TRUE;
	if (stream_locked(stream, stream->position, want, FALSE))
		return ecStreamLockViolation;
	data = buffer_append_space_unsafe(rop->out, want);
	ret = mapi_spool_read(stream->spool, stream->position, data, want);
	buffer_set_used_size(rop->out, rop->out->used - want +
			     I_MAX(ret, 0));
	if (ret < 0)
		return ecError;
	mapi_out_u16_at(rop->out, rop->out->used - ret - 2, ret);
	stream->position += ret;
	args->count -= ret;
	rop->more = args->count > 0 &&
		stream->position < mapi_spool_size(stream->spool);
	return ecNone;
}

static void parse_write(struct mapi_rop *rop)
{
	struct stream_args *args = mapi_rop_args(rop, struct stream_args);

	args->data.size = mapi_in_u16(rop->in);
	args->data.data = mapi_in_bytes(rop->in, args->data.size);
}

static uint32_t stream_write(struct mapi_rop *rop)
{
	struct mapi_stream *stream = rop_stream(rop);
	struct stream_args *args = rop->args;

	if (!stream->writable)
		return ecStreamAccessDenied;
	if (stream_locked(stream, stream->position, args->data.size, TRUE))
		return ecStreamLockViolation;
	if (mapi_spool_write(stream->spool, stream->position, args->data.data,
			     args->data.size) < 0)
		return errno == EFBIG ? ecTooBig : ecError;
	stream->position += args->data.size;
	stream->changed = TRUE;
	return ecNone;
}

static uint32_t rop_write(struct mapi_rop *rop)
{
	struct stream_args *args = rop->args;
	uint32_t error = stream_write(rop);

	/* WrittenSize is there in failures too (MS-OXCROPS 2.2.9.3.2) */
	rop->keep_payload = TRUE;
	mapi_out_u16(rop->out, error == ecNone ? args->data.size : 0);
	return error;
}

static uint32_t rop_write_extended(struct mapi_rop *rop)
{
	struct stream_args *args = rop->args;
	uint32_t error = stream_write(rop);

	rop->keep_payload = TRUE;
	mapi_out_u32(rop->out, error == ecNone ? args->data.size : 0);
	return error;
}

/* --- commit ------------------------------------------------------------------------------------------ */

static const char *spool_text(struct mapi_rop *rop, struct mapi_spool *spool)
{
	const unsigned char *data = mapi_spool_data(spool, rop->pool);
	struct mapi_in in;

	/* two zero bytes follow: the end of a text that has none */
	mapi_in_init(&in, MAPI_FORM_ROP, rop->pool, data,
		     (mapi_spool_size(spool) & ~1ULL) + 2);
	return mapi_in_utf16(&in);
}

static uint32_t stream_commit(struct mapi_rop *rop, struct mapi_stream *stream)
{
	struct mapi_object *target = stream->obj.parent;
	struct mapi_prop prop;
	uint32_t error;

	if (target->kind == MAPI_ATTACH &&
	    MAPI_TAG_ID(stream->tag) == MAPI_TAG_ID(PidTagAttachDataBinary))
		return mapi_attach_set_content((struct mapi_attach *)target,
					       stream->spool);
	i_zero(&prop);
	prop.tag = stream->tag;
	switch (MAPI_TAG_TYPE(stream->tag)) {
	case PTYP_STRING:
		prop.v.s = spool_text(rop, stream->spool);
		break;
	case PTYP_STRING8:
		prop.v.s = (const char *)mapi_spool_data(stream->spool,
							 rop->pool);
		break;
	default:
		prop.v.bin.data = mapi_spool_data(stream->spool, rop->pool);
		prop.v.bin.size = mapi_spool_size(stream->spool);
		break;
	}
	error = target->v->set(rop, target, &prop);
	if (error == ecNone && target->v->flush != NULL)
		error = target->v->flush(rop, target);
	return error;
}

static uint32_t stream_commit_changed(struct mapi_rop *rop)
{
	struct mapi_stream *stream = rop_stream(rop);
	uint32_t error;

	if (!stream->writable)
		return ecStreamAccessDenied;
	if (!stream->changed)
		return ecNone;
	error = stream_commit(rop, stream);
	if (error == ecNone)
		stream->changed = FALSE;
	return error;
}

static uint32_t rop_commit(struct mapi_rop *rop)
{
	return stream_commit_changed(rop);
}

static uint32_t rop_write_and_commit(struct mapi_rop *rop)
{
	struct stream_args *args = rop->args;
	uint32_t error;

	/* MS-OXCPRPT 2.2.26: not of folders */
	if (rop->obj->parent->kind == MAPI_FOLDER)
		error = ecNotSupported;
	else
		error = stream_write(rop);
	if (error == ecNone)
		error = stream_commit_changed(rop);
	rop->keep_payload = TRUE;
	mapi_out_u16(rop->out, error == ecNone ? args->data.size : 0);
	return error;
}

/* Streams that are released without a commit are committed: of messages and
   attachments at once, as their own save decides (MS-OXCPRPT 3.2.5.15). */
void mapi_stream_release(struct mapi_rop *rop, struct mapi_object *obj)
{
	struct mapi_stream *stream = (struct mapi_stream *)obj;

	if (stream->writable && stream->changed &&
	    stream->obj.parent->kind != MAPI_FOLDER)
		(void)stream_commit(rop, stream);
	stream->changed = FALSE;
}

/* --- size and position --------------------------------------------------------------------------------- */

static uint32_t rop_get_size(struct mapi_rop *rop)
{
	mapi_out_u32(rop->out, I_MIN(mapi_spool_size(rop_stream(rop)->spool),
				     UINT32_MAX));
	return ecNone;
}

static void parse_set_size(struct mapi_rop *rop)
{
	struct stream_args *args = mapi_rop_args(rop, struct stream_args);

	args->size = mapi_in_u64(rop->in);
}

static uint32_t rop_set_size(struct mapi_rop *rop)
{
	struct mapi_stream *stream = rop_stream(rop);
	struct stream_args *args = rop->args;

	if (!stream->writable)
		return ecStreamAccessDenied;
	if (args->size > INT32_MAX)
		return ecStreamInvalidParam;
	if (stream_locked(stream, args->size, UINT64_MAX, TRUE))
		return ecStreamLockViolation;
	if (mapi_spool_resize(stream->spool, args->size) < 0)
		return ecError;
	stream->changed = TRUE;
	return ecNone;
}

static void parse_seek(struct mapi_rop *rop)
{
	struct stream_args *args = mapi_rop_args(rop, struct stream_args);

	args->origin = mapi_in_u8(rop->in);
	args->offset = (int64_t)mapi_in_u64(rop->in);
}

static uint32_t rop_seek(struct mapi_rop *rop)
{
	struct mapi_stream *stream = rop_stream(rop);
	struct stream_args *args = rop->args;
	int64_t from;

	switch (args->origin) {
	case 0:
		from = 0;
		break;
	case 1:
		from = stream->position;
		break;
	case 2:
		from = mapi_spool_size(stream->spool);
		break;
	default:
		return ecStreamInvalidParam;
	}
	if (args->offset < -from || args->offset > INT32_MAX ||
	    from + args->offset > INT32_MAX)
		return ecStreamSeekError;
	/* behind its end it grows (MS-OXCPRPT 3.2.5.18) */
	if (stream->writable &&
	    (uint64_t)(from + args->offset) > mapi_spool_size(stream->spool)) {
		if (mapi_spool_resize(stream->spool, from + args->offset) < 0)
			return errno == EFBIG ? ecTooBig : ecError;
		stream->changed = TRUE;
	}
	stream->position = from + args->offset;
	mapi_out_u64(rop->out, stream->position);
	return ecNone;
}

/* --- from stream to stream -------------------------------------------------------------------------------- */

static void parse_copy(struct mapi_rop *rop)
{
	struct stream_args *args = mapi_rop_args(rop, struct stream_args);

	args->size = mapi_in_u64(rop->in);
}

static uint32_t copy_bytes(struct mapi_stream *src, struct mapi_stream *dest,
			   uint64_t size, uint64_t *done_r)
{
	unsigned char *chunk = t_malloc_no0(COPY_CHUNK);
	ssize_t ret;

	*done_r = 0;
	if (stream_locked(src, src->position, size, FALSE) ||
	    stream_locked(dest, dest->position, size, TRUE))
		return ecStreamLockViolation;
	while (*done_r < size) {
		ret = mapi_spool_read(src->spool, src->position, chunk,
				      I_MIN(COPY_CHUNK, size - *done_r));
		if (ret <= 0)
			return ret < 0 ? ecError : ecNone;
		if (mapi_spool_write(dest->spool, dest->position, chunk,
				     ret) < 0)
			return ecError;
		src->position += ret;
		dest->position += ret;
		*done_r += ret;
	}
	return ecNone;
}

static uint32_t rop_copy(struct mapi_rop *rop)
{
	struct stream_args *args = rop->args;
	struct mapi_stream *dest;
	uint64_t done;
	uint32_t error;

	rop->keep_payload = TRUE;
	if (rop->dest == NULL) {
		mapi_out_u32(rop->out, rop->out_index);
		mapi_out_u64(rop->out, 0);
		mapi_out_u64(rop->out, 0);
		return ecDstNullObject;
	}
	dest = (struct mapi_stream *)rop->dest;
	if (rop->dest->kind != MAPI_STREAM || !dest->writable) {
		mapi_out_u64(rop->out, 0);
		mapi_out_u64(rop->out, 0);
		return rop->dest->kind != MAPI_STREAM ? ecNotSupported :
			ecStreamAccessDenied;
	}
	T_BEGIN {
		error = copy_bytes(rop_stream(rop), dest, args->size, &done);
	} T_END;
	dest->changed = TRUE;
	mapi_out_u64(rop->out, done);
	mapi_out_u64(rop->out, done);
	return error;
}

/* The same bytes, a position of its own (MS-OXCPRPT 3.2.5.24) */
static uint32_t rop_clone(struct mapi_rop *rop)
{
	struct mapi_stream *stream = rop_stream(rop), *clone;

	clone = mapi_object_new(rop, struct mapi_stream, MAPI_STREAM,
				&stream_vfuncs, stream->obj.parent);
	clone->tag = stream->tag;
	clone->writable = stream->writable;
	clone->position = stream->position;
	clone->shared = stream->shared;
	clone->shared->refcount++;
	clone->spool = stream->spool;
	return mapi_rop_output(rop, &clone->obj);
}

#define WITH_STREAMS (MAPI_FOLDER | MAPI_MESSAGE | MAPI_ATTACH)

const struct mapi_rop_def mapi_rops_stream[] = {
	{ 0x2b, "OpenStream", MAPI_ROP_OUT, WITH_STREAMS, parse_open,
	  rop_open },
	{ 0x2c, "ReadStream", MAPI_ROP_IN, MAPI_STREAM, parse_read, rop_read },
	{ 0x2d, "WriteStream", MAPI_ROP_IN, MAPI_STREAM, parse_write,
	  rop_write },
	{ 0xa3, "WriteStreamExtended", MAPI_ROP_IN, MAPI_STREAM, parse_write,
	  rop_write_extended },
	{ 0x5d, "CommitStream", MAPI_ROP_IN, MAPI_STREAM, NULL, rop_commit },
	{ 0x5e, "GetStreamSize", MAPI_ROP_IN, MAPI_STREAM, NULL,
	  rop_get_size },
	{ 0x2f, "SetStreamSize", MAPI_ROP_IN, MAPI_STREAM, parse_set_size,
	  rop_set_size },
	{ 0x2e, "SeekStream", MAPI_ROP_IN, MAPI_STREAM, parse_seek, rop_seek },
	{ 0x3a, "CopyToStream", MAPI_ROP_PAIR, MAPI_STREAM, parse_copy,
	  rop_copy },
	{ 0x5b, "LockRegionStream", MAPI_ROP_IN, MAPI_STREAM, parse_region,
	  rop_lock },
	{ 0x5c, "UnlockRegionStream", MAPI_ROP_IN, MAPI_STREAM, parse_region,
	  rop_unlock },
	{ 0x90, "WriteAndCommitStream", MAPI_ROP_IN, MAPI_STREAM, parse_write,
	  rop_write_and_commit },
	{ 0x3b, "CloneStream", MAPI_ROP_OUT, MAPI_STREAM, NULL, rop_clone },
	{ 0, NULL, 0, 0, NULL, NULL }
};
